//! The planes as processes of their own, under one folder, each of which a test can end and start.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::waiting::until;

/// How long something that is to come about may take.
const SECONDS_MAX: u64 = 30;

/// A control plane with the workers and edges that joined it.
#[derive(Debug)]
pub struct Planes {
    program: String,
    folder: TempDir,
    settings: Vec<String>,
    /// The control plane, while it runs.
    pub control: Option<Process>,
    /// A second one on the same database, where there is one.
    pub spare: Option<Process>,
    /// The name of the folder of `control`.
    leader: &'static str,
}

/// What a control plane says when another one leads.
const STANDING_BY: &str = "another control plane leads; standing by";

/// The names of the control planes' folders.
const CONTROLS: [&str; 2] = ["control", "spare"];

fn other(name: &str) -> &'static str {
    if name == CONTROLS[0] { CONTROLS[1] } else { CONTROLS[0] }
}

impl Planes {
    /// Starts a control plane with nobody else.
    pub fn start(program: &str) -> Self {
        Self::start_with(program, &[])
    }

    /// The same, with settings of the control plane.
    pub fn start_with(program: &str, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let (control, spare, leader) = (None, None, CONTROLS[0]);
        let program = program.to_owned();
        let mut planes = Self { program, folder, settings, control, spare, leader };
        planes.start_control();
        planes
    }

    /// Starts the control plane, again or for the first time.
    pub fn start_control(&mut self) {
        let (data, settings) = (self.data(self.leader), self.control_settings());
        self.control = Some(Process::launch(&self.program, &["control"], &data, &settings, None));
    }

    /// Starts processes from now on as another release.
    pub fn change_program(&mut self, program: &str) {
        self.program = program.to_owned();
    }

    /// Gives control planes that are started from now on other settings.
    pub fn change_settings(&mut self, settings: &[&str]) {
        self.settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
    }

    fn control_settings(&self) -> Vec<&str> {
        let settings = self.settings.iter().map(String::as_str);
        ["edge.listen=127.0.0.1:8080"].into_iter().chain(settings).collect()
    }

    /// Starts a second control plane with the same secrets and settings, which name a database that
    /// both share. It stands by when this returns: one that only starts while the database is away ends.
    pub fn start_spare(&mut self) {
        let name = other(self.leader);
        let (known, copy) = (self.data(self.leader).join("secrets"), self.data(name));
        if !copy.exists() {
            std::fs::create_dir_all(&copy).expect("a folder");
            let copied = Command::new("cp").arg("-a").arg(known).arg(copy).status();
            assert!(copied.expect("cp").success());
        }
        let (settings, data) = (self.control_settings(), self.data(name));
        let before = log_count(&data, STANDING_BY);
        let spare = Process::begin(&self.program, &["control"], &data, &settings, None);
        self.spare = Some(spare);
        let deadline = Instant::now() + Duration::from_secs(SECONDS_MAX);
        while log_count(&data, STANDING_BY) == before {
            assert!(Instant::now() < deadline, "the spare control plane does not stand by");
            // not synchronisation: a pause between two looks at what is waited for
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes the spare control plane the one that the test calls by `control`; returns the former.
    pub fn swap(&mut self) -> Option<Process> {
        self.leader = other(self.leader);
        std::mem::replace(&mut self.control, self.spare.take())
    }

    /// The data folder of a process.
    pub fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a worker under a name; the first time it joins.
    pub fn worker(&self, name: &str) -> Process {
        self.member("worker", name)
    }

    /// [`Planes::worker`] with settings of its own.
    pub fn worker_with(&self, name: &str, settings: &[&str]) -> Process {
        let joins = !self.data(name).join("worker/membership").exists();
        self.launch("worker", name, joins, settings)
    }

    /// Starts an edge under a name; the first time it joins.
    pub fn edge(&self, name: &str) -> Process {
        self.member("edge", name)
    }

    fn member(&self, role: &str, name: &str) -> Process {
        let joins = !self.data(name).join(role).join("membership").exists();
        self.launch(role, name, joins, &[])
    }

    /// Starts a process that may have joined before, with a new join token.
    pub fn rejoin(&self, role: &str, name: &str) -> Process {
        self.launch(role, name, true, &[])
    }

    fn launch(&self, role: &str, name: &str, joins: bool, settings: &[&str]) -> Process {
        let data = self.data(name);
        let sockets = CONTROLS.map(|name| self.data(name).join("run/fleet.sock"));
        let control = sockets.map(|socket| format!("unix:{}", socket.display())).join(",");
        let named = format!("{role}.name={name}");
        let mut arguments = vec![role, "--control", &control];
        let token;
        if joins {
            token = self.token(role);
            arguments.extend(["--join", &token]);
        }
        let settings = [&[named.as_str()], settings].concat();
        Process::launch(&self.program, &arguments, &data, &settings, None)
    }

    /// A join token for one process.
    pub fn token(&self, role: &str) -> String {
        let made = self.operate(&["fleet", "token", "--role", role]);
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Runs an operator's command on the control plane's host and returns what it says.
    pub fn operate(&self, arguments: &[&str]) -> Value {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg("--json")
            .arg("--data")
            .arg(self.data(self.leader))
            .output()
            .expect("an answer");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    /// Waits until everyone who joined is connected.
    pub async fn until_connected(&self) {
        let is_there = |all: &Vec<Value>| all.iter().all(|one| one["state"] == "connected");
        until("everybody is connected again", SECONDS_MAX, async || {
            let processes = self.operate(&["fleet", "processes"]);
            processes["items"].as_array().is_some_and(is_there).then_some(())
        })
        .await;
    }
}

/// How often a process's log says this.
fn log_count(data: &Path, text: &str) -> usize {
    std::fs::read_to_string(data.join("log")).map_or(0, |log| log.matches(text).count())
}

/// Whether a file below a folder of the test holds this text.
pub fn log_says(data: &Path, text: &str) -> bool {
    std::fs::read_to_string(data.join("log")).is_ok_and(|log| log.contains(text))
}
