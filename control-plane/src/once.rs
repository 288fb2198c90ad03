//! Operations that were started by a request with an idempotency key.
//!
//! What is kept with the key is which operation the request started; a request that comes again
//! gets the answer from what that operation has come to.

use axum::http::StatusCode;
use freehold_api::ApiError;
use freehold_clock::UnixMs;
use freehold_db::Writer;
use freehold_idempotency::{IdempotencyKey, KeptAnswer, find, keep};
use freehold_ids::{OperationId, TenantId};
use serde::{Deserialize, Serialize};

use crate::store::answer;

/// A caller and the key of their request, where they sent one.
#[derive(Debug)]
pub(crate) struct Once {
    caller: String,
    key: Option<IdempotencyKey>,
}

#[derive(Serialize, Deserialize)]
struct StartedBefore {
    site: TenantId,
    operation: OperationId,
}

impl Once {
    /// A request that may come again.
    pub(crate) fn new(caller: impl ToString, key: Option<IdempotencyKey>) -> Self {
        Self { caller: caller.to_string(), key }
    }

    /// A request that says itself what is to be true, such as a deletion.
    pub(crate) fn unkeyed() -> Self {
        Self { caller: String::new(), key: None }
    }

    /// What the same request started before.
    pub(crate) async fn started(
        &self,
        writer: &mut Writer,
    ) -> Result<Option<(TenantId, OperationId)>, ApiError> {
        let Some(key) = &self.key else { return Ok(None) };
        let Some(kept) = find(writer, &self.caller, key).await? else { return Ok(None) };
        let started: StartedBefore = serde_json::from_value(kept.data().clone())
            .map_err(|error| ApiError::internal(format!("a kept answer: {error}")))?;
        Ok(Some((started.site, started.operation)))
    }

    /// Notes what the request starts. The caller commits.
    pub(crate) async fn note(
        &self,
        writer: &mut Writer,
        site: TenantId,
        operation: OperationId,
        now: UnixMs,
    ) -> Result<(), ApiError> {
        let Some(key) = &self.key else { return Ok(()) };
        let kept = KeptAnswer::new(StatusCode::ACCEPTED, &StartedBefore { site, operation })?;
        keep(writer, &self.caller, key, &kept, now).await.map_err(answer)
    }
}
