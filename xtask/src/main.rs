//! `cargo xtask`: the only build scripting of the repository, typed and tested.
//! This file names the commands and hands each to its module; it decides nothing.
//! Everything that cargo builds for us goes to one cache outside the checkout.

mod bench;
mod deny;
mod long_run;
mod new_module;
mod openapi;
mod packages;
mod product;
mod services;
mod shell;
mod suite;
mod tidy;
mod web;
mod workspace;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, checks and runs Freehold")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the release binary and run `freehold up` with the arguments given
    #[command(disable_help_flag = true)]
    Up {
        /// Passed on as they are, for example `--data DIR`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Build the release binary and print its path
    Build {
        /// With the `dist` profile: what is shipped
        #[arg(long)]
        dist: bool,
    },
    /// Run what CI runs; with a FILTER, only the tests whose names contain it
    Test {
        /// Full counts and random seeds, with a summary in docs/reliability.md
        #[arg(long)]
        long: bool,
        /// Substrings of test names
        filter: Vec<String>,
    },
    /// Install and start what the tests need from outside
    Services,
    /// Run one benchmark of the `freehold-bench` binary, or list them all
    #[command(disable_help_flag = true)]
    Bench {
        /// The benchmark's name and its arguments; none prints the list
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Check the rules that neither rustc nor clippy can see
    Tidy,
    /// Write openapi/console.json and openapi/site.json from the binary
    Openapi {
        /// Compare instead of writing
        #[arg(long)]
        check: bool,
    },
    /// Lay out the folder of a new module, data-plane/FAMILY/src/NAME
    NewModule {
        /// The crate under data-plane that the module belongs to
        family: String,
        /// The module's name, a plural noun such as `orders`
        name: String,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Up { args } => product::up(&workspace, &args),
        Command::Build { dist } => product::build(&workspace, dist),
        Command::Test { long, filter } => suite::run(&workspace, long, &filter),
        Command::Services => services::run(&workspace),
        Command::Bench { args } => bench::run(&workspace, &args),
        Command::Tidy => tidy::run(&workspace),
        Command::Openapi { check } => openapi::run(&workspace, check),
        Command::NewModule { family, name } => new_module::run(&workspace, &family, &name),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Arguments, Command};

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn up_passes_every_argument_on() {
        let parsed = Arguments::parse_from(["xtask", "up", "--data", "here", "--help"]);
        let Command::Up { args } = parsed.command else {
            panic!("not parsed as `up`");
        };
        assert_eq!(args, ["--data", "here", "--help"]);
    }
}
