//! The people of an account, and invitations of those who are to join.

mod model;
mod routes;
mod service;
mod store;

pub(crate) use routes::{MemberState, routes};
