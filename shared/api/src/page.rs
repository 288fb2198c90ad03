//! Paging parameters that every list shares.

use serde::Deserialize;

use crate::{ApiError, FieldError, Page, QueryParams};

/// Rows of a page when the caller does not say.
pub const PAGE_ROWS_DEFAULT: u64 = 25;
/// Rows of a page at most.
pub const PAGE_ROWS_MAX: u64 = 100;
/// How far into a list page numbers reach; beyond that one narrows the list down.
const PAGE_OFFSET_MAX: u64 = 1_000_000;

/// `page` and `page_size`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Counted from 1.
    pub page: Option<u64>,
    /// 1 to [`PAGE_ROWS_MAX`].
    pub page_size: Option<u64>,
}

impl QueryParams for PageQuery {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("page", "Page to show, counted from 1."), ("page_size", "Rows per page, 1 to 100.")];
}

impl PageQuery {
    /// The rows to read: how many, after how many.
    ///
    /// # Errors
    /// 400 naming the parameter that is out of range.
    pub fn window(self) -> Result<Window, ApiError> {
        let (page, rows) = (self.page.unwrap_or(1), self.page_size.unwrap_or(PAGE_ROWS_DEFAULT));
        if rows == 0 || rows > PAGE_ROWS_MAX {
            return Err(out_of_range("page_size", format!("expected 1 to {PAGE_ROWS_MAX}")));
        }
        let skip = page.checked_sub(1).and_then(|before| before.checked_mul(rows));
        match skip {
            Some(skip) if skip <= PAGE_OFFSET_MAX => Ok(Window { page, rows, skip }),
            _ => Err(out_of_range("page", "expected 1 or more, within 1,000,000 rows".to_owned())),
        }
    }
}

fn out_of_range(path: &str, message: String) -> ApiError {
    ApiError::invalid(vec![FieldError { path: path.into(), code: "out_of_range".into(), message }])
}

/// Which rows of a list to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    page: u64,
    /// Rows to read at most.
    pub rows: u64,
    /// Rows to pass over.
    pub skip: u64,
}

impl Window {
    /// Wraps what was read.
    pub fn page<T>(self, items: Vec<T>, total: u64) -> Page<T> {
        Page { items, total, page: self.page, page_size: self.rows }
    }
}
