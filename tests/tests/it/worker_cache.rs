//! Public answers kept by the worker: as new as the store, without opening it, for many edges.

use std::time::{Duration, Instant};

use freehold_testkit::{Answer, Api, Planes, Process};
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

/// Writes that are each read back at once.
const ROUNDS: u32 = 100;
/// How long a cache may take to become warm before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn said(answer: &Answer) -> &str {
    answer.headers.get("x-cache-worker").map_or("absent", |value| value.to_str().expect("a word"))
}

/// How often the worker of a process has opened a store.
async fn opens(process: &Process) -> u64 {
    let text = process.private().get("/metrics").await.text;
    let line = text.lines().find(|line| line.starts_with("freehold_worker_tenant_opens_total"));
    line.and_then(|line| line.rsplit(' ').next()).and_then(|n| n.parse().ok()).expect("a number")
}

/// A platform whose edge keeps nothing, with a site and its owner.
async fn platform(folder: &std::path::Path, settings: &[&str]) -> (Process, Api) {
    let settings: Vec<&str> = [&["edge.cache_bytes_max=0"], settings].concat();
    let process = Process::start(PROGRAM, folder, &settings, None);
    let account = process.sign_up("acme").await;
    let owner = process.owner(&account, "acme").await;
    (process, owner)
}

#[tokio::test]
async fn what_was_written_is_read_at_once_and_kept_until_the_next_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, owner) = platform(folder.path(), &[]).await;
    let site = process.host("acme.localhost");
    let paths = ["/api/v1/posts", "/posts/welcome", "/", "/feed.xml"];
    for round in 0..ROUNDS {
        let title = format!("Round-{round}-of-many");
        owner.put("/api/v1/posts/welcome", json!({"title": title})).await.data(200);
        let path = paths[round as usize % paths.len()];
        for expected in ["miss", "hit", "hit"] {
            let answer = site.get(path).await;
            assert!(answer.text.contains(&title), "{path} in round {round}: {}", answer.text);
            assert_eq!(said(&answer), expected, "{path} in round {round}");
        }
    }
    // Only what is the same for everybody, and only for nobody in particular.
    assert_eq!(said(&owner.get("/api/v1/posts").await), "absent");
    assert_eq!(said(&site.get("/api/v1/posts?page=x").await), "absent");
    let head = Answer::of(site.request(Method::HEAD, "/feed.xml")).await;
    assert_eq!((head.status.as_u16(), said(&head), head.text.len()), (200, "hit", 0));
    // Conditions are each client's own, whoever made the answer.
    let whole = site.get("/feed.xml").await;
    let tag = whole.headers["etag"].to_str().expect("a tag").to_owned();
    let again = site.request(Method::GET, "/feed.xml").header("if-none-match", &tag);
    let again = Answer::of(again).await;
    assert_eq!((again.status.as_u16(), said(&again), again.text.as_str()), (304, "hit", ""));
    let fresh = site.request(Method::GET, "/feed.xml?x=1").header("if-none-match", &tag);
    let fresh = Answer::of(fresh).await;
    assert_eq!((fresh.status.as_u16(), said(&fresh)), (304, "miss"));
    assert_eq!(site.get("/feed.xml?x=1").await.text, whole.text);
    // Pages and errors for programs differ at the same address.
    let page = Answer::of(site.request(Method::GET, "/").header("accept", "text/html")).await;
    assert_eq!(said(&page), "miss");
    // A suspended site is not shown, whatever is kept.
    assert!(process.terminate());
}

#[tokio::test]
async fn a_kept_answer_needs_no_store_and_no_restart_is_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, owner) = platform(folder.path(), &["worker.open_tenants_max=1"]).await;
    let account = process.sign_up("other").await;
    let other = process.owner(&account, "other").await;
    let site = process.host("acme.localhost");
    site.get("/api/v1/posts").await.data(200);
    other.get("/api/v1/posts").await.data(200);
    let before = opens(&process).await;
    let kept = site.get("/api/v1/posts").await;
    assert_eq!((said(&kept), opens(&process).await), ("hit", before), "its store stays closed");
    // A write opens it, and what was kept is not asked for again.
    owner.put("/api/v1/posts/welcome", json!({"title": "Changed"})).await.data(200);
    assert!(opens(&process).await > before);
    other.get("/api/v1/posts").await.data(200);
    assert!(site.get("/api/v1/posts").await.text.contains("Changed"));
    process.kill();
    let process = Process::start(PROGRAM, folder.path(), &["edge.cache_bytes_max=0"], None);
    let answer = process.host("acme.localhost").get("/api/v1/posts").await;
    assert_eq!(said(&answer), "miss");
    assert!(answer.text.contains("Changed"));
}

#[tokio::test]
async fn one_edge_profits_from_what_another_asked_for() {
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let (north, south) = (planes.edge("north"), planes.edge("south"));
    planes.until_connected().await;
    north.sign_up("acme").await;
    freehold_testkit::until_answered(&south.host("acme.localhost"), "/feed.xml", 200).await;
    let began = Instant::now();
    loop {
        let (one, two) = (north.host("acme.localhost"), south.host("acme.localhost"));
        let path = format!("/api/v1/posts?page_size={}", 1 + began.elapsed().as_millis() % 100);
        let first = one.get(&path).await;
        let second = two.get(&path).await;
        assert_eq!(first.text, second.text);
        if said(&first) == "miss" && second.headers["x-cache"] == "miss" {
            assert_eq!(said(&second), "hit");
            break;
        }
        assert!(began.elapsed() < PATIENCE);
    }
    planes.operate(&["tenant", "suspend", "acme", "--reason", "test"]);
    freehold_testkit::until_answered(&south.host("acme.localhost"), "/api/v1/posts", 402).await;
    drop(worker);
}
