//! What edge and worker agree on about answers that are the same for everybody: who counts as
//! somebody in particular, which headers carry the public version, and when a client has the
//! answer already. Both planes ask these functions, so that they cannot disagree.

use http::{HeaderMap, HeaderName, header};

/// On an answer of a worker: the tenant's public version. The edge takes it off.
pub const PUBLIC_VERSION_HEADER: HeaderName = HeaderName::from_static("x-freehold-public-version");
/// On an answer of a worker that may be given to anybody while its version is the newest. The
/// edge takes it off.
pub const SHARED_HEADER: HeaderName = HeaderName::from_static("x-freehold-shared");
/// The largest body of an answer that is kept for others.
pub const SHARED_BYTES_MAX: usize = 1024 * 1024;

/// How the names of our session cookies begin. Those of the account's pages are sent to these pages
/// alone, which a `__Host-` cookie cannot be; in the clear none can claim to be secure.
const SESSION_COOKIES: [&[u8]; 3] =
    [b"__Host-freehold", b"__Secure-freehold-account", b"freehold-account"];

/// Whether a request says who sends it: by `Authorization` or by a session cookie of ours. Other
/// cookies say nothing.
pub fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        || headers.get_all(header::COOKIE).iter().any(|cookies| {
            let mut cookies = cookies.as_bytes().split(|byte| *byte == b';');
            cookies.any(|cookie| {
                let cookie = cookie.trim_ascii_start();
                SESSION_COOKIES.iter().any(|name| cookie.starts_with(name))
            })
        })
}

/// Whether the client takes a page, and whether an error in the form of RFC 9457: all that a public
/// answer varies by.
pub fn accepted_forms(headers: &HeaderMap) -> (bool, bool) {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accepts = |form: &str| accept.is_some_and(|accept| accept.contains(form));
    (accepts("text/html"), accepts("application/problem+json"))
}

/// Whether the client has this answer already, by the weak comparison of `If-None-Match` (RFC
/// 9110 section 13.1.2).
pub fn has_already(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let wanted = opaque(etag);
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        let tags = value.to_str().unwrap_or_default();
        tags.trim() == "*" || tags.split(',').any(|tag| opaque(tag) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), http::HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn only_our_own_word_counts_as_credentials() {
        for (name, value, counts) in [
            (header::AUTHORIZATION, "Bearer x", true),
            (header::AUTHORIZATION, "", true),
            (header::COOKIE, "a=b; __Host-freehold=1", true),
            (header::COOKIE, "__Host-freehold-site=1", true),
            (header::COOKIE, "a=b; __Secure-freehold-account=1", true),
            (header::COOKIE, "freehold-account=1", true),
            (header::COOKIE, "a=__Host-freehold", false),
            (header::COOKIE, "theme=dark", false),
            (header::ACCEPT, "text/html", false),
        ] {
            assert_eq!(has_credentials(&headers(&[(name, value)])), counts, "{value}");
        }
        let split = [(header::COOKIE, "a=b"), (header::COOKIE, "__Host-freehold=1")];
        let mut map = HeaderMap::new();
        for (name, value) in split {
            map.append(name, http::HeaderValue::from_static(value));
        }
        assert!(has_credentials(&map), "a field that is sent twice");
    }

    #[test]
    fn tags_are_compared_as_conditions_are() {
        let name = header::IF_NONE_MATCH;
        for (value, matches) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(
                has_already(&headers(&[(name.clone(), value)]), "\"a\""),
                matches,
                "{value}"
            );
        }
        assert!(!has_already(&HeaderMap::new(), "\"a\""));
    }
}
