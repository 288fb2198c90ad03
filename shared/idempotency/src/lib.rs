//! `Idempotency-Key`: a POST that is sent twice happens once.
//!
//! The key and the answer are rows of the very transaction that makes the change, so there is no
//! moment at which one is there without the other
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

mod request;
mod store;

pub use request::{IdempotencyKey, Idempotent, Nothing};
pub use store::{IdempotencyError, KEY_AGE_HOURS_MAX, KeptAnswer, TABLE, find, keep};
