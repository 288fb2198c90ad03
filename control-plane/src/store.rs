//! The control database's errors as answers. Statements live with the features that they serve.

use freehold_api::ApiError;
use freehold_db::DbError;

/// Translates what the control database said.
pub(crate) fn answer(error: DbError) -> ApiError {
    match error {
        DbError::Full => ApiError::storage_full(error.to_string()),
        DbError::Busy => ApiError::unavailable(1, error.to_string()),
        other => ApiError::internal(other.to_string()),
    }
}
