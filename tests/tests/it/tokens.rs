//! Tokens of users' programs: made once, never worth more than their user, void when they are to be.

use freehold_testkit::{Api, Fleet, PASSWORD};
use serde_json::{Value, json};

const TOKENS: &str = "/api/v1/tokens";

async fn create(api: &Api, scopes: &[&str], expires_at: Value) -> Value {
    let body = json!({"name": "deploy", "scopes": scopes, "expires_at": expires_at});
    api.post(TOKENS, body).await.data(201)
}

/// A client that calls with a new token of these scopes.
pub(crate) async fn make(api: &Api, scopes: &[&str]) -> Api {
    let token = create(api, scopes, Value::Null).await;
    api.with_token(token["token"].as_str().expect("a token"))
}

#[tokio::test]
async fn a_token_is_shown_once_and_works_until_it_is_revoked() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let token = create(&owner, &["write", "read", "write"], Value::Null).await;
    let secret = token["token"].as_str().expect("a token");
    assert!(secret.starts_with("fht_"), "{token}");
    assert_eq!(
        (&token["scopes"], &token["last_used_at"]),
        (&json!(["read", "write"]), &Value::Null)
    );
    let program = fleet.site("acme").with_token(secret);
    let post = json!({"title": "By a program", "content": "x", "status": "published"});
    program.post("/api/v1/posts", post).await.data(201);
    let list = owner.get(TOKENS).await;
    assert!(!list.text.contains(secret), "{}", list.text);
    let listed = list.data(200)["items"][0].clone();
    assert_eq!(listed["prefix"], secret[..12]);
    assert!(listed["last_used_at"].is_string() && listed.get("token").is_none(), "{listed}");
    let path = format!("{TOKENS}/{}", listed["id"].as_str().expect("an id"));
    // It is its user's alone.
    let other = crate::users::add(&owner, "ben", "admin").await;
    assert_eq!(other.get(TOKENS).await.data(200)["items"], json!([]));
    other.delete(&path).await.refused(404, "not_found");
    owner.delete(&path).await.data(200);
    program.get("/api/v1/posts").await.refused(401, "unauthorized");
    owner.delete(&path).await.refused(404, "not_found");
    // Another site knows nothing of it.
    let globex = fleet.sign_up("globex").await;
    let secret = create(&fleet.owner(&globex, "globex").await, &["admin"], Value::Null).await;
    let foreign = owner.with_token(secret["token"].as_str().expect("a token"));
    foreign.get("/api/v1/posts").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_token_never_may_more_than_its_user_may_now() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let ada = crate::users::add(&owner, "ada", "editor").await;
    let id = ada.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned();
    let program = make(&ada, &["admin"]).await;
    let users = program.get("/api/v1/admin/users").await;
    assert!(users.refused(403, "forbidden").text.contains("users.manage"), "{}", users.text);
    program.put("/api/v1/posts/welcome", json!({"title": "Edited"})).await.data(200);
    let role = format!("/api/v1/admin/users/{id}/role");
    owner.put(&role, json!({"role": "reader"})).await.data(200);
    let refused = program.put("/api/v1/posts/welcome", json!({"title": "Again"})).await;
    refused.refused(403, "forbidden");
    owner.put(&role, json!({"role": "admin"})).await.data(200);
    program.get("/api/v1/admin/users").await.data(200);
    // No program makes another one, nor ends people's sessions.
    let body = json!({"name": "worm", "scopes": ["admin"]});
    program.post(TOKENS, body).await.refused(403, "signed_in_only");
    program.post("/api/v1/auth/logout", json!({})).await.refused(403, "signed_in_only");
    let reading = make(&ada, &["read"]).await;
    let post = json!({"title": "No", "content": "x"});
    let refused = reading.post("/api/v1/posts", post).await;
    assert!(refused.refused(403, "scope_too_low").text.contains("write"), "{}", refused.text);
    assert_eq!(reading.get("/api/v1/users/me").await.data(200)["username"], "ada");
}

#[tokio::test]
async fn a_token_ends_when_it_says_and_bad_ones_are_not_made() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let crowd = crate::users::add(&owner, "ada", "reader").await;
    let soon = freehold_clock::UnixMs(fleet.clock().now().0 + 60_000).rfc3339();
    let token = create(&crowd, &["read"], json!(soon)).await;
    let program = crowd.with_token(token["token"].as_str().expect("a token"));
    program.get("/api/v1/users/me").await.data(200);
    fleet.clock().advance_seconds(61);
    program.get("/api/v1/users/me").await.refused(401, "unauthorized");
    for (body, field) in [
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "x".repeat(101), "scopes": ["read"]}), "name"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["all"]}), "scopes[0]"),
        (json!({"name": "x", "scopes": ["read"], "expires_at": "tomorrow"}), "expires_at"),
        (
            json!({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}),
            "expires_at",
        ),
    ] {
        crowd.post(TOKENS, body).await.refused(400, "invalid_request").field(field);
    }
    for _ in 1..50 {
        create(&crowd, &["read"], Value::Null).await;
    }
    let body = json!({"name": "x", "scopes": ["read"]});
    crowd.post(TOKENS, body).await.refused(409, "too_many_tokens");
    // Password and sign-in stay people's.
    let credentials = json!({"email": "ada@example.com", "password": PASSWORD});
    crowd.post("/api/v1/auth/login", credentials).await.data(200);
}

#[tokio::test]
async fn a_token_is_used_from_its_networks_alone() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let console = fleet.console().with_token(&account.session);
    for (networks, status) in
        [(json!(["127.0.0.0/8", "::1"]), 200), (json!(["203.0.113.0/24"]), 401)]
    {
        let body = json!({"name": "x", "scopes": ["read"], "networks": networks});
        let token = owner.post(TOKENS, body).await.data(201);
        let program = owner.with_token(token["token"].as_str().expect("a token"));
        assert_eq!(program.get("/api/v1/users/me").await.status, status, "{networks}");
        let body = json!({"name": "x", "role": "viewer", "networks": networks});
        let key = console.post("/v1/account/keys", body).await.data(201);
        let program = console.with_token(key["token"].as_str().expect("a token"));
        assert_eq!(program.get("/v1/sites").await.status, status, "{networks}");
    }
    let body = json!({"name": "x", "scopes": ["read"], "networks": ["10.0.0.0/8", "home"]});
    owner.post(TOKENS, body).await.refused(400, "invalid_request").field("networks[1]");
    let body = json!({"name": "x", "role": "viewer", "networks": ["10.0.0.0/99"]});
    console
        .post("/v1/account/keys", body)
        .await
        .refused(400, "invalid_request")
        .field("networks[0]");
}
