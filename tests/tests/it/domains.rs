//! Domains of sites: added, read under, held by one, given up, through restarts and several edges.

use freehold_scratch_postgres::ScratchDatabase;
use freehold_testkit::{Answer, Api, Fleet, Planes, Process, SignedUp, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

pub(crate) fn domains_of(account: &SignedUp) -> String {
    format!("/v1/sites/{}/domains", account.site)
}

pub(crate) async fn add(api: &Api, account: &SignedUp, hostname: &str) -> Answer {
    api.post(&domains_of(account), json!({ "hostname": hostname })).await
}

pub(crate) fn path_of(account: &SignedUp, domain: &Value) -> String {
    format!("{}/{}", domains_of(account), domain["id"].as_str().expect("an id"))
}

fn location(answer: &Answer) -> (u16, &str) {
    let location = answer.headers.get("location").map(|value| value.to_str().expect("text"));
    (answer.status.as_u16(), location.unwrap_or_default())
}

#[tokio::test]
async fn a_site_is_read_under_its_own_domain() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    fleet.host("www.acme.test").get("/api/v1/posts").await.refused(404, "site_unknown");
    let added = add(&console, &account, "WWW.Acme.test.").await.data(201);
    assert_eq!((&added["hostname"], &added["state"]), (&json!("www.acme.test"), &json!("active")));
    assert_eq!((&added["canonical"], &added["records"]), (&json!(false), &json!([])));
    assert_eq!(added["url"], format!("http://www.acme.test:{}", fleet.port()));
    for (step, name) in [(0, "ownership"), (1, "routed")] {
        assert_eq!(
            (&added["steps"][step]["name"], &added["steps"][step]["state"]),
            (&json!(name), &json!("done"))
        );
    }
    let own = fleet.host("www.acme.test");
    let home = own.get("/").await;
    assert!(home.status == 200 && home.text.contains("Welcome to Site acme"), "{}", home.text);
    assert_eq!(own.get("/posts/welcome").await.status, 200);
    assert_eq!(own.get("/api/v1/posts").await.data(200)["total"], 1);
    // Visitors register and stay signed in under it, and its owner writes.
    let visitor = json!({
        "email": "ada@example.net", "username": "ada", "password": freehold_testkit::PASSWORD,
    });
    let registered = own.post("/api/v1/auth/register", visitor).await.data(201);
    let ada = own.with_token(registered["access_token"].as_str().expect("a token"));
    assert_eq!(ada.get("/api/v1/users/me").await.data(200)["username"], "ada");
    let ticket = json!({ "ticket": fleet.ticket(&account).await });
    let owner = own.post("/api/v1/auth/ticket", ticket).await.data(200);
    let owner = own.with_token(owner["access_token"].as_str().expect("a token"));
    let post = json!({"title": "From my domain", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    assert!(own.get("/").await.text.contains("From my domain"));
    let list = console.get(&domains_of(&account)).await.data(200);
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &added["id"]));
    let none = console.get(&format!("{}?state=pending", domains_of(&account))).await.data(200);
    assert_eq!(none["total"], 0);
    let removed = console.delete(&path_of(&account, &added)).await;
    assert_eq!(removed.data(200), Value::Null);
    own.get("/api/v1/posts").await.refused(404, "site_unknown");
    console.get(&path_of(&account, &added)).await.refused(404, "not_found");
    assert_eq!(fleet.site("acme").get("/").await.status, 200);
}

#[tokio::test]
async fn pages_lead_to_the_canonical_name() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    let owner = fleet.owner(&account, "acme").await;
    let www = add(&console, &account, "www.acme.test").await.data(201);
    add(&console, &account, "acme.test").await.data(201);
    let (site, apex, own) =
        (fleet.site("acme"), fleet.host("acme.test"), fleet.host("www.acme.test"));
    let links = |text: &str, name: &str| text.contains(&format!("http://{name}:{}/", fleet.port()));
    for api in [&site, &apex, &own] {
        let feed = api.get("/feed.xml").await;
        assert!(feed.status == 200 && links(&feed.text, "acme.localhost"), "{}", feed.text);
    }
    let path = path_of(&account, &www);
    let chosen = console.put(&path, json!({"canonical": true})).await.data(200);
    assert_eq!(chosen["canonical"], true);
    let to = |rest: &str| format!("http://www.acme.test:{}{rest}", fleet.port());
    for api in [&site, &apex] {
        let led = api.get("/posts/welcome?x=%2F&y").await;
        assert_eq!(location(&led), (308, &*to("/posts/welcome?x=%2F&y")));
        assert_eq!(api.get("/api/v1/posts").await.data(200)["total"], 1, "programs are answered");
        assert_eq!(api.get("/.well-known/jwks.json").await.status, 200);
        let admin = api.get("/admin/posts?a=b").await;
        let expected = format!("http://acme.admin.localhost:{}/posts?a=b", fleet.port());
        assert_eq!(location(&admin), (307, &*expected));
    }
    for path in ["/feed.xml", "/sitemap.xml"] {
        let text = own.get(path).await.text;
        assert!(links(&text, "www.acme.test") && !links(&text, "acme.localhost"), "{text}");
    }
    let page = own.get("/posts/welcome").await;
    assert!(page.status == 200 && page.text.contains("www.acme.test"), "{}", page.text);
    // Whoever was signed in still is.
    assert_eq!(owner.get("/api/v1/users/me").await.status, 200);
    // A second choice takes the place of the first.
    let list = console.get(&domains_of(&account)).await.data(200);
    let other = path_of(&account, &list["items"][0]);
    console.put(&other, json!({"canonical": true})).await.data(200);
    assert_eq!(console.get(&path).await.data(200)["canonical"], false);
    assert_eq!(location(&own.get("/").await).0, 308);
    assert_eq!(apex.get("/").await.status, 200);
    // Without the canonical name the others are read again.
    console.delete(&other).await.data(200);
    assert_eq!(own.get("/").await.status, 200);
    assert_eq!(site.get("/").await.status, 200);
    console.put(&path, json!({"canonical": true})).await.data(200);
    console.put(&path, json!({"canonical": false})).await.data(200);
    assert_eq!(site.get("/").await.status, 200);
    assert!(links(&site.get("/feed.xml").await.text, "acme.localhost"));
    console.put(&path, json!({"canonical": 1})).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn bad_names_are_refused_with_a_reason() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    let long = format!("{}.acme.test", vec!["abcdefgh"; 28].join("."));
    for (name, code) in [
        ("", "invalid"),
        ("http://acme.test/", "invalid"),
        ("acme.test:8080", "invalid"),
        ("a_b.acme.test", "invalid"),
        ("-a.test", "invalid"),
        ("xn--a.test", "invalid"),
        (&long, "invalid"),
        ("*.acme.test", "wildcard"),
        ("10.0.0.1", "ip_address"),
        ("[::1]", "ip_address"),
        ("acme", "single_label"),
        ("co.uk", "public_suffix"),
        ("github.io", "public_suffix"),
        ("console.localhost", "reserved"),
        ("other.localhost", "reserved"),
        ("acme.localhost", "reserved"),
        ("www.other.localhost", "reserved"),
        ("pаypal.test", "mixed_scripts"),
        ("acme.admin.localhost", "reserved"),
        ("a.b.media.localhost", "reserved"),
    ] {
        let answer = add(&console, &account, name).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.field("hostname"), code, "{name}");
    }
    let more = json!({"hostname": "acme.test", "state": "active"});
    console.post(&domains_of(&account), more).await.refused(400, "invalid_request");
    assert_eq!(console.get(&domains_of(&account)).await.data(200)["total"], 0);
    // Below its own name, where names are not proved anyway, a site may have others.
    let own = add(&console, &account, "www.acme.localhost").await.data(201);
    assert_eq!(own["state"], "active");
    assert!(fleet.host("www.acme.localhost").get("/").await.text.contains("Site acme"));
    console.delete(&path_of(&account, &own)).await.data(200);
    let idna = add(&console, &account, "bücher.test").await.data(201);
    assert_eq!(idna["hostname"], "xn--bcher-kva.test");
    let again = add(&console, &account, "XN--bcher-kva.TEST").await;
    again.refused(409, "hostname_taken");
}

#[tokio::test]
async fn a_name_is_one_sites_and_kept_from_others_for_a_while() {
    let fleet = Fleet::start().await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let first = fleet.console().with_token(&one.session);
    let second = fleet.console().with_token(&two.session);
    let domain = add(&first, &one, "shop.test").await.data(201);
    let path = path_of(&one, &domain);
    let refused = add(&second, &two, "shop.test").await;
    refused.refused(409, "hostname_taken").field("hostname");
    assert!(!refused.text.contains(&one.site), "it is not told whose it is");
    // Another account's site and domain are as if they were not there.
    for path in [path.clone(), domains_of(&one)] {
        second.get(&path).await.refused(404, "not_found");
    }
    second.put(&path, json!({"canonical": true})).await.refused(404, "not_found");
    second.post(&format!("{path}/check"), json!({})).await.refused(404, "not_found");
    second.delete(&path).await.refused(404, "not_found");
    second.get(&path_of(&two, &domain)).await.refused(404, "not_found");
    add(&second, &one, "more.test").await.refused(404, "not_found");
    second.get("/v1/fleet/domains").await.refused(403, "forbidden");
    // Given up, it is its own account's to take, and nobody else's for thirty days.
    first.delete(&path).await.data(200);
    add(&second, &two, "shop.test").await.refused(409, "hostname_taken");
    let again = add(&first, &one, "shop.test").await.data(201);
    assert_ne!(again["id"], domain["id"]);
    first.delete(&path_of(&one, &again)).await.data(200);
    let operator = fleet.operator();
    fleet.clock().advance_seconds(30 * 24 * 3_600 - 1);
    add(&operator, &two, "shop.test").await.refused(409, "hostname_taken");
    fleet.clock().advance_seconds(1);
    add(&operator, &two, "shop.test").await.data(201);
    assert!(fleet.host("shop.test").get("/").await.text.contains("Site two"));
    let all = operator.get("/v1/fleet/domains?q=shop").await.data(200);
    assert_eq!((&all["total"], &all["items"][0]["site_id"]), (&json!(1), &json!(two.site)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_a_name_one_gets_it() {
    let fleet = Fleet::start().await;
    let mut accounts = Vec::new();
    for number in 0..4 {
        accounts.push(fleet.sign_up(&format!("shop-{number}")).await);
    }
    let operator = fleet.operator();
    let calls = (0..16).map(|call| add(&operator, &accounts[call % 4], "wanted.test"));
    let answers = futures::future::join_all(calls).await;
    let won: Vec<usize> =
        (0..16).filter(|call| answers[*call].status == 201).map(|call| call % 4).collect();
    assert_eq!(won.len(), 1, "{won:?}");
    for lost in answers.iter().filter(|answer| answer.status != 201) {
        lost.refused(409, "hostname_taken");
    }
    let page = fleet.host("wanted.test").get("/").await;
    assert!(page.text.contains(&format!("Site shop-{}", won[0])), "{}", page.text);
    // It wanders from site to site; the newest owner is the one who is read.
    for round in 0..8 {
        let listed = operator.get("/v1/fleet/domains").await.data(200);
        let item = &listed["items"][0];
        let (site, id) = (item["site_id"].as_str(), item["id"].as_str());
        let held = format!("/v1/sites/{}/domains/{}", site.expect("a site"), id.expect("an id"));
        operator.delete(&held).await.data(200);
        fleet.clock().advance_seconds(30 * 24 * 3_600);
        add(&operator, &accounts[round % 4], "wanted.test").await.data(201);
        let page = fleet.host("wanted.test").get("/").await;
        assert!(page.text.contains(&format!("Site shop-{}", round % 4)), "{}", page.text);
    }
}

#[tokio::test]
async fn a_domain_is_added_once_and_not_checked_all_the_time() {
    let fleet = Fleet::with(&[]).await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    let path = domains_of(&account);
    let send = |key: &'static str, name: &'static str| {
        let request = console.request(Method::POST, &path).header("Idempotency-Key", key);
        Answer::of(request.json(&json!({ "hostname": name })))
    };
    let first = send("d-1", "acme.test").await.data(201);
    let again = send("d-1", "acme.test").await.data(201);
    assert_eq!(first["id"], again["id"]);
    send("d-1", "other.test").await.refused(422, "idempotency_key_reused");
    send("d-2", "acme.test").await.refused(409, "hostname_taken");
    let check = format!("{}/check", path_of(&account, &first));
    console.post(&check, json!({})).await.data(200);
    let refused = console.post(&check, json!({})).await;
    refused.refused(429, "too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_domain_follows_its_site_through_its_life() {
    let mut fleet = Fleet::start().await;
    let (acme, other) = (fleet.sign_up("acme").await, fleet.sign_up("other").await);
    let operator = fleet.operator();
    let domain = add(&operator, &acme, "www.acme.test").await.data(201);
    let path = path_of(&acme, &domain);
    operator.put(&path, json!({"canonical": true})).await.data(200);
    let tenant = format!("/v1/fleet/tenants/{}", acme.site);
    operator.post(&format!("{tenant}/suspend"), json!({"reason": "unpaid"})).await.data(200);
    fleet.host("www.acme.test").get("/api/v1/posts").await.refused(402, "site_suspended");
    // Another name of a suspended site is as suspended.
    add(&operator, &acme, "acme.test").await.data(201);
    fleet.host("acme.test").get("/api/v1/posts").await.refused(402, "site_suspended");
    fleet.restart().await;
    let operator = fleet.operator();
    fleet.host("www.acme.test").get("/api/v1/posts").await.refused(402, "site_suspended");
    operator.post(&format!("{tenant}/resume"), json!({})).await.data(200);
    assert_eq!(fleet.host("www.acme.test").get("/").await.status, 200);
    assert_eq!(fleet.site("acme").get("/").await.status, 308);
    fleet.restart().await;
    let own = fleet.host("www.acme.test");
    let feed = own.get("/feed.xml").await.text;
    assert!(feed.contains("http://www.acme.test:"), "the worker knows the name again: {feed}");
    assert_eq!(fleet.site("acme").get("/").await.status, 308);
    // Deleted, it keeps its names for as long as it can be restored.
    let (operator, console) = (fleet.operator(), fleet.console().with_token(&acme.session));
    let site = format!("/v1/sites/{}", acme.site);
    console.delete(&site).await.data(200);
    own.get("/api/v1/posts").await.refused(404, "site_deleted");
    add(&operator, &acme, "late.test").await.refused(409, "wrong_state");
    console.post(&format!("{site}/restore"), json!({})).await.data(200);
    assert_eq!(own.get("/").await.status, 200);
    console.delete(&site).await.data(200);
    fleet.clock().advance_seconds(7 * 24 * 3_600 + 1);
    until("the site is erased", 30, async || {
        (operator.get(&tenant).await.status != 200).then_some(())
    })
    .await;
    own.get("/api/v1/posts").await.refused(404, "site_unknown");
    fleet.host("acme.test").get("/api/v1/posts").await.refused(404, "site_unknown");
    assert_eq!(operator.get("/v1/fleet/domains").await.data(200)["total"], 0);
    add(&operator, &other, "www.acme.test").await.refused(409, "hostname_taken");
}

#[tokio::test]
async fn every_edge_serves_a_domain_when_it_is_answered() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let mut edges = [planes.edge("north"), planes.edge("south")];
    edges[0].sign_up("acme").await;
    let status = async |edge: &Process, name: &str| edge.host(name).get("/").await.status.as_u16();
    let added = planes.operate(&["domain", "add", "acme", "www.acme.test"]);
    assert_eq!(added["state"], "active", "{added}");
    for edge in &edges {
        assert_eq!(status(edge, "www.acme.test").await, 200);
    }
    planes.operate(&["domain", "canonical", "www.acme.test"]);
    for edge in &edges {
        assert_eq!(status(edge, "acme.localhost").await, 308);
        assert!(edge.host("www.acme.test").get("/feed.xml").await.text.contains("www.acme.test"));
    }
    // Edges know it without the control plane, and from it again.
    planes.control.take().expect("a control plane").kill();
    let [north, south] = edges;
    north.kill();
    edges = [planes.edge("north"), south];
    for edge in &edges {
        assert_eq!(status(edge, "www.acme.test").await, 200);
        assert_eq!(status(edge, "acme.localhost").await, 308);
    }
    planes.start_control();
    planes.until_connected().await;
    for edge in &edges {
        assert_eq!(status(edge, "www.acme.test").await, 200);
    }
    let shown = planes.operate(&["domain", "show", "WWW.acme.test"]);
    assert_eq!((&shown["id"], &shown["canonical"]), (&added["id"], &json!(true)));
    let checked = planes.operate(&["domain", "check", added["id"].as_str().expect("an id")]);
    assert_eq!(checked["state"], "active");
    planes.operate(&["domain", "canonical", "www.acme.test", "--off"]);
    let listed = planes.operate(&["domain", "list", "--tenant", "acme"]);
    assert_eq!((&listed["total"], &listed["items"][0]["canonical"]), (&json!(1), &json!(false)));
    planes.operate(&["domain", "remove", "www.acme.test"]);
    for edge in &edges {
        assert_eq!(status(edge, "www.acme.test").await, 404);
        assert_eq!(status(edge, "acme.localhost").await, 200);
    }
    assert_eq!(planes.operate(&["domain", "list"])["total"], 0);
    drop(worker);
}

#[tokio::test]
async fn domains_are_kept_in_postgres_alike() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let url = database.url();
    let mut fleet = Fleet::with(&[("limits.enabled", "false"), ("control.database", &url)]).await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let operator = fleet.operator();
    let domain = add(&operator, &one, "shop.test").await.data(201);
    add(&operator, &one, "www.shop.test").await.data(201);
    add(&operator, &two, "shop.test").await.refused(409, "hostname_taken");
    operator.put(&path_of(&one, &domain), json!({"canonical": true})).await.data(200);
    assert_eq!(fleet.host("www.shop.test").get("/").await.status, 308);
    fleet.restart().await;
    let operator = fleet.operator();
    assert_eq!(fleet.host("shop.test").get("/").await.status, 200);
    assert_eq!(fleet.host("www.shop.test").get("/").await.status, 308);
    let chosen = format!("{}?canonical=true", domains_of(&one));
    assert_eq!(operator.get(&chosen).await.data(200)["total"], 1);
    operator.delete(&path_of(&one, &domain)).await.data(200);
    assert_eq!(fleet.host("www.shop.test").get("/").await.status, 200);
    add(&operator, &two, "shop.test").await.refused(409, "hostname_taken");
    fleet.clock().advance_seconds(30 * 24 * 3_600);
    add(&operator, &two, "shop.test").await.data(201);
    assert!(fleet.host("shop.test").get("/").await.text.contains("Site two"));
    fleet.stop().await;
}
