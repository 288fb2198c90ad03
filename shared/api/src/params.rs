//! Query strings and path segments, refused with the parameter's name when they do not fit.

use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{ApiError, body};

/// A query string's fields, with `#[serde(deny_unknown_fields)]`.
pub trait QueryParams: DeserializeOwned {
    /// Name and meaning of each parameter, for the OpenAPI document.
    const FIELDS: &'static [(&'static str, &'static str)];
}

/// The extractor of a query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: QueryParams> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(QueryRejection::FailedToDeserializeQueryString(error)) => {
                Err(ApiError::invalid(vec![described(&error.body_text())]))
            }
            Err(other) => Err(ApiError::internal(other.body_text())),
        }
    }
}

/// Takes `Failed to deserialize query string: page: invalid digit` apart.
fn described(text: &str) -> crate::FieldError {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    match text.split_once(": ") {
        Some((path, message)) if !path.contains(' ') => body::describe(path, message.to_owned()),
        _ => body::describe(".", text.to_owned()),
    }
}

/// The last variable segment of the path. One that does not parse names nothing, hence 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::not_found())?;
        let (_, last) = segments.iter().last().ok_or_else(ApiError::not_found)?;
        last.parse().map(Self).map_err(|_| ApiError::not_found())
    }
}

/// The last two variable segments of the path, for a thing that belongs to another.
#[derive(Debug)]
pub struct PathPair<A, B>(pub A, pub B);

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for PathPair<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::not_found())?;
        let segments: Vec<&str> = segments.iter().map(|(_, value)| value).collect();
        let [.., owner, own] = segments.as_slice() else { return Err(ApiError::not_found()) };
        match (owner.parse(), own.parse()) {
            (Ok(owner), Ok(own)) => Ok(Self(owner, own)),
            _ => Err(ApiError::not_found()),
        }
    }
}
