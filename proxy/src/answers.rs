//! The edge's own answers: honest pages for people, the envelope for programs.

use bytes::Bytes;
use http::{HeaderMap, header};
use pingora::http::ResponseHeader;
use serde_json::json;

const PAGE: &str = include_str!("../pages/page.html");
const PAGE_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Why the edge answers by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    BadFraming,
    BadHost,
    HeaderTooLarge,
    AddressTooLong,
    MethodNotAllowed,
    BodyTooLarge,
    BodyTooSlow,
    TooManyRequests(u64),
    SiteUnknown,
    SiteDeleted,
    SiteSuspended,
    SiteMoving,
    SiteMaintenance,
    SiteBusy(u64),
    WorkerUnavailable,
    BadGateway,
}

/// Status, word for programs, title and message of an answer.
struct Text(u16, &'static str, &'static str, &'static str);

impl Answer {
    const fn text(self) -> Text {
        match self {
            Self::SiteUnknown
            | Self::SiteDeleted
            | Self::SiteSuspended
            | Self::SiteMoving
            | Self::SiteMaintenance
            | Self::SiteBusy(_)
            | Self::WorkerUnavailable
            | Self::BadGateway => self.text_of_site(),
            Self::BadFraming => Text(
                400,
                "bad_framing",
                "Bad request",
                "The request's end can be read in two ways; it was not passed on.",
            ),
            Self::BadHost => Text(400, "bad_host", "Bad request", "The request names no host."),
            Self::HeaderTooLarge => Text(
                431,
                "header_too_large",
                "Request header too large",
                "The request's header has more than 16 KiB or 100 fields.",
            ),
            Self::AddressTooLong => Text(
                414,
                "address_too_long",
                "Address too long",
                "The request's address has more than 8 KiB.",
            ),
            Self::MethodNotAllowed => Text(
                405,
                "method_not_allowed",
                "Method not allowed",
                "This method is not passed on.",
            ),
            Self::BodyTooLarge => Text(
                413,
                "body_too_large",
                "Too large",
                "The request's body is larger than this address takes.",
            ),
            Self::BodyTooSlow => {
                Text(408, "body_too_slow", "Too slow", "The request's body did not arrive in time.")
            }
            Self::TooManyRequests(_) => Text(
                429,
                "too_many_requests",
                "Too many requests",
                "Your network sent too many requests; wait a little.",
            ),
        }
    }

    /// The answers that are about a site rather than about the request.
    const fn text_of_site(self) -> Text {
        match self {
            Self::SiteUnknown => {
                Text(404, "site_unknown", "No site here", "There is no site at this address.")
            }
            Self::SiteDeleted => Text(
                404,
                "site_deleted",
                "This site was deleted",
                "Its owner deleted it and can bring it back for a few days.",
            ),
            Self::SiteSuspended => Text(
                402,
                "site_suspended",
                "This site is suspended",
                "Its operator has suspended it. Its data is untouched; its owner can ask why.",
            ),
            Self::SiteMoving => Text(
                503,
                "site_moving",
                "One moment",
                "This site is moving to another machine and is back in seconds.",
            ),
            Self::SiteMaintenance => Text(
                503,
                "site_maintenance",
                "Under maintenance",
                "This site is being worked on and will be back soon.",
            ),
            Self::SiteBusy(_) => Text(
                503,
                "site_busy",
                "Busy",
                "More people ask this site for something than it can answer at once.",
            ),
            Self::WorkerUnavailable => Text(
                503,
                "worker_unavailable",
                "One moment",
                "The machine that serves this site does not answer right now.",
            ),
            _ => Text(
                502,
                "bad_gateway",
                "Something went wrong",
                "The machine that serves this site gave no whole answer.",
            ),
        }
    }

    const fn retry_after_seconds(self) -> Option<u64> {
        match self {
            Self::TooManyRequests(seconds) | Self::SiteBusy(seconds) => Some(seconds),
            Self::SiteMoving | Self::WorkerUnavailable => Some(1),
            Self::SiteMaintenance => Some(60),
            _ => None,
        }
    }

    /// Whether the connection must not carry another request.
    pub(crate) const fn closes(self) -> bool {
        matches!(
            self,
            Self::BadFraming
                | Self::BadHost
                | Self::HeaderTooLarge
                | Self::AddressTooLong
                | Self::BodyTooLarge
                | Self::BodyTooSlow
                | Self::BadGateway
        )
    }
}

/// Whether a path is one of an API: a site's, or the console's.
pub(crate) fn is_api(path: &str, console: bool) -> bool {
    path.starts_with("/api/") || (console && path.starts_with("/v1/"))
}

/// What form of answer a client can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Page,
    Envelope,
    Problem,
}

impl Form {
    /// From the path and the Accept header; the console's host speaks JSON.
    pub(crate) fn of(path: &str, headers: &HeaderMap, console: bool) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let accept = accept.unwrap_or_default();
        if accept.contains("application/problem+json") {
            return Self::Problem;
        }
        let api = is_api(path, true) || path == "/openapi.json";
        let wants_json = accept.contains("application/json") && !accept.contains("text/html");
        if api || console || wants_json { Self::Envelope } else { Self::Page }
    }
}

/// Writes an answer.
pub(crate) fn write(
    answer: Answer,
    form: Form,
    request_id: &str,
) -> pingora::Result<(ResponseHeader, Bytes)> {
    let Text(status, code, title, message) = answer.text();
    let (kind, body) = match form {
        Form::Page => {
            let page = PAGE
                .replace("{{status}}", &status.to_string())
                .replace("{{title}}", title)
                .replace("{{message}}", message)
                .replace("{{request_id}}", request_id);
            ("text/html; charset=utf-8", page)
        }
        Form::Envelope => {
            let error = json!({"code": code, "fields": [], "request_id": request_id});
            let body = json!({
                "code": u32::from(status) * 100, "message": message, "data": null, "error": error,
            });
            ("application/json", body.to_string())
        }
        Form::Problem => {
            let body = json!({
                "type": format!("urn:freehold:error:{code}"), "title": title, "status": status,
                "detail": message, "request_id": request_id,
            });
            ("application/problem+json", body.to_string())
        }
    };
    let mut header = ResponseHeader::build(status, Some(8))?;
    header.insert_header("content-type", kind)?;
    header.insert_header("content-length", body.len())?;
    header.insert_header("cache-control", "no-store")?;
    header.insert_header("x-content-type-options", "nosniff")?;
    header.insert_header("x-request-id", request_id)?;
    if form == Form::Page {
        header.insert_header("content-security-policy", PAGE_CSP)?;
    }
    if let Some(seconds) = answer.retry_after_seconds() {
        header.insert_header("retry-after", seconds)?;
    }
    if answer == Answer::MethodNotAllowed {
        header.insert_header("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")?;
    }
    Ok((header, Bytes::from(body)))
}

/// Writes an answer as the bytes of an HTTP/1 connection that ends with it.
pub(crate) fn write_http1(answer: Answer, form: Form, request_id: &str) -> pingora::Result<Bytes> {
    let (header, body) = write(answer, form, request_id)?;
    let reason = header.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", header.status.as_u16()).into_bytes();
    for (name, value) in &header.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"connection: close\r\n\r\n");
    bytes.extend_from_slice(&body);
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_envelopes_and_problems_say_the_same() {
        for (form, expected) in [
            (Form::Page, "This site is suspended"),
            (Form::Envelope, "\"code\":\"site_suspended\""),
            (Form::Problem, "urn:freehold:error:site_suspended"),
        ] {
            let (header, body) = write(Answer::SiteSuspended, form, "abc").expect("an answer");
            let body = String::from_utf8_lossy(&body).into_owned();
            assert_eq!(header.status.as_u16(), 402);
            assert!(body.contains(expected) && body.contains("abc"), "{body}");
            assert!(!body.contains("{{"), "{body}");
        }
    }
}
