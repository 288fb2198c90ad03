//! What callers may ask of a list: pages, cursors, order, filters, search, fields, aggregates.
//!
//! A list declares one [`ListPolicy`]; [`List`] reads a query string by it, refuses everything the
//! policy does not name with the parameter's name, and makes the statements. It never widens what
//! the caller may see: the owner of the rows passes that condition to every statement.

mod aggregate;
mod cursor;
mod filter;
mod list;
mod param;
mod policy;
mod request;

pub use list::{Found, Frame, List};
pub use policy::{Field, FieldKind, IdForm, ListPolicy, Listed};
