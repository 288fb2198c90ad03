//! Routes of the public pages and what they render.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Method, Params, Path, QueryParams, Route, Routes};
use freehold_clock::{TimeZoneName, UnixMs};
use freehold_content::api::{Posts, Published, published, published_by_slug};
use freehold_fleet::Surface;
use freehold_kernel::{Actor, Ctx, Grant, SiteOptions, StoreError};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use crate::theme::{Theme, ThemeError};
use crate::{ReadPages, admin};

/// Addresses in the sitemap (the protocol allows 50,000).
const SITEMAP_URLS_MAX: u64 = 5_000;
/// Characters of a search text.
const Q_CHARS_MAX: usize = 200;
/// Pages that can be turned to.
const PAGES_MAX: u64 = 100_000;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Why a page could not be made.
#[derive(Debug)]
pub(crate) enum PageError {
    Store(StoreError),
    Theme(ThemeError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ThemeError> for PageError {
    fn from(error: ThemeError) -> Self {
        Self::Theme(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::Store(error) => ApiError::from(error).into_response(),
            Self::Theme(error) => ApiError::internal(error.to_string()).into_response(),
        }
    }
}

pub(crate) fn routes(theme: Arc<Theme>) -> Vec<Route> {
    Routes::new(theme)
        .add(Method::Get, "/", home, |op| {
            op.summary("The site's home page").returns_other(200, "text/html").shared()
        })
        .add(Method::Get, "/enter", enter, |op| {
            op.summary("Where a ticket of the console leads").returns_other(200, "text/html")
        })
        .add(Method::Get, "/posts/{slug}", post, |op| {
            op.summary("A post's page").returns_other(200, "text/html").shared()
        })
        .add(Method::Get, "/search", search, |op| {
            op.summary("Search among published posts").returns_other(200, "text/html").shared()
        })
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
        .add(Method::Get, "/theme/{file}", style, |op| {
            op.summary("The theme's stylesheet").returns_other(200, "text/css").shared()
        })
        .rows()
}

/// What every template gets.
#[derive(Debug, Serialize)]
pub(crate) struct SiteContext {
    #[serde(rename = "name")]
    pub(crate) title: String,
    description: String,
    language: String,
    url: String,
    admin_url: String,
    style_url: String,
    noindex: bool,
    /// For this module, not for templates.
    #[serde(skip)]
    options: SiteOptions,
}

/// Text that pages say of themselves.
#[derive(Debug, Serialize)]
struct PageContext {
    title: String,
    description: String,
    canonical: String,
}

impl SiteContext {
    /// The context of one page.
    pub(crate) fn with(self, title: &str, description: &str, path: &str) -> Value {
        let page = PageContext {
            title: title.to_owned(),
            description: description.to_owned(),
            canonical: format!("{}{path}", self.url),
        };
        context! { site => Value::from(Serde(self)), page => Value::from(Serde(page)) }
    }
}

pub(crate) async fn context(
    ctx: &Ctx<ReadPages>,
    theme: &Theme,
) -> Result<SiteContext, StoreError> {
    let options = SiteOptions::load(&mut ctx.read().await?).await?;
    let site = &ctx.tenant().assignment().site;
    Ok(SiteContext {
        title: options.title().to_owned(),
        description: options.description().to_owned(),
        language: options.language().to_owned(),
        url: site.public_url().to_owned(),
        admin_url: site.admin_url.clone(),
        style_url: theme.style_url().to_owned(),
        noindex: site.noindex || !options.is_indexable(),
        options,
    })
}

pub(crate) fn html(
    theme: &Theme,
    status: StatusCode,
    template: &str,
    context: Value,
) -> Result<Response, PageError> {
    let body = theme.render(template, context)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((status, headers, body).into_response())
}

#[derive(Debug, Serialize)]
struct PostContext {
    title: String,
    slug: String,
    url: String,
    html: String,
    excerpt: String,
    author: String,
    published_at: String,
    published_label: String,
    published_rfc2822: String,
    updated_label: Option<String>,
    reading_minutes: i64,
}

impl PostContext {
    fn new(post: Published, zone: &TimeZoneName) -> Self {
        let (published, updated) = (UnixMs(post.published_at), UnixMs(post.updated_at));
        let same_day = published.long_date(zone) == updated.long_date(zone);
        Self {
            url: format!("/posts/{}", encode_segment(&post.slug)),
            title: post.title,
            slug: post.slug,
            html: post.html,
            excerpt: post.excerpt,
            author: post.author,
            published_at: published.rfc3339(),
            published_label: published.long_date(zone),
            published_rfc2822: published.rfc2822(),
            updated_label: (!same_day).then(|| updated.long_date(zone)),
            reading_minutes: post.reading_minutes,
        }
    }
}

/// Posts as templates get them.
fn shown(posts: Vec<Published>, zone: &TimeZoneName) -> Value {
    let posts: Vec<PostContext> =
        posts.into_iter().map(|post| PostContext::new(post, zone)).collect();
    Value::from(Serde(posts))
}

/// Percent-encodes one path segment (RFC 3986 section 3.3); slugs hold letters of any script.
fn encode_segment(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// `page` of the home page and `q` of a search. Unknown parameters mean nothing to pages, which
/// get campaign parameters from everywhere.
#[derive(Debug, Default, Deserialize)]
struct Turn {
    page: Option<String>,
    q: Option<String>,
}

impl QueryParams for Turn {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("page", "Page to show, counted from 1."), ("q", "Text to search for.")];
}

impl Turn {
    fn page(&self) -> Option<u64> {
        match &self.page {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page| (1..=PAGES_MAX).contains(page)),
        }
    }
}

async fn home(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Params(turn): Params<Turn>,
) -> Result<Response, PageError> {
    if ctx.handover().surface == Surface::Admin {
        return admin::page(&ctx, &theme).await;
    }
    let site = context(&ctx, &theme).await?;
    let Some(page) = turn.page() else { return missing(&theme, site) };
    let mut read = ctx.snapshot().await?;
    let (rows, zone) = (site.options.posts_per_page(), site.options.time_zone());
    let found = published(&mut read, &readers(), None, rows, (page - 1) * rows).await?;
    if page > 1 && found.posts.is_empty() {
        return missing(&theme, site);
    }
    let (title, description) = (site.title.clone(), site.description.clone());
    let path = if page == 1 { "/".to_owned() } else { format!("/?page={page}") };
    let posts = shown(found.posts, &zone);
    let pagination = pagination(page, found.total.div_ceil(rows), "/?");
    let base = site.with(&title, &description, &path);
    html(&theme, StatusCode::OK, "home.html", context! { posts, pagination, ..base })
}

fn pagination(page: u64, pages: u64, before: &str) -> Value {
    let pages = pages.max(1);
    let newer_url = (page > 1).then(|| format!("{before}page={}", page - 1));
    let older_url = (page < pages).then(|| format!("{before}page={}", page + 1));
    context! { page, pages, newer_url, older_url }
}

/// Pages are made for readers, whoever asks.
fn readers() -> Grant<Posts> {
    Grant::of(&Actor::Anonymous)
}

async fn enter(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
) -> Result<Response, PageError> {
    if ctx.handover().surface == Surface::Admin {
        return admin::page(&ctx, &theme).await;
    }
    missing(&theme, context(&ctx, &theme).await?)
}

async fn post(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let site = context(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let found = published_by_slug(&mut read, &readers(), &slug).await?;
    let Some((post, older, newer)) = found else { return missing(&theme, site) };
    let zone = site.options.time_zone();
    let post = PostContext::new(post, &zone);
    let base = site.with(&post.title, &post.excerpt, &post.url);
    let post = Value::from(Serde(post));
    let older = older.map(|post| Value::from(Serde(PostContext::new(post, &zone))));
    let newer = newer.map(|post| Value::from(Serde(PostContext::new(post, &zone))));
    html(&theme, StatusCode::OK, "post.html", context! { post, older, newer, ..base })
}

async fn search(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Params(turn): Params<Turn>,
) -> Result<Response, PageError> {
    let site = context(&ctx, &theme).await?;
    let Some(page) = turn.page() else { return missing(&theme, site) };
    let q: String = turn.q.unwrap_or_default().trim().chars().take(Q_CHARS_MAX).collect();
    let (rows, zone) = (site.options.posts_per_page(), site.options.time_zone());
    let (mut posts, mut total) = (shown(Vec::new(), &zone), 0);
    if !q.is_empty() {
        let mut read = ctx.snapshot().await?;
        let found = published(&mut read, &readers(), Some(&q), rows, (page - 1) * rows).await?;
        total = found.total;
        posts = shown(found.posts, &zone);
    }
    let pagination =
        pagination(page, total.div_ceil(rows), &format!("/search?q={}&", encode_segment(&q)));
    let base = site.with("Search", "", "/search");
    html(&theme, StatusCode::OK, "search.html", context! { posts, pagination, q, total, ..base })
}

async fn feed(ctx: Ctx<ReadPages>, State(theme): State<Arc<Theme>>) -> Result<Response, PageError> {
    let site = context(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let (rows, zone) = (site.options.feed_posts(), site.options.time_zone());
    let found = published(&mut read, &readers(), None, rows, 0).await?;
    let posts = shown(found.posts, &zone);
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
    let site = context(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let found = published(&mut read, &readers(), None, SITEMAP_URLS_MAX, 0).await?;
    let newest = found.posts.iter().map(|post| post.updated_at).max().unwrap_or_default();
    let mut urls =
        vec![UrlContext { loc: format!("{}/", site.url), lastmod: UnixMs(newest).rfc3339() }];
    urls.extend(found.posts.iter().map(|post| UrlContext {
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

async fn style(
    _ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    if theme.style_url() != format!("/theme/{file}") {
        return Err(ApiError::not_found());
    }
    let mut response = text("text/css; charset=utf-8", Theme::style().to_owned());
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    Ok(response)
}

fn text(content_type: &'static str, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

fn missing(theme: &Theme, site: SiteContext) -> Result<Response, PageError> {
    let base = site.with("Not found", "", "/");
    let error = context! {
        status => 404,
        headline => "There is nothing here",
        message => "The page was moved or removed, or its address has a typing error.",
        ..base
    };
    html(theme, StatusCode::NOT_FOUND, "error.html", error)
}

/// Whether the client asked for a page rather than for data.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The answer for an address that no route knows.
pub(crate) async fn not_found(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !wants_html(&headers) {
        return Ok(ApiError::not_found().into_response());
    }
    missing(&theme, context(&ctx, &theme).await?)
}
