//! Request bodies: strict JSON of a bounded size, parsed into commands of domain types.
//!
//! Unknown and duplicate fields, coercions and other content types are refused with the field's
//! name. A [`Command`] then turns the wire form into values that need no further checks, and
//! collects every problem instead of the first.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::{ApiError, FieldError};

/// The largest JSON body that is read.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What a handler is asked to do, made of domain values.
pub trait Command: Sized {
    /// The JSON form, with `#[serde(deny_unknown_fields)]`.
    type Wire: DeserializeOwned + ToSchema;

    /// Reads the domain values; `None` when `problems` says why not.
    fn parse(wire: Self::Wire, problems: &mut Problems) -> Option<Self>;
}

/// Collects what is wrong with a request's fields.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// Notes a problem of a field.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.0.push(FieldError { path: path.into(), code: code.into(), message: message.into() });
    }

    /// Whether nothing is wrong so far.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 400 with everything that was noted, if anything was.
    ///
    /// # Errors
    /// [`ApiError::invalid`].
    pub fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.0)) }
    }

    /// What was noted, in the order it was found.
    pub fn fields(&self) -> &[FieldError] {
        &self.0
    }

    /// Passes a parsed value on, or notes the error under the field's path.
    pub fn take<T, E: std::fmt::Display>(&mut self, path: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(path, "invalid", error.to_string())).ok()
    }
}

/// The extractor of a [`Command`].
#[derive(Debug)]
pub struct Body<C>(pub C);

impl<S: Send + Sync, C: Command> FromRequest<S> for Body<C> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        if !is_json(&request) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON, sent with Content-Type: application/json",
            ));
        }
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| {
            ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the body must not be larger than {BODY_BYTES_MAX} bytes"),
            )
        })?;
        let wire = read_json(&bytes)?;
        let mut problems = Problems::default();
        match C::parse(wire, &mut problems) {
            Some(command) if problems.0.is_empty() => Ok(Self(command)),
            _ => Err(ApiError::invalid(problems.0)),
        }
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|kind| {
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    })
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, error.inner())
    })?;
    reader.end().map_err(|error| field_error(".", &error))?;
    Ok(value)
}

fn field_error(path: &str, error: &serde_json::Error) -> ApiError {
    if error.is_syntax() || error.is_eof() {
        let message =
            format!("the body is not JSON (line {}, column {})", error.line(), error.column());
        return ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", message);
    }
    let text = error.to_string();
    let expected = text.split(" at line ").next().unwrap_or(&text).to_owned();
    ApiError::invalid(vec![describe(path, expected)])
}

/// Names the field that a serde message is about. For unknown, missing and duplicate fields serde
/// gives the enclosing object's path and quotes the field's name in the message.
pub(crate) fn describe(path: &str, message: String) -> FieldError {
    let parent = if path == "." { "" } else { path };
    let code = match &message {
        text if text.starts_with("unknown field") => "unknown_field",
        text if text.starts_with("missing field") => "missing",
        text if text.starts_with("duplicate field") => "duplicate",
        _ => "wrong_type",
    };
    let named = (code != "wrong_type").then(|| message.split('`').nth(1)).flatten();
    let path = match named {
        // serde_path_to_error already ends in the name of an unknown or duplicate field.
        Some(name) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        Some(name) if parent.is_empty() => name.to_owned(),
        Some(name) => format!("{parent}.{name}"),
        None if parent.is_empty() => ".".to_owned(),
        None => parent.to_owned(),
    };
    FieldError { path, code: code.into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Outer {
        name: String,
        inner: Inner,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Inner {
        slug: String,
    }

    fn refused(json: &str) -> (String, String) {
        let error = read_json::<Outer>(json.as_bytes()).expect_err("must be refused");
        error.fields.first().map_or_else(
            || (String::new(), error.code.to_owned()),
            |field| (field.path.clone(), field.code.clone()),
        )
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        let pair = |path: &str, code: &str| (path.to_owned(), code.to_owned());
        let cases = [
            (r#"{"name":1,"inner":{"slug":"a"}}"#, pair("name", "wrong_type")),
            (r#"{"name":"a","inner":{"slug":null}}"#, pair("inner.slug", "wrong_type")),
            (r#"{"name":"a","inner":{}}"#, pair("inner.slug", "missing")),
            (r#"{"name":"a"}"#, pair("inner", "missing")),
            (r#"{"name":"a","inner":{"slug":"a","x":1}}"#, pair("inner.x", "unknown_field")),
            (r#"{"name":"a","name":"b","inner":{"slug":"a"}}"#, pair("name", "duplicate")),
            (r#"{"name":"a","#, pair("", "invalid_json")),
            (r#"{"name":"a","inner":{"slug":"a"}} x"#, pair("", "invalid_json")),
        ];
        for (json, expected) in cases {
            assert_eq!(refused(json), expected, "{json}");
        }
    }
}
