//! Accounts and the people in them: sign-up, sessions, passwords, verified addresses, and what
//! each person is in which account.

mod me;
pub(crate) mod memberships;
mod model;
mod role;
mod routes;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod store;

pub(crate) use role::{Permission, Role};
pub(crate) use routes::{AccountState, SignInAnswer, routes, signed_in};
pub(crate) use store::Member;
