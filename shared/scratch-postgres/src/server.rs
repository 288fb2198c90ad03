//! A private server on a data folder of its own.

use std::io::{Error, Result};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::programs::{Programs, run};

/// How long a server may take to start or to stop, in seconds.
const SECONDS_MAX: &str = "60";
/// The server's superuser; nobody needs a password on loopback.
const USER: &str = "freehold";
/// The line of `postmaster.pid` that holds the port, counted from 0.
const PORT_LINE: usize = 3;

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// Sessions are ended, everything is written.
    Fast,
    /// As after a power cut: the next start recovers.
    Immediate,
}

/// A server that this process started, or found running on its folder. Dropping it leaves it as
/// it is; [`Server::stop`] ends it.
#[derive(Debug)]
pub struct Server {
    programs: Programs,
    folder: PathBuf,
    port: u16,
    was_running: bool,
}

impl Server {
    /// Starts a server on a folder, which is filled at the first start; joins the one that runs
    /// there already.
    ///
    /// # Errors
    /// When Postgres is not installed or cannot use the folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let programs = Programs::find()?;
        programs.own(folder)?;
        let mut server = Self { programs, folder: folder.to_owned(), port: 0, was_running: false };
        if !server.data().join("PG_VERSION").is_file() {
            server.fill()?;
        }
        if let Some(port) = server.running_port() {
            (server.port, server.was_running) = (port, true);
            return Ok(server);
        }
        server.port = free_port()?;
        server.start_again()?;
        Ok(server)
    }

    /// Starts it after a stop, on the same port.
    ///
    /// # Errors
    /// When it does not come up; its log is part of the error.
    pub fn start_again(&self) -> Result<()> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200",
            self.port
        );
        let log = self.folder.join("log");
        let mut start = self.programs.command("pg_ctl", &self.folder);
        start.args(["start", "--wait", "--silent", "--timeout", SECONDS_MAX]);
        start.arg("--pgdata").arg(self.data()).arg("--log").arg(&log).arg("--options").arg(options);
        // The server keeps what it inherits: a pipe would never end.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(Error::other(format!("Postgres did not start: {said}")))
    }

    /// Ends it and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(&self, mode: StopMode) -> Result<()> {
        let mode = match mode {
            StopMode::Fast => "fast",
            StopMode::Immediate => "immediate",
        };
        let mut stop = self.programs.command("pg_ctl", &self.folder);
        stop.args(["stop", "--wait", "--silent", "--timeout", SECONDS_MAX, "--mode", mode]);
        run(stop.arg("--pgdata").arg(self.data())).map(drop)
    }

    /// Its folder, with the data and the log in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it ran before we came.
    pub const fn was_running(&self) -> bool {
        self.was_running
    }

    /// The URL of the database that every server has.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Makes the data folder. A locale other than the one that the product asks for shows where it
    /// forgot to ask.
    fn fill(&self) -> Result<()> {
        let mut initdb = self.programs.command("initdb", &self.folder);
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username", USER]);
        run(initdb.arg("--pgdata").arg(self.data())).map(drop)
    }

    fn running_port(&self) -> Option<u16> {
        let mut status = self.programs.command("pg_ctl", &self.folder);
        run(status.arg("status").arg("--pgdata").arg(self.data())).ok()?;
        let lines = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        lines.lines().nth(PORT_LINE)?.trim().parse().ok()
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
