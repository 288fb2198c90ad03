//! Entry point of the `freehold` binary; everything is in the library, which tests share.

use std::process::ExitCode;

fn main() -> ExitCode {
    freehold_cli::run()
}
