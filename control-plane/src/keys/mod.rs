//! Keys of accounts: tokens with which programs call the console's API, each with a role.
//!
//! A key belongs to its account and outlives who made it; it never had a higher role than they.

mod routes;
mod store;

pub(crate) use routes::routes;
pub(crate) use store::{PREFIX, find};
