//! The table of keys, in the database whose changes they guard.
//!
//! Every function works within the caller's transaction. There is one writer at a time, so what
//! [`find`] does not see nobody else is about to write.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::ApiError;
use freehold_clock::UnixMs;
use freehold_db::{DbError, Delete, Filter, Insert, Reader, Select, Writer};
use serde::Serialize;
use serde_json::{Value, json};

use crate::IdempotencyKey;

/// The table, as the migrations of both databases make it.
pub const TABLE: &str = "idempotency_keys";
/// How long a key is remembered at least.
pub const KEY_AGE_HOURS_MAX: u64 = 24;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Why a key is of no use.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    /// It was used for another request.
    #[error("this Idempotency-Key was used for another request; make up a new one")]
    Reused,
    /// The database said no.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// An answer as it is kept with its key: enough to give it again, word for word.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAnswer {
    status: StatusCode,
    etag: Option<String>,
    data: Value,
    replayed: bool,
}

impl KeptAnswer {
    /// An answer that is about to be given for the first time.
    ///
    /// # Errors
    /// 500 when the data cannot be written as JSON.
    pub fn new<T: Serialize>(status: StatusCode, data: &T) -> Result<Self, ApiError> {
        let data = serde_json::to_value(data).map_err(|e| ApiError::internal(e.to_string()))?;
        Ok(Self { status, etag: None, data, replayed: false })
    }

    /// With the entity tag of what it shows.
    #[must_use]
    pub fn with_etag(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// The data.
    pub const fn data(&self) -> &Value {
        &self.data
    }
}

impl IntoResponse for KeptAnswer {
    fn into_response(self) -> Response {
        let body = json!({"code": 0, "message": "ok", "data": self.data});
        let mut response = (self.status, Json(body)).into_response();
        let etag = self.etag.and_then(|tag| HeaderValue::from_str(&tag).ok());
        if let Some(etag) = etag {
            response.headers_mut().insert(header::ETAG, etag);
        }
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The answer that was kept for a caller's key, if the key is known.
///
/// # Errors
/// [`IdempotencyError::Reused`] when it stands for another request.
pub async fn find(
    read: &mut Reader,
    caller: &str,
    key: &IdempotencyKey,
) -> Result<Option<KeptAnswer>, IdempotencyError> {
    let select = Select::from(TABLE, ["fingerprint", "status", "etag", "data"])
        .filter(Filter::eq("caller", caller))
        .filter(Filter::eq("key", key.key.as_str()));
    let Some(row) = read.optional(&select).await? else { return Ok(None) };
    if row.get::<String>("fingerprint")? != key.fingerprint {
        return Err(IdempotencyError::Reused);
    }
    let shape = |what: &str| DbError::Shape(format!("{TABLE}.{what}"));
    let status = u16::try_from(row.get::<i64>("status")?).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    Ok(Some(KeptAnswer {
        status: status.ok_or_else(|| shape("status"))?,
        etag: row.get("etag")?,
        data: serde_json::from_str(&row.get::<String>("data")?).map_err(|_| shape("data"))?,
        replayed: true,
    }))
}

/// Keeps an answer with its key, and forgets keys that are older than a day.
///
/// # Errors
/// The database's.
pub async fn keep(
    writer: &mut Writer,
    caller: &str,
    key: &IdempotencyKey,
    answer: &KeptAnswer,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("caller", caller)
        .set("key", key.key.as_str())
        .set("fingerprint", key.fingerprint.as_str())
        .set("status", i64::from(answer.status.as_u16()))
        .set("etag", answer.etag.clone())
        .set("data", answer.data.to_string())
        .set("created_at", now.0);
    writer.insert(&insert).await?;
    let old = Filter::lt("created_at", now.minus_seconds(KEY_AGE_HOURS_MAX * 3_600).0);
    writer.delete(&Delete::from(TABLE, old)).await?;
    Ok(())
}

impl From<IdempotencyError> for ApiError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                error.to_string(),
            ),
            IdempotencyError::Db(DbError::Full) => Self::storage_full(error.to_string()),
            IdempotencyError::Db(DbError::Busy) => Self::unavailable(1, error.to_string()),
            IdempotencyError::Db(_) => Self::internal(error.to_string()),
        }
    }
}
