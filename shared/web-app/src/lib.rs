//! The browser applications, embedded in the binary: the page at every address that a browser
//! navigates to, the assets that it names, and the headers that keep foreign code out.
//!
//! The console is served by the control plane, the admin by workers, each on its own host. This
//! crate knows files and headers; who serves which application when is its caller's business.

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};

/// Where the page has the nonce of its styles.
const NONCE_PLACE: &str = "__CSP_NONCE__";
/// Files below it have their content's hash in their names.
const ASSETS: &str = "assets/";
const PAGE: &str = "index.html";
/// Paths that are never a page: they belong to APIs.
const API_PATHS: [&str; 3] = ["/api/", "/v1/", "/openapi.json"];

#[derive(Embed)]
#[folder = "$OUT_DIR/console"]
struct Console;

#[derive(Embed)]
#[folder = "$OUT_DIR/admin"]
struct Admin;

/// One of the applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebApp {
    /// For customers and operators.
    Console,
    /// For those who run a site.
    Admin,
}

impl WebApp {
    /// Whether this binary was built with it.
    pub fn is_embedded(self) -> bool {
        self.file(PAGE).is_some()
    }

    fn file(self, path: &str) -> Option<EmbeddedFile> {
        match self {
            Self::Console => Console::get(path),
            Self::Admin => Admin::get(path),
        }
    }

    /// What the application answers: a file, or its page where a browser navigates. `None` is for
    /// somebody else to answer: APIs, other methods, files that are not there, and everything where
    /// it is not embedded. `nonce` must be random, and never the same twice.
    pub fn answer(
        self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        nonce: u128,
    ) -> Option<Response> {
        let is_api = API_PATHS.iter().any(|api| path.starts_with(api));
        if is_api || !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let name = path.trim_start_matches('/');
        if name != PAGE
            && let Some(response) = self.asset(name, headers)
        {
            return Some(response);
        }
        let navigates = headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
        if !navigates || name.starts_with(ASSETS) {
            return None;
        }
        self.page(nonce)
    }

    fn page(self, nonce: u128) -> Option<Response> {
        let page = self.file(PAGE)?;
        let nonce = BASE64URL_NOPAD.encode(&nonce.to_be_bytes());
        let page = String::from_utf8_lossy(&page.data).replace(NONCE_PLACE, &nonce);
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        let mut response = Response::new(Body::from(page));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).ok()?);
        let opener = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(opener, HeaderValue::from_static("same-origin"));
        Some(response)
    }

    fn asset(self, name: &str, headers: &HeaderMap) -> Option<Response> {
        let plain = self.file(name)?;
        let tag = BASE64URL_NOPAD.encode(&plain.metadata.sha256_hash()[..12]);
        let (encoding, file) = self.encoded(name, headers).unwrap_or((None, plain));
        let tag = match encoding {
            Some(encoding) => format!("\"{tag}-{encoding}\""),
            None => format!("\"{tag}\""),
        };
        let is_known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|known| known.to_str().ok())
            .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
        let mut response = if is_known {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            Response::new(Body::from(file.data))
        };
        let keep = if name.starts_with(ASSETS) {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=3600"
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Some(response)
    }

    /// The smallest form that was made of a file and that the client takes.
    fn encoded(
        self,
        name: &str,
        headers: &HeaderMap,
    ) -> Option<(Option<&'static str>, EmbeddedFile)> {
        let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
        let takes = |encoding: &str| {
            accepted.split(',').any(|entry| {
                let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
                let refused = ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&weight.trim());
                name.trim().eq_ignore_ascii_case(encoding) && !refused
            })
        };
        [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, suffix)| {
            let file = if takes(encoding) { self.file(&format!("{name}.{suffix}")) } else { None };
            file.map(|file| (Some(encoding), file))
        })
    }
}

/// The types of what npm builds.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, accept: &'static str) -> Option<Response> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br;q=0.9"));
        WebApp::Console.answer(&Method::GET, path, &headers, 7)
    }

    #[test]
    fn apis_and_programs_are_left_alone() {
        for path in ["/v1/sites", "/api/v1/posts", "/openapi.json"] {
            assert!(get(path, "text/html").is_none(), "{path}");
        }
        assert!(get("/", "application/json").is_none());
        assert!(get("/assets/absent.js", "text/html").is_none());
        let headers = HeaderMap::new();
        assert!(WebApp::Console.answer(&Method::POST, "/", &headers, 7).is_none());
    }
}
