//! The `freehold` binary as the next release would be: with one more schema change of tenants' stores,
//! which some stores cannot take, and with the same places where a test can stop it dead.

use std::process::ExitCode;

fn main() -> ExitCode {
    freehold_cli::run_with(freehold_tests::next_migrations())
}
