//! Sign up, get a live site, publish to it.

use freehold_testkit::{Answer, Fleet};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_new_site_is_live_when_the_answer_leaves() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    assert_eq!(account.data["site"]["state"], "ready");
    let url = account.data["site"]["url"].as_str().expect("a url");
    assert_eq!(url, format!("http://acme.localhost:{}", fleet.port()));
    let site = fleet.site("acme");
    let home = site.get("/").await;
    assert_eq!(home.status, 200);
    assert!(
        home.text.contains("Site acme") && home.text.contains("Welcome to Site acme"),
        "{}",
        home.text
    );
    assert!(
        home.headers["content-security-policy"]
            .to_str()
            .expect("text")
            .contains("default-src 'none'")
    );
    let post = site.get("/posts/welcome").await;
    assert!(post.status == 200 && post.text.contains("this is its first post"), "{}", post.text);
    let feed = site.get("/feed.xml").await;
    assert!(
        feed.headers["content-type"].to_str().expect("text").starts_with("application/rss+xml")
    );
    assert!(
        feed.text.contains("<item>") && feed.text.contains("Welcome to Site acme"),
        "{}",
        feed.text
    );
    let posts = site.get("/api/v1/posts").await.data(200);
    assert_eq!((&posts["total"], &posts["page"]), (&json!(1), &json!(1)));
    assert_eq!(posts["items"][0]["slug"], "welcome");
    let style = home.text.split("stylesheet\" href=\"").nth(1).expect("a stylesheet");
    let style = style.split('"').next().expect("its address").replace("&#x2f;", "/");
    let style = site.get(&style).await;
    assert!(
        style.status == 200
            && style.headers["cache-control"].to_str().expect("text").contains("immutable")
    );
    let operation = account.data["operation"]["id"].as_str().expect("an id");
    let console = fleet.console().with_token(&account.session);
    let operation = console.get(&format!("/v1/operations/{operation}")).await.data(200);
    assert_eq!(
        (&operation["state"], &operation["kind"]),
        (&json!("succeeded"), &json!("create_site"))
    );
    let names: Vec<_> =
        operation["steps"].as_array().expect("steps").iter().map(|s| s["name"].clone()).collect();
    assert_eq!(names, ["reserve", "store", "route"]);
}

#[tokio::test]
async fn the_owner_writes_publishes_and_deletes() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let me = owner.get("/api/v1/users/me").await.data(200);
    assert_eq!((&me["role"], &me["email"]), (&json!("owner"), &json!("acme@example.org")));
    let draft =
        json!({"title": "First steps", "content": "# Hello\n\n<script>alert(1)</script>world"});
    let created = owner.post("/api/v1/posts", draft).await;
    assert_eq!(created.headers["etag"], "\"1\"");
    let created = created.data(201);
    assert_eq!((&created["slug"], &created["status"]), (&json!("first-steps"), &json!("draft")));
    let site = fleet.site("acme");
    site.get("/api/v1/posts/first-steps").await.refused(404, "not_found");
    assert_eq!(site.get("/posts/first-steps").await.status, 404);
    assert_eq!(owner.get("/api/v1/posts?status=draft").await.data(200)["total"], 1);
    let change = json!({"status": "published", "title": "First steps, improved"});
    let published = owner.put("/api/v1/posts/first-steps", change).await.data(200);
    assert!(published["published_at"].is_string() && published["version"] == 2, "{published}");
    assert_eq!(published["slug"], "first-steps", "an address outlives a new title");
    let page = site.get("/posts/first-steps").await;
    assert!(
        page.text.contains("First steps, improved") && !page.text.contains("alert(1)"),
        "{}",
        page.text
    );
    assert!(site.get("/").await.text.contains("First steps, improved"));
    assert!(site.get("/feed.xml").await.text.contains("First steps, improved"));
    let found = site.get("/api/v1/posts?q=improved").await.data(200);
    assert_eq!(found["total"], 1);
    assert_eq!(site.get("/api/v1/posts?q=%25").await.data(200)["total"], 0, "wildcards are text");
    owner.delete("/api/v1/posts/first-steps").await.data(200);
    assert_eq!(site.get("/posts/first-steps").await.status, 404);
}

#[tokio::test]
async fn a_version_that_is_not_the_newest_changes_nothing() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let put = |tag: &str, title: &str| {
        let request = owner.request(Method::PUT, "/api/v1/posts/welcome").header("If-Match", tag);
        Answer::of(request.json(&json!({"title": title})))
    };
    put("\"1\"", "Mine").await.data(200);
    put("\"1\"", "Theirs").await.refused(412, "version_mismatch");
    put("nonsense", "Theirs").await.refused(400, "invalid_request");
    assert_eq!(owner.get("/api/v1/posts/welcome").await.data(200)["title"], "Mine");
}

#[tokio::test]
async fn lists_have_pages_and_equal_titles_get_own_addresses() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    for _ in 0..12 {
        fleet.clock().advance_seconds(60);
        let body = json!({"title": "Same", "content": "x", "status": "published"});
        owner.post("/api/v1/posts", body).await.data(201);
    }
    let site = fleet.site("acme");
    let second = site.get("/api/v1/posts?page=2&page_size=5").await.data(200);
    assert_eq!((&second["total"], &second["page_size"]), (&json!(13), &json!(5)));
    let slugs: Vec<_> =
        second["items"].as_array().expect("items").iter().map(|p| p["slug"].clone()).collect();
    assert_eq!(slugs, ["same-7", "same-6", "same-5", "same-4", "same-3"]);
    assert!(site.get("/").await.text.contains("?page=2"));
    assert!(site.get("/?page=2").await.text.contains("Welcome to Site acme"));
    assert_eq!(site.get("/?page=3").await.status, 404);
    let search = site.get("/search?q=Welcome").await;
    assert!(search.status == 200 && search.text.contains("/posts/welcome"), "{}", search.text);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let body = json!({"title": "Kept", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", body).await.data(201);
    fleet.restart().await;
    assert!(fleet.site("acme").get("/posts/kept").await.text.contains("Kept"));
    let console = fleet.console().with_token(&account.session);
    assert_eq!(console.get("/v1/sites").await.data(200)["total"], 1);
}
