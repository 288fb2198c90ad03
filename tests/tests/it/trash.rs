//! What becomes of posts that were thrown away, and what posts were before they were changed.

use freehold_testkit::{Api, Fleet, until};
use serde_json::{Value, json};

const TRASH: &str = "/api/v1/trash/posts";

async fn write(api: &Api, title: &str, status: &str) -> Value {
    let body = json!({"title": title, "content": title, "status": status});
    api.post("/api/v1/posts", body).await.data(201)
}

fn in_trash(post: &Value) -> String {
    format!("{TRASH}/{}", post["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn what_was_thrown_away_comes_back_as_it_was() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let post = write(&owner, "Notes", "published").await;
    assert!(site.get("/").await.text.contains("Notes"));
    owner.delete("/api/v1/posts/notes").await.data(200);
    owner.delete("/api/v1/posts/notes").await.refused(404, "not_found");
    for api in [&site, &owner] {
        api.get("/api/v1/posts/notes").await.refused(404, "not_found");
        assert_eq!(api.get("/api/v1/posts?q=Notes").await.data(200)["total"], 0);
    }
    assert!(!site.get("/").await.text.contains("Notes"));
    assert_eq!(site.get("/posts/notes").await.status, 404);
    let trash = owner.get(TRASH).await.data(200);
    let thrown = &trash["items"][0];
    assert_eq!((&thrown["slug"], &thrown["status"]), (&json!("notes"), &json!("published")));
    assert_eq!((&trash["total"], &thrown["id"]), (&json!(1), &post["id"]));
    // Its name is free meanwhile, so it comes back under the next one.
    write(&owner, "Notes", "draft").await;
    let back = owner.post(&format!("{}/restore", in_trash(&post)), json!({})).await.data(200);
    assert_eq!((&back["slug"], &back["status"]), (&json!("notes-2"), &json!("published")));
    assert_eq!(back["published_at"], post["published_at"]);
    assert!(site.get("/posts/notes-2").await.text.contains("Notes"));
    owner.post(&format!("{}/restore", in_trash(&post)), json!({})).await.refused(404, "not_found");
    owner.delete(&in_trash(&post)).await.refused(404, "not_found");
    assert_eq!(owner.get(TRASH).await.data(200)["total"], 0);
}

#[tokio::test]
async fn the_trash_is_its_authors_and_editors() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let (ada, ben) = (
        crate::users::add(&owner, "ada", "author").await,
        crate::users::add(&owner, "ben", "author").await,
    );
    let editor = crate::users::add(&owner, "cleo", "editor").await;
    let post = write(&ada, "Hers", "draft").await;
    ben.delete("/api/v1/posts/hers").await.refused(404, "not_found");
    ada.delete("/api/v1/posts/hers").await.data(200);
    assert_eq!(ben.get(TRASH).await.data(200)["total"], 0);
    ben.post(&format!("{}/restore", in_trash(&post)), json!({})).await.refused(404, "not_found");
    ben.delete(&in_trash(&post)).await.refused(404, "not_found");
    for api in [&ada, &editor] {
        assert_eq!(api.get(TRASH).await.data(200)["total"], 1);
    }
    editor.delete(&in_trash(&post)).await.data(200);
    assert_eq!(ada.get(TRASH).await.data(200)["total"], 0);
    // Thirty days later the rest goes by itself, in the night after.
    write(&ada, "Old", "draft").await;
    write(&ada, "New", "draft").await;
    ada.delete("/api/v1/posts/old").await.data(200);
    let days = async |days: i64| {
        fleet.clock().advance_seconds(days * 24 * 3_600);
        let session = json!({"email": "ada@example.com", "password": freehold_testkit::PASSWORD});
        let session = fleet.site("acme").post("/api/v1/auth/login", session).await.data(200);
        ada.with_token(session["access_token"].as_str().expect("a token"))
    };
    let later = days(28).await;
    later.delete("/api/v1/posts/new").await.data(200);
    assert_eq!(later.get(TRASH).await.data(200)["total"], 2);
    let later = days(4).await;
    let left = until("the old one is gone", 30, async || {
        let left = later.get(TRASH).await.data(200);
        (left["total"] == 1).then_some(left)
    })
    .await;
    assert_eq!(left["items"][0]["slug"], "new");
}

#[tokio::test]
async fn a_post_has_a_history_and_a_way_back() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let editor = crate::users::add(&owner, "cleo", "editor").await;
    write(&owner, "First", "published").await;
    let path = "/api/v1/posts/first";
    let versions = format!("{path}/versions");
    assert_eq!(owner.get(&versions).await.data(200)["items"], json!([]));
    let put = async |api: &Api, title: &str| {
        api.put(path, json!({"title": title, "content": title})).await.data(200)
    };
    // What one person changes within minutes is one version; the first stays, and so does another's.
    put(&owner, "Second").await;
    put(&owner, "Third").await;
    put(&editor, "Fourth").await;
    fleet.clock().advance_seconds(301);
    put(&editor, "Fifth").await;
    let list = owner.get(&versions).await.data(200);
    let kept: Vec<_> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["title"].clone(), item["editor"]["username"].clone()))
        .collect();
    let expected = [("Fourth", "cleo"), ("Third", "acme"), ("First", "acme")];
    assert_eq!(kept, expected.map(|(title, name)| (json!(title), json!(name))));
    let first = owner.get(&format!("{versions}/1")).await.data(200);
    assert_eq!((&first["content"], &first["status"]), (&json!("First"), &json!("published")));
    // Going back loses nothing: what it was stays in the history, however lately it was written.
    let restored = editor.post(&format!("{versions}/1/restore"), json!({})).await.data(200);
    assert_eq!((&restored["title"], &restored["version"]), (&json!("First"), &json!(6)));
    let list = owner.get(&versions).await.data(200);
    assert_eq!(list["items"][0]["title"], "Fifth");
    assert!(fleet.site("acme").get("/posts/first").await.text.contains("First"));
    owner.get(&format!("{versions}/99")).await.refused(404, "not_found");
    // Readers see what a post is, not what it was; others' authors neither.
    fleet.site("acme").get(&versions).await.refused(401, "unauthorized");
    let ada = crate::users::add(&owner, "ada", "author").await;
    ada.get(&versions).await.refused(403, "forbidden");
    ada.post(&format!("{versions}/1/restore"), json!({})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_history_has_an_end_and_keeps_the_first() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let token = crate::tokens::make(&owner, &["write"]).await;
    write(&token, "Zero", "draft").await;
    for number in 1..=105 {
        fleet.clock().advance_seconds(301);
        let body = json!({"title": format!("Number {number}")});
        token.put("/api/v1/posts/zero", body).await.data(200);
    }
    let list = token.get("/api/v1/posts/zero/versions").await.data(200);
    let items = list["items"].as_array().expect("items");
    assert_eq!(items.len(), 100);
    assert_eq!((&items[0]["title"], &items[99]["title"]), (&json!("Number 104"), &json!("Zero")));
}
