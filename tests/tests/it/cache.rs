//! Public answers kept by the edge: never older than what a writer was told, never another
//! site's, never somebody's own.

use std::time::{Duration, Instant};

use freehold_testkit::{Answer, Api, Fleet, Planes, Process};
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

/// Writes that are each read back at once.
const ROUNDS: u32 = 200;
/// How long a cache may take to become warm, or a change to become known, before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn cached(answer: &Answer) -> &str {
    answer.headers["x-cache"].to_str().expect("a word")
}

/// Asks until the cache answers.
async fn warm(site: &Api, path: &str) -> Answer {
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = site.get(path).await;
        if cached(&answer) == "hit" {
            return answer;
        }
        assert!(Instant::now() < until, "never kept: {} {:?}", answer.status, answer.headers);
    }
}

async fn with(site: &Api, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = site.request(method, path);
    let request =
        fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answer::of(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_at_once() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let paths = ["/api/v1/posts", "/posts/welcome", "/", "/feed.xml"];
    let mut hits = 0;
    for round in 0..ROUNDS {
        let title = format!("Round-{round}-of-many");
        owner.put("/api/v1/posts/welcome", json!({"title": title})).await.data(200);
        let path = paths[round as usize % paths.len()];
        for _ in 0..2 {
            let answer = site.get(path).await;
            assert!(answer.text.contains(&title), "{path} in round {round}: {}", answer.text);
            hits += u32::from(cached(&answer) == "hit");
        }
    }
    assert!(hits > ROUNDS / 2, "the cache was of use: {hits}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_a_title_older_than_the_last_acknowledged() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    warm(&site, "/api/v1/posts/welcome").await;
    let (told, acknowledged) = tokio::sync::watch::channel(0_u32);
    let writing = async {
        for round in 1..=ROUNDS {
            let title = json!({"title": round.to_string()});
            owner.put("/api/v1/posts/welcome", title).await.data(200);
            told.send_replace(round);
        }
    };
    let reading = async {
        let mut reads = 0_u32;
        while *acknowledged.borrow() < ROUNDS {
            let before = *acknowledged.borrow();
            let post = site.get("/api/v1/posts/welcome").await.data(200);
            let title: u32 = post["title"].as_str().and_then(|t| t.parse().ok()).unwrap_or(0);
            assert!(title >= before, "{title} after {before} was acknowledged");
            reads += 1;
        }
        reads
    };
    let ((), one, two) = tokio::join!(writing, reading, async {
        let mut hits = 0_u32;
        while *acknowledged.borrow() < ROUNDS {
            hits += u32::from(cached(&site.get("/api/v1/posts").await) == "hit");
        }
        hits
    });
    assert!(one > 0 && two > 0, "{one} reads, {two} hits");
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_change_nothing_for_the_public_and_a_withdrawn_post_is_gone() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    warm(&site, "/api/v1/posts").await;
    owner.post("/api/v1/posts", json!({"title": "Later", "content": "x"})).await.data(201);
    owner.put("/api/v1/posts/later", json!({"content": "y"})).await.data(200);
    assert_eq!(cached(&site.get("/api/v1/posts").await), "hit", "drafts");
    fleet.reader("acme", "somebody").await;
    assert_eq!(cached(&site.get("/api/v1/posts").await), "hit", "sessions");
    owner.put("/api/v1/posts/later", json!({"status": "published"})).await.data(200);
    let listed = site.get("/api/v1/posts").await;
    assert_eq!(cached(&listed), "miss");
    assert_eq!(listed.data(200)["total"], 2);
    warm(&site, "/posts/later").await;
    owner.put("/api/v1/posts/later", json!({"status": "draft"})).await.data(200);
    assert_eq!(site.get("/posts/later").await.status, 404);
    owner.put("/api/v1/posts/later", json!({"status": "published"})).await.data(200);
    warm(&site, "/posts/later").await;
    owner.delete("/api/v1/posts/later").await.data(200);
    assert_eq!(site.get("/posts/later").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_keep_apart_and_a_suspended_one_is_not_shown() {
    let fleet = Fleet::start().await;
    let mut sites = Vec::new();
    for slug in ["first", "second"] {
        let account = fleet.sign_up(slug).await;
        sites.push((slug, account, fleet.site(slug)));
    }
    for (slug, _, site) in &sites {
        let page = warm(site, "/").await;
        assert!(page.text.contains(&format!("Site {slug}")), "{}", page.text);
        let welcome = warm(site, "/api/v1/posts/welcome").await.data(200);
        assert_eq!(welcome["title"], format!("Welcome to Site {slug}"));
    }
    let path = format!("/v1/fleet/tenants/{}/suspend", sites[0].1.site);
    fleet.operator().post(&path, json!({"reason": "unpaid"})).await.data(200);
    assert_eq!(sites[0].2.get("/").await.status, 402);
    assert_eq!(cached(&sites[1].2.get("/").await), "hit");
    let owner = fleet.owner(&sites[1].1, "second").await;
    owner.put("/api/v1/posts/welcome", json!({"title": "Mine"})).await.data(200);
    let path = format!("/v1/fleet/tenants/{}/resume", sites[0].1.site);
    fleet.operator().post(&path, json!({})).await.data(200);
    assert!(sites[0].2.get("/").await.text.contains("Welcome to Site first"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_credentials_bypass_and_clients_can_ask_again() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (owner, site) = (fleet.owner(&account, "acme").await, fleet.site("acme"));
    let path = "/api/v1/posts";
    let kept = warm(&site, path).await;
    assert_eq!(kept.headers["cache-control"], "public, no-cache");
    assert_eq!(kept.headers["vary"], "accept");
    let internal = kept.headers.keys().find(|name| name.as_str().starts_with("x-freehold"));
    assert_eq!(internal, None);
    let tag = kept.headers["etag"].to_str().expect("a tag");
    // A token of the owner is for this site's host too.
    let own = site.with_token(owner.token().expect("a token")).get(path).await;
    assert_eq!(
        (cached(&own), &own.headers["cache-control"]),
        ("bypass", &"private, no-store".parse().expect("a value"))
    );
    for (cookie, expected) in [("theme=dark", "hit"), ("a=b; __Host-freehold=x", "bypass")] {
        let answer = with(&site, Method::GET, path, &[("cookie", cookie)]).await;
        assert_eq!((cached(&answer), answer.status.as_u16()), (expected, 200), "{cookie}");
    }
    let head = with(&site, Method::HEAD, path, &[]).await;
    assert_eq!((cached(&head), head.text.as_str()), ("hit", ""));
    assert_eq!(head.headers["content-length"], kept.headers["content-length"]);
    let same = with(&site, Method::GET, path, &[("if-none-match", tag)]).await;
    assert_eq!((same.status.as_u16(), cached(&same), same.text.as_str()), (304, "hit", ""));
    assert_eq!(same.headers["etag"], tag);
    // The worker answers conditions and HEAD as the cache does.
    let fresh = with(&site, Method::HEAD, "/sitemap.xml", &[]).await;
    assert_eq!((cached(&fresh), fresh.text.as_str()), ("miss", ""));
    let (tag, length) = (&fresh.headers["etag"], &fresh.headers["content-length"]);
    let tag = tag.to_str().expect("a tag");
    let same = with(&site, Method::GET, "/sitemap.xml", &[("if-none-match", tag)]).await;
    assert_eq!((same.status.as_u16(), cached(&same)), (304, "miss"));
    let whole = site.get("/sitemap.xml").await;
    assert_eq!(
        (&whole.headers["content-length"], whole.headers["etag"].to_str().ok()),
        (length, Some(tag))
    );
    // What the site's secrets or errors are is not kept.
    for path in ["/api/v1/posts/none", "/openapi.json"] {
        assert_eq!(cached(&site.get(path).await), "miss");
        assert_eq!(cached(&site.get(path).await), "miss", "{path}");
    }
}

async fn edge_title(edge: &Process) -> (String, String) {
    let answer = edge.host("acme.localhost").get("/api/v1/posts/welcome").await;
    let cached = cached(&answer).to_owned();
    (answer.data(200)["title"].as_str().unwrap_or_default().to_owned(), cached)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_edges_hear_of_a_change_and_a_lost_worker_is_not_answered_for() {
    let planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edges = [planes.edge("north"), planes.edge("south")];
    let account = edges[0].sign_up("acme").await;
    let owner = edges[0].owner(&account, "acme").await;
    for round in 0..20 {
        for edge in &edges {
            warm(&edge.host("acme.localhost"), "/api/v1/posts/welcome").await;
        }
        let title = format!("Round {round}");
        owner.put("/api/v1/posts/welcome", json!({"title": title})).await.data(200);
        assert_eq!(edge_title(&edges[0]).await.0, title, "the edge that passed the write on");
        let until = Instant::now() + PATIENCE;
        while edge_title(&edges[1]).await.0 != title {
            assert!(Instant::now() < until, "the other edge never heard of round {round}");
        }
    }
    warm(&edges[1].host("acme.localhost"), "/api/v1/posts/welcome").await;
    worker.kill();
    // The broken stream is noticed by itself; what was kept is of no use then.
    let until = Instant::now() + PATIENCE;
    while edges[1].host("acme.localhost").get("/api/v1/posts/welcome").await.status != 503 {
        assert!(Instant::now() < until, "answered without a worker");
    }
    let _worker = planes.worker("one");
    assert_eq!(edge_title(&edges[1]).await, ("Round 19".to_owned(), "miss".to_owned()));
    warm(&edges[1].host("acme.localhost"), "/api/v1/posts/welcome").await;
}
