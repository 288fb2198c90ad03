//! Whole-product tests: stories through real sockets, and faults of real processes.

mod account;
mod apart;
mod backup;
mod bad_input;
mod cache;
mod cli;
mod domains;
mod domains_dns;
mod durable;
mod edge;
mod engines;
mod faults;
mod figures;
mod health;
mod idempotency;
mod isolation;
mod jobs;
mod lifecycle;
mod lists;
mod mail;
mod members;
mod name_server;
mod objects;
mod observe;
mod options;
mod owner;
mod people;
mod postgres;
mod publish;
mod rebuild;
mod rename;
mod roles;
mod sealed;
mod sessions;
mod signing_keys;
mod site_account;
mod sweep;
mod tokens;
mod trash;
mod turns;
mod upgrade;
mod usage;
mod users;
mod worker_cache;

/// The binary with fault points.
const PROGRAM: &str = env!("CARGO_BIN_EXE_freehold-under-test");

/// Whether the full counts are asked for.
#[expect(clippy::disallowed_methods, reason = "the test runner's own switch")]
fn is_long() -> bool {
    std::env::var_os("FREEHOLD_TEST_LONG").is_some()
}
