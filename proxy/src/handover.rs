//! Makes a client's request into the edge's word to an upstream.
//!
//! Whatever a client says that the platform says itself is removed; then the hand-over is signed
//! over exactly the request line that is sent.

use freehold_fleet::{HandOver, HandOverKey, REQUEST_ID_HEADER, RequestLine};
use http::{HeaderMap, HeaderName, header};
use pingora::http::{RequestHeader, ResponseHeader};

/// How the names of headers begin that the platform's processes say to each other.
const INTERNAL: &str = "x-freehold-";
const TRACE_PARENT: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";

/// Strips what is forged and malformed, and signs what is left.
pub(crate) fn prepare(
    request: &mut RequestHeader,
    handover: &HandOver,
    key: &HandOverKey,
    told_by_proxy: Option<&HeaderName>,
    request_id: &str,
    unix_seconds: u64,
) -> pingora::Result<()> {
    let is_told = |name: &HeaderName| is_forged(name) || Some(name) == told_by_proxy;
    let told: Vec<HeaderName> =
        request.headers.keys().filter(|name| is_told(name)).cloned().collect();
    for name in told {
        request.remove_header(&name);
    }
    strip_nominations(request);
    join_cookies(request);
    if !continues_a_trace(&request.headers) {
        request.remove_header(TRACE_PARENT);
        request.remove_header(TRACE_STATE);
    }
    // What is signed is what is sent: path and query alone, also of an absolute-form target.
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    request.set_raw_path(target.as_bytes())?;
    request.insert_header(header::HOST, handover.host.as_str())?;
    let method = request.method.clone();
    let line = RequestLine { method: method.as_str(), path_and_query: &target };
    for (name, value) in handover.sign(key, line, unix_seconds) {
        request.insert_header(name, value)?;
    }
    request.insert_header(REQUEST_ID_HEADER, request_id)
}

/// Takes off an answer what workers say to edges only.
pub(crate) fn take_off(answer: &mut ResponseHeader) {
    let is_internal = |name: &&HeaderName| name.as_str().starts_with(INTERNAL);
    let internal: Vec<HeaderName> = answer.headers.keys().filter(is_internal).cloned().collect();
    for name in internal {
        answer.remove_header(&name);
    }
}

/// Whether a client's header would be taken for something that the platform says itself.
fn is_forged(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with(INTERNAL)
        || name.starts_with("x-forwarded-")
        || matches!(name, "forwarded" | "x-real-ip" | "x-tenant-id" | REQUEST_ID_HEADER)
}

/// Leaves only `upgrade` of what a client nominates as hop-by-hop, so that it cannot have a
/// header of the hand-over removed (RFC 9110 section 7.6.1).
fn strip_nominations(request: &mut RequestHeader) {
    let is_upgrade = request.headers.contains_key(header::UPGRADE);
    request.remove_header(&header::CONNECTION);
    if is_upgrade {
        // A static, valid value cannot be refused.
        let _ = request.insert_header(header::CONNECTION, "upgrade");
    }
}

/// HTTP/2 clients may split the Cookie field; HTTP/1 servers expect one (RFC 9113 section 8.2.3).
fn join_cookies(request: &mut RequestHeader) {
    let values: Vec<&[u8]> =
        request.headers.get_all(header::COOKIE).iter().map(|value| value.as_bytes()).collect();
    if values.len() > 1 {
        let joined = values.join(b"; ".as_slice());
        // Parts of valid values joined by valid bytes are a valid value.
        let _ = request.insert_header(header::COOKIE, joined);
    }
}

/// Whether there is one `traceparent`, and a valid one.
fn continues_a_trace(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(TRACE_PARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    value.to_str().is_ok_and(is_trace_parent)
}

/// W3C Trace Context, section 3.2.2: `version-trace-parent-flags`, of which later versions may
/// have more.
fn is_trace_parent(value: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let parts: Vec<&str> = value.splitn(5, '-').collect();
    let [version, trace, parent, flags, rest @ ..] = parts.as_slice() else { return false };
    is_hex(version, 2)
        && *version != "ff"
        && (rest.is_empty() || *version != "00")
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_well_formed_traces_are_continued() {
        assert!(is_trace_parent(VALID));
        assert!(is_trace_parent(&VALID.replacen("00", "cc", 1)), "a later version");
        assert!(is_trace_parent(&format!("{}-more", VALID.replacen("00", "cc", 1))));
        for wrong in [
            "".to_owned(),
            VALID.to_uppercase(),
            format!("{VALID}-more"),
            format!(" {VALID}"),
            VALID.replacen("00", "ff", 1),
            VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            VALID.replace("00f067aa0ba902b7", &"0".repeat(16)),
            VALID.replace('7', "g"),
            VALID[..VALID.len() - 1].to_owned(),
            VALID.replace('-', "_"),
        ] {
            assert!(!is_trace_parent(&wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_trace_named_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.append(TRACE_PARENT, VALID.parse().expect("a value"));
        assert!(continues_a_trace(&headers));
        headers.append(TRACE_PARENT, VALID.parse().expect("a value"));
        assert!(!continues_a_trace(&headers));
    }
}
