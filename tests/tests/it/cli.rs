//! The command line against a running platform.

use std::path::Path;
use std::process::{Command, Output};

use freehold_testkit::{Fleet, Process};
use serde_json::Value;

use crate::PROGRAM;

fn run(data: &Path, port: u16, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .args(["--listen", &format!("127.0.0.1:{port}"), "--set", "metrics.listen=127.0.0.1:9"])
        .output()
        .expect("the command runs")
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_work_from_the_command_line() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (data, port, clock) = (fleet.data().to_owned(), fleet.port(), fleet.clock().clone());
    tokio::task::spawn_blocking(move || {
        let freehold = |arguments: &[&str]| run(&data, port, arguments);
        assert_eq!(json(&freehold(&["fleet", "workers", "--json"]))["total"], 1);
        assert_eq!(json(&freehold(&["fleet", "tenants", "--json"]))["items"][0]["slug"], "acme");
        // Operations are listed by their time.
        clock.advance_seconds(1);
        let suspended =
            json(&freehold(&["tenant", "suspend", "acme", "--reason", "unpaid", "--json"]));
        assert_eq!(
            (&suspended["state"], &suspended["id"]),
            (&"suspended".into(), &account.site.clone().into())
        );
        assert_eq!(
            json(&freehold(&["tenant", "show", &account.site, "--json"]))["reason"],
            "unpaid"
        );
        clock.advance_seconds(1);
        assert_eq!(json(&freehold(&["tenant", "resume", "acme", "--json"]))["state"], "ready");
        let operations = json(&freehold(&["operation", "list", "--json"]));
        assert_eq!(operations["total"], 3);
        let id = operations["items"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(json(&freehold(&["operation", "show", &id, "--json"]))["kind"], "resume_site");
        let table = freehold(&["fleet", "tenants"]);
        let table = String::from_utf8_lossy(&table.stdout).into_owned();
        assert!(table.contains("SLUG") && table.contains("acme"), "{table}");
        let unknown = freehold(&["tenant", "show", "nobody"]);
        assert_eq!(unknown.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("not_found"));
    })
    .await
    .expect("the commands");
}

#[test]
fn mistakes_in_the_configuration_are_told_together() {
    let output = Command::new(PROGRAM)
        .args([
            "up",
            "--set",
            "edge.listen=nowhere",
            "--set",
            "hosts.scheme=gopher",
            "--set",
            "x.y=1",
        ])
        .env("FREEHOLD_LIMITS_ENABLED", "perhaps")
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    for key in ["edge.listen", "hosts.scheme", "x.y", "limits.enabled"] {
        assert!(text.contains(key), "{key}: {text}");
    }
}

#[test]
fn limits_cannot_be_off_in_public() {
    let output = Command::new(PROGRAM)
        .args(["up", "--set", "hosts.sites=sites.example"])
        .env("FREEHOLD_LIMITS_ENABLED", "false")
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("limits.enabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_and_a_second_process_notice_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    let doctor = run(folder.path(), 0, &["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    assert_eq!(report["ok"], true, "{report}");
    let checks = report["checks"].as_array().expect("checks");
    assert!(checks.iter().any(|check| check["check"] == "secrets" && check["state"] == "ok"));
    let second = run(folder.path(), 0, &["up"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process"));
    assert!(process.terminate());
    let again = Process::start(PROGRAM, folder.path(), &[], None);
    assert!(again.terminate(), "it starts again with the same data");
}

#[test]
fn a_signal_stops_it_gracefully_when_nobody_reads_its_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut child = Command::new(PROGRAM)
        .args(["up", "--set", "edge.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0"])
        .arg("--data")
        .arg(folder.path().join("data"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("the command runs");
    let mut output = std::io::BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    while !line.contains("Ctrl-C") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut output, &mut line).expect("a line") > 0);
    }
    drop(output);
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(asked.expect("kill").success());
    let ended = child.wait().expect("its end");
    let log = std::fs::read_to_string(log).expect("its log");
    assert!(ended.success() && !log.contains("panicked"), "{ended}: {log}");
}
