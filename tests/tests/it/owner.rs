//! Who owns a tenant, when not everybody knows it yet: hand-overs that are stolen, workers that
//! are the wrong ones, and two that both believe they are the right one.
//!
//! No tenant is moved by the control plane here: it is down, and what workers and edges were told
//! is edited in their copies, store and all, before they are started again.

use std::path::{Path, PathBuf};

use freehold_clock::Clock;
use freehold_fleet::{
    HandOver, HandOverKey, Hostname, PersistedCopy, RequestLine, Surface, unwrap_keys, wrap_keys,
};
use freehold_sealing::WrappedKey;
use freehold_testkit::{Api, Planes, Process, log_says};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::PROGRAM;

const POSTS: &str = "/api/v1/posts";

/// Two workers and two edges with a site on the first worker, and its owner's token.
struct Fleet {
    planes: Planes,
    site: String,
    token: String,
    ids: [String; 2],
}

impl Fleet {
    /// Starts everything, and stops everything again when the copies say what they should.
    async fn asleep() -> Self {
        let mut planes = Planes::start(PROGRAM);
        let one = planes.worker("one");
        let edges = [planes.edge("north"), planes.edge("south")];
        let account = edges[0].sign_up("acme").await;
        let owner = edges[0].owner(&account, "acme").await;
        let two = planes.worker("two");
        let ids = ["one", "two"].map(|name| {
            let file = planes.data(name).join("worker/membership");
            let kept: Vec<Value> = PersistedCopy::load(&file).expect("read").expect("joined");
            let kept = kept.last().expect("a membership");
            kept["id"].as_str().expect("an id").to_owned()
        });
        for edge in ["north", "south"] {
            let copy = planes.data(edge).join("edge/routes");
            let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
            let knows =
                |id: &String| std::fs::read_to_string(&copy).is_ok_and(|text| text.contains(&**id));
            while !ids.iter().all(knows) {
                assert!(tokio::time::Instant::now() < deadline, "{edge} was not told");
                tokio::task::yield_now().await;
            }
        }
        let site = account["site"]["id"].as_str().expect("an id").to_owned();
        let token = owner.token().expect("a token").to_owned();
        planes.control.take().expect("a control plane").kill();
        assert!(one.terminate() && two.terminate());
        assert!(edges.into_iter().all(Process::terminate));
        Self { planes, site, token, ids }
    }

    fn store(&self, worker: &str) -> PathBuf {
        let shard = &self.site[self.site.len() - 2..];
        self.planes.data(worker).join("worker/tenants").join(shard).join(&self.site)
    }

    /// Changes what a process was told.
    fn tell(&self, file: &str, change: impl Fn(&mut Vec<Value>)) {
        let file = self.planes.data(file);
        let mut records: Vec<Value> =
            PersistedCopy::load(&file).expect("a copy").expect("one is there");
        change(&mut records);
        PersistedCopy::rewrite(&file, records).expect("written");
    }

    fn assignment(&self) -> Value {
        let file = self.planes.data("one").join("worker/assignments");
        let records: Vec<Value> = PersistedCopy::load(&file).expect("read").expect("a copy");
        let mut found = records.iter().rev().filter(|record| record["assignment"].is_object());
        found.next().expect("an assignment")["assignment"].clone()
    }

    /// Tells a worker of the tenant, last of all.
    fn assign(&self, worker: &str, change: impl Fn(&mut Value)) {
        let mut assignment = self.assignment();
        assignment["keys"] = self.keys_for(worker, &assignment["keys"]);
        change(&mut assignment);
        self.tell(&format!("{worker}/worker/assignments"), |records| {
            records.push(json!({"assignment": assignment}));
        });
    }

    /// The tenant's keys as the first worker was told them, as another one is.
    fn keys_for(&self, worker: &str, keys: &Value) -> Value {
        let wrapping = |name: &str| {
            let file = self.planes.data(name).join("worker/wrapping-key");
            let none = || panic!("{name} has a wrapping key");
            let ring = freehold_sealing::load_or_make(&file, none).expect("a file");
            ring.newest().expect("a key").1.clone()
        };
        let keys: Vec<WrappedKey> = serde_json::from_value(keys.clone()).expect("keys");
        let tenant = self.site.parse().expect("an id");
        let ring = unwrap_keys(&keys, tenant, &wrapping("one")).expect("unwrapped");
        json!(wrap_keys(&ring, tenant, &wrapping(worker)).expect("wrapped"))
    }

    /// Tells an edge which worker owns every site, under which epoch.
    fn lead(&self, edge: &str, worker: usize, epoch: u64) {
        self.tell(&format!("{edge}/edge/routes"), |records| {
            let mut routes = Vec::new();
            for record in records.iter_mut() {
                for (kind, said) in record.as_object_mut().expect("a record") {
                    match kind.as_str() {
                        "route" => routes.push(said),
                        "change" => routes.extend(said["put"].as_array_mut().expect("routes")),
                        _ => {}
                    }
                }
            }
            routes.retain(|route| route["tenant"].is_string());
            assert!(!routes.is_empty());
            for route in routes {
                route["upstream"] = json!(self.ids[worker]);
                route["epoch"] = json!(epoch);
            }
        });
    }

    fn admin(&self, edge: &Process) -> Api {
        edge.host("acme.admin.localhost").with_token(&self.token)
    }
}

fn post(title: &str) -> Value {
    json!({"title": title, "content": "x", "status": "published"})
}

async fn titles(edge: &Process) -> Vec<String> {
    let list = edge.host("acme.localhost").get(POSTS).await.data(200);
    let items = list["items"].as_array().expect("items").iter();
    items.map(|post| post["title"].as_str().unwrap_or_default().to_owned()).collect()
}

/// An answer that says to come back, and nothing of what the processes say to each other.
async fn comes_back_later(edge: &Process, fleet: &Fleet) {
    let read = edge.host("acme.localhost").get(POSTS).await;
    let write = fleet.admin(edge).post(POSTS, post("Nowhere")).await;
    for answer in [read, write] {
        answer.refused(503, "worker_unavailable");
        assert!(answer.headers.contains_key("retry-after"));
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("x-freehold")));
    }
}

#[tokio::test]
async fn the_wrong_worker_names_the_right_one_and_the_edge_asks_it() {
    let fleet = Fleet::asleep().await;
    let planes = &fleet.planes;
    let store = fleet.store("two");
    std::fs::create_dir_all(store.parent().expect("a shard")).expect("a folder");
    std::fs::rename(fleet.store("one"), &store).expect("moved");
    fleet.assign("two", |told| told["epoch"] = json!(2));
    fleet.assign("one", |told| {
        (told["epoch"], told["state"]) = (json!(2), json!("deleted"));
        told["owner"] = json!(fleet.ids[1]);
    });
    let (one, two, north) = (planes.worker("one"), planes.worker("two"), planes.edge("north"));
    // The edge's routes are of before, and stay so: it is sent on every time.
    for number in 0..3 {
        let title = format!("Moved {number}");
        let answer = fleet.admin(&north).post(POSTS, post(&title)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("x-freehold")));
        assert!(titles(&north).await.contains(&title));
    }
    assert!(!fleet.store("one").exists(), "nothing was made where it is not owned");
    two.kill();
    comes_back_later(&north, &fleet).await;
    let two = planes.worker("two");
    assert_eq!(titles(&north).await.len(), 4);
    drop((one, two));
}

#[tokio::test]
async fn a_worker_that_is_behind_serves_nothing_until_it_is_told() {
    let fleet = Fleet::asleep().await;
    let planes = &fleet.planes;
    fleet.lead("south", 0, 2);
    let (one, north, south) = (planes.worker("one"), planes.edge("north"), planes.edge("south"));
    assert_eq!(titles(&north).await.len(), 1, "as far as anybody knows");
    comes_back_later(&south, &fleet).await;
    // It has seen that there is a newer epoch, so its own is worth nothing to anybody.
    comes_back_later(&north, &fleet).await;
    assert!(log_says(&planes.data("one"), "owned under a newer epoch"));
    one.kill();
    fleet.assign("one", |told| told["epoch"] = json!(2));
    let one = planes.worker("one");
    assert_eq!(titles(&south).await.len(), 1);
    // The worker says itself that it is the owner still, under a newer epoch.
    fleet.admin(&north).post(POSTS, post("Written")).await.data(201);
    assert_eq!(titles(&north).await.len(), 2);
    drop(one);
}

#[tokio::test]
async fn of_two_workers_on_one_store_the_older_epoch_writes_and_serves_nothing() {
    let fleet = Fleet::asleep().await;
    let planes = &fleet.planes;
    let shared = fleet.store("two");
    std::fs::create_dir_all(shared.parent().expect("a shard")).expect("a folder");
    std::os::unix::fs::symlink(fleet.store("one"), &shared).expect("shared");
    fleet.assign("two", |told| told["epoch"] = json!(2));
    fleet.lead("south", 1, 2);
    let (one, two) = (planes.worker("one"), planes.worker("two"));
    let (north, south) = (planes.edge("north"), planes.edge("south"));
    fleet.admin(&north).post(POSTS, post("Before")).await.data(201);
    assert!(titles(&north).await.contains(&"Before".to_owned()), "its store is open");
    // The second one stood still while the first one wrote, and takes over when it goes on.
    two.signal("STOP");
    fleet.admin(&north).post(POSTS, post("Meanwhile")).await.data(201);
    two.signal("CONT");
    fleet.admin(&south).post(POSTS, post("After")).await.data(201);
    let stale = fleet.admin(&north).post(POSTS, post("Stale")).await;
    stale.refused(503, "worker_unavailable");
    comes_back_later(&north, &fleet).await;
    one.kill();
    let one = planes.worker("one");
    comes_back_later(&north, &fleet).await;
    let there = titles(&south).await;
    assert_eq!(there.len(), 4, "{there:?}");
    assert!(!there.contains(&"Stale".to_owned()) && !there.contains(&"Nowhere".to_owned()));
    drop((one, two));
}

/// What a worker was told to verify hand-overs with.
fn key_of(data: &Path) -> HandOverKey {
    let copy = data.join("worker/assignments");
    let records: Vec<Value> = PersistedCopy::load(&copy).expect("read").expect("a copy");
    let key = records.iter().find_map(|record| record["welcome"]["handover_key"].as_str());
    HandOverKey::try_from(key.expect("a key").to_owned()).expect("a key")
}

#[tokio::test]
async fn a_stolen_hand_over_is_good_for_nothing_else() {
    let planes = Planes::start(PROGRAM);
    let (one, two) = (planes.worker("one"), planes.worker("two"));
    let edge = planes.edge("north");
    let mut sites = Vec::new();
    for slug in ["acme", "other"] {
        let account = edge.sign_up(slug).await;
        sites.push(account["site"]["id"].as_str().expect("an id").to_owned());
    }
    let copy = std::fs::read_to_string(planes.data("one").join("worker/assignments"));
    // They were spread; which of them is where does not matter.
    let mine = if copy.expect("a copy").contains(&sites[0]) { 0 } else { 1 };
    let slug = ["acme", "other"][mine];
    let key = key_of(&planes.data("one"));
    let handover = HandOver {
        tenant: Some(sites[mine].parse().expect("an id")),
        epoch: 1,
        surface: Surface::Site,
        host: Hostname::parse(&format!("{slug}.localhost")).expect("a name"),
        client: [127, 0, 0, 1].into(),
        scheme: "http".to_owned(),
    };
    let now = Clock::system().now().seconds();
    let line = RequestLine { method: "GET", path_and_query: POSTS };
    let ask = async |worker: &str, method: Method, path: &str, headers: &[(&str, String)]| {
        let socket = planes.data(worker).join("run/worker.sock");
        let client = reqwest::Client::builder().unix_socket(socket).build().expect("a client");
        let mut request = client.request(method, format!("http://worker{path}"));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let good = handover.sign(&key, line, now);
    assert_eq!(ask("one", Method::GET, POSTS, &good).await.0, 200, "as it was meant");
    let refused = |(status, text): (u16, String), why: &str| {
        assert!(status == 403 && text.contains("not_a_handover"), "{why}: {status} {text}");
    };
    refused(ask("one", Method::GET, "/api/v1/users/me", &good).await, "another path");
    refused(ask("one", Method::GET, &format!("{POSTS}?limit=1"), &good).await, "another query");
    refused(ask("one", Method::POST, POSTS, &good).await, "another method");
    refused(ask("two", Method::GET, POSTS, &good).await, "another worker");
    for (name, value) in [
        ("x-freehold-tenant", sites[1 - mine].clone()),
        ("x-freehold-epoch", "2".to_owned()),
        ("x-freehold-surface", "admin".to_owned()),
        ("x-freehold-host", "else.localhost".to_owned()),
        ("x-freehold-client", "127.0.0.2".to_owned()),
        ("x-freehold-at", (now + 1).to_string()),
    ] {
        let changed: Vec<_> = good
            .iter()
            .map(|(n, v)| (*n, if *n == name { value.clone() } else { v.clone() }))
            .collect();
        refused(ask("one", Method::GET, POSTS, &changed).await, name);
    }
    // Six seconds old, and from a clock that is far ahead.
    for at in [now - 6, now + 60] {
        let old = handover.sign(&key, line, at);
        refused(ask("one", Method::GET, POSTS, &old).await, "another moment");
    }
    refused(ask("one", Method::GET, POSTS, &[]).await, "none at all");
    drop((one, two));
}
