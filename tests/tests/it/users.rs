//! Users of a site: what administrators do with them, and what each does with themselves.

use freehold_testkit::{Answer, Api, Fleet, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "quiet-otter-41";

fn body(name: &str, role: &str) -> Value {
    json!({
        "email": format!("{name}@example.com"), "username": name, "role": role,
        "password": PASSWORD,
    })
}

async fn sign_in(api: &Api, email: &str, password: &str) -> Api {
    let credentials = json!({"email": email, "password": password});
    let session = api.post("/api/v1/auth/login", credentials).await.data(200);
    api.with_token(session["access_token"].as_str().expect("a token"))
}

/// Adds a user of a role and signs in as them.
pub(crate) async fn add(admin: &Api, name: &str, role: &str) -> Api {
    admin.post("/api/v1/admin/users", body(name, role)).await.data(201);
    sign_in(admin, &format!("{name}@example.com"), PASSWORD).await
}

async fn id_of(api: &Api) -> String {
    api.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn administrators_add_find_and_rank_users() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    fleet.reader("acme", "ada").await;
    let admin = add(&owner, "ben", "admin").await;
    let list = admin.get("/api/v1/admin/users?sort=username").await.data(200);
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().expect("items").iter();
        items.map(|user| user["username"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&list), ["acme", "ada", "ben"]);
    assert_eq!(list["items"][0]["from_console"], true);
    assert!(list["items"][1].get("password_hash").is_none(), "{list}");
    let found = admin.get("/api/v1/admin/users?role=admin").await.data(200);
    assert_eq!(names(&found), ["ben"]);
    let found = admin.get("/api/v1/admin/users?q=EXAMPLE.net").await.data(200);
    assert_eq!(names(&found), ["ada"]);
    let ada = list["items"][1]["id"].as_str().expect("an id");
    let path = format!("/api/v1/admin/users/{ada}");
    let author = admin.put(&format!("{path}/role"), json!({"role": "author"})).await.data(200);
    assert_eq!(author["role"], "author");
    let ada = sign_in(&fleet.site("acme"), "ada@example.net", PASSWORD).await;
    ada.post("/api/v1/posts", json!({"title": "Mine", "content": "x"})).await.data(201);
    // It is in force at once, for who is signed in too.
    admin.put(&format!("{path}/role"), json!({"role": "reader"})).await.data(200);
    let refused = ada.post("/api/v1/posts", json!({"title": "Mine", "content": "x"})).await;
    assert!(refused.refused(403, "forbidden").text.contains("posts.create"), "{}", refused.text);
    for (user, field) in [
        (json!({"email": "x", "username": "ok", "role": "reader", "password": PASSWORD}), "email"),
        (
            json!({"email": "x@y.zz", "username": "", "role": "reader", "password": PASSWORD}),
            "username",
        ),
        (
            json!({"email": "x@y.zz", "username": "ok", "role": "king", "password": PASSWORD}),
            "role",
        ),
        (
            json!({"email": "x@y.zz", "username": "ok", "role": "reader", "password": "short"}),
            "password",
        ),
    ] {
        admin.post("/api/v1/admin/users", user).await.refused(400, "invalid_request").field(field);
    }
    admin.post("/api/v1/admin/users", body("ada", "reader")).await.refused(409, "username_taken");
    let mut again = body("new", "reader");
    again["email"] = json!("ADA@example.net");
    admin.post("/api/v1/admin/users", again).await.refused(409, "email_taken");
    admin.get("/api/v1/admin/users/usr_0000000000000").await.refused(404, "not_found");
}

#[tokio::test]
async fn who_is_suspended_is_out_at_once_and_may_come_back() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let ada = add(&owner, "ada", "author").await;
    let program = crate::tokens::make(&ada, &["write"]).await;
    let path = format!("/api/v1/admin/users/{}/status", id_of(&ada).await);
    let suspended = owner.put(&path, json!({"status": "suspended"})).await.data(200);
    assert_eq!(suspended["status"], "suspended");
    ada.get("/api/v1/users/me").await.refused(401, "unauthorized");
    program.get("/api/v1/users/me").await.refused(401, "unauthorized");
    let credentials = json!({"email": "ada@example.com", "password": PASSWORD});
    let refused = site.post("/api/v1/auth/login", credentials).await;
    refused.refused(401, "wrong_credentials");
    owner.put(&path, json!({"status": "banished"})).await.refused(400, "invalid_request");
    owner.put(&path, json!({"status": "active"})).await.data(200);
    // The sessions of before are over; the program goes on.
    ada.get("/api/v1/users/me").await.refused(401, "unauthorized");
    program.get("/api/v1/users/me").await.data(200);
    sign_in(&site, "ada@example.com", PASSWORD).await;
}

#[tokio::test]
async fn nobody_rises_and_the_site_keeps_who_runs_it() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let (ben, cleo) = (add(&owner, "ben", "admin").await, add(&owner, "cleo", "admin").await);
    let editor = add(&owner, "dan", "editor").await;
    let user = |id: &str, what: &str| format!("/api/v1/admin/users/{id}/{what}");
    let (owner_id, ben_id) = (id_of(&owner).await, id_of(&ben).await);
    let (cleo_id, dan_id) = (id_of(&cleo).await, id_of(&editor).await);
    let role = |role: &str| json!({ "role": role });
    editor.put(&user(&ben_id, "role"), role("reader")).await.refused(403, "forbidden");
    ben.put(&user(&ben_id, "role"), role("reader")).await.refused(409, "own_user");
    ben.put(&user(&ben_id, "status"), json!({"status": "suspended"}))
        .await
        .refused(409, "own_user");
    owner.put(&user(&owner_id, "role"), role("reader")).await.refused(409, "own_user");
    ben.put(&user(&owner_id, "role"), role("reader")).await.refused(403, "role_too_high");
    let out = json!({"status": "suspended"});
    ben.put(&user(&owner_id, "status"), out.clone()).await.refused(403, "role_too_high");
    for admin in [&ben, &owner] {
        admin.put(&user(&dan_id, "role"), role("owner")).await.refused(403, "role_too_high");
        let new = admin.post("/api/v1/admin/users", body("eve", "owner")).await;
        new.refused(403, "role_too_high").field("role");
    }
    // Two administrators at once: one is faster, and the other no administrator any more.
    let (path_cleo, path_ben) = (user(&cleo_id, "role"), user(&ben_id, "role"));
    let (first, second) =
        tokio::join!(ben.put(&path_cleo, role("reader")), cleo.put(&path_ben, role("reader")));
    let statuses = [first.status.as_u16(), second.status.as_u16()];
    assert!(statuses == [200, 403] || statuses == [403, 200], "{statuses:?}");
}

#[tokio::test]
async fn people_change_what_they_say_of_themselves_and_their_password() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let ada = add(&owner, "ada", "author").await;
    let post = json!({"title": "Hers", "content": "x", "status": "published"});
    ada.post("/api/v1/posts", post).await.data(201);
    let change = json!({"username": "Ada L", "bio": "x", "website": "javascript:alert(1)"});
    let refused = ada.put("/api/v1/users/me", change).await;
    refused.refused(400, "invalid_request").field("username");
    refused.field("website");
    let change =
        json!({"username": "Ada.Lovelace", "bio": "Counts.", "website": "https://ada.test"});
    let changed = ada.put("/api/v1/users/me", change).await.data(200);
    assert_eq!(
        (&changed["bio"], &changed["website"]),
        (&json!("Counts."), &json!("https://ada.test"))
    );
    assert!(
        site.get("/posts/hers").await.text.contains("Ada.Lovelace"),
        "a new name shows at once"
    );
    let changed = ada.put("/api/v1/users/me", json!({"bio": ""})).await.data(200);
    assert_eq!((&changed["bio"], &changed["username"]), (&Value::Null, &json!("Ada.Lovelace")));
    ada.put("/api/v1/users/me", json!({"username": "ACME"})).await.refused(409, "username_taken");
    ada.put("/api/v1/users/me", json!({"role": "admin"})).await.refused(400, "invalid_request");

    let other = sign_in(&site, "ada@example.com", PASSWORD).await;
    let path = "/api/v1/users/me/password";
    let body = |old: &str, new: &str| json!({"old_password": old, "new_password": new});
    let refused = ada.put(path, body("wrong-password-1", NEW_PASSWORD)).await;
    refused.refused(409, "wrong_password").field("old_password");
    ada.put(path, body(PASSWORD, "short"))
        .await
        .refused(400, "invalid_request")
        .field("new_password");
    let session = ada.put(path, body(PASSWORD, NEW_PASSWORD)).await.data(200);
    for gone in [&ada, &other] {
        gone.get("/api/v1/users/me").await.refused(401, "unauthorized");
    }
    let ada = site.with_token(session["access_token"].as_str().expect("a token"));
    ada.get("/api/v1/users/me").await.data(200);
    sign_in(&site, "ada@example.com", NEW_PASSWORD).await;
    // Who comes from the console has none to change.
    owner.put(path, body(PASSWORD, NEW_PASSWORD)).await.refused(409, "no_password");
}

#[tokio::test]
async fn who_came_from_the_console_comes_through_it_again() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let ticket = json!({"ticket": fleet.ticket(&account).await});
    let site = fleet.site("acme");
    let session = site.post("/api/v1/auth/ticket", ticket).await.data(200);
    let refresh = |session: &Value| json!({"refresh_token": session["refresh_token"]});
    fleet.clock().advance_seconds(11 * 3_600);
    let session = site.post("/api/v1/auth/refresh", refresh(&session)).await.data(200);
    fleet.clock().advance_seconds(3_600);
    let refused = site.post("/api/v1/auth/refresh", refresh(&session)).await;
    refused.refused(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_preview_as_a_lesser_role_shows_no_more_and_changes_nothing() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let ada = add(&owner, "ada", "author").await;
    ada.post("/api/v1/posts", json!({"title": "Hers", "content": "x"})).await.data(201);
    owner.post("/api/v1/posts", json!({"title": "Own", "content": "x"})).await.data(201);
    let ask = async |api: &Api, method: Method, path: &str, role: &str| {
        let request = api.request(method, path).header("X-View-As", role);
        Answer::of(request.json(&json!({"title": "x", "content": "x"}))).await
    };
    let posts = "/api/v1/posts";
    let total =
        async |role: &str| ask(&owner, Method::GET, posts, role).await.data(200)["total"].clone();
    // An author sees what is published and drafts of their own; an editor everybody's.
    assert_eq!((total("editor").await, total("author").await), (json!(3), json!(2)));
    let me = ask(&owner, Method::GET, "/api/v1/users/me", "author").await.data(200);
    assert_eq!(me["role"], "author");
    ask(&owner, Method::GET, "/api/v1/admin/users", "editor").await.refused(403, "forbidden");
    ask(&owner, Method::POST, posts, "editor").await.refused(403, "scope_too_low");
    ask(&owner, Method::POST, posts, "reader").await.refused(403, "forbidden");
    for role in ["king", ""] {
        let refused = ask(&owner, Method::GET, posts, role).await;
        refused.refused(400, "invalid_request").field("X-View-As");
    }
    let refused = ask(&ada, Method::GET, posts, "editor").await;
    refused.refused(400, "invalid_request").field("X-View-As");
}
