//! What tenants use is counted where it happens, and adds up in the control plane, once.

use std::time::Duration;

use freehold_scratch_postgres::ScratchDatabase;
use freehold_testkit::{Api, PASSWORD, Planes, Process, until_answered};
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::postgres::setting;

/// How long usage may take to arrive after a process came back.
const ARRIVAL_SECONDS_MAX: u64 = 30;

/// Asks until this many requests were counted.
async fn total(console: &Api, path: &str, requests: u64) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(ARRIVAL_SECONDS_MAX);
    loop {
        let usage = console.get(path).await.data(200);
        if usage["total"]["requests"].as_u64().is_some_and(|found| found >= requests) {
            return usage;
        }
        assert!(tokio::time::Instant::now() < deadline, "{usage}");
        // not synchronisation: a pause between two looks at the state that is waited for
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn console(edge: &Process, slug: &str) -> Api {
    let console = edge.host("console.localhost");
    until_answered(&console, "/openapi.json", 200).await;
    let login = json!({"email": format!("{slug}@example.org"), "password": PASSWORD});
    let session = console.post("/v1/sessions", login).await.data(201);
    console.with_token(session["token"].as_str().expect("a token"))
}

async fn usage_of_planes(settings: &[&str]) {
    let mut planes = Planes::start_with(PROGRAM, settings);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let id = account["site"]["id"].as_str().expect("a site").to_owned();
    edge.sign_up("idle").await;
    let site = edge.host("acme.localhost");
    // The control plane is away while they count.
    planes.control.take().expect("a control plane").kill();
    let mut bytes = 0;
    for _ in 0..5 {
        bytes += site.get("/api/v1/posts").await.text.len();
    }
    let login = json!({"identifier": "nobody", "password": "wrong-but-long"});
    bytes += site.post("/api/v1/auth/login", login).await.text.len();
    // The minute that is not over is closed when they stop, and reported when they are back.
    assert!(edge.terminate() && worker.terminate());
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    planes.start_control();
    let console = console(&edge, "acme").await;
    let path = format!("/v1/sites/{id}/usage");
    let usage = total(&console, &path, 6).await;
    assert_eq!(usage["total"]["requests"], 6, "{usage}");
    assert_eq!(usage["total"]["answer_bytes"], bytes, "{usage}");
    assert_eq!(usage["hours"].as_array().map(Vec::len), Some(1), "{usage}");
    // The cache answered the others; whether it was the worker's report that came last is open.
    let (mut handled, deadline) = (Value::Null, tokio::time::Instant::now());
    while handled != 2 {
        handled = console.get(&path).await.data(200)["total"]["handled"].clone();
        let waited = deadline.elapsed();
        assert!(waited < Duration::from_secs(ARRIVAL_SECONDS_MAX), "{handled}");
    }
    // What was reported is not reported again.
    drop(console);
    assert!(edge.terminate() && worker.terminate());
    let (_worker, edge) = (planes.worker("one"), planes.edge("north"));
    planes.until_connected().await;
    edge.host("acme.localhost").get("/api/v1/posts").await;
    assert!(edge.terminate());
    let edge = planes.edge("north");
    let console = self::console(&edge, "acme").await;
    assert_eq!(total(&console, &path, 7).await["total"]["requests"], 7);
    // Operators see who uses most, others nothing.
    let heaviest = planes.operate(&["fleet", "usage", "--by", "requests"]);
    assert_eq!(heaviest["tenants"][0]["tenant_id"], id.as_str(), "{heaviest}");
    assert_eq!(planes.operate(&["tenant", "usage", "acme"])["total"]["requests"], 7);
    let other = self::console(&edge, "idle").await;
    other.get(&path).await.refused(404, "not_found");
    for (query, field) in [("hours=0", "hours"), ("hours=745", "hours"), ("days=1", "days")] {
        let refused = console.get(&format!("{path}?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.text.contains(field), "{}", refused.text);
    }
}

#[tokio::test]
async fn what_is_used_adds_up_once_whoever_is_away() {
    usage_of_planes(&[]).await;
}

#[tokio::test]
async fn and_on_postgres() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    usage_of_planes(&[&setting(&database.url())]).await;
}

#[tokio::test]
async fn a_platform_in_one_process_counts_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    let body = json!({
        "email": "acme@example.org", "password": PASSWORD,
        "site": {"name": "Acme", "slug": "acme"},
    });
    let account = process.host("console.localhost").post("/v1/signup", body).await.data(201);
    let id = account["site"]["id"].as_str().expect("a site").to_owned();
    for _ in 0..3 {
        process.host("acme.localhost").get("/").await;
    }
    assert!(process.terminate());
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    let console = console(&process, "acme").await;
    let usage = total(&console, &format!("/v1/sites/{id}/usage"), 3).await;
    assert_eq!(usage["total"]["requests"], 3, "{usage}");
}
