//! Accounts and the people in them: sign-up, sessions, passwords, verified addresses.

mod model;
mod routes;
mod service;
pub(crate) mod sessions;
pub(crate) mod store;

pub(crate) use routes::{AccountState, routes};
pub(crate) use store::Member;
