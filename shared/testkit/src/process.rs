//! A platform as a process of its own, which a test can kill.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Api, client};
use crate::fleet::sign_up_body;

/// How long a process may take to say that it is up, or to end.
const SECONDS_MAX: u64 = 60;

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    port: u16,
    private_port: u16,
    http: reqwest::Client,
}

impl Process {
    /// Starts `<program> up` on a data folder and waits until it serves.
    pub fn start(program: &str, data: &Path, settings: &[&str], fault: Option<&str>) -> Self {
        Self::launch(program, &["up"], data, settings, fault)
    }

    /// Starts one of the platform's processes on a data folder and waits until it says that it
    /// is up.
    pub fn launch(
        program: &str,
        arguments: &[&str],
        data: &Path,
        settings: &[&str],
        fault: Option<&str>,
    ) -> Self {
        Self::launch_command(Command::new(program), arguments, data, settings, fault)
    }

    /// [`Process::launch`] by a command that becomes the program.
    pub fn launch_command(
        command: Command,
        arguments: &[&str],
        data: &Path,
        settings: &[&str],
        fault: Option<&str>,
    ) -> Self {
        let (child, lines) = spawn(command, arguments, data, settings, fault);
        let mut process = Self { child, port: 0, private_port: 0, http: client() };
        // An edge says where it listens before it says where its health is.
        while process.private_port == 0 {
            let line = lines
                .recv_timeout(Duration::from_secs(SECONDS_MAX))
                .expect("the process says where it listens");
            let line = line.trim();
            if let Some(address) = line.strip_prefix("edge ") {
                process.port = port(address);
            } else if let Some(address) = line.strip_prefix("metrics, health http://") {
                process.private_port = port(address.trim_end_matches("/metrics"));
            }
        }
        process
    }

    /// Starts one of the platform's processes without waiting for anything that it says: it may end
    /// before it serves.
    pub fn begin(
        program: &str,
        arguments: &[&str],
        data: &Path,
        settings: &[&str],
        fault: Option<&str>,
    ) -> Self {
        let (child, _) = spawn(Command::new(program), arguments, data, settings, fault);
        Self { child, port: 0, private_port: 0, http: client() }
    }

    /// [`Process::launch`] of an edge that is given its socket, as a service manager does.
    pub fn launch_with_socket(
        program: &str,
        arguments: &[&str],
        data: &Path,
        settings: &[&str],
        socket: &TcpListener,
    ) -> Self {
        use rustix::io::{FdFlags, fcntl_setfd};
        fcntl_setfd(socket, FdFlags::empty()).expect("a socket that is passed on");
        let mut command = Command::new("sh");
        // The variables name the process itself, which only it knows.
        command.args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\"", program]);
        command.env("LISTEN_FDS", "1");
        command.env("LISTEN_FDS_FIRST_FD", socket.as_raw_fd().to_string());
        Self::launch_command(command, arguments, data, settings, None)
    }

    /// A client of the private address of metrics and health.
    pub fn private(&self) -> Api {
        let origin = format!("http://127.0.0.1:{}", self.private_port);
        Api { http: self.http.clone(), origin, token: None }
    }

    /// Sends a signal, such as `STOP` or `CONT`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status().expect("kill");
        assert!(sent.success());
    }

    /// A client of any hostname.
    pub fn host(&self, hostname: &str) -> Api {
        let origin = format!("http://{hostname}:{}", self.port);
        Api { http: self.http.clone(), origin, token: None }
    }

    /// Signs up through this edge; the e-mail is `<slug>@example.org`. Returns the answer's data.
    pub async fn sign_up(&self, slug: &str) -> Value {
        self.host("console.localhost").post("/v1/signup", sign_up_body(slug)).await.data(201)
    }

    /// A client of the admin host of the site that a sign-up gave, as its owner.
    pub async fn owner(&self, signed_up: &Value, slug: &str) -> Api {
        let session = signed_up["session"]["token"].as_str().expect("a session");
        let site = signed_up["site"]["id"].as_str().expect("a site");
        let console = self.host("console.localhost").with_token(session);
        let path = format!("/v1/sites/{site}/sign-in");
        let ticket = console.post(&path, json!({})).await.data(201)["ticket"].take();
        let admin = self.host(&format!("{slug}.admin.localhost"));
        let data = admin.post("/api/v1/auth/ticket", json!({"ticket": ticket})).await.data(200);
        admin.with_token(data["access_token"].as_str().expect("a token"))
    }

    /// The edge's port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Kills it without warning.
    pub fn kill(mut self) {
        // It may have ended by itself, which is what a kill wants.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself.
    pub fn ended(self) {
        let _ = self.ended_well();
    }

    /// Waits until it has ended by itself; says whether it said that all was well.
    pub fn ended_well(mut self) -> bool {
        let deadline = std::time::Instant::now() + Duration::from_secs(SECONDS_MAX);
        while std::time::Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process did not end");
    }

    /// Asks it to stop and waits until it has; says whether it said that all was well.
    pub fn terminate(mut self) -> bool {
        self.signal("TERM");
        self.child.wait().expect("its end").success()
    }
}

/// Starts a program; what it writes goes to a log in its folder, what it says comes by line.
fn spawn(
    mut command: Command,
    arguments: &[&str],
    data: &Path,
    settings: &[&str],
    fault: Option<&str>,
) -> (Child, mpsc::Receiver<String>) {
    command.args(arguments).arg("--data").arg(data);
    for setting in ["edge.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0", "limits.enabled=false"]
        .iter()
        .chain(settings)
    {
        command.arg("--set").arg(setting);
    }
    if let Some(place) = fault {
        command.env("FREEHOLD_FAULT_AT", place);
    }
    let log = data.join("log");
    std::fs::create_dir_all(data).expect("a data folder");
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("a process");
    let stdout = child.stdout.take().expect("its output");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nobody listens any more once the process has said where it is.
            let _ = sender.send(line);
        }
    });
    (child, lines)
}

/// The port of an address such as `127.0.0.1:80`.
fn port(address: &str) -> u16 {
    let port = address.trim().rsplit(':').next().and_then(|port| port.parse().ok());
    port.expect("a port")
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whatever the test did, nothing stays behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
