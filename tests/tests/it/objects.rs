//! Object storage of the S3 API under real processes: sites are claimed in it, and it may be away.

use std::path::Path;

use freehold_scratch_objects::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, Server};
use freehold_testkit::{Planes, Process, log_says, until, until_answered};
use serde_json::{Value, json};

use crate::PROGRAM;

const SECONDS_MAX: u64 = 30;

fn settings(server: &Server) -> [String; 4] {
    [
        format!("objects.url=s3://{BUCKET}/eu"),
        format!("objects.endpoint={}", server.endpoint()),
        format!("objects.access_key_id={ACCESS_KEY_ID}"),
        format!("objects.secret_access_key={SECRET_ACCESS_KEY}"),
    ]
}

fn words(settings: &[String; 4]) -> [&str; 4] {
    settings.each_ref().map(String::as_str)
}

/// The claims of a site: names of epochs, and who made the newest.
fn claims(server: &Server, site: &str) -> (Vec<String>, Value) {
    let folder = server.objects().join("eu/tenants").join(site).join("claims");
    let Ok(entries) = std::fs::read_dir(&folder) else { return (Vec::new(), Value::Null) };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    let newest = names.last().and_then(|name| std::fs::read(folder.join(name)).ok());
    let newest = newest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    (names, newest.unwrap_or_default())
}

fn site_of(account: &Value) -> String {
    account["site"]["id"].as_str().expect("an id").to_owned()
}

fn epoch(number: u64) -> String {
    format!("{number:016x}")
}

#[tokio::test]
async fn a_worker_claims_its_sites_and_is_refused_what_another_has_claimed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await.expect("a server");
    let bucket = settings(&server);
    let mut planes = Planes::start(PROGRAM);
    let (worker, edge) = (planes.worker_with("one", &words(&bucket)), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let other = edge.sign_up("other").await;
    let (names, claim) = claims(&server, &site_of(&account));
    let workers = planes.operate(&["fleet", "workers"]);
    assert_eq!(names, [epoch(1)]);
    assert_eq!(claim["worker"], workers["items"][0]["id"], "{claim}");
    // Somebody who must not has claimed what comes next: the owner finds out when it is told, and
    // nothing of its own changes the store under an epoch that is not its own.
    let stranger = json!({
        "version": 1, "worker": "wrk_00000000000000000000000001", "epoch": 2,
        "at": "2026-01-01T00:00:00.000Z",
    });
    let place = server.objects().join("eu/tenants").join(site_of(&account)).join("claims");
    std::fs::write(place.join(epoch(2)), stranger.to_string()).expect("written");
    worker.terminate();
    let control = planes.control.take().expect("a control plane");
    control.terminate();
    let database = planes.data("control/control/control.db");
    set_epoch(&database, &site_of(&account), 2).await;
    planes.start_control();
    let worker = planes.worker_with("one", &words(&bucket));
    planes.until_connected().await;
    let host = edge.host("acme.localhost");
    until("the site is refused", SECONDS_MAX, async || {
        (host.get("/api/v1/posts").await.status == 503).then_some(())
    })
    .await;
    until_answered(&edge.host("other.localhost"), "/", 200).await;
    assert!(log_says(&planes.data("one"), "has claimed the tenant under the epoch 2"));
    // The next epoch is nobody's yet.
    std::fs::remove_file(place.join(epoch(2))).expect("removed");
    until_answered(&host, "/", 200).await;
    assert_eq!(claims(&server, &site_of(&account)).0, [epoch(1), epoch(2)]);
    assert_eq!(claims(&server, &site_of(&other)).0, [epoch(1)]);
    drop(worker);
}

async fn set_epoch(database: &Path, site: &str, epoch: i64) {
    use sqlx::{ConnectOptions as _, Connection as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut database = options.connect().await.expect("a database");
    let change = sqlx::query("UPDATE sites SET epoch = ? WHERE id = ?").bind(epoch).bind(site);
    change.execute(&mut database).await.expect("changed");
    database.close().await.expect("closed");
}

#[tokio::test]
async fn while_object_storage_is_away_sites_serve_and_new_ones_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let (objects, data) = (folder.path().join("objects"), folder.path().join("data"));
    let server = Server::start(&objects).await.expect("a server");
    let (bucket, address) = (settings(&server), server.address());
    let process = Process::start(PROGRAM, &data, &words(&bucket), None);
    let account = process.sign_up("acme").await;
    drop(server);
    assert!(process.terminate());
    let process = Process::start(PROGRAM, &data, &words(&bucket), None);
    let owner = process.owner(&account, "acme").await;
    let post = json!({"title": "Kept", "content": "words", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    let console = process.host("console.localhost");
    let body = freehold_testkit::sign_up_body("late");
    let waiting = console.post("/v1/signup", body).await;
    assert!(waiting.status == 202 || waiting.status == 503, "{}", waiting.text);
    let failed = until("somebody is told why", SECONDS_MAX, async || {
        let output = std::process::Command::new(PROGRAM)
            .args(["operation", "list", "--json", "--data"])
            .arg(&data)
            .output()
            .expect("an answer");
        let listed: Value = serde_json::from_slice(&output.stdout).ok()?;
        let failed = listed["items"].as_array()?.iter().find(|item| item["state"] == "failed");
        failed.cloned()
    })
    .await;
    let said = failed["error"].as_str().unwrap_or_default();
    assert!(said.contains("object storage cannot be reached"), "{failed}");
    let server = Server::start_at(&objects, address).await.expect("it is back");
    let again = process.sign_up("later").await;
    assert_eq!(claims(&server, &site_of(&again)).0, [epoch(1)]);
    process.kill();
}

#[tokio::test]
async fn doctor_says_what_is_wrong_with_object_storage() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("objects")).await.expect("a server");
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("worker")).expect("a folder");
    std::fs::write(data.join("worker/id"), "wrk_00000000000000000000000001").expect("an id");
    let bucket = settings(&server);
    let mut wrong = bucket.clone();
    wrong[3] = "objects.secret_access_key=guessed".to_owned();
    for (settings, state) in [(&bucket, "ok"), (&wrong, "fail")] {
        let mut doctor = std::process::Command::new(PROGRAM);
        doctor.args(["doctor", "--json", "--data"]).arg(&data);
        for setting in settings {
            doctor.args(["--set", setting]);
        }
        let doctor = tokio::task::spawn_blocking(move || doctor.output().expect("an answer"));
        let said = doctor.await.expect("an end").stdout;
        let said: Value = serde_json::from_slice(&said).expect("JSON");
        let checks = said["checks"].as_array().expect("checks");
        let found = checks.iter().find(|check| check["check"] == "objects").expect("a check");
        assert_eq!(found["state"], state, "{found}");
        assert!(!found.to_string().contains("guessed"));
    }
}
