//! The control database's errors as answers. Statements live with the features that they serve.

use freehold_api::ApiError;
use freehold_db::{Database, DbError, Filter, Row, SqlValue};
use freehold_lists::{Found, IdForm, List, Listed};

/// Translates what the control database said.
pub(crate) fn answer(error: DbError) -> ApiError {
    match error {
        DbError::Full => ApiError::storage_full(error.to_string()),
        DbError::Busy | DbError::Superseded => ApiError::unavailable(1, error.to_string()),
        other => ApiError::internal(other.to_string()),
    }
}

/// The rows that a caller's list asks for, among those that the caller may see, in one snapshot.
pub(crate) async fn list<T: Listed, R>(
    db: &Database,
    visible: Filter,
    list: &List<T>,
    read_row: impl Fn(&Row) -> Result<R, DbError>,
) -> Result<Found<R>, DbError> {
    let mut read = db.snapshot().await?;
    let total = match list.total(visible.clone()) {
        Some(count) => Some(read.count(&count).await?),
        None => None,
    };
    let rows = read.rows(&list.select(visible)).await?;
    list.found(rows, total, read_row)
}

/// How ids of kind `T` look in lists: stored as they are printed.
pub(crate) const fn id_form<T: std::str::FromStr + std::fmt::Display>() -> IdForm {
    IdForm {
        parse: |text| text.parse::<T>().ok().map(|id| SqlValue::Text(id.to_string())),
        print: |value| match value {
            SqlValue::Text(text) => text.clone(),
            _ => String::new(),
        },
    }
}
