//! The one crate with `unsafe`: calls into C for which no library has a safe form.
//!
//! Each function says what makes it sound, takes Rust types, and is as small as it can be.

use std::os::raw::c_int;

use libsqlite3_sys as c;
use sqlx::sqlite::LockedSqliteHandle;

/// A statement's text at most.
const SQL_BYTES_MAX: c_int = 1_000_000;
/// Nested expressions of a statement at most.
const EXPRESSION_DEPTH_MAX: c_int = 200;
/// Parts of a compound SELECT at most.
const COMPOUND_SELECTS_MAX: c_int = 50;
/// A pattern of LIKE or GLOB at most.
const PATTERN_BYTES_MAX: c_int = 50_000;
/// Databases beside the main one: none, and one for a copy.
const ATTACHED_MAX: c_int = 0;
const ATTACHED_FOR_COPY_MAX: c_int = 1;

/// Takes from a connection what no statement of ours needs and what an injected one would use
/// first: attaching other files, changing the schema's own tables, strings in double quotes,
/// functions of the schema with side effects, and limits that are far above what is ever sent.
///
/// See <https://sqlite.org/security.html> and <https://sqlite.org/c3ref/limit.html>.
pub fn harden(handle: &mut LockedSqliteHandle<'_>, is_for_copy: bool) {
    let db = handle.as_raw_handle().as_ptr();
    let attached = if is_for_copy { ATTACHED_FOR_COPY_MAX } else { ATTACHED_MAX };
    let limits = [
        (c::SQLITE_LIMIT_ATTACHED, attached),
        (c::SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX),
        (c::SQLITE_LIMIT_EXPR_DEPTH, EXPRESSION_DEPTH_MAX),
        (c::SQLITE_LIMIT_COMPOUND_SELECT, COMPOUND_SELECTS_MAX),
        (c::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_BYTES_MAX),
    ];
    for (limit, most) in limits {
        // SAFETY: the handle is open and locked for us as long as `handle` lives; the call reads
        // and writes the connection's own numbers.
        unsafe { c::sqlite3_limit(db, limit, most) };
    }
    let switches = [
        (c::SQLITE_DBCONFIG_DEFENSIVE, 1),
        (c::SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (c::SQLITE_DBCONFIG_DQS_DML, 0),
        (c::SQLITE_DBCONFIG_DQS_DDL, 0),
        (c::SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    ];
    for (switch, on) in switches {
        let none: *mut c_int = std::ptr::null_mut();
        // SAFETY: as above; these switches take an int and a pointer to an int that may be null
        // (<https://sqlite.org/c3ref/c_dbconfig_defensive.html>).
        unsafe { c::sqlite3_db_config(db, switch, c_int::from(on as u8), none) };
    }
}
