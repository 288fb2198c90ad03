//! Answers that are the same for everybody: stamped for edges, tagged for clients.
//!
//! The version is read before the handler reads anything, so an answer may be newer than its
//! stamp and never older. An answer to a write carries the version after it, so that the edge which
//! passes it on drops what it has kept before the client hears that the write was done.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use freehold_api::SameForEverybody;
use freehold_fleet::{
    PUBLIC_VERSION_HEADER, SHARED_BYTES_MAX, SHARED_HEADER, Surface, has_already, has_credentials,
};
use freehold_kernel::{Actor, Admission};
use http_body::Body as _;
use sha2::{Digest, Sha256};

/// Bytes of a body's hash that make its entity tag.
const TAG_BYTES: usize = 18;

/// The layer inside admission.
pub(crate) async fn stamp(mut request: Request, next: Next) -> Response {
    let Some(admission) = request.extensions().get::<Admission>() else {
        return next.run(request).await;
    };
    let tenant = admission.tenant.clone();
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_public = admission.handover.surface == Surface::Site
        && matches!(admission.actor, Actor::Anonymous)
        && matches!(*request.method(), Method::GET | Method::HEAD);
    if has_credentials(request.headers()) || !is_public {
        let mut response = next.run(request).await;
        keep_private(response.headers_mut());
        if !is_safe {
            set_version(response.headers_mut(), tenant.public_version());
        }
        return response;
    }
    let version = tenant.public_version();
    let conditions = request.headers().contains_key(header::IF_NONE_MATCH);
    let conditions = conditions.then(|| request.headers().clone());
    // The server sends no body to HEAD; the fields are those of GET.
    *request.method_mut() = Method::GET;
    let response = next.run(request).await;
    let is_shared = response.extensions().get::<SameForEverybody>().is_some()
        && response.status() == StatusCode::OK
        && !response.headers().contains_key(header::SET_COOKIE);
    if is_shared { share(response, version, conditions).await } else { response }
}

/// What one caller sees is nobody else's; files that never change stay as they are.
fn keep_private(headers: &mut HeaderMap) {
    let said = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    if !said.is_some_and(|said| said.contains("immutable")) {
        let private = HeaderValue::from_static("private, no-store");
        headers.insert(header::CACHE_CONTROL, private);
    }
}

fn set_version(headers: &mut HeaderMap, version: u64) {
    headers.insert(PUBLIC_VERSION_HEADER, HeaderValue::from(version));
}

/// Says that an answer may be given to anybody, under which version and tag.
async fn share(response: Response, version: u64, conditions: Option<HeaderMap>) -> Response {
    let is_small = response.body().size_hint().exact();
    if is_small.is_none_or(|bytes| bytes > SHARED_BYTES_MAX as u64) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A body of known, small size is in memory already.
    let Ok(body) = to_bytes(body, SHARED_BYTES_MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let tag = format!("\"{}\"", BASE64URL_NOPAD.encode(&Sha256::digest(&body)[..TAG_BYTES]));
    let headers = &mut parts.headers;
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    let said = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    if !said.is_some_and(|said| said.contains("immutable")) {
        let ask_again = HeaderValue::from_static("public, no-cache");
        headers.insert(header::CACHE_CONTROL, ask_again);
    }
    // Errors at the same address have a form for people and one for programs.
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if conditions.is_some_and(|conditions| has_already(&conditions, &tag)) {
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_LENGTH);
        parts.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(parts, Body::empty());
    }
    set_version(headers, version);
    headers.insert(SHARED_HEADER, HeaderValue::from_static("1"));
    Response::from_parts(parts, Body::from(body))
}
