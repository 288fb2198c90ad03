//! The envelope `{"code":0,"message":"ok","data":…}`, pages, and the layer that writes errors.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::ApiError;

/// The header that carries a request's id through every plane.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a limit is and what is left of it; the edge leaves these as they are.
const RATE_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_STATE: HeaderName = HeaderName::from_static("ratelimit");

/// A success with its data and status.
#[derive(Debug)]
pub struct Data<T>(StatusCode, T);

impl<T> Data<T> {
    /// 200.
    pub const fn ok(data: T) -> Self {
        Self(StatusCode::OK, data)
    }

    /// 201.
    pub const fn created(data: T) -> Self {
        Self(StatusCode::CREATED, data)
    }

    /// 202: it will be done, but is not yet.
    pub const fn accepted(data: T) -> Self {
        Self(StatusCode::ACCEPTED, data)
    }
}

#[derive(Serialize)]
struct Envelope<T> {
    code: u32,
    message: &'static str,
    data: T,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        (self.0, Json(Envelope { code: 0, message: "ok", data: self.1 })).into_response()
    }
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Rows on all pages; null where it was not to be counted.
    pub total: Option<u64>,
    /// This page, counted from 1; null where the list is walked by cursor.
    pub page: Option<u64>,
    /// Rows per page.
    pub page_size: u64,
    /// For `after`: goes on behind the last of these rows; null when there are no more.
    pub next: Option<String>,
}

/// The outermost layer of every API router: writes error bodies with the request's id, in the
/// form that the client accepts, and the headers that all answers share.
pub async fn finish_answers(request: Request, next: Next) -> Response {
    let request_id = request.headers().get(&REQUEST_ID).cloned();
    let accepts_problem = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/problem+json"));
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        write_error(&mut response, &error, request_id.as_ref(), accepts_problem);
    }
    let headers = response.headers_mut();
    if let Some(id) = request_id {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn write_error(
    response: &mut Response,
    error: &ApiError,
    request_id: Option<&HeaderValue>,
    as_problem: bool,
) {
    let request_id = request_id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    if let Some(operator) = error.operator_message() {
        tracing::error!(
            status = error.status.as_u16(),
            code = error.code,
            request_id,
            "{operator}"
        );
    }
    let status = error.status.as_u16();
    let (kind, body) = if as_problem {
        let body = json!({
            "type": format!("urn:freehold:error:{}", error.code),
            "title": error.code,
            "status": status,
            "detail": error.message,
            "fields": error.fields,
            "request_id": request_id,
        });
        ("application/problem+json", body)
    } else {
        let body = json!({
            "code": u32::from(status) * 100,
            "message": error.message,
            "data": Value::Null,
            "error": {"code": error.code, "fields": error.fields, "request_id": request_id},
        });
        ("application/json", body)
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if let Some(seconds) = error.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let (Some(policy), Some(seconds)) = (&error.policy, error.retry_after_seconds) {
        for (name, value) in [(RATE_POLICY, policy.policy()), (RATE_STATE, policy.used_up(seconds))]
        {
            // Names of limits are words of ours: always a valid value.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    *response.body_mut() = Body::from(body.to_string());
}
