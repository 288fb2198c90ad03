//! The one error that leaves a handler: a client's message and an operator's, kept apart.
//!
//! The body is written by [`crate::finish_answers`], which knows the request's id and what the
//! client accepts; until then the error rides in the response's extensions.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::rate::RatePolicy;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where it stands in the body or query, such as `site.slug`.
    pub path: String,
    /// A word for programs, such as `too_long`.
    pub code: String,
    /// What was expected, for people.
    pub message: String,
}

/// An answer that is not a success.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Vec<FieldError>,
    pub(crate) retry_after_seconds: Option<u64>,
    pub(crate) policy: Option<Box<RatePolicy>>,
    operator: Option<String>,
}

impl ApiError {
    /// An error with a status, a word for programs and a message for people.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            policy: None,
            operator: None,
        }
    }

    /// 400 with what is wrong in each field.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let message = fields.first().map_or_else(
            || "the request is not valid".to_owned(),
            |f| format!("{}: {}", f.path, f.message),
        );
        Self { fields, ..Self::new(StatusCode::BAD_REQUEST, "invalid_request", message) }
    }

    /// 401: the caller is nobody known.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "sign in to do this")
    }

    /// 403: the caller is known and may not.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this")
    }

    /// 403: the fields that the caller's role does not allow.
    pub fn forbidden_fields(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::forbidden() }
    }

    /// 403: the caller is known and has not this right.
    pub fn forbidden_for(right: &str) -> Self {
        let message = format!("your role does not allow this; it takes the right {right}");
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 403: a program's token does not go so far.
    pub fn scope_too_low(needed: &str) -> Self {
        let message = format!("this call goes no further than its scope; it takes {needed}");
        Self::new(StatusCode::FORBIDDEN, "scope_too_low", message)
    }

    /// 403: no program's token goes so far.
    pub fn no_tokens() -> Self {
        let message = "no API token may do this; sign in yourself";
        Self::new(StatusCode::FORBIDDEN, "signed_in_only", message)
    }

    /// 403: who calls may not give away so much, or take it.
    pub fn role_too_high(field: &str) -> Self {
        let message = "your role does not go as far as this one";
        let (path, code) = (field.to_owned(), "role_too_high".to_owned());
        let field = FieldError { path, code, message: message.to_owned() };
        Self { fields: vec![field], ..Self::new(StatusCode::FORBIDDEN, "role_too_high", message) }
    }

    /// 404: there is no such thing, or none that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
    }

    /// 409 with a word for programs; `field` names what collided.
    pub fn conflict(code: &'static str, field: &str, message: &str) -> Self {
        let field = FieldError { path: field.into(), code: code.into(), message: message.into() };
        Self { fields: vec![field], ..Self::new(StatusCode::CONFLICT, code, message) }
    }

    /// 429, to be tried again after the given time.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds.max(1)),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "too many requests; wait a little",
            )
        }
    }

    /// The same, naming the limit that was exceeded.
    pub(crate) fn with_policy(self, policy: RatePolicy) -> Self {
        Self { policy: Some(Box::new(policy)), ..self }
    }

    /// 503, to be tried again after the given time.
    pub fn unavailable(retry_after_seconds: u64, operator: impl Into<String>) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            operator: Some(operator.into()),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "this cannot be done at the moment; try again",
            )
        }
    }

    /// 503 with a word for programs: whoever asks can do nothing about it.
    pub fn out_of_service(
        retry_after_seconds: u64,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
        }
    }

    /// 507: there is no room left; nothing was changed.
    pub fn storage_full(operator: impl Into<String>) -> Self {
        Self {
            retry_after_seconds: Some(30),
            operator: Some(operator.into()),
            ..Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "storage_full",
                "there is no room left to store this; nothing was changed",
            )
        }
    }

    /// 500. What happened goes to the log, not to the client.
    pub fn internal(operator: impl Into<String>) -> Self {
        Self {
            operator: Some(operator.into()),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "something went wrong on our side",
            )
        }
    }

    /// The status it is answered with.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The message for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong with which field.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// What only operators may read.
    pub fn operator_message(&self) -> Option<&str> {
        self.operator.as_deref()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
