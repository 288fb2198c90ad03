//! Every part of a fleet is killed in turn under load; every acknowledged write is there at the
//! end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use freehold_scratch_postgres::{ScratchDatabase, Server, StopMode};
use freehold_testkit::{Api, PASSWORD, Planes, until_answered};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::PROGRAM;
use crate::postgres::{OwnServer, setting};

/// Writes that come through between one kill and the next.
const WRITES_BETWEEN: u64 = 40;
/// Sites that are written to all the time.
const WRITTEN: usize = 4;
/// How long the fleet may take to write again after a part of it came back.
const RECOVERY_SECONDS_MAX: u64 = 30;

/// How long visitors may wait until the edge knows that a worker stands still.
const HONEST_SECONDS_MAX: Duration = Duration::from_secs(12);

/// What the load knows and has seen.
struct Load {
    /// The edges, as they are now.
    edges: Mutex<[Api; 2]>,
    stopping: AtomicBool,
    writes: AtomicU64,
    sign_ups: AtomicU64,
}

impl Load {
    /// Writes to one site through both edges, and remembers what was acknowledged.
    async fn write(self: Arc<Self>, slug: String, token: String) -> (String, Vec<String>) {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            if self.stopping.load(Ordering::Relaxed) {
                break;
            }
            let edge = self.edges.lock().await[number % 2].clone();
            let admin = edge.at(&format!("{slug}.admin.localhost")).with_token(&token);
            let post =
                json!({"title": format!("p{number}"), "content": "x", "status": "published"});
            let sent = admin.request(reqwest::Method::POST, "/api/v1/posts").json(&post).send();
            let Ok(answer) = sent.await else {
                tokio::task::yield_now().await;
                continue;
            };
            if answer.status() == 201 {
                let body: Value = answer.json().await.unwrap_or_default();
                if let Some(slug) = body["data"]["slug"].as_str() {
                    acknowledged.push(slug.to_owned());
                    self.writes.fetch_add(1, Ordering::Relaxed);
                }
            } else {
                assert!(answer.status().is_server_error(), "{}", answer.status());
            }
        }
        (slug, acknowledged)
    }

    /// Signs up through both edges, and remembers the slugs of what was acknowledged.
    async fn sign_up(self: Arc<Self>) -> Vec<String> {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            if self.stopping.load(Ordering::Relaxed) {
                break;
            }
            let console = self.edges.lock().await[number % 2].clone();
            let slug = format!("late-{number}");
            let sent = console
                .at("console.localhost")
                .request(reqwest::Method::POST, "/v1/signup")
                .json(&json!({
                    "email": format!("{slug}@example.org"),
                    "password": PASSWORD,
                    "site": {"name": slug, "slug": slug},
                }));
            if let Ok(answer) = sent.send().await {
                let status = answer.status();
                if !status.is_server_error() && ![201, 202].contains(&status.as_u16()) {
                    panic!("{status} {}", answer.text().await.unwrap_or_default());
                }
                if status == 201 {
                    acknowledged.push(slug);
                    self.sign_ups.fetch_add(1, Ordering::Relaxed);
                }
            }
            // not synchronisation: sign-ups are a trickle beside the writes
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        acknowledged
    }

    /// Waits until somebody has signed up.
    async fn signs_up(&self, what: &str) {
        comes_to(&self.sign_ups, 1, what).await;
    }

    /// Waits until the load has come through so many times more.
    async fn goes_on(&self, what: &str) {
        comes_to(&self.writes, WRITES_BETWEEN, what).await;
    }
}

/// Waits until a count has grown by so many.
async fn comes_to(count: &AtomicU64, more: u64, what: &str) {
    let wanted = count.load(Ordering::Relaxed) + more;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(RECOVERY_SECONDS_MAX);
    while count.load(Ordering::Relaxed) < wanted {
        assert!(tokio::time::Instant::now() < deadline, "nothing came through after {what}");
        // not synchronisation: a pause between two looks at what is waited for
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_is_killed_in_turn_and_no_acknowledged_write_is_lost() {
    every_part_is_killed_in_turn(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_spare_control_plane_on_postgres_neither_is_a_sign_up() {
    // The server that tests share must not be restarted, but where it is, one can be started.
    if ScratchDatabase::for_test().is_none() {
        return;
    }
    let own = tokio::task::block_in_place(OwnServer::start);
    every_part_is_killed_in_turn(Some(&own.server)).await;
}

async fn every_part_is_killed_in_turn(database: Option<&Server>) {
    let (sites, rounds) = if crate::is_long() { (50, 5) } else { (8, 1) };
    let settings: Vec<String> = database.iter().map(|server| setting(&server.url())).collect();
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut planes = Planes::start_with(PROGRAM, &settings);
    if database.is_some() {
        planes.start_spare();
    }
    let mut workers = [Some(planes.worker("one")), Some(planes.worker("two"))];
    let mut edges = [Some(planes.edge("north")), Some(planes.edge("south"))];
    // In the order in which they were placed, so that every worker has some of the first ones.
    let mut tokens = Vec::new();
    for number in 0..sites {
        let edge = edges[number % 2].as_ref().expect("an edge");
        let slug = format!("shop-{number}");
        let account = edge.sign_up(&slug).await;
        let owner = edge.owner(&account, &slug).await;
        tokens.push((slug, owner.token().expect("a token").to_owned()));
    }
    let api = |edges: &[Option<freehold_testkit::Process>; 2], at: usize| {
        edges[at].as_ref().expect("an edge").host("console.localhost").with_new_connections()
    };
    let load = Arc::new(Load {
        edges: Mutex::new([api(&edges, 0), api(&edges, 1)]),
        stopping: AtomicBool::new(false),
        writes: AtomicU64::new(0),
        sign_ups: AtomicU64::new(0),
    });
    let mut writing = JoinSet::new();
    for (slug, token) in tokens.iter().take(WRITTEN) {
        writing.spawn(load.clone().write(slug.clone(), token.clone()));
    }
    let signing_up = tokio::spawn(load.clone().sign_up());
    for _ in 0..rounds {
        load.goes_on("the start of a round").await;
        planes.control.take().expect("a control plane").kill();
        load.goes_on("the control plane was killed").await;
        match database {
            None => planes.start_control(),
            Some(server) => {
                planes.swap();
                load.signs_up("the spare control plane took over").await;
                planes.start_spare();
                tokio::task::block_in_place(|| {
                    server.stop(StopMode::Immediate).expect("stopped");
                });
                load.goes_on("the database was killed").await;
                tokio::task::block_in_place(|| server.start_again().expect("started"));
            }
        }
        load.signs_up("the control plane came back").await;
        for (at, name) in ["one", "two"].into_iter().enumerate() {
            workers[at].take().expect("a worker").kill();
            load.goes_on("a worker was killed").await;
            workers[at] = Some(planes.worker(name));
            load.goes_on("a worker came back").await;
        }
        for (at, name) in ["north", "south"].into_iter().enumerate() {
            edges[at].take().expect("an edge").kill();
            load.goes_on("an edge was killed").await;
            edges[at] = Some(planes.edge(name));
            load.edges.lock().await[at] = api(&edges, at);
            load.goes_on("an edge came back").await;
        }
    }
    load.stopping.store(true, Ordering::Relaxed);
    let written = writing.join_all().await;
    let signed_up = signing_up.await.expect("sign-ups");
    assert!(!signed_up.is_empty());
    for edge in edges.iter().flatten() {
        for slug in tokens.iter().map(|(slug, _)| slug).chain(&signed_up) {
            until_answered(&edge.host(&format!("{slug}.localhost")), "/", 200).await;
        }
        for (slug, acknowledged) in &written {
            let there = every_slug(&edge.host(&format!("{slug}.localhost"))).await;
            for post in acknowledged {
                assert!(there.contains(post), "{slug} lost {post}");
            }
        }
    }
    drop(workers);
}

/// Every published post of a site, walked by cursor.
async fn every_slug(site: &Api) -> std::collections::HashSet<String> {
    let mut slugs = std::collections::HashSet::new();
    let mut path = "/api/v1/posts?limit=100&fields=slug&skip_total=true".to_owned();
    loop {
        let page = site.get(&path).await.data(200);
        let items = page["items"].as_array().expect("items");
        slugs.extend(items.iter().filter_map(|post| post["slug"].as_str().map(str::to_owned)));
        match page["next"].as_str() {
            Some(next) => {
                path = format!("/api/v1/posts?limit=100&fields=slug&skip_total=true&after={next}");
            }
            None => return slugs,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stood_still_goes_on_and_others_notice_nothing() {
    // Longer than the silence after which the control plane gives up on a connection.
    let still = Duration::from_secs(if crate::is_long() { 20 } else { 11 });
    let planes = Planes::start(PROGRAM);
    let one = planes.worker("one");
    let edge = planes.edge("north");
    let first = edge.sign_up("first").await;
    let owner = edge.owner(&first, "first").await;
    let two = planes.worker("two");
    let console = edge.host("console.localhost");
    edge.sign_up("second").await;
    // It is written to when it stops, and asked again at once and later.
    one.signal("STOP");
    let began = std::time::Instant::now();
    let (site, admin) = (edge.host("first.localhost"), owner.clone());
    let waits = async move {
        let draft = json!({"title": "Lost", "content": "x", "status": "draft"});
        tokio::join!(admin.post("/api/v1/posts", draft), site.get("/api/v1/posts?limit=7"))
    };
    let (write, read) = waits.await;
    for answer in [write, read] {
        answer.refused(503, "worker_unavailable");
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert!(began.elapsed() < HONEST_SECONDS_MAX, "{:?}", began.elapsed());
    let again = std::time::Instant::now();
    owner.get("/api/v1/posts").await.refused(503, "worker_unavailable");
    assert!(again.elapsed() < Duration::from_secs(2), "{:?}", again.elapsed());
    let mut number = 0;
    while began.elapsed() < still {
        assert_eq!(edge.host("second.localhost").get("/").await.status, 200);
        number += 1;
        // not synchronisation: a steady stream of readers for as long as the worker stands still
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(number > 10);
    // New sites go where somebody answers.
    edge.sign_up("third").await;
    one.signal("CONT");
    until_answered(&edge.host("first.localhost"), "/", 200).await;
    let post = json!({"title": "Back", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    // It is connected again and takes orders.
    planes.until_connected().await;
    planes.operate(&["tenant", "suspend", "first", "--reason", "test"]);
    until_answered(&edge.host("first.localhost"), "/", 402).await;
    assert_eq!(console.get("/openapi.json").await.status, 200);
    drop(two);
}
