//! The opaque cursor: the order it belongs to and where the last row stood in it.
//!
//! It holds nothing that its reader did not see, and every condition applies to what comes after
//! it, so it needs no secret. The check tells mistakes from cursors.

use data_encoding::BASE64URL_NOPAD;
use freehold_db::SqlValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::plain;

/// Characters of a cursor; four sort values of the longest kind fit.
const CURSOR_CHARS_MAX: usize = 8_192;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    sort: String,
    last: Vec<Value>,
    check: u32,
}

/// Why a text is no cursor of this list and order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidCursor {
    Garbage,
    OtherOrder,
}

/// The cursor behind a row.
pub(crate) fn write(table: &str, sort: &str, last: Vec<SqlValue>) -> String {
    let last: Vec<Value> = last.into_iter().map(plain).collect();
    let cursor = Cursor { sort: sort.to_owned(), check: check(table, sort, &last), last };
    let json = serde_json::to_vec(&cursor).unwrap_or_default();
    BASE64URL_NOPAD.encode(&json)
}

/// The sort values of the row that a cursor stands behind.
pub(crate) fn read(table: &str, sort: &str, text: &str) -> Result<Vec<SqlValue>, InvalidCursor> {
    if text.len() > CURSOR_CHARS_MAX {
        return Err(InvalidCursor::Garbage);
    }
    let json = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor::Garbage)?;
    let cursor: Cursor = serde_json::from_slice(&json).map_err(|_| InvalidCursor::Garbage)?;
    if cursor.check != check(table, &cursor.sort, &cursor.last) {
        return Err(InvalidCursor::Garbage);
    }
    if cursor.sort != sort {
        return Err(InvalidCursor::OtherOrder);
    }
    cursor.last.into_iter().map(|value| stored(value).ok_or(InvalidCursor::Garbage)).collect()
}

fn stored(value: Value) -> Option<SqlValue> {
    match value {
        Value::Null => Some(SqlValue::Null),
        Value::Number(number) => number.as_i64().map(SqlValue::Int),
        Value::String(text) => Some(SqlValue::Text(text)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// FNV-1a over everything that must belong together.
fn check(table: &str, sort: &str, last: &[Value]) -> u32 {
    let last = Value::from(last).to_string();
    let parts = [table, "\0", sort, "\0", &last];
    parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_again_what_it_was_told() {
        let last = vec![SqlValue::Null, SqlValue::Int(i64::MIN), SqlValue::from("茶\"\0ö")];
        let text = write("posts", "-a,b,id", last.clone());
        assert_eq!(read("posts", "-a,b,id", &text), Ok(last));
        assert_eq!(read("posts", "a,b,id", &text), Err(InvalidCursor::OtherOrder));
        assert_eq!(read("sites", "-a,b,id", &text), Err(InvalidCursor::Garbage));
    }

    #[test]
    fn whatever_is_changed_in_a_cursor_is_noticed() {
        let text = write("posts", "-at,-id", vec![SqlValue::Int(17), SqlValue::from("pst_1")]);
        for place in 0..text.len() {
            for other in ['A', 'z', '0', '-', '=', ' '] {
                let mut changed: Vec<char> = text.chars().collect();
                if changed[place] == other {
                    continue;
                }
                changed[place] = other;
                let changed: String = changed.into_iter().collect();
                assert!(read("posts", "-at,-id", &changed).is_err(), "{changed}");
            }
            assert!(read("posts", "-at,-id", &text[..place]).is_err());
        }
        for garbage in ["", "e30", "x", "bnVsbA", "ééé", &"A".repeat(10_000)] {
            assert_eq!(read("posts", "-at,-id", garbage), Err(InvalidCursor::Garbage), "{garbage}");
        }
    }
}
