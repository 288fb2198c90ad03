//! HTML forms as browsers send them, of a bounded size.
//!
//! Fields are texts by name; what is missing is empty, and what is unknown is left alone, since a form is
//! filled in by people. The use case behind it says what does not fit.

use std::collections::HashMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};

use crate::{ApiError, Argument, Operation};

/// The largest form that is read.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a form.
#[derive(Debug, Default)]
pub struct Form(HashMap<String, String>);

impl Form {
    /// A field's text, empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(FORM_TYPE) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                format!("the body must be a form, sent with Content-Type: {FORM_TYPE}"),
            ));
        }
        let bytes = to_bytes(request.into_body(), FORM_BYTES_MAX).await.map_err(|_| {
            ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the form must not be larger than {FORM_BYTES_MAX} bytes"),
            )
        })?;
        let fields = form_urlencoded::parse(&bytes).into_owned().collect();
        Ok(Self(fields))
    }
}

impl Argument for Form {
    fn describe(_operation: &mut Operation) {}
}
