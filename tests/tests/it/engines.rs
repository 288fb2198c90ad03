//! Sites in files and in schemas of a Postgres database: alike to whoever uses them, side by side,
//! and taken from one to the other and back without loss.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use freehold_scratch_postgres::{ScratchDatabase, StopMode};
use freehold_testkit::{Api, Fleet, Process, SignedUp, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::postgres::OwnServer;

/// How long a process may take to finish what another one began.
const RECOVERY_SECONDS_MAX: u64 = 30;

/// Clients that write at the same time.
const CLIENTS: usize = 4;
/// Posts that a site is given before it is taken elsewhere.
const POSTS: usize = 30;

/// A platform that may keep sites in a database of this server, and does so where it is told to.
async fn fleet(database: &ScratchDatabase, engine: &str) -> Fleet {
    let databases = format!("main={}", database.url());
    let settings = [
        ("limits.enabled", "false"),
        ("worker.databases", databases.as_str()),
        ("control.engine", engine),
    ];
    Fleet::with(&settings).await
}

async fn engine(fleet: &Fleet, slug: &str) -> Value {
    fleet.operator().get(&format!("/v1/fleet/tenants/{slug}")).await.data(200)["engine"].clone()
}

async fn convert(fleet: &Fleet, slug: &str, to: Value) -> Value {
    let path = format!("/v1/fleet/tenants/{slug}/convert");
    fleet.operator().post(&path, to).await.data(200)
}

/// Everything that a site's owner can read of it.
async fn contents(owner: &Api) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/api/v1/posts?page_size=100&sort=id",
        "/api/v1/admin/users?page_size=100&sort=id",
        "/api/v1/admin/options",
        "/api/v1/tokens",
        "/api/v1/admin/stats",
    ] {
        let answer = owner.get(path).await;
        if answer.status == 200 {
            all.push(answer.data(200));
        }
    }
    assert!(all.len() >= 4, "most of it can be read");
    all
}

async fn fill(fleet: &Fleet, slug: &str) -> (SignedUp, Api) {
    let account = fleet.sign_up(slug).await;
    let owner = fleet.owner(&account, slug).await;
    for number in 0..POSTS {
        let body = json!({
            "title": format!("Number {number}"), "content": "Äpfel, 苹果 & \"quotes\" 🍏",
            "status": if number % 3 == 0 { "draft" } else { "published" },
        });
        owner.post("/api/v1/posts", body).await.data(201);
    }
    fleet.reader(slug, "ada").await;
    let options = json!({"options": {"site_title": "Fruit", "posts_per_page": 7}});
    owner.put("/api/v1/admin/options", options).await.data(200);
    (account, owner)
}

#[tokio::test]
async fn a_site_goes_to_postgres_and_back_with_everything_in_it() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let mut fleet = fleet(&database, "sqlite").await;
    let (account, owner) = fill(&fleet, "orchard").await;
    let neighbour = fleet.sign_up("meadow").await;
    let before = contents(&owner).await;
    let file = fleet.store_of(&account.site);
    assert!(file.is_file());

    let view = convert(&fleet, "orchard", json!({"engine": "postgres"})).await;
    assert_eq!((&view["engine"], &view["epoch"]), (&json!("postgres:main"), &json!(3)));
    assert!(!file.exists(), "the store it came from is removed");
    // The same session, the same keys, the same rows.
    assert_eq!(contents(&owner).await, before);
    assert_eq!(fleet.site("orchard").get("/").await.status, 200);
    owner.post("/api/v1/posts", json!({"title": "There", "content": "x"})).await.data(201);
    fleet.restart().await;
    let owner = fleet.owner(&account, "orchard").await;
    let after = contents(&owner).await;
    assert_eq!(after[0]["total"], json!(POSTS + 2), "the welcome post and the new one too");
    assert_eq!(engine(&fleet, "meadow").await, "sqlite");
    assert!(fleet.store_of(&neighbour.site).is_file());

    convert(&fleet, "orchard", json!({"engine": "sqlite"})).await;
    assert_eq!(contents(&owner).await, after);
    assert!(file.is_file());
    owner.post("/api/v1/posts", json!({"title": "Back", "content": "x"})).await.data(201);
    // Nothing of it is left in the database.
    let again = convert(&fleet, "orchard", json!({"engine": "postgres", "database": "main"})).await;
    assert_eq!(again["epoch"], 7);
    assert_eq!(contents(&owner).await[0]["total"], json!(POSTS + 3));
}

#[tokio::test]
async fn a_site_goes_from_one_database_of_a_server_to_another() {
    let Some(one) = ScratchDatabase::for_test() else { return };
    let two = ScratchDatabase::for_test().expect("a server");
    let databases = format!("one={} two={}", one.url(), two.url());
    let settings = [("limits.enabled", "false"), ("worker.databases", databases.as_str())];
    let fleet = Fleet::with(&settings).await;
    let (_, owner) = fill(&fleet, "orchard").await;
    let before = contents(&owner).await;
    for (database, shown) in [("one", "postgres:one"), ("two", "postgres:two")] {
        convert(&fleet, "orchard", json!({"engine": "postgres", "database": database})).await;
        assert_eq!(engine(&fleet, "orchard").await, shown);
        assert_eq!(contents(&owner).await, before);
    }
    // Each store that it came from is gone, or it could not be taken back.
    convert(&fleet, "orchard", json!({"engine": "sqlite"})).await;
    assert_eq!(contents(&owner).await, before);
}

#[tokio::test]
async fn what_cannot_be_converted_is_told_and_left_alone() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    // Two databases, one of which is not there.
    let databases = format!("main={} gone={}_gone", database.url(), database.url());
    let settings = [("limits.enabled", "false"), ("worker.databases", databases.as_str())];
    let fleet = Fleet::with(&settings).await;
    let account = fleet.sign_up("orchard").await;
    let owner = fleet.owner(&account, "orchard").await;
    let operator = fleet.operator();
    let path = "/v1/fleet/tenants/orchard/convert";
    for (body, status, code) in [
        (json!({"engine": "sqlite"}), 409, "same_engine"),
        (json!({"engine": "oracle"}), 400, "invalid"),
        (json!({"engine": "postgres", "database": "Main"}), 400, "invalid"),
        (json!({"engine": "sqlite", "database": "main"}), 400, "invalid"),
        (json!({"engine": "postgres", "database": "other"}), 400, "no_database"),
    ] {
        let answer = operator.post(path, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        let found = answer.json().to_string();
        assert!(found.contains(code), "{body}: {found}");
    }
    // A database that is not there: the site stays where it is and is served as before.
    let gone = json!({"engine": "postgres", "database": "gone"});
    let refused = operator.post(path, gone).await.data(200);
    assert_eq!((&refused["engine"], &refused["state"]), (&json!("sqlite"), &json!("ready")));
    let operations = operator.get("/v1/fleet/operations?kind=convert_site").await.data(200);
    assert_eq!(operations["items"][0]["state"], "failed");
    owner.post("/api/v1/posts", json!({"title": "Still", "content": "x"})).await.data(201);
    assert_eq!(fleet.site("orchard").get("/").await.status, 200);
}

#[tokio::test]
async fn new_sites_are_kept_where_the_installation_says() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let fleet = fleet(&database, "postgres").await;
    let (account, owner) = fill(&fleet, "orchard").await;
    assert_eq!(engine(&fleet, "orchard").await, "postgres:main");
    assert!(!fleet.store_of(&account.site).exists());
    let (_, other) = fill(&fleet, "meadow").await;
    assert_eq!(contents(&other).await[0]["total"], json!(POSTS + 1));
    // Deleted and erased, nothing of it is left, and its neighbour is as it was.
    let console = fleet.console().with_token(&account.session);
    console.delete(&format!("/v1/sites/{}", account.site)).await;
    fleet.clock().advance_seconds(8 * 24 * 3_600);
    freehold_testkit::until_answered(&fleet.operator(), "/v1/fleet/tenants/orchard", 404).await;
    drop(owner);
    assert_eq!(fleet.site("meadow").get("/").await.status, 200);
}

/// The engine of a tenant, once nobody works on it.
async fn settled_engine(process: &Process, data: &Path, slug: &str) -> String {
    let operator = operator(process, data);
    until("the conversion ends", RECOVERY_SECONDS_MAX, async || {
        let operations = operator.get("/v1/fleet/operations?page_size=100").await.data(200);
        let all = operations["items"].as_array().cloned().unwrap_or_default();
        all.iter().all(|one| one["state"] != "running").then_some(())
    })
    .await;
    let tenant = operator.get(&format!("/v1/fleet/tenants/{slug}")).await.data(200);
    tenant["engine"].as_str().expect("an engine").to_owned()
}

fn operator(process: &Process, data: &Path) -> Api {
    let token = std::fs::read_to_string(data.join("secrets/operator-token")).expect("a token");
    process.host("console.localhost").with_token(token.trim())
}

#[tokio::test]
async fn killed_between_any_two_steps_a_conversion_is_finished() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let databases = format!("worker.databases=main={}", database.url());
    let start = |fault| Process::start(PROGRAM, folder.path(), &[&databases], fault);
    let mut process = start(None);
    let signed_up = process.sign_up("orchard").await;
    let owner = process.owner(&signed_up, "orchard").await;
    for number in 0..POSTS {
        let body =
            json!({"title": format!("Number {number}"), "content": "x", "status": "published"});
        owner.post("/api/v1/posts", body).await.data(201);
    }
    let posts = "/api/v1/posts?page_size=100&sort=id";
    let before = process.host("orchard.localhost").get(posts).await.data(200);
    process.kill();
    for (round, place) in ["after_copy", "after_switch", "after_retire"].into_iter().enumerate() {
        for (engine, shown) in [("postgres", "postgres:main"), ("sqlite", "sqlite")] {
            process = start(Some(place));
            let path = "/v1/fleet/tenants/orchard/convert";
            let request = operator(&process, folder.path()).request(Method::POST, path);
            let sent = request.json(&json!({"engine": engine})).send().await;
            assert!(!sent.is_ok_and(|answer| answer.status().is_success()), "{place}");
            process.ended();
            process = start(None);
            let found = settled_engine(&process, folder.path(), "orchard").await;
            assert_eq!(found, shown, "{place}");
            let after = process.host("orchard.localhost").get(posts).await.data(200);
            assert_eq!(after["items"], before["items"], "round {round}, {place}, {engine}");
            process.kill();
        }
    }
}

/// Writes posts one after the other until told to stop; each is sent again with its key until it is
/// answered 201. Returns how many there are.
async fn write_on(
    owner: Api,
    client: usize,
    stopping: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
) -> usize {
    let mut written = 0;
    while !stopping.load(Ordering::Relaxed) {
        let body = json!({"title": format!("Client {client} number {written}"), "content": "x"});
        let key = format!("client-{client}-{written}");
        let deadline = Instant::now() + Duration::from_secs(RECOVERY_SECONDS_MAX);
        loop {
            let request = owner.request(Method::POST, "/api/v1/posts").json(&body);
            let sent = request.header("idempotency-key", &key).send().await;
            let status = sent.map_or(503, |answer| answer.status().as_u16());
            if status == 201 {
                break;
            }
            assert!(status >= 500, "{status}");
            assert!(Instant::now() < deadline, "{key} is never written");
        }
        written += 1;
        done.fetch_add(1, Ordering::Relaxed);
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_of_the_server_lose_and_double_nothing_and_spare_sites_in_files() {
    // The server that tests share must not be restarted, but where it is, one can be started.
    if ScratchDatabase::for_test().is_none() {
        return;
    }
    let (own, folder) = (OwnServer::start(), tempfile::tempdir().expect("a folder"));
    let databases = format!("worker.databases=main={}", own.server.url());
    let process = Process::start(PROGRAM, folder.path(), &[&databases], None);
    let signed_up = process.sign_up("orchard").await;
    let neighbour = process.sign_up("meadow").await;
    let path = "/v1/fleet/tenants/orchard/convert";
    operator(&process, folder.path()).post(path, json!({"engine": "postgres"})).await.data(200);
    let (stopping, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let owner = process.owner(&signed_up, "orchard").await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (owner, stopping, done) = (owner.clone(), stopping.clone(), done.clone());
            tokio::spawn(write_on(owner, client, stopping, done))
        })
        .collect();
    let other = process.owner(&neighbour, "meadow").await;
    let rounds = if crate::is_long() { 10 } else { 2 };
    for round in 0..rounds {
        let wanted = done.load(Ordering::Relaxed) + 5 * CLIENTS;
        let enough = || done.load(Ordering::Relaxed) >= wanted;
        until("posts", RECOVERY_SECONDS_MAX, async || enough().then_some(())).await;
        tokio::task::block_in_place(|| own.server.stop(StopMode::Immediate).expect("stopped"));
        // While the server is away, a site in a file neither waits nor fails.
        let body = json!({"title": format!("Round {round}"), "content": "x"});
        other.post("/api/v1/posts", body).await.data(201);
        let away = process.host("orchard.localhost").get("/api/v1/posts?page_size=3").await;
        assert!(away.status == 503 || away.status == 200, "{}: {}", away.status, away.text);
        tokio::task::block_in_place(|| own.server.start_again().expect("started"));
    }
    let wanted = done.load(Ordering::Relaxed) + 2 * CLIENTS;
    let enough = || done.load(Ordering::Relaxed) >= wanted;
    until("recovery", RECOVERY_SECONDS_MAX, async || enough().then_some(())).await;
    stopping.store(true, Ordering::Relaxed);
    let mut written = 0;
    for client in clients {
        written += client.await.expect("a client");
    }
    let total = owner.get("/api/v1/posts?page_size=1").await.data(200)["total"].clone();
    assert_eq!(total, json!(written + 1), "each post once, and the first one");
    assert!(process.terminate());
}
