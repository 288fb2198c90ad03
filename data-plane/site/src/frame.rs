//! What every page stands in: the site's own words and settings, how a page is answered, and what is
//! answered where there is no page.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::ApiError;
use freehold_clock::UnixMs;
use freehold_kernel::{Ctx, SiteOptions, StoreError};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::ReadPages;
use crate::theme::{Theme, ThemeError};
use crate::words::word;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// When visitors of a site that is being worked on may look again.
const MAINTENANCE_RETRY_SECONDS: u64 = 300;

/// Why a page could not be made.
#[derive(Debug)]
pub(crate) enum PageError {
    Store(StoreError),
    Theme(ThemeError),
    Api(ApiError),
    /// The page is not to be had, or not like this; what to answer instead.
    Closed(Box<Response>),
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

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::Store(error) => ApiError::from(error).into_response(),
            Self::Theme(error) => ApiError::internal(error.to_string()).into_response(),
            Self::Api(error) => error.into_response(),
            Self::Closed(response) => *response,
        }
    }
}

/// What every template gets.
#[derive(Debug, Serialize)]
pub(crate) struct SiteContext {
    #[serde(rename = "name")]
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) language: String,
    pub(crate) url: String,
    admin_url: String,
    style_url: String,
    noindex: bool,
    /// For this module, not for templates.
    #[serde(skip)]
    pub(crate) options: SiteOptions,
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

    /// A word of the theme in the site's language.
    pub(crate) fn word(&self, key: &'static str) -> &'static str {
        word(&self.language, key).unwrap_or(key)
    }

    /// A day as the site writes days.
    pub(crate) fn date(&self, at: UnixMs) -> String {
        let zone = self.options.time_zone();
        match self.options.has_iso_dates() {
            true => at.day(&zone),
            false => at.written_day(&zone, &self.language),
        }
    }
}

/// The context of a page, open or not.
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
        admin_url: site.admin_url.to_string(),
        style_url: theme.style_url().to_owned(),
        noindex: site.noindex || !options.is_indexable(),
        options,
    })
}

/// The context of a page of a site that visitors may read.
///
/// # Errors
/// [`PageError::Closed`] while the site is being worked on.
pub(crate) async fn open(ctx: &Ctx<ReadPages>, theme: &Theme) -> Result<SiteContext, PageError> {
    let site = context(ctx, theme).await?;
    let Some(message) = site.options.maintenance().map(ToOwned::to_owned) else { return Ok(site) };
    let title = site.word("maintenance");
    let base = site.with(title, "", "/");
    let page = context! { message, ..base };
    let mut response = html(theme, StatusCode::SERVICE_UNAVAILABLE, "maintenance.html", page)?;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, MAINTENANCE_RETRY_SECONDS.into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Err(PageError::Closed(Box::new(response)))
}

/// Answers with a page.
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

/// Answers with a text that is no page.
pub(crate) fn text(content_type: &'static str, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

/// An answer that says what is the matter, and leads on.
pub(crate) fn apology(
    theme: &Theme,
    site: SiteContext,
    status: StatusCode,
    (headline, message): (&'static str, &'static str),
) -> Result<Response, PageError> {
    let (headline, message) = (site.word(headline), site.word(message));
    let base = site.with(headline, "", "/");
    let status_number = status.as_u16();
    let error = context! { status => status_number, headline, message, ..base };
    html(theme, status, "error.html", error)
}

/// The answer where there is no page.
pub(crate) fn missing(theme: &Theme, site: SiteContext) -> Result<Response, PageError> {
    apology(theme, site, StatusCode::NOT_FOUND, ("missing", "missing.text"))
}

/// Whether the client asked for a page rather than for data.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Percent-encodes one path segment (RFC 3986 section 3.3); slugs hold letters of any script.
pub(crate) fn encode_segment(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
