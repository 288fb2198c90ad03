//! The planes as processes of their own: they join, outlive one another and come back.

use std::time::Duration;

use freehold_certificates::{CONTROL_NAME, pinned_connector, process_name};
use freehold_fleet::wire;
use freehold_testkit::{Planes, Process, log_says, until_answered};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::PROGRAM;

async fn title_of(edge: &Process, slug: &str) -> String {
    let posts = edge.host(&format!("{slug}.localhost")).get("/api/v1/posts").await.data(200);
    posts["items"][0]["title"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn sites_are_spread_and_every_edge_serves_every_one() {
    let planes = Planes::start(PROGRAM);
    let workers = [planes.worker("one"), planes.worker("two")];
    let edges = [planes.edge("north"), planes.edge("south")];
    let mut accounts = Vec::new();
    for number in 0..6 {
        let slug = format!("shop-{number}");
        accounts.push(edges[number % 2].sign_up(&slug).await);
    }
    for edge in &edges {
        for number in 0..6 {
            let slug = format!("shop-{number}");
            assert_eq!(title_of(edge, &slug).await, format!("Welcome to Site {slug}"));
        }
    }
    let listed = planes.operate(&["fleet", "workers"]);
    let placed: Vec<_> =
        listed["items"].as_array().expect("workers").iter().map(|w| &w["tenants_placed"]).collect();
    assert_eq!(placed, [&json!(3), &json!(3)], "{listed}");
    // A cordoned worker gets no new tenants.
    let cordoned = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    planes.operate(&["fleet", "cordon", &cordoned]);
    for number in 6..8 {
        edges[0].sign_up(&format!("shop-{number}")).await;
    }
    let listed = planes.operate(&["fleet", "workers"]);
    assert_eq!(listed["items"][0]["tenants_placed"], 3, "{listed}");
    assert_eq!(listed["items"][0]["state"], "cordoned");
    planes.operate(&["fleet", "uncordon", &cordoned]);
    edges[0].sign_up("shop-8").await;
    let listed = planes.operate(&["fleet", "workers"]);
    assert_eq!(listed["items"][0]["tenants_placed"], 4, "{listed}");
    drop(workers);
}

#[tokio::test]
async fn sites_outlive_the_control_plane() {
    let mut planes = Planes::start(PROGRAM);
    let mut worker = planes.worker("one");
    let mut edge = planes.edge("north");
    let account = edge.sign_up("acme").await;
    let owner = edge.owner(&account, "acme").await;
    let token = owner.token().expect("a token").to_owned();
    planes.control.take().expect("a control plane").kill();
    let admin = |edge: &Process| edge.host("acme.admin.localhost").with_token(&token);
    let post = json!({"title": "Alone", "content": "x", "status": "published"});
    admin(&edge).post("/api/v1/posts", post).await.data(201);
    // Both come up again from what they were told before.
    worker.kill();
    let down = edge.host("acme.localhost").get("/api/v1/posts").await;
    down.refused(503, "worker_unavailable");
    assert!(down.headers.contains_key("retry-after"));
    worker = planes.worker("one");
    assert_eq!(title_of(&edge, "acme").await, "Alone");
    edge.kill();
    edge = planes.edge("north");
    assert_eq!(title_of(&edge, "acme").await, "Alone");
    let post = json!({"title": "Still alone", "content": "x", "status": "published"});
    admin(&edge).post("/api/v1/posts", post).await.data(201);
    let register = json!({
        "email": "r@example.net", "username": "reader", "password": freehold_testkit::PASSWORD,
    });
    edge.host("acme.localhost").post("/api/v1/auth/register", register).await.data(201);
    let console = edge.host("console.localhost");
    assert_eq!(console.get("/v1/sites").await.status, 503, "only the console waits");
    // When it is back everything goes on by itself.
    planes.start_control();
    until_answered(&console, "/openapi.json", 200).await;
    let listed = planes.operate(&["fleet", "workers"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    planes.until_connected().await;
    edge.sign_up("later").await;
    assert_eq!(title_of(&edge, "later").await, "Welcome to Site later");
    assert_eq!(title_of(&edge, "acme").await, "Still alone");
    drop(worker);
}

/// Waits until so many workers are connected.
async fn wait_for_workers(planes: &Planes, count: usize) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let listed = planes.operate(&["fleet", "workers"]);
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        let ready = items.iter().filter(|worker| worker["state"] == "ready").count();
        if ready == count {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{listed}");
    }
}

#[tokio::test]
async fn a_killed_worker_takes_down_its_own_tenants_only() {
    let planes = Planes::start(PROGRAM);
    let one = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("first").await;
    let two = planes.worker("two");
    wait_for_workers(&planes, 2).await;
    edge.sign_up("second").await;
    one.kill();
    let first = edge.host("first.localhost");
    first.get("/api/v1/posts").await.refused(503, "worker_unavailable");
    assert_eq!(title_of(&edge, "second").await, "Welcome to Site second");
    // A new site goes to whoever is there.
    edge.sign_up("third").await;
    let one = planes.worker("one");
    until_answered(&first, "/api/v1/posts", 200).await;
    drop((one, two));
}

#[tokio::test]
async fn a_suspension_reaches_a_worker_that_was_away() {
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    worker.kill();
    // The order cannot be given; what is desired is kept.
    let suspend = std::process::Command::new(PROGRAM)
        .args(["tenant", "suspend", "acme", "--reason", "test", "--data"])
        .arg(planes.data("control"))
        .output()
        .expect("an answer");
    assert!(suspend.status.success(), "{}", String::from_utf8_lossy(&suspend.stderr));
    until_answered(&edge.host("acme.localhost"), "/", 402).await;
    let worker = planes.worker("one");
    // The worker knows it too now, and keeps it.
    let copy = planes.data("one").join("worker/assignments");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !std::fs::read_to_string(&copy).expect("a copy").contains("\"state\":\"suspended\"") {
        assert!(tokio::time::Instant::now() < deadline, "the worker was not told");
        tokio::task::yield_now().await;
    }
    wait_for_workers(&planes, 1).await;
    planes.operate(&["tenant", "resume", "acme"]);
    until_answered(&edge.host("acme.localhost"), "/", 200).await;
    drop(worker);
}

#[tokio::test]
async fn joining_takes_a_good_token_and_membership_can_end() {
    let planes = Planes::start(PROGRAM);
    let socket = planes.data("control").join("run/fleet.sock");
    let join = |role: &str, name: &str, token: &str| {
        std::process::Command::new(PROGRAM)
            .args([role, "--control", &format!("unix:{}", socket.display()), "--join", token])
            .args(["--set", "edge.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0"])
            .arg("--data")
            .arg(planes.data(name))
            .output()
            .expect("an end")
    };
    let token = planes.token("worker");
    let wrong_role = join("edge", "x", &token);
    let said = String::from_utf8_lossy(&wrong_role.stderr).into_owned();
    assert!(!wrong_role.status.success() && said.contains("for another role"), "{said}");
    let worker = planes.worker("one");
    let used = std::fs::read_dir(planes.data("one").join("worker")).expect("a folder").count();
    assert!(used > 0);
    assert!(!join("worker", "y", "fhj_nonsense").status.success());
    // Rotation: the new credential is kept and works after a restart.
    let id = planes.operate(&["fleet", "processes"])["items"][0]["id"].clone();
    let id = id.as_str().expect("an id");
    let before = std::fs::read(planes.data("one").join("worker/membership")).expect("a file");
    planes.operate(&["fleet", "rotate", id]);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while std::fs::read(planes.data("one").join("worker/membership")).expect("a file") == before {
        assert!(std::time::Instant::now() < deadline, "the new credential is kept");
        tokio::task::yield_now().await;
    }
    worker.kill();
    let worker = planes.worker("one");
    wait_for_workers(&planes, 1).await;
    // A copy of the old credential is worth nothing any more.
    let stolen = planes.data("thief/worker");
    std::fs::create_dir_all(&stolen).expect("a folder");
    std::fs::write(stolen.join("membership"), &before).expect("a file");
    let thief = join("worker", "thief", "");
    let said = String::from_utf8_lossy(&thief.stderr).into_owned();
    assert!(!thief.status.success() && said.contains("not a member"), "{said}");
    // The end of a membership.
    planes.operate(&["fleet", "remove", id]);
    let listed = planes.operate(&["fleet", "processes"]);
    assert_eq!(listed["items"][0]["state"], "revoked", "{listed}");
    wait_for_workers(&planes, 0).await;
    // Nor does a new token bring back who was removed.
    let again = planes.data("again/worker");
    std::fs::create_dir_all(&again).expect("a folder");
    let known = planes.data("one").join("worker/membership");
    std::fs::copy(known, again.join("membership")).expect("a file");
    let again = join("worker", "again", &planes.token("worker"));
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("was removed"), "{said}");
    // It has the fewest tenants of all, and gets no more.
    let two = planes.worker("two");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    drop((worker, two));
}

#[tokio::test]
async fn a_damaged_copy_is_refused_and_fetched_again() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    worker.terminate();
    edge.terminate();
    for file in ["one/worker/assignments", "north/edge/routes"] {
        let file = planes.data(file);
        let mut bytes = std::fs::read(&file).expect("a copy");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).expect("damaged");
    }
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    for name in ["one", "north"] {
        assert!(log_says(&planes.data(name), "is damaged; the copy is not used"), "{name}");
    }
    until_answered(&edge.host("acme.localhost"), "/", 200).await;
    // What was fetched is a whole copy again.
    planes.control.take().expect("a control plane").kill();
    worker.kill();
    edge.kill();
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    until_answered(&edge.host("acme.localhost"), "/", 200).await;
    drop(worker);
}

#[tokio::test]
async fn a_stopped_edge_holds_up_nobody() {
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let (north, south) = (planes.edge("north"), planes.edge("south"));
    north.sign_up("first").await;
    south.signal("STOP");
    north.sign_up("second").await;
    north.sign_up("third").await;
    south.signal("CONT");
    until_answered(&south.host("third.localhost"), "/", 200).await;
    drop(worker);
}

#[tokio::test]
async fn nobody_but_an_edge_can_ask_a_worker() {
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    let account = edge.sign_up("acme").await;
    let socket = planes.data("one").join("run/worker.sock");
    let client = reqwest::Client::builder().unix_socket(socket).build().expect("a client");
    let request = client.request(Method::GET, "http://acme.localhost/api/v1/posts");
    let tenant = account["site"]["id"].as_str().expect("an id");
    let answer = request
        .header("x-freehold-tenant", tenant)
        .header("x-freehold-epoch", "1")
        .header("x-freehold-surface", "site")
        .header("x-freehold-host", "acme.localhost")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 403);
    let body: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    assert_eq!(body["error"]["code"], "not_a_handover");
    drop(worker);
}

/// A port that nobody listened on a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn hosts_meet_over_tls_and_strangers_stay_out() {
    let (fleet, console, worker) = (free_port(), free_port(), free_port());
    let planes = Planes::start_with(
        PROGRAM,
        &[
            &format!("fleet.listen=127.0.0.1:{fleet}"),
            &format!("control.listen=127.0.0.1:{console}"),
            &format!("control.advertise=localhost:{console}"),
        ],
    );
    let control = format!("tls://localhost:{fleet}");
    let launch = |role: &str, name: &str, token: Option<&str>, settings: &[&str]| {
        let mut arguments = vec![role, "--control", &control];
        arguments.extend(token.map(|token| ["--join", token]).into_iter().flatten());
        Process::launch(PROGRAM, &arguments, &planes.data(name), settings, None)
    };
    let listen = format!("worker.listen=127.0.0.1:{worker}");
    let advertise = format!("worker.advertise=127.0.0.1:{worker}");
    let listening = [listen.as_str(), advertise.as_str()];
    let one = launch("worker", "one", Some(&planes.token("worker")), &listening);
    let north = launch("edge", "north", Some(&planes.token("edge")), &[]);
    north.sign_up("acme").await;
    assert_eq!(title_of(&north, "acme").await, "Welcome to Site acme");
    // A token without the fingerprint, or with another's, does not reach the control plane.
    let token = planes.token("edge");
    let bare = token.split_once('.').expect("a fingerprint").0.to_owned();
    let join = |token: &str| {
        std::process::Command::new(PROGRAM)
            .args(["edge", "--control", &control, "--join", token, "--data"])
            .arg(planes.data("stranger"))
            .args(["--set", "edge.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0"])
            .output()
            .expect("an end")
    };
    let said = String::from_utf8_lossy(&join(&bare).stderr).into_owned();
    assert!(said.contains("the part after the dot"), "{said}");
    // Whoever has no certificate of this installation is turned away before any request.
    let fingerprint = token.split_once('.').expect("a fingerprint").1;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let worker_id = planes.operate(&["fleet", "workers"])["items"][0]["id"].take();
    let worker_name = process_name(worker_id.as_str().expect("an id"));
    for (port, name) in [(console, CONTROL_NAME), (worker, worker_name.as_str())] {
        let connector = pinned_connector(fingerprint);
        let dialled = wire::dial_tls(&format!("127.0.0.1:{port}"), name, &connector).await;
        // In TLS 1.3 the client is done before the server has seen that it has no certificate.
        let mut stream = dialled.expect("the server is the right one");
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: acme.localhost\r\n\r\n").await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        assert!(read.is_err() && answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
    // Both come back with what they keep, the control plane being gone.
    let mut planes = planes;
    planes.control.take().expect("a control plane").kill();
    one.kill();
    north.kill();
    let again = |role: &str, name: &str, settings: &[&str]| {
        let arguments = [role, "--control", &control];
        Process::launch(PROGRAM, &arguments, &planes.data(name), settings, None)
    };
    let one = again("worker", "one", &listening);
    let north = again("edge", "north", &[]);
    assert_eq!(title_of(&north, "acme").await, "Welcome to Site acme");
    drop(one);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_is_replaced_under_load_and_nobody_notices() {
    const REQUESTS_PER_SECOND: u64 = 500;
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    let port = socket.local_addr().expect("an address").port();
    let control = format!("unix:{}", planes.data("control").join("run/fleet.sock").display());
    let token = planes.token("edge");
    let arguments = ["edge", "--control", &control, "--join", &token];
    let data = planes.data("north");
    // What waited while nobody accepted comes all at once, and is one site's.
    let settings = ["edge.tenant_in_flight_max=100000"];
    let start = || Process::launch_with_socket(PROGRAM, &arguments, &data, &settings, &socket);
    let edge = start();
    assert_eq!(edge.port(), port);
    edge.sign_up("acme").await;
    let api = edge.host("acme.localhost").with_new_connections();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = tokio::spawn(async move {
        let mut ticks =
            tokio::time::interval(Duration::from_micros(1_000_000 / REQUESTS_PER_SECOND));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut running = tokio::task::JoinSet::new();
        while !*stopped.borrow() {
            ticks.tick().await;
            let api = api.clone();
            running.spawn(async move { api.get("/api/v1/posts").await.status.as_u16() });
        }
        running.join_all().await
    });
    let mut edge = edge;
    for _ in 0..3 {
        assert!(edge.terminate(), "the old one ends well");
        edge = start();
        until_answered(&edge.host("acme.localhost"), "/", 200).await;
    }
    stop.send_replace(true);
    let statuses = load.await.expect("every request was answered");
    assert!(statuses.len() > 100, "{}", statuses.len());
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    drop(worker);
}

#[tokio::test]
async fn doctor_knows_what_it_looks_at() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    let doctor = |name: &str, control: &str| {
        let output = std::process::Command::new(PROGRAM)
            .args(["doctor", "--json", "--data"])
            .arg(planes.data(name))
            .args(["--set", &format!("fleet.control={control}")])
            .args(["--set", "metrics.listen=127.0.0.1:1", "--set", "edge.listen=127.0.0.1:0"])
            .output()
            .expect("an answer");
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let checks = found["checks"].as_array().cloned().unwrap_or_default();
        let state = |name: &str| {
            let check = checks.iter().find(|check| check["check"] == name);
            check.map_or("absent".to_owned(), |check| check["state"].to_string())
        };
        (state("fleet"), state("backups"), state("port"))
    };
    let control = format!("unix:{}", planes.data("control").join("run/fleet.sock").display());
    let [ok, absent] = ["\"ok\"", "absent"].map(str::to_owned);
    let seen = doctor("one", &control);
    assert_eq!(seen, (ok.clone(), absent.clone(), absent.clone()));
    assert_eq!(doctor("north", &control), (ok.clone(), absent.clone(), ok.clone()));
    assert_eq!(doctor("control", &control).0, absent);
    planes.operate(&["db", "backup"]);
    assert_eq!(doctor("control", &control).1, ok);
    let running = planes.control.take().expect("a control plane");
    running.kill();
    let doctor = std::process::Command::new(PROGRAM)
        .args(["doctor", "--json", "--data"])
        .arg(planes.data("one"))
        .args(["--set", &format!("fleet.control={control}")])
        .output()
        .expect("an answer");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("serves what it was told before"), "{said}");
    drop((worker, edge));
}

#[tokio::test]
async fn a_worker_that_is_cut_off_is_reached_all_the_same() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    planes.control.take().expect("a control plane").kill();
    // The worker does not find the control plane again: it dials another socket.
    let elsewhere = format!("unix:{}", planes.data("nowhere").display());
    worker.kill();
    let arguments = ["worker", "--control", &elsewhere];
    let worker = Process::launch(PROGRAM, &arguments, &planes.data("one"), &[], None);
    planes.start_control();
    until_answered(&edge.host("console.localhost"), "/openapi.json", 200).await;
    assert_eq!(title_of(&edge, "acme").await, "Welcome to Site acme");
    let fresh = planes.edge("south");
    assert_eq!(title_of(&fresh, "acme").await, "Welcome to Site acme");
    drop(worker);
}
