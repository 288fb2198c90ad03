//! A platform as a process of its own, which a test can kill.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::api::{Api, client};

/// How long a process may take to say that it is up, or to end.
const SECONDS_MAX: u64 = 60;

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    port: u16,
    http: reqwest::Client,
}

impl Process {
    /// Starts `<program> up` on a data folder and waits until it serves.
    pub fn start(program: &str, data: &Path, settings: &[&str], fault: Option<&str>) -> Self {
        let mut command = Command::new(program);
        command.arg("up").arg("--data").arg(data);
        for setting in
            ["edge.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0", "limits.enabled=false"]
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
                // Nobody listens any more once the port is known.
                let _ = sender.send(line);
            }
        });
        let port = loop {
            let line = lines
                .recv_timeout(Duration::from_secs(SECONDS_MAX))
                .expect("the process says where it listens");
            if let Some(address) = line.trim().strip_prefix("edge ") {
                break address
                    .trim()
                    .rsplit(':')
                    .next()
                    .and_then(|p| p.parse().ok())
                    .expect("a port");
            }
        };
        Self { child, port, http: client() }
    }

    /// A client of any hostname.
    pub fn host(&self, hostname: &str) -> Api {
        let origin = format!("http://{hostname}:{}", self.port);
        Api { http: self.http.clone(), origin, token: None }
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
    pub fn ended(mut self) {
        let deadline = std::time::Instant::now() + Duration::from_secs(SECONDS_MAX);
        while std::time::Instant::now() < deadline {
            if self.child.try_wait().expect("its state").is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process did not end");
    }

    /// Asks it to stop and waits until it has; says whether it said that all was well.
    pub fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(asked.success());
        self.child.wait().expect("its end").success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whatever the test did, nothing stays behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
