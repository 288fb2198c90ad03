//! What the admin is made of: a site in figures, and saved views of its lists.

use freehold_testkit::Fleet;
use serde_json::{Value, json};

const VIEWS: &str = "/api/v1/admin/views";

#[tokio::test]
async fn a_site_in_figures() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let editor = crate::users::add(&owner, "cleo", "editor").await;
    fleet.reader("acme", "ada").await;
    for (title, status) in [("A", "published"), ("B", "draft"), ("C", "draft")] {
        let post = json!({"title": title, "content": "x", "status": status});
        owner.post("/api/v1/posts", post).await.data(201);
    }
    owner.delete("/api/v1/posts/c").await.data(200);
    let stats = editor.get("/api/v1/admin/stats").await.data(200);
    // The welcome is a post too.
    assert_eq!(stats["posts"], json!({"published": 2, "drafts": 1, "trashed": 1}));
    assert_eq!(stats["users"], json!({"total": 3, "suspended": 0}));
    let days = stats["days"].as_array().expect("days");
    assert_eq!(days.len(), 30);
    let today = &days[29];
    assert_eq!((&today["posts"], &today["users"]), (&json!(2), &json!(3)), "{today}");
    let zone = json!({"value": "Pacific/Kiritimati"});
    owner.put("/api/v1/admin/options/timezone", zone).await.data(200);
    let there = owner.get("/api/v1/admin/stats").await.data(200)["days"][29]["day"].clone();
    let now = fleet.clock().now();
    let zone = freehold_clock::TimeZoneName::parse("Pacific/Kiritimati").expect("a zone");
    assert_eq!(there, now.day(&zone));
}

#[tokio::test]
async fn views_are_ones_own_or_everybodys() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let ada = crate::users::add(&owner, "ada", "author").await;
    let ben = crate::users::add(&owner, "ben", "author").await;
    let body = |name: &str, shared: bool| json!({"resource": "posts", "name": name, "query": "status=draft&sort=title", "shared": shared});
    let mine = ada.post(VIEWS, body("Mine", false)).await.data(201);
    let ours = ada.post(VIEWS, body("Ours", true)).await.data(201);
    let path = |view: &Value| format!("{VIEWS}/{}", view["id"].as_str().expect("an id"));
    let names = async |api: &freehold_testkit::Api| -> Vec<Value> {
        let list = api.get(&format!("{VIEWS}?resource=posts")).await.data(200);
        list["items"].as_array().expect("items").iter().map(|view| view["name"].clone()).collect()
    };
    assert_eq!(names(&ada).await, [json!("Mine"), json!("Ours")]);
    assert_eq!(names(&ben).await, [json!("Ours")]);
    assert_eq!(ben.get(&format!("{VIEWS}?resource=users")).await.data(200)["items"], json!([]));
    ben.delete(&path(&mine)).await.refused(404, "not_found");
    ben.put(&path(&ours), body("His", true)).await.refused(403, "forbidden");
    ben.delete(&path(&ours)).await.refused(403, "forbidden");
    let renamed = ada.put(&path(&ours), body("Drafts", true)).await.data(200);
    assert_eq!((&renamed["name"], &renamed["own"]), (&json!("Drafts"), &json!(true)));
    owner.put(&path(&ours), body("Drafts", false)).await.refused(403, "forbidden");
    owner.delete(&path(&mine)).await.refused(404, "not_found");
    owner.delete(&path(&ours)).await.data(200);
    for (view, field) in [
        (json!({"resource": "Posts!", "name": "x", "query": ""}), "resource"),
        (json!({"resource": "posts", "name": " ", "query": ""}), "name"),
        (json!({"resource": "posts", "name": "x", "query": "x".repeat(2001)}), "query"),
    ] {
        ada.post(VIEWS, view).await.refused(400, "invalid_request").field(field);
    }
    let reader = fleet.reader("acme", "rae").await;
    reader.get(VIEWS).await.refused(403, "forbidden");
}
