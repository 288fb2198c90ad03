//! `freehold-bench`: measures the product through its front door, on loopback, within bounds.
//!
//! What is measured runs in a process of its own, so that its memory and processor time can be
//! told from the client's. Numbers of one run are compared with each other only.

mod baseline;
mod density;
mod edge;
mod feed;
mod http;
mod load;
mod machine;
mod memory;
mod propagation;
mod read;
mod report;
mod served;
mod signup;
mod sites;
mod store;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::report::Report;
use crate::served::Program;

/// Measures Freehold on this machine.
#[derive(Debug, Parser)]
#[command(name = "freehold-bench", version, arg_required_else_help = true)]
struct Arguments {
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// The `freehold` binary to measure; without it, this program serves with the same code.
    #[arg(long, global = true, value_name = "FILE")]
    program: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From the request of a sign-up to the new site's first page, both on new connections.
    Signup {
        /// Sign-ups, one after the other.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=5_000))]
        count: u32,
    },
    /// A public list through the edge, next to a bare Pingora that passes the same bytes on.
    Read(ReadArguments),
    /// An edge with very many routes: getting them, loading them, changing them.
    Feed {
        /// Routes.
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
        routes: u32,
    },
    /// How soon an edge that keeps a page answers what was changed through another edge.
    Propagation {
        /// Changes, one after the other.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=10_000))]
        changes: u32,
    },
    /// The same list kept by the edge, next to that Pingora and to an edge without a cache.
    Edge(ReadArguments),
    /// Memory, threads and descriptors after many sites were made and each was touched.
    Memory {
        /// Sites.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=20_000))]
        sites: u32,
        /// Sites that the worker may have open (`worker.open_tenants_max`).
        #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4_096))]
        open: u32,
    },
    /// What tenants cost a worker: assigned and closed, open and warm.
    Density {
        /// Tenants that are assigned and closed.
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
        idle: u32,
        /// Sites that are open and warm.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=2_000))]
        warm: u32,
    },
    /// The first answer of sites that were closed, through the edge.
    Open {
        /// Sites.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(100..=20_000))]
        sites: u32,
    },
    /// Making a tenant's store, and a point read next to the driver alone.
    Store {
        /// Tenants.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=20_000))]
        tenants: u32,
    },
    /// Durable writes to one tenant, next to the same with one sync for each.
    Write {
        /// Clients that write one transaction after the other.
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_024))]
        clients: u32,
        /// Seconds over all rounds.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..=300))]
        seconds: u32,
    },
    /// What a measured process runs: a bare Pingora and a handler that always says the same.
    #[command(hide = true)]
    Baseline {
        #[arg(long)]
        body: PathBuf,
        #[arg(long)]
        content_type: String,
    },
}

/// How much is read, and by how many.
#[derive(Debug, Clone, Copy, Args)]
struct ReadArguments {
    /// Seconds of load for each target, over all rounds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=300))]
    seconds: u32,
    /// Connections that send one request after the other.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    connections: u32,
    /// Posts in the list.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    posts: u32,
    /// Rounds in which every target has its turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(3..=20))]
    rounds: u32,
}

fn main() -> ExitCode {
    // Every process of a platform is given its folder, and no benchmark is: this one is to serve.
    if std::env::args_os().any(|argument| argument == "--data") {
        return freehold_cli::run();
    }
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Baseline { body, content_type } => baseline::serve(&body, &content_type),
        command => measure(command, arguments.program.as_deref()).map(|report| {
            if arguments.json {
                println!("{:#}", report.to_json());
            } else {
                print!("{report}");
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("freehold-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(command: Command, program: Option<&std::path::Path>) -> anyhow::Result<Report> {
    let program = Program::new(program)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Signup { count } => signup::run(&program, count).await,
            Command::Read(arguments) => read::run(&program, arguments).await,
            Command::Feed { routes } => feed::run(routes).await,
            Command::Edge(arguments) => edge::run(&program, arguments).await,
            Command::Memory { sites, open } => memory::run(&program, sites, open).await,
            Command::Propagation { changes } => propagation::run(&program, changes).await,
            Command::Density { idle, warm } => density::run(&program, idle, warm).await,
            Command::Open { sites } => density::open(&program, sites).await,
            Command::Store { tenants } => store::run(tenants).await,
            Command::Write { clients, seconds } => write::run(clients, seconds).await,
            Command::Baseline { .. } => anyhow::bail!("this is served, not measured"),
        }
    })
}
