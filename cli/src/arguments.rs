//! What can be typed after `freehold`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Hosts websites and their back ends for many customers from one system.
#[derive(Debug, Parser)]
#[command(name = "freehold", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct SettingArguments {
    /// A configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of everything that is kept (data.dir).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// The address that browsers reach (edge.listen).
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Any setting, such as log.format=json; may be given several times.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the whole platform in this process.
    Up,
    /// Start the control plane alone; workers and edges join it.
    Control(ControlArguments),
    /// Start a worker alone.
    Worker(JoinArguments),
    /// Start an edge alone.
    Edge(JoinArguments),
    /// Look at the fleet and who may join it.
    #[command(subcommand)]
    Fleet(Fleet),
    /// Look at one tenant, suspend or resume it.
    #[command(subcommand)]
    Tenant(Tenant),
    /// Look at the domains of sites, add and remove them.
    #[command(subcommand)]
    Domain(Domain),
    /// Look at long tasks.
    #[command(subcommand)]
    Operation(Operation),
    /// Look at the master key, make a new one, forget those before it.
    #[command(subcommand)]
    Secrets(Secrets),
    /// Back the control plane up, or put a backup back.
    #[command(subcommand)]
    Db(Db),
    /// Check that this machine and installation are in order.
    Doctor,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Print an API's OpenAPI document.
    Openapi {
        /// Which API.
        #[arg(value_parser = ["console", "site"])]
        api: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Fleet {
    /// The workers and their load.
    Workers(PageArguments),
    /// Workers and edges that joined.
    Processes(PageArguments),
    /// Make a token with which processes join.
    Token {
        /// What may join with it.
        #[arg(long, value_parser = ["worker", "edge"])]
        role: String,
        /// How many processes may join with it.
        #[arg(long, default_value_t = 1)]
        uses: i64,
        /// How long it works.
        #[arg(long, default_value_t = 3_600, value_name = "SECONDS")]
        expires_in: u64,
    },
    /// Place no new tenants on a worker.
    Cordon {
        /// Its id.
        worker: String,
    },
    /// Place new tenants on a worker again.
    Uncordon {
        /// Its id.
        worker: String,
    },
    /// Give a connected process a new credential.
    Rotate {
        /// Its id.
        process: String,
    },
    /// End a process's membership for good.
    Remove {
        /// Its id.
        process: String,
    },
    /// Migrate the stores of the whole fleet to this release's schema, a few first, then in growing
    /// waves; without a flag, show how far it is.
    Upgrade(UpgradeArguments),
    /// The tenants that use most.
    Usage {
        /// How many hours back.
        #[arg(long, default_value_t = 24)]
        hours: u64,
        /// What is compared: requests, request_bytes, answer_bytes, handled, handled_micros.
        #[arg(long, default_value = "handled_micros")]
        by: String,
        /// Tenants at most.
        #[arg(long, default_value_t = 10)]
        limit: u64,
    },
    /// The tenants of all accounts.
    Tenants {
        #[command(flatten)]
        page: PageArguments,
        /// Only tenants with this text in slug or name.
        #[arg(long)]
        q: Option<String>,
    },
}

/// What is to be done with an upgrade of the fleet.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("action").multiple(false))]
pub(crate) struct UpgradeArguments {
    /// Show what it would do.
    #[arg(long, group = "action")]
    pub(crate) plan: bool,
    /// Start it.
    #[arg(long, group = "action")]
    pub(crate) start: bool,
    /// Show how far it is.
    #[arg(long, group = "action")]
    pub(crate) status: bool,
    /// Halt it.
    #[arg(long, group = "action")]
    pub(crate) halt: bool,
    /// Go on with it; what has failed so far counts no more.
    #[arg(long, group = "action")]
    pub(crate) resume: bool,
    /// With --start: tenants of one wave that may fail before it halts.
    #[arg(long, requires = "start", value_name = "TENANTS")]
    pub(crate) failures_max: Option<i64>,
    /// With --start: percents of one wave that may fail before it halts.
    #[arg(long, requires = "start", value_name = "PERCENT")]
    pub(crate) failures_percent_max: Option<i64>,
}

/// How a process finds and joins the fleet.
#[derive(Debug, Args)]
pub(crate) struct JoinArguments {
    /// Where the control plane listens for processes, as unix:PATH or tls://HOST:PORT; several with
    /// commas between (fleet.control).
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) control: Option<String>,
    /// A join token, needed at the first start only (fleet.join_token).
    #[arg(long, value_name = "TOKEN")]
    pub(crate) join: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// Page to show, counted from 1.
    #[arg(long, default_value_t = 1)]
    pub(crate) page: u64,
    /// Rows per page, 1 to 100.
    #[arg(long, default_value_t = 25)]
    pub(crate) page_size: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// Show a tenant.
    Show {
        /// Its id or slug.
        tenant: String,
    },
    /// What a tenant used, by hour.
    Usage {
        /// Its id or slug.
        tenant: String,
        /// How many hours back.
        #[arg(long, default_value_t = 24)]
        hours: u64,
    },
    /// Look through a tenant's store; one with problems is quarantined.
    Check {
        /// Its id or slug.
        tenant: String,
    },
    /// Check and migrate a quarantined store, and serve it again if nothing is wrong with it.
    Release {
        /// Its id or slug.
        tenant: String,
    },
    /// Suspend a tenant; its data stays untouched.
    Suspend {
        /// Its id or slug.
        tenant: String,
        /// Why; its owner reads it.
        #[arg(long)]
        reason: String,
    },
    /// Take a tenant to another engine; it is moving meanwhile.
    Convert {
        /// Its id or slug.
        tenant: String,
        /// What is to keep it.
        #[arg(long, value_parser = ["sqlite", "postgres"])]
        engine: String,
        /// The Postgres database, by its name in worker.databases.
        #[arg(long)]
        database: Option<String>,
    },
    /// Give a tenant a new key and seal its secrets under it.
    RotateKey {
        /// Its id or slug.
        tenant: String,
    },
    /// Resume a suspended tenant.
    Resume {
        /// Its id or slug.
        tenant: String,
    },
    #[command(flatten)]
    Work(TenantWork),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Show the master key's name, and what does not lie under it yet.
    Status,
    /// Make a new master key; the keys of all tenants are brought under it.
    RotateMaster {
        /// Forget the master keys before the newest one instead, once nothing lies under them.
        #[arg(long)]
        retire: bool,
    },
}

/// The work of one tenant.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantWork {
    /// How many jobs a tenant has in each state, who follows its events, what comes again.
    Work {
        /// Its id or slug.
        tenant: String,
    },
    /// A tenant's jobs and deliveries, newest first; or run one again that was given up.
    Jobs {
        /// Its id or slug.
        tenant: String,
        #[command(subcommand)]
        command: Option<TenantJobs>,
        /// Only those that are waiting, held, running, done or dead.
        #[arg(long)]
        state: Option<String>,
        /// Only those older than the job of this id.
        #[arg(long, value_name = "JOB")]
        before: Option<String>,
        /// Rows at most, 1 to 100.
        #[arg(long, default_value_t = 25)]
        limit: u64,
    },
    /// A tenant's events, newest first.
    Events {
        /// Its id or slug.
        tenant: String,
        /// Only those older than the event of this id.
        #[arg(long, value_name = "EVENT")]
        before: Option<String>,
        /// Rows at most, 1 to 100.
        #[arg(long, default_value_t = 25)]
        limit: u64,
    },
    /// Deliver a tenant's events of a time to a subscriber once more.
    Replay {
        /// Its id or slug.
        tenant: String,
        /// Who gets them.
        #[arg(long)]
        subscriber: String,
        /// Events of this moment and later, in RFC 3339.
        #[arg(long)]
        from: String,
        /// Events before this moment, in RFC 3339.
        #[arg(long)]
        to: String,
    },
    /// Enqueue jobs that do nothing but count, and wait until they have run.
    Probe {
        /// The tenant's id or slug.
        tenant: String,
        /// How many, 1 to 1000.
        #[arg(long, default_value_t = 10)]
        jobs: u64,
        /// How many of them fail the first time.
        #[arg(long, default_value_t = 0, value_name = "JOBS")]
        fail: u64,
        /// How long to wait for them.
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        wait: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantJobs {
    /// Run a job again that was given up.
    Retry {
        /// The job's id.
        job: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Domain {
    /// The domains of all sites, or of one.
    List {
        #[command(flatten)]
        page: PageArguments,
        /// Only those of this tenant, by its id or slug.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Add a domain to a site.
    Add {
        /// The site's id or slug.
        tenant: String,
        /// The name, such as www.example.org.
        hostname: String,
    },
    /// Show a domain, the records to set and what is still to be done.
    Show {
        /// Its id or hostname.
        domain: String,
    },
    /// Look at a domain's records now.
    Check {
        /// Its id or hostname.
        domain: String,
    },
    /// Make a domain the name that its site is read under.
    Canonical {
        /// Its id or hostname.
        domain: String,
        /// Let the site be read under its own name again.
        #[arg(long)]
        off: bool,
    },
    /// Remove a domain from its site.
    Remove {
        /// Its id or hostname.
        domain: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ControlArguments {
    #[command(subcommand)]
    pub(crate) command: Option<Control>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Control {
    /// Make an empty control plane's database again from the manifests beside tenants' stores, when it
    /// and its backups are lost. Its secrets must be there; nothing may run.
    Rebuild {
        /// A folder with manifests below it, such as a worker's `tenants`; several times for several
        /// workers.
        #[arg(long, value_name = "DIR", required = true)]
        from: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Back up the control plane that runs on this host, into its backup folder.
    Backup,
    /// Put a backup into an empty data folder (--data), for a control plane that is not running.
    Restore {
        /// The backup's folder.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Operation {
    /// The newest operations.
    List(PageArguments),
    /// Show an operation with its steps.
    Show {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Every setting with its value and where it came from.
    Show {
        /// Print the commented defaults instead.
        #[arg(long)]
        defaults: bool,
    },
}

/// Reads the command line; prints help or the mistake and ends the process where there is one.
pub(crate) fn read() -> Arguments {
    Arguments::parse()
}
