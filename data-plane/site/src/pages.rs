//! Routes of the public pages and what they render.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Method, Params, Path, QueryParams, Route, Routes};
use freehold_clock::UnixMs;
use freehold_content::api::{Posts, Published, Titled, published, published_by_slug, titles};
use freehold_fleet::Surface;
use freehold_kernel::{Ctx, Grant};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use crate::frame::{
    PageError, SiteContext, context as site_context, encode_segment, html, missing, open, text,
    wants_html,
};
use crate::theme::Theme;
use crate::{ReadPages, admin};

/// Posts on one page of the archive.
const ARCHIVE_ROWS: u64 = 200;
/// Characters of a search text.
const Q_CHARS_MAX: usize = 200;
/// Pages that can be turned to.
const PAGES_MAX: u64 = 100_000;

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
        .add(Method::Get, "/archive", archive, |op| {
            op.summary("All published posts by month").returns_other(200, "text/html").shared()
        })
        .add(Method::Get, "/theme/{file}", style, |op| {
            op.summary("The theme's stylesheet").returns_other(200, "text/css").shared()
        })
        .rows()
}

#[derive(Debug, Serialize)]
pub(crate) struct PostContext {
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
    fn new(post: Published, site: &SiteContext) -> Self {
        let (published, updated) = (UnixMs(post.published_at), UnixMs(post.updated_at));
        let (published_label, updated_label) = (site.date(published), site.date(updated));
        Self {
            url: format!("/posts/{}", encode_segment(&post.slug)),
            title: post.title,
            slug: post.slug,
            html: post.html,
            excerpt: post.excerpt,
            author: post.author,
            published_at: published.rfc3339(),
            updated_label: (published_label != updated_label).then_some(updated_label),
            published_label,
            published_rfc2822: published.rfc2822(),
            reading_minutes: post.reading_minutes,
        }
    }
}

/// Posts as templates get them.
pub(crate) fn shown(posts: Vec<Published>, site: &SiteContext) -> Value {
    let posts: Vec<PostContext> =
        posts.into_iter().map(|post| PostContext::new(post, site)).collect();
    Value::from(Serde(posts))
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
    let site = open(&ctx, &theme).await?;
    let Some(page) = turn.page() else { return missing(&theme, site) };
    let mut read = ctx.snapshot().await?;
    let rows = site.options.posts_per_page();
    let found = published(&mut read, &readers(), None, rows, (page - 1) * rows).await?;
    if page > 1 && found.posts.is_empty() {
        return missing(&theme, site);
    }
    let (title, description) = (site.title.clone(), site.description.clone());
    let path = if page == 1 { "/".to_owned() } else { format!("/?page={page}") };
    let posts = shown(found.posts, &site);
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
pub(crate) fn readers() -> Grant<Posts> {
    Grant::public()
}

async fn enter(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
) -> Result<Response, PageError> {
    if ctx.handover().surface == Surface::Admin {
        return admin::page(&ctx, &theme).await;
    }
    missing(&theme, site_context(&ctx, &theme).await?)
}

async fn post(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &theme).await?;
    let mut read = ctx.snapshot().await?;
    let found = published_by_slug(&mut read, &readers(), &slug).await?;
    let Some((post, older, newer)) = found else { return missing(&theme, site) };
    let post = PostContext::new(post, &site);
    let older = older.map(|post| Value::from(Serde(PostContext::new(post, &site))));
    let newer = newer.map(|post| Value::from(Serde(PostContext::new(post, &site))));
    let base = site.with(&post.title, &post.excerpt, &post.url);
    let post = Value::from(Serde(post));
    html(&theme, StatusCode::OK, "post.html", context! { post, older, newer, ..base })
}

async fn search(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Params(turn): Params<Turn>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &theme).await?;
    let Some(page) = turn.page() else { return missing(&theme, site) };
    let q: String = turn.q.unwrap_or_default().trim().chars().take(Q_CHARS_MAX).collect();
    let rows = site.options.posts_per_page();
    let (mut posts, mut total) = (shown(Vec::new(), &site), 0);
    if !q.is_empty() {
        let mut read = ctx.snapshot().await?;
        let found = published(&mut read, &readers(), Some(&q), rows, (page - 1) * rows).await?;
        total = found.total;
        posts = shown(found.posts, &site);
    }
    let pagination =
        pagination(page, total.div_ceil(rows), &format!("/search?q={}&", encode_segment(&q)));
    let title = site.word("search");
    let base = site.with(title, "", "/search");
    html(&theme, StatusCode::OK, "search.html", context! { posts, pagination, q, total, ..base })
}

#[derive(Debug, Serialize)]
struct MonthContext {
    label: String,
    posts: Vec<TitleContext>,
}

#[derive(Debug, Serialize)]
struct TitleContext {
    title: String,
    url: String,
    published_at: String,
    published_label: String,
}

async fn archive(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    Params(turn): Params<Turn>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &theme).await?;
    let Some(page) = turn.page() else { return missing(&theme, site) };
    let mut read = ctx.snapshot().await?;
    let found = titles(&mut read, &readers(), ARCHIVE_ROWS, (page - 1) * ARCHIVE_ROWS).await?;
    if page > 1 && found.titles.is_empty() {
        return missing(&theme, site);
    }
    let months = Value::from(Serde(by_month(found.titles, &site)));
    let pagination = pagination(page, found.total.div_ceil(ARCHIVE_ROWS), "/archive?");
    let path = if page == 1 { "/archive".to_owned() } else { format!("/archive?page={page}") };
    let title = site.word("archive");
    let base = site.with(title, "", &path);
    html(&theme, StatusCode::OK, "archive.html", context! { months, pagination, ..base })
}

/// Posts in the months that they appeared in, in the order that they come in.
fn by_month(titles: Vec<Titled>, site: &SiteContext) -> Vec<MonthContext> {
    let zone = site.options.time_zone();
    let mut months: Vec<MonthContext> = Vec::new();
    for post in titles {
        let at = UnixMs(post.published_at);
        let label = at.written_month(&zone, &site.language);
        if months.last().is_none_or(|month| month.label != label) {
            months.push(MonthContext { label, posts: Vec::new() });
        }
        let title = TitleContext {
            url: format!("/posts/{}", encode_segment(&post.slug)),
            title: post.title,
            published_at: at.rfc3339(),
            published_label: site.date(at),
        };
        if let Some(month) = months.last_mut() {
            month.posts.push(title);
        }
    }
    months
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

/// The answer for an address that no route knows.
pub(crate) async fn not_found(
    ctx: Ctx<ReadPages>,
    State(theme): State<Arc<Theme>>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !wants_html(&headers) {
        return Ok(ApiError::not_found().into_response());
    }
    missing(&theme, site_context(&ctx, &theme).await?)
}
