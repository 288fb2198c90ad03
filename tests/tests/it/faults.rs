//! Faults: clients that vanish, processes that are killed, volumes that are full.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use freehold_testkit::{Api, Fleet, PASSWORD, Process, sign_up_body, until};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::PROGRAM;

/// How long recovery may take.
const RECOVERY_SECONDS_MAX: u64 = 30;

#[tokio::test]
async fn writes_of_clients_that_vanish_happen_whole_or_not_at_all() {
    const CLIENTS: usize = 200;
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let header = owner.request(reqwest::Method::GET, "/").build().expect("a request");
    let token = header.headers()["authorization"].to_str().expect("text").to_owned();
    for number in 0..CLIENTS {
        let body =
            format!("{{\"title\":\"Post {number}\",\"content\":\"x\",\"status\":\"published\"}}");
        let request = format!(
            "POST /api/v1/posts HTTP/1.1\r\nHost: acme.admin.localhost\r\nAuthorization: {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream =
            TcpStream::connect(("127.0.0.1", fleet.port())).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        // not synchronisation: the client goes away a millisecond after it has sent
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(stream);
    }
    // A write through the same writer waits for all before it.
    let last = json!({"title": "Last", "content": "x"});
    owner.post("/api/v1/posts", last).await.data(201);
    let posts = owner.get("/api/v1/posts?page_size=1").await.data(200)["total"].as_u64();
    let posts = posts.expect("a total");
    let events = count_events(&fleet.store_of(&account.site), "post.created");
    assert_eq!(posts, events, "each post has exactly its event");
    assert!(posts as usize > CLIENTS / 2, "most writes came through: {posts}");
    assert_eq!(fleet.site("acme").get("/").await.status, 200);
}

/// Counts events of a store with the SQLite of Python, which is no part of the product.
fn count_events(store: &Path, name: &str) -> u64 {
    let script = "import sqlite3,sys; c=sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True); \
                  print(c.execute('select count(*) from outbox where name=?',(sys.argv[2],)).fetchone()[0])";
    let output = Command::new("python3")
        .args(["-c", script, &store.display().to_string(), name])
        .output()
        .expect("python3");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test]
async fn killed_between_any_two_steps_a_site_becomes_whole() {
    for place in ["after_reserve", "before_store", "after_store", "after_route"] {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::start(PROGRAM, folder.path(), &[], Some(place));
        let console = process.host("console.localhost");
        let sent = console
            .request(reqwest::Method::POST, "/v1/signup")
            .json(&sign_up_body("acme"))
            .send()
            .await;
        let status = sent.map(|answer| answer.status().as_u16());
        assert!(!matches!(status, Ok(201 | 202)), "{place}: {status:?}");
        process.ended();
        let process = Process::start(PROGRAM, folder.path(), &[], None);
        let console = process.host("console.localhost");
        let login = json!({"email": "acme@example.org", "password": PASSWORD});
        let token = console.post("/v1/sessions", login).await.data(201);
        let console = console.with_token(token["token"].as_str().expect("a token"));
        let site = until("the site becomes ready", RECOVERY_SECONDS_MAX, async || {
            let sites = console.get("/v1/sites").await.data(200);
            let site = sites["items"][0].clone();
            (site["state"] == "ready").then_some(site)
        })
        .await;
        assert_eq!(site["slug"], "acme", "{place}");
        let home = process.host("acme.localhost").get("/").await;
        assert!(home.status == 200 && home.text.contains("Welcome to Site acme"), "{place}");
        let posts = process.host("acme.localhost").get("/api/v1/posts").await.data(200);
        assert_eq!(posts["total"], 1, "{place}: seeded exactly once");
        process.kill();
    }
}

#[tokio::test]
async fn a_kill_loses_no_acknowledged_write() {
    let rounds = if crate::is_long() { 100 } else { 3 };
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(PROGRAM, folder.path(), &[], None);
    let signed_up = process.sign_up("acme").await;
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let api = process.owner(&signed_up, "acme").await;
        let (count, mut counted) = tokio::sync::watch::channel(0);
        let writer = tokio::spawn(async move {
            let mut slugs = Vec::new();
            for number in 0.. {
                let title = format!("Round {round} number {number}");
                let body = json!({"title": title, "content": "x", "status": "published"});
                let sent = api.request(reqwest::Method::POST, "/api/v1/posts").json(&body).send();
                match sent.await {
                    Ok(answer) if answer.status() == 201 => {
                        slugs.push(format!("round-{round}-number-{number}"));
                        count.send_replace(slugs.len());
                    }
                    _ => break,
                }
            }
            slugs
        });
        // The next write is on its way when the kill comes.
        let wanted = 50 + 25 * (round % 8);
        counted.wait_for(|count| *count >= wanted).await.expect("the writer comes so far");
        process.kill();
        acknowledged.extend(writer.await.expect("the writer"));
        process = Process::start(PROGRAM, folder.path(), &[], None);
    }
    assert!(!acknowledged.is_empty());
    let host = process.host("acme.localhost");
    for slug in &acknowledged {
        let answer = host.get(&format!("/api/v1/posts/{slug}")).await;
        assert_eq!(answer.status, 200, "{slug} was acknowledged");
    }
    let total = host.get("/api/v1/posts?page_size=1").await.data(200)["total"].as_u64();
    let at_most = acknowledged.len() as u64 + 1 + rounds as u64;
    assert!(total.expect("a total") <= at_most, "at most one unacknowledged write a round");
    assert!(process.terminate(), "a graceful end is a success");
    crate::durable::check_stores(folder.path());
}

/// A small volume, where this machine lets the test mount one.
struct Volume(tempfile::TempDir);

impl Volume {
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let size = format!("size={mebibytes}m");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output()
            .ok()?;
        done.status.success().then_some(Self(folder))
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // A volume that stays mounted goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.trim_ascii() == b"0"
}

#[tokio::test]
async fn a_full_volume_refuses_writes_and_recovers_without_a_restart() {
    let Some(volume) = Volume::mount(48) else {
        assert!(!is_root(), "root may mount a volume, so this case must run");
        eprintln!("only root may mount a volume; the case was not run");
        return;
    };
    let data = volume.0.path().join("data");
    let process = Process::start(PROGRAM, &data, &[], None);
    let signed_up = process.sign_up("acme").await;
    let api = process.owner(&signed_up, "acme").await;
    let ballast = volume.0.path().join("ballast");
    let filled = Command::new("dd")
        .args(["if=/dev/zero", "bs=64k"])
        .arg(format!("of={}", ballast.display()))
        .output()
        .expect("dd");
    assert!(!filled.status.success(), "the volume is full now");
    let body =
        |number: u32| json!({"title": format!("N {number}"), "content": "x".repeat(200_000)});
    let mut refused = None;
    let mut written = 0;
    for number in 0..200 {
        let answer = api.post("/api/v1/posts", body(number)).await;
        if answer.status == 201 {
            written += 1;
        } else {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a full volume takes no more");
    refused.refused(507, "storage_full");
    assert!(refused.headers.contains_key("retry-after"));
    let reads = process.host("acme.localhost").get("/api/v1/posts/welcome").await;
    assert_eq!(reads.status, 200, "reading goes on");
    let total = |api: &Api| {
        let api = api.clone();
        async move { api.get("/api/v1/posts?page_size=1").await.data(200)["total"].as_u64() }
    };
    assert_eq!(total(&api).await, Some(written + 1), "nothing half done");
    std::fs::remove_file(&ballast).expect("room again");
    until("writes come through again", RECOVERY_SECONDS_MAX, async || {
        (api.post("/api/v1/posts", body(1_000)).await.status == 201).then_some(())
    })
    .await;
    assert_eq!(total(&api).await, Some(written + 2));
}
