//! What an answered write rests on: the order of system calls, and what becomes of it when a sync
//! fails, when descriptors run out, and when the process is killed again and again.
//!
//! A small library of ours is preloaded into the process under test (`syscalls.c`); it sees the
//! calls as the kernel would.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use freehold_testkit::{Api, Process, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

/// How long a process may take until what failed works again.
const RECOVERY_SECONDS_MAX: u64 = 30;
/// Clients that write at the same time.
const CLIENTS: u32 = 8;

/// Compiles the library that is preloaded.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("syscalls.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/syscalls.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
        .args([library.as_path(), source.as_path()])
        .arg("-ldl")
        .status()
        .expect("a C compiler");
    assert!(built.success());
    library
}

/// Starts a process into which the library is preloaded.
fn watched(library: &Path, data: &Path, variables: &[(&str, &Path)]) -> Process {
    let mut command = Command::new(PROGRAM);
    command.env("LD_PRELOAD", library);
    command.envs(variables.iter().copied());
    Process::launch_command(command, &["up"], data, &[], None)
}

fn post(mark: u32) -> Value {
    let title = format!("mark-{mark:06}");
    json!({"title": title, "content": "x", "status": "published"})
}

/// Writes marked posts as several clients, each the next after its answer; counts the answers.
async fn write(api: &Api, marks: std::ops::Range<u32>, clients: u32) -> HashMap<u32, u16> {
    let mut all = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (api, marks) = (api.clone(), marks.clone());
        all.spawn(async move {
            let mut answers = Vec::new();
            for mark in marks.filter(|mark| mark % clients == client) {
                let request = api.request(Method::POST, "/api/v1/posts").json(&post(mark));
                let request = request.header("idempotency-key", format!("key-{mark}"));
                if let Ok(answer) = request.send().await {
                    answers.push((mark, answer.status().as_u16()));
                }
            }
            answers
        });
    }
    all.join_all().await.into_iter().flatten().collect()
}

#[tokio::test]
async fn no_answer_leaves_before_a_sync_that_covers_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (library, trace) = (library(folder.path()), folder.path().join("trace"));
    let data = folder.path().join("data");
    let process = watched(&library, &data, &[("TRACE_FILE", &trace)]);
    let signed_up = process.sign_up("acme").await;
    let api = process.owner(&signed_up, "acme").await;
    let count = if crate::is_long() { 1_000 } else { 120 };
    // One after the other, then many at once.
    let mut answers = write(&api, 0..count / 4, 1).await;
    answers.extend(write(&api, count / 4..count, CLIENTS).await);
    assert!(answers.len() == count as usize && answers.values().all(|status| *status == 201));
    process.kill();
    let trace = std::fs::read_to_string(&trace).expect("a trace");
    let (mut waiting, mut begun, mut covered, mut told) =
        (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
    let mut syncs = 0;
    for line in trace.lines() {
        match line.split_once(' ') {
            Some(("W", mark)) if !covered.contains(mark) => _ = waiting.insert(mark),
            Some(("A", mark)) => {
                assert!(covered.contains(mark), "{mark} was answered before it was durable");
                told.insert(mark);
            }
            // Syncs of several stores may overlap; what one covers was written before any of the
            // overlapping ones began only if it was there at this one's beginning.
            None if line == "S" => begun.clone_from(&waiting),
            None if line == "E" => {
                syncs += 1;
                covered.extend(begun.drain());
                waiting.retain(|mark| !covered.contains(mark));
            }
            _ => {}
        }
    }
    assert_eq!(told.len(), count as usize, "every answer was seen");
    eprintln!("{count} writes, {syncs} syncs");
}

#[tokio::test]
async fn a_sync_that_fails_fails_all_who_wait_and_the_store_is_opened_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let (library, failing) = (library(folder.path()), folder.path().join("failing"));
    let data = folder.path().join("data");
    let process = watched(&library, &data, &[("FAIL_FILE", &failing)]);
    let signed_up = process.sign_up("acme").await;
    let neighbour = process.sign_up("meadow").await;
    let api = process.owner(&signed_up, "acme").await;
    let other = process.owner(&neighbour, "meadow").await;
    let mut answers = write(&api, 0..40, CLIENTS).await;
    let site = signed_up["site"]["id"].as_str().expect("an id");
    std::fs::write(&failing, site).expect("written");
    let refused = write(&api, 40..80, CLIENTS).await;
    assert_eq!(refused.len(), 40, "all are answered");
    assert!(refused.values().all(|status| *status >= 500), "{refused:?}");
    let theirs = write(&other, 0..40, CLIENTS).await;
    assert!(theirs.values().all(|status| *status == 201), "a neighbour notices nothing");
    std::fs::remove_file(&failing).expect("removed");
    until("writes come through again", RECOVERY_SECONDS_MAX, async || {
        let answer = api.post("/api/v1/posts", post(999_999)).await;
        (answer.status == 201).then_some(())
    })
    .await;
    // The same keys again: what was written after all is not written twice.
    answers.extend(write(&api, 40..80, CLIENTS).await);
    assert!(answers.values().all(|status| *status == 201), "{answers:?}");
    let total = api.get("/api/v1/posts?page_size=1").await.data(200)["total"].clone();
    assert_eq!(total, 80 + 2, "each once, with the first post and the one that came through");
    process.kill();
    check_stores(&data);
}

#[tokio::test]
async fn few_descriptors_are_enough_for_many_sites() {
    let (limit, sites) = if crate::is_long() { (256, 400) } else { (256, 90) };
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\""), PROGRAM]);
    let process = Process::launch_command(command, &["up"], folder.path(), &[], None);
    let mut console = process.host("console.localhost");
    for number in 0..sites {
        let slug = format!("kettle-{number}");
        if number % 90 == 0 {
            let token = process.sign_up(&slug).await["session"]["token"].clone();
            console = console.with_token(token.as_str().expect("a token"));
        } else {
            let body = json!({"name": slug, "slug": slug});
            console.post("/v1/sites", body).await.data(201);
        }
    }
    let mut all = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let hosts: Vec<Api> = (0..sites)
            .filter(|number| number % CLIENTS == client)
            .map(|number| process.host(&format!("kettle-{number}.localhost")))
            .collect();
        all.spawn(async move {
            for host in hosts {
                let answer = host.get("/api/v1/posts").await;
                assert_eq!(answer.status, 200, "{}: {}", host.origin(), answer.text);
            }
        });
    }
    all.join_all().await;
    assert!(process.terminate(), "a graceful end is a success");
    check_stores(folder.path());
}

/// Looks through every store below a data folder with the SQLite of Python, which is no part of the
/// product: each is whole, and every reference leads somewhere.
pub(crate) fn check_stores(data: &Path) {
    let script = "\
import glob,sqlite3,sys
count=0
for f in glob.glob(sys.argv[1]+'/**/site.db',recursive=True)+glob.glob(sys.argv[1]+'/**/control.db',recursive=True):
    c=sqlite3.connect(f)
    assert c.execute('pragma integrity_check').fetchall()==[('ok',)], f
    assert c.execute('pragma foreign_key_check').fetchall()==[], f
    c.close()
    count+=1
assert count>0
print(count)";
    let output = Command::new("python3").args(["-c", script]).arg(data).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
