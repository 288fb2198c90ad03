//! The `freehold` binary with places where a test can stop it dead between two steps.

use std::process::ExitCode;

fn main() -> ExitCode {
    freehold_cli::run()
}
