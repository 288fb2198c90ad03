//! The control plane's database in Postgres: the same platform, through kills of the process and
//! restarts of the server, and several control planes on one database.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use freehold_scratch_postgres::{ScratchDatabase, Server, StopMode};
use freehold_testkit::{Api, PASSWORD, Planes, Process, log_says, sign_up_body, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

/// How long recovery may take; the silence of a dead control plane is part of it.
const RECOVERY_SECONDS_MAX: u64 = 60;
/// How soon another control plane takes over, with room for a busy machine.
const TAKE_OVER_SECONDS_MAX: u64 = 10;
/// Clients that sign up at the same time.
const CLIENTS: usize = 3;

pub(crate) fn setting(url: &str) -> String {
    format!("control.database={url}")
}

fn up(data: &Path, url: &str, fault: Option<&str>) -> Process {
    Process::start(PROGRAM, data, &[&setting(url)], fault)
}

/// Signs in; `None` when there is no such member.
async fn console(process: &Process, slug: &str) -> Option<Api> {
    let console = process.host("console.localhost");
    let login = json!({"email": format!("{slug}@example.org"), "password": PASSWORD});
    let answer = console.post("/v1/sessions", login).await;
    if answer.status == 401 {
        return None;
    }
    let token = answer.data(201)["token"].as_str().expect("a token").to_owned();
    Some(console.with_token(&token))
}

async fn is_served(process: &Process, slug: &str) -> bool {
    let home = process.host(&format!("{slug}.localhost")).get("/").await;
    home.status == 200 && home.text.contains(&format!("Welcome to Site {slug}"))
}

/// Waits until the member's site is over being made, and says how that ended.
async fn settled(console: &Api, slug: &str) -> String {
    until(&format!("{slug} settles"), RECOVERY_SECONDS_MAX, async || {
        let sites = console.get("/v1/sites").await;
        let state = sites.json()["data"]["items"][0]["state"].as_str().map(ToOwned::to_owned);
        state.filter(|state| state != "provisioning")
    })
    .await
}

/// Signs up again and again until told to stop or until nobody answers. Returns the slugs that
/// were answered 201, and the others that were answered.
async fn sign_ups(
    console: Api,
    name: String,
    stopping: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
) -> (Vec<String>, Vec<String>) {
    let (mut acknowledged, mut others) = (Vec::new(), Vec::new());
    for number in 0.. {
        if stopping.load(Ordering::Relaxed) {
            break;
        }
        let slug = format!("{name}-{number}");
        let request = console.request(Method::POST, "/v1/signup").json(&sign_up_body(&slug));
        let Ok(answer) = request.send().await else { break };
        match answer.status().as_u16() {
            201 => {
                acknowledged.push(slug);
                done.fetch_add(1, Ordering::Relaxed);
            }
            status @ (202 | 500..) => {
                eprintln!("{slug}: {status}");
                others.push(slug);
            }
            status => panic!("{slug}: {status} {}", answer.text().await.unwrap_or_default()),
        }
    }
    (acknowledged, others)
}

#[tokio::test]
async fn the_platform_keeps_its_accounts_in_postgres() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let process = up(folder.path(), &database.url(), None);
    let anyone = process.host("console.localhost");
    let data = anyone.post("/v1/signup", sign_up_body("acme")).await.data(201);
    anyone.post("/v1/signup", sign_up_body("other")).await.data(201);
    let mut taken = sign_up_body("acme");
    taken["email"] = json!("somebody@example.org");
    anyone.post("/v1/signup", taken).await.refused(409, "slug_taken");
    let member = console(&process, "acme").await.expect("a member");
    for (slug, name) in [("b-side", "Öl"), ("a-side", "öl 100%"), ("c-side", "Tee")] {
        member.post("/v1/sites", json!({"slug": slug, "name": name})).await.data(201);
    }
    let taken = json!({"slug": "other", "name": "Other"});
    member.post("/v1/sites", taken).await.refused(409, "slug_taken");
    let site = data["site"]["id"].as_str().expect("a site").to_owned();
    let ticket = member.post(&format!("/v1/sites/{site}/sign-in"), json!({})).await.data(201);
    let admin = process.host("acme.admin.localhost");
    let session = json!({"ticket": ticket["ticket"]});
    let session = admin.post("/api/v1/auth/ticket", session).await.data(200);
    let owner = admin.with_token(session["access_token"].as_str().expect("a token"));
    let post = json!({"title": "Hello", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    lists_are_as_on_sqlite(&member).await;
    assert!(process.terminate());
    assert!(!folder.path().join("control/control.db").exists(), "nothing is kept in a file");
    let process = up(folder.path(), &database.url(), None);
    let member = console(&process, "acme").await.expect("a member");
    lists_are_as_on_sqlite(&member).await;
    assert_eq!(process.host("acme.localhost").get("/posts/hello").await.status, 200);
    assert!(is_served(&process, "other").await);
}

async fn lists_are_as_on_sqlite(member: &Api) {
    let cases = [
        ("sort=slug", "a-side acme b-side c-side"),
        ("sort=-slug&filter[slug][$ends_with]=side", "c-side b-side a-side"),
        ("sort=slug&filter[name][$icontains]=%C3%96L", "a-side b-side"),
        ("sort=slug&filter[name][$contains]=100%25", "a-side"),
        ("sort=slug&filter[name][$contains]=_", ""),
        ("sort=slug&filter[reason][$null]=true&filter[slug][$gt]=acme", "b-side c-side"),
        ("sort=slug&filter[$not][slug][$in]=acme,a-side", "b-side c-side"),
        ("sort=slug&filter[restorable_until][$gt]=2001-01-01T00:00:00Z", ""),
        ("sort=slug&q=TEE", "c-side"),
    ];
    for (query, expected) in cases {
        let found = member.get(&format!("/v1/sites?{query}")).await.data(200);
        let items = found["items"].as_array().expect("items");
        let slugs: Vec<_> = items.iter().filter_map(|item| item["slug"].as_str()).collect();
        assert_eq!(slugs.join(" "), expected, "{query}");
    }
    for sort in ["slug", "-slug", "restorable_until", "-restorable_until", "state,-created_at"] {
        let all = member.get(&format!("/v1/sites?sort={sort}")).await.data(200);
        let (mut walked, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/sites?sort={sort}&limit=1{after}");
            let page = member.get(&path).await.data(200);
            walked.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(Value::from(walked), all["items"], "{sort}");
    }
    let path = "/v1/sites?aggregate[count]=*&group_by=state";
    let groups = member.get(path).await;
    assert_eq!(groups.status, 200, "{}", groups.text);
}

#[tokio::test]
async fn a_kill_loses_no_acknowledged_sign_up() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = up(folder.path(), &database.url(), None);
    for round in 0..2 {
        let (stopping, done) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let console = process.host("console.localhost");
                let name = format!("r{round}-c{client}");
                tokio::spawn(sign_ups(console, name, Arc::clone(&stopping), done.clone()))
            })
            .collect();
        let enough = || done.load(Ordering::Relaxed) >= 2 * CLIENTS;
        until("sign-ups", RECOVERY_SECONDS_MAX, async || enough().then_some(())).await;
        process.kill();
        process = up(folder.path(), &database.url(), None);
        for client in clients {
            let (acknowledged, _) = client.await.expect("a client");
            for slug in acknowledged {
                let member = console(&process, &slug).await.expect("what was acknowledged");
                assert_eq!(settled(&member, &slug).await, "ready", "{slug}");
                assert!(is_served(&process, &slug).await, "{slug}");
            }
        }
    }
}

#[tokio::test]
async fn killed_between_two_steps_a_site_becomes_whole() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let process = up(folder.path(), &database.url(), Some("after_store"));
    let request = process.host("console.localhost").request(Method::POST, "/v1/signup");
    let sent = request.json(&sign_up_body("acme")).send().await;
    assert!(!sent.is_ok_and(|answer| answer.status() == 201));
    process.ended();
    let process = up(folder.path(), &database.url(), None);
    let member = console(&process, "acme").await.expect("a member");
    assert_eq!(settled(&member, "acme").await, "ready");
    assert!(is_served(&process, "acme").await);
}

/// A server of this test alone, which ends with it.
pub(crate) struct OwnServer {
    pub(crate) server: Server,
    _folder: tempfile::TempDir,
}

impl OwnServer {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(folder.path()).expect("a server");
        Self { server, _folder: folder }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.server.stop(StopMode::Immediate);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_leaves_nothing_half_done() {
    // The server that tests share must not be restarted, but where it is, one can be started.
    if ScratchDatabase::for_test().is_none() {
        return;
    }
    let own = OwnServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let process = up(folder.path(), &own.server.url(), None);
    let (stopping, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let console = process.host("console.localhost");
            let name = format!("client-{client}");
            tokio::spawn(sign_ups(console, name, Arc::clone(&stopping), done.clone()))
        })
        .collect();
    for _ in 0..2 {
        let wanted = done.load(Ordering::Relaxed) + 2 * CLIENTS;
        let enough = || done.load(Ordering::Relaxed) >= wanted;
        until("sign-ups", RECOVERY_SECONDS_MAX, async || enough().then_some(())).await;
        tokio::task::block_in_place(|| {
            own.server.stop(StopMode::Immediate).expect("stopped");
            own.server.start_again().expect("started");
        });
    }
    let wanted = done.load(Ordering::Relaxed) + 2 * CLIENTS;
    let enough = || done.load(Ordering::Relaxed) >= wanted;
    until("recovery", RECOVERY_SECONDS_MAX, async || enough().then_some(())).await;
    stopping.store(true, Ordering::Relaxed);
    for client in clients {
        let (acknowledged, others) = client.await.expect("a client");
        for slug in acknowledged {
            let member = console(&process, &slug).await.expect("what was acknowledged");
            assert_eq!(settled(&member, &slug).await, "ready", "{slug}");
            assert!(is_served(&process, &slug).await, "{slug}");
        }
        for slug in others {
            // Nothing of it is there, or all of it in the end.
            let Some(member) = console(&process, &slug).await else { continue };
            let state = settled(&member, &slug).await;
            assert_eq!(is_served(&process, &slug).await, state == "ready", "{slug}: {state}");
            assert!(matches!(state.as_str(), "ready" | "failed"), "{slug}: {state}");
        }
    }
    assert!(process.terminate());
}

/// Signs up again and again until it is answered that all is done.
async fn sign_up_in_the_end(console: &Api, slug: &str) {
    until(&format!("{slug} signs up"), RECOVERY_SECONDS_MAX, async || {
        let sent = console.request(Method::POST, "/v1/signup").json(&sign_up_body(slug));
        let answer = sent.timeout(Duration::from_secs(5)).send().await.ok()?;
        [201, 409].contains(&answer.status().as_u16()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_spare_control_plane_takes_over_and_the_former_one_changes_nothing() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let mut planes = Planes::start_with(PROGRAM, &[&setting(&database.url())]);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    edge.sign_up("first").await;
    planes.start_spare();
    let spare = planes.data("spare");
    let stands_by = async || log_says(&spare, "standing by").then_some(());
    until("one stands by", TAKE_OVER_SECONDS_MAX, stands_by).await;
    // One that ends well is replaced at once, one that stands still when its silence is noticed.
    planes.control.as_ref().expect("a control plane").signal("STOP");
    let leads = async || log_says(&spare, "leading the control planes").then_some(());
    until("the spare one leads", TAKE_OVER_SECONDS_MAX, leads).await;
    let former = planes.swap().expect("the former one");
    let console = edge.host("console.localhost");
    // The edge's line to the former one is open, but nobody answers on it.
    sign_up_in_the_end(&console, "second").await;
    planes.operate(&["tenant", "suspend", "first", "--reason", "test"]);
    freehold_testkit::until_answered(&edge.host("first.localhost"), "/", 402).await;
    former.signal("CONT");
    assert!(!former.ended_well(), "it has been replaced, and says so");
    assert!(log_says(&planes.data("control"), "another control plane took over"));
    // It stands by when it is started again, and takes over in turn.
    planes.start_spare();
    planes.control.take().expect("a control plane").terminate();
    planes.swap();
    sign_up_in_the_end(&console, "third").await;
    for (slug, status) in [("first", 402), ("second", 200), ("third", 200)] {
        freehold_testkit::until_answered(&edge.host(&format!("{slug}.localhost")), "/", status)
            .await;
    }
    drop(worker);
}

#[tokio::test]
async fn a_control_plane_with_other_secrets_is_refused() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let settings = [setting(&database.url())];
    let planes = Planes::start_with(PROGRAM, &[&settings[0]]);
    planes.control.expect("a control plane").terminate();
    let stranger = tempfile::tempdir().expect("a folder");
    let settings = ["edge.listen=127.0.0.1:8080", &settings[0]];
    let process = Process::begin(PROGRAM, &["control"], stranger.path(), &settings, None);
    assert!(!process.ended_well());
    assert!(log_says(stranger.path(), "belongs to a control plane with other secrets"));
}

#[tokio::test]
async fn the_password_is_hidden_and_the_doctor_knows_the_server() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str], url: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--data").arg(folder.path()).args(["--set", &setting(url)]);
        let output = command.output().expect("an answer");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shown = run(&["config", "show"], "postgres://me:hidden@db.example/freehold");
    assert!(shown.contains("control.database") && !shown.contains("hidden"), "{shown}");
    let doctor = run(&["doctor"], &database.url());
    assert!(doctor.contains("Postgres 1"), "{doctor}");
    let absent = run(&["doctor"], "postgres://me:hidden@127.0.0.1:1/freehold");
    assert!(absent.contains("fail  database") && !absent.contains("hidden"), "{absent}");
}
