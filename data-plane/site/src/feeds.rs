//! What programs read of a site: its feed, its sitemap, and what crawlers may.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use freehold_api::{Method, Route, Routes};
use freehold_clock::UnixMs;
use freehold_content::api::{published, titles};
use freehold_fleet::Surface;
use freehold_kernel::{Ctx, SiteOptions};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::ReadPages;
use crate::frame::{PageError, encode_segment, open, text};
use crate::pages::{readers, shown};
use crate::theme::Theme;

/// Addresses in the sitemap (the protocol allows 50,000).
const SITEMAP_URLS_MAX: u64 = 5_000;

pub(crate) fn routes(theme: Arc<Theme>) -> Vec<Route> {
    Routes::new(theme)
        .add(Method::Get, "/feed.xml", feed, |op| {
            op.summary("RSS 2.0 feed of the newest posts")
                .returns_other(200, "application/rss+xml")
                .shared()
        })
        .add(Method::Get, "/sitemap.xml", sitemap, |op| {
            op.summary("Sitemap").returns_other(200, "application/xml").shared()
        })
        .add(Method::Get, "/robots.txt", robots, |op| {
            op.summary("What crawlers may read").returns_other(200, "text/plain").shared()
        })
        .rows()
}

async fn feed(ctx: Ctx<ReadPages>, State(theme): State<Arc<Theme>>) -> Result<Response, PageError> {
    let site = open(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let rows = site.options.feed_posts();
    let found = published(&mut read, &readers(), None, rows, 0).await?;
    let posts = shown(found.posts, &site);
    let title = site.title.clone();
    let base = site.with(&title, "", "/feed.xml");
    let body = theme.render("feed.xml", context! { posts, ..base })?;
    Ok(text("application/rss+xml; charset=utf-8", body))
}

#[derive(Debug, Serialize)]
struct UrlContext {
    loc: String,
    lastmod: String,
}

async fn sitemap(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let found = titles(&mut read, &readers(), SITEMAP_URLS_MAX, 0).await?;
    let newest = found.titles.iter().map(|post| post.updated_at).max().unwrap_or_default();
    let mut urls =
        vec![UrlContext { loc: format!("{}/", site.url), lastmod: UnixMs(newest).rfc3339() }];
    urls.extend(found.titles.iter().map(|post| UrlContext {
        loc: format!("{}/posts/{}", site.url, encode_segment(&post.slug)),
        lastmod: UnixMs(post.updated_at).rfc3339(),
    }));
    let urls = Value::from(Serde(urls));
    let body = theme.render("sitemap.xml", context! { urls })?;
    Ok(text("application/xml; charset=utf-8", body))
}

async fn robots(ctx: Ctx<ReadPages>) -> Result<Response, PageError> {
    let options = SiteOptions::load(&mut ctx.read().await?).await?;
    let assignment = ctx.tenant().assignment();
    let on_site = ctx.handover().surface == Surface::Site;
    let body = if assignment.site.noindex || !options.is_indexable() || !on_site {
        "User-agent: *\nDisallow: /\n".to_owned()
    } else {
        format!(
            "User-agent: *\nAllow: /\n\nSitemap: {}/sitemap.xml\n",
            assignment.site.public_url()
        )
    };
    Ok(text("text/plain; charset=utf-8", body))
}
