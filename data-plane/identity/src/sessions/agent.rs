//! With what somebody signs in, as it says itself: for people to tell their sessions by, and for nothing
//! else, since anybody may send anything there.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use freehold_api::{Argument, Operation};

const AGENT_CHARS_MAX: usize = 200;

/// What a request says of its program.
#[derive(Debug)]
pub(crate) struct Agent(Option<String>);

impl Agent {
    /// Reads `User-Agent`, as far as it is plain text.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let said = said.map(|text| text.chars().take(AGENT_CHARS_MAX).collect::<String>());
        Self(said.filter(|text| !text.trim().is_empty()))
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Agent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Argument for Agent {
    fn describe(_operation: &mut Operation) {}
}
