//! Whole-product tests: stories through real sockets, and faults of real processes.

mod apart;
mod bad_input;
mod cli;
mod edge;
mod faults;
mod idempotency;
mod isolation;
mod lifecycle;
mod lists;
mod mail;
mod observe;
mod people;
mod postgres;
mod publish;
mod sweep;

/// The binary with fault points.
const PROGRAM: &str = env!("CARGO_BIN_EXE_freehold-under-test");
