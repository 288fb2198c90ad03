//! Schema changes over the fleet, and stores that cannot be served: what fails is set apart alone, and
//! everybody else is served throughout.

use std::path::{Path, PathBuf};
use std::process::Command;

use freehold_testkit::{Answer, Fleet, Planes, Process, until};
use serde_json::{Value, json};

use crate::PROGRAM;

/// The binary of the release after this one.
const NEXT: &str = env!("CARGO_BIN_EXE_freehold-next-release");
/// How long a sweep, or the way back from a crash, may take.
const SECONDS_MAX: u64 = 120;
const POISONED: usize = 3;

/// Runs SQL on a store that nobody has open, with the SQLite of Python, which is no part of the
/// product; returns the first value of what it finds.
fn sql(store: &Path, statement: &str) -> i64 {
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); \
                  r=c.execute(sys.argv[2]).fetchone(); c.commit(); print(r[0] if r else 0)";
    let output = Command::new("python3")
        .args(["-c", script, &store.display().to_string(), statement])
        .output()
        .expect("python3");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn schema_version(store: &Path) -> i64 {
    sql(store, "PRAGMA user_version")
}

/// The schema versions of many stores, asked for at once.
fn schema_versions(stores: &[PathBuf]) -> Vec<i64> {
    let script = "import sqlite3,sys\n\
                  for f in sys.argv[1:]: print(sqlite3.connect(f).execute('PRAGMA user_version').fetchone()[0])";
    let output = Command::new("python3").args(["-c", script]).args(stores).output();
    let text = String::from_utf8(output.expect("python3").stdout).expect("text");
    let versions: Vec<i64> = text.lines().map(|line| line.parse().expect("a number")).collect();
    assert_eq!(versions.len(), stores.len());
    versions
}

/// Gives a store two rows that the next release's unique index refuses.
fn poison(store: &Path) {
    for id in [1, 2] {
        let row = format!(
            "INSERT INTO outbox (id, name, subject, payload, created_at) \
             VALUES ({id}, 'poison', 'poison', '{{}}', 1) RETURNING id"
        );
        assert_eq!(sql(store, &row), id);
    }
}

fn cure(store: &Path) {
    sql(store, "DELETE FROM outbox WHERE name = 'poison' AND id = 2 RETURNING id");
}

fn store_of(worker: &Path, site: &str) -> PathBuf {
    worker.join("worker/tenants").join(&site[site.len() - 2..]).join(site).join("site.db")
}

fn current() -> i64 {
    freehold_migrations::TENANT.last().expect("migrations").version
}

fn slug(number: usize) -> String {
    format!("acme-{number}")
}

/// A platform of this release with so many sites, stopped; returns their ids by number.
async fn release(data: &Path, sites: usize) -> Vec<String> {
    let process = Process::start(PROGRAM, data, &[], None);
    let mut ids = Vec::with_capacity(sites);
    for number in 0..sites {
        let signed_up = process.sign_up(&slug(number)).await;
        ids.push(signed_up["site"]["id"].as_str().expect("an id").to_owned());
    }
    assert!(process.terminate());
    ids
}

fn operate(program: &str, data: &Path, arguments: &[&str]) -> Result<Value, String> {
    let output = Command::new(program)
        .args(arguments)
        .args(["--json", "--data"])
        .arg(data)
        .output()
        .expect("an answer");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
}

async fn home(process: &Process, number: usize) -> Answer {
    process.host(&format!("{}.localhost", slug(number))).get("/").await
}

async fn until_state(data: &Path, wanted: &str) -> Value {
    until(&format!("the upgrade is {wanted}"), SECONDS_MAX, async || {
        let status = operate(NEXT, data, &["fleet", "upgrade"]).ok()?;
        (status["state"] == wanted).then_some(status)
    })
    .await
}

#[tokio::test]
async fn a_sweep_halts_goes_on_and_sets_apart_what_fails() {
    let sites = if crate::is_long() { 200 } else { 24 };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let ids = release(data, sites).await;
    let poisoned: Vec<usize> = (0..POISONED).map(|number| number * 5 + 2).collect();
    for number in &poisoned {
        poison(&store_of(data, &ids[*number]));
    }
    let process = Process::start(NEXT, data, &[], None);
    let plan = operate(NEXT, data, &["fleet", "upgrade", "--plan"]).expect("a plan");
    let worker = &plan["workers"][0];
    assert_eq!(worker["to_migrate"], sites, "{plan}");
    assert_eq!(worker["stores"], json!([{"schema_version": current(), "tenants": sites}]));
    assert_eq!(worker["missing"][0]["version"], current() + 1);
    assert_eq!(worker["missing"][0]["changes"].as_array().expect("changes").len(), 3);

    let start = ["fleet", "upgrade", "--start", "--failures-max", "0"];
    operate(NEXT, data, &start).expect("started");
    let halted = until_state(data, "halted").await;
    assert!(halted["reason"].as_str().expect("a reason").contains("failed"), "{halted}");
    assert!(operate(NEXT, data, &start).is_err(), "one at a time");
    // What has failed counts no more; each further wave may halt it again.
    let done = until("the upgrade is done", SECONDS_MAX, async || {
        let status = operate(NEXT, data, &["fleet", "upgrade"]).ok()?;
        if status["state"] == "halted" {
            operate(NEXT, data, &["fleet", "upgrade", "--resume"]).expect("resumed");
        }
        (status["state"] == "done").then_some(status)
    })
    .await;
    assert_eq!(done["done"], sites - POISONED, "{done}");
    let failures = done["failures"].as_array().expect("failures");
    assert_eq!(failures.len(), POISONED);
    for failure in failures {
        let error = failure["error"].as_str().expect("an error");
        assert!(error.contains("outbox_subject_name"), "{error}");
    }
    for number in 0..sites {
        let answer = home(&process, number).await;
        if poisoned.contains(&number) {
            assert_eq!(answer.status, 503, "site {number}");
            assert!(answer.headers.contains_key("retry-after"));
            let api = process.host(&format!("{}.localhost", slug(number)));
            api.get("/api/v1/posts").await.refused(503, "site_quarantined");
            let shown = operate(NEXT, data, &["tenant", "show", &slug(number)]).expect("a tenant");
            assert_eq!(shown["quarantine"]["cause"], "migration", "{shown}");
        } else {
            assert_eq!(answer.status, 200, "site {number}");
        }
    }
    let refused = operate(NEXT, data, &["tenant", "release", &slug(poisoned[0])]);
    assert!(refused.expect_err("still poisoned").contains("still_quarantined"));
    assert!(process.terminate());

    for (number, id) in ids.iter().enumerate() {
        let is_poisoned = poisoned.contains(&number);
        let expected = if is_poisoned { current() } else { current() + 1 };
        assert_eq!(schema_version(&store_of(data, id)), expected, "site {number}");
    }
    for number in &poisoned {
        cure(&store_of(data, &ids[*number]));
    }
    let process = Process::start(NEXT, data, &[], None);
    assert_eq!(home(&process, poisoned[0]).await.status, 503, "a restart releases nobody");
    for number in &poisoned {
        let released = operate(NEXT, data, &["tenant", "release", &slug(*number)]);
        assert_eq!(released.expect("released")["schema_version"], current() + 1);
        assert_eq!(home(&process, *number).await.status, 200);
    }
    let status = operate(NEXT, data, &["fleet", "upgrade"]).expect("a status");
    assert_eq!((&status["done"], &status["failed"]), (&json!(sites), &json!(0)));
    assert!(process.terminate());
}

#[tokio::test]
async fn the_release_before_serves_reads_and_writes_the_new_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let process = Process::start(NEXT, data, &[], None);
    let signed_up = process.sign_up("acme").await;
    assert!(process.terminate());
    let store = store_of(data, signed_up["site"]["id"].as_str().expect("an id"));
    assert_eq!(schema_version(&store), current() + 1);
    assert_eq!(sql(&store, &format!("SELECT count(*) FROM {}", freehold_tests::NEXT_TABLE)), 0);
    let process = Process::start(PROGRAM, data, &[], None);
    let owner = process.owner(&signed_up, "acme").await;
    let post = json!({"title": "Older", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    let read = process.host("acme.localhost").get("/api/v1/posts/older").await;
    assert_eq!(read.status, 200);
    assert!(process.terminate());
    assert_eq!(schema_version(&store), current() + 1, "left as it is");
}

/// Numbers that look random and are the same in each run.
struct Seeded(u64);

impl Seeded {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[tokio::test]
async fn a_sweep_converges_however_often_the_planes_are_killed() {
    let (sites, kills) = if crate::is_long() { (1_000, 20) } else { (40, 4) };
    let mut planes = Planes::start(PROGRAM);
    let mut worker = Some(planes.worker("worker"));
    let edge = planes.edge("edge");
    let mut ids = Vec::with_capacity(sites);
    for number in 0..sites {
        let signed_up = edge.sign_up(&slug(number)).await;
        ids.push(signed_up["site"]["id"].as_str().expect("an id").to_owned());
    }
    assert!(worker.take().expect("a worker").terminate());
    let data = planes.data("worker");
    let poisoned: Vec<usize> = (0..POISONED).map(|number| number * 7 + 1).collect();
    for number in &poisoned {
        poison(&store_of(&data, &ids[*number]));
    }
    planes.control.take().expect("a control plane").kill();
    planes.change_program(NEXT);
    planes.start_control();
    worker = Some(planes.worker("worker"));
    planes.until_connected().await;
    planes.operate(&[
        "fleet",
        "upgrade",
        "--start",
        "--failures-max",
        "3",
        "--failures-percent-max",
        "100",
    ]);
    let mut seeded = Seeded(7);
    let total = sites as u64;
    for kill in 0..kills {
        // Each kill comes after a different part of the work, in the middle of some of it.
        let wanted = total * kill / (kills + 1) + seeded.below(total / (kills + 1)).max(1);
        let status = until("so many are migrated", SECONDS_MAX, async || {
            let status = planes.operate(&["fleet", "upgrade"]);
            let is_far = status["done"].as_u64().expect("a number") >= wanted;
            (is_far || status["state"] == "done").then_some(status)
        })
        .await;
        assert_ne!(status["state"], "halted", "{status}");
        if kill % 2 == 0 {
            worker.take().expect("a worker").kill();
            worker = Some(planes.worker("worker"));
        } else {
            planes.control.take().expect("a control plane").kill();
            // The edge goes on without one.
            let served = edge.host(&format!("{}.localhost", slug(0))).get("/").await;
            assert_eq!(served.status, 200);
            planes.start_control();
        }
        planes.until_connected().await;
    }
    let done = until("the sweep is over", SECONDS_MAX, async || {
        let status = planes.operate(&["fleet", "upgrade"]);
        (status["state"] == "done").then_some(status)
    })
    .await;
    assert_eq!(done["failed"], POISONED, "{done}");
    assert_eq!(done["done"], sites - POISONED, "{done}");
    for number in 0..sites {
        let host = edge.host(&format!("{}.localhost", slug(number)));
        let expected = if poisoned.contains(&number) { 503 } else { 200 };
        assert_eq!(host.get("/").await.status, expected, "site {number}");
    }
    assert!(worker.take().expect("a worker").terminate());
    let stores: Vec<PathBuf> = ids.iter().map(|id| store_of(&data, id)).collect();
    for (number, found) in schema_versions(&stores).into_iter().enumerate() {
        let expected = current() + i64::from(!poisoned.contains(&number));
        assert_eq!(found, expected, "site {number}");
    }
}

#[tokio::test]
async fn a_sweep_that_dies_after_every_batch_comes_to_its_end() {
    const SITES: usize = 24;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let ids = release(data, SITES).await;
    let place = Some("after_upgrade_batch");
    let mut process = Process::start(NEXT, data, &[], place);
    // A suspended tenant is migrated like the others.
    operate(NEXT, data, &["tenant", "suspend", &slug(5), "--reason", "test"]).expect("suspended");
    operate(NEXT, data, &["fleet", "upgrade", "--start"]).expect("started");
    // The canary, and two waves.
    for _ in 0..3 {
        process.ended();
        // It may come to the next batch before it says where it listens.
        process = Process::begin(NEXT, &["up"], data, &[], place);
    }
    let done = until_state(data, "done").await;
    assert_eq!((&done["done"], &done["failed"]), (&json!(SITES), &json!(0)), "{done}");
    assert_eq!(done["wave"], 2);
    process.kill();
    for id in ids {
        assert_eq!(schema_version(&store_of(data, &id)), current() + 1, "{id}");
    }
}

/// What is done to a store's file.
type Damage = fn(&Path);

fn truncate(store: &Path) {
    let file = std::fs::File::options().write(true).open(store).expect("the store");
    let length = file.metadata().expect("its length").len();
    file.set_len(length / 2 - length / 2 % 4_096).expect("shorter");
}

fn empty(store: &Path) {
    std::fs::File::options().write(true).open(store).expect("the store").set_len(0).expect("empty");
}

fn flip_header(store: &Path) {
    let mut bytes = std::fs::read(store).expect("the store");
    bytes[3] ^= 0xff;
    std::fs::write(store, bytes).expect("written");
}

/// Flips a byte in the head of every page but the first, so that whatever is read hits one.
fn flip_pages(store: &Path) {
    let mut bytes = std::fs::read(store).expect("the store");
    for page in bytes.chunks_mut(4_096).skip(1) {
        page[0] ^= 0xff;
    }
    std::fs::write(store, bytes).expect("written");
}

fn remove(store: &Path) {
    std::fs::remove_file(store).expect("removed");
}

#[tokio::test]
async fn a_damaged_store_is_set_apart_alone_and_released_when_it_is_mended() {
    let mut fleet = Fleet::start().await;
    let damages: [Damage; 5] = [truncate, empty, flip_header, flip_pages, remove];
    let healthy = fleet.sign_up("healthy").await;
    let mut stores = Vec::new();
    for (number, damage) in damages.into_iter().enumerate() {
        let account = fleet.sign_up(&slug(number)).await;
        stores.push((fleet.store_of(&account.site), damage));
    }
    fleet.stop().await;
    let mut whole = Vec::new();
    for (store, damage) in &stores {
        whole.push(std::fs::read(store).expect("the store"));
        damage(store);
    }
    fleet.restart().await;
    for number in 0..stores.len() {
        let site = fleet.site(&slug(number));
        site.get("/api/v1/posts").await.refused(503, "site_quarantined");
        let page = site.get("/").await;
        assert!(page.status == 503 && page.headers.contains_key("retry-after"), "{number}");
    }
    for number in 0..stores.len() {
        let path = format!("/v1/fleet/tenants/{}", slug(number));
        let shown = until("the control plane knows", SECONDS_MAX, async || {
            let shown = fleet.operator().get(&path).await.data(200);
            shown["quarantine"].is_object().then_some(shown)
        })
        .await;
        assert_eq!(shown["quarantine"]["cause"], "damage", "{number}: {shown}");
        assert_ne!(shown["quarantine"]["reason"], "", "{number}");
        let release = format!("{path}/release");
        fleet.operator().post(&release, json!({})).await.refused(409, "still_quarantined");
    }
    let owner = fleet.owner(&healthy, "healthy").await;
    owner.post("/api/v1/posts", json!({"title": "A", "content": "x"})).await.data(201);
    for (number, ((store, _), bytes)) in stores.iter().zip(whole).enumerate() {
        std::fs::write(store, bytes).expect("mended");
        let release = format!("/v1/fleet/tenants/{}/release", slug(number));
        fleet.operator().post(&release, json!({})).await.data(200);
        assert_eq!(fleet.site(&slug(number)).get("/").await.status, 200, "{number}");
    }
}

#[tokio::test]
async fn damage_that_comes_while_a_store_is_in_use_sets_it_apart() {
    let fleet = Fleet::start().await;
    let healthy = fleet.sign_up("healthy").await;
    let gone = fleet.sign_up("gone").await;
    let broken = fleet.sign_up("broken").await;
    for slug in ["healthy", "gone", "broken"] {
        assert_eq!(fleet.site(slug).get("/api/v1/posts").await.status, 200);
    }
    let owner = fleet.owner(&gone, "gone").await;
    std::fs::remove_file(fleet.store_of(&gone.site)).expect("removed");
    let post = json!({"title": "Lost", "content": "x"});
    owner.post("/api/v1/posts", post.clone()).await.refused(503, "site_quarantined");
    let check = fleet.operator().post("/v1/fleet/tenants/gone/check", json!({})).await.data(200);
    assert!(check["problems"][0].as_str().expect("a problem").contains("is gone"), "{check}");

    // The check reads all of a store that is open; it finds what no request has met yet.
    let check = "/v1/fleet/tenants/broken/check";
    let found = fleet.operator().post(check, json!({})).await.data(200);
    assert_eq!(found["problems"], json!([]));
    assert_eq!(found["schema_version"], current());
    flip_pages(&fleet.store_of(&broken.site));
    let wal = fleet.store_of(&broken.site).with_extension("db-wal");
    std::fs::File::options().write(true).open(wal).expect("a log").set_len(0).expect("empty");
    let found = fleet.operator().post(check, json!({})).await.data(200);
    assert_ne!(found["problems"], json!([]));
    fleet.site("broken").get("/api/v1/posts").await.refused(503, "site_quarantined");

    let owner = fleet.owner(&healthy, "healthy").await;
    owner.post("/api/v1/posts", post).await.data(201);
    let workers = fleet.operator().get("/v1/fleet/tenants?q=healthy").await.data(200);
    assert_eq!(workers["items"][0]["quarantine"], Value::Null);
}
