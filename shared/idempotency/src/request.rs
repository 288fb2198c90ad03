//! The key as a request carries it, and a fingerprint of the request that it stands for.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use freehold_api::{ApiError, Argument, BODY_BYTES_MAX, FieldError, Operation};
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
/// Characters of a key.
const KEY_CHARS_MAX: usize = 255;

/// A key that a client made up for one change, with what it was sent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub(crate) key: String,
    /// Of method, path and body.
    pub(crate) fingerprint: String,
}

/// The extractor of a request that may carry a key, around the extractor of its body.
#[derive(Debug)]
pub struct Idempotent<B> {
    /// The key, where the client sent one.
    pub key: Option<IdempotencyKey>,
    /// What the body holds.
    pub body: B,
}

impl<S: Send + Sync, B: FromRequest<S, Rejection = ApiError>> FromRequest<S> for Idempotent<B> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Some(key) = read_key(&request)? else {
            return Ok(Self { key: None, body: B::from_request(request, state).await? });
        };
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
            ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the body must not be larger than {BODY_BYTES_MAX} bytes"),
            )
        })?;
        let mut hash = Sha256::new();
        for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let fingerprint = HEXLOWER.encode(&hash.finalize());
        let request = Request::from_parts(parts, Body::from(bytes));
        let key = Some(IdempotencyKey { key, fingerprint });
        Ok(Self { key, body: B::from_request(request, state).await? })
    }
}

impl<B: Argument> Argument for Idempotent<B> {
    fn describe(operation: &mut Operation) {
        operation.takes_header(
            "Idempotency-Key",
            "Up to 255 visible characters of your choice, new for each change. Sent again within \
             a day with the same request, it gets the first answer and changes nothing; with \
             another request it is refused with 422.",
        );
        B::describe(operation);
    }
}

/// The body of a request that needs none.
#[derive(Debug)]
pub struct Nothing;

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = ApiError;

    async fn from_request(_request: Request, _state: &S) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

impl Argument for Nothing {
    fn describe(_operation: &mut Operation) {}
}

fn read_key(request: &Request) -> Result<Option<String>, ApiError> {
    let mut values = request.headers().get_all(HEADER).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default().trim();
    let fits = (1..=KEY_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && values.next().is_none() {
        return Ok(Some(text.to_owned()));
    }
    Err(ApiError::invalid(vec![FieldError {
        path: "Idempotency-Key".into(),
        code: "invalid".into(),
        message: format!("expected one key of 1 to {KEY_CHARS_MAX} visible ASCII characters"),
    }]))
}
