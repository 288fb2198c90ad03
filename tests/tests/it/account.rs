//! Who may do what in an account: people with roles, in several accounts, and programs with keys.

use freehold_testkit::{Answer, Api, Fleet, SignedUp};
use reqwest::Method;
use serde_json::{Value, json};

const ROLES: [&str; 5] = ["owner", "admin", "developer", "billing", "viewer"];

/// A key of the account with this role, as a client.
async fn with_key(owner: &Api, role: &str) -> Api {
    let body = json!({"name": format!("as {role}"), "role": role});
    let made = owner.post("/v1/account/keys", body).await.data(201);
    owner.with_token(made["token"].as_str().expect("a token"))
}

fn owner(fleet: &Fleet, account: &SignedUp) -> Api {
    fleet.console().with_token(&account.session)
}

async fn status(api: &Api, method: Method, path: &str, body: &Value) -> u16 {
    Answer::of(api.request(method, path).json(body)).await.status.as_u16()
}

#[tokio::test]
async fn the_platform_says_where_it_is_and_which_addresses_are_free() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let console = fleet.console();
    let platform = console.get("/v1/platform").await.data(200);
    assert_eq!(platform["site_suffix"], format!("localhost:{}", fleet.port()));
    assert_eq!(platform["console_url"], console.origin());
    assert_eq!(platform["name"], "Freehold");
    for (slug, available, reason, suggestion) in [
        ("globex", true, Value::Null, Value::Null),
        ("acme", false, json!("taken"), json!("acme-2")),
        ("admin", false, json!("reserved"), json!("admin-2")),
        ("My_Shop", false, json!("invalid"), json!("my-shop")),
        ("x", false, json!("invalid"), json!("x-2")),
    ] {
        let answer = console.get(&format!("/v1/slugs/{slug}")).await.data(200);
        let seen = (&answer["available"], &answer["reason"], &answer["suggestion"]);
        assert_eq!(seen, (&json!(available), &reason, &suggestion), "{slug}: {answer}");
        assert_eq!(answer["slug"], slug);
        assert_eq!(answer["message"].is_string(), !available, "{answer}");
    }
}

#[tokio::test]
async fn slug_checks_are_limited() {
    let fleet = Fleet::with(&[]).await;
    let console = fleet.console();
    let mut refused = 0;
    for _ in 0..130 {
        refused += usize::from(console.get("/v1/slugs/globex").await.status == 429);
    }
    assert!((1..=10).contains(&refused), "{refused} refused");
}

#[tokio::test]
async fn a_caller_learns_who_they_are_and_renames_their_account() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let me = api.get("/v1/me").await.data(200);
    assert_eq!((&me["email"], &me["role"]), (&json!("acme@example.org"), &json!("owner")));
    assert_eq!((&me["verified"], &me["key_id"]), (&json!(false), &Value::Null));
    assert_eq!(me["account"]["id"], account.data["account"]["id"]);
    assert_eq!(me["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(me["rights"].as_array().map(Vec::len), Some(8));
    let renamed = api.patch("/v1/account", json!({"name": " Acme Ltd "})).await.data(200);
    assert_eq!(renamed["name"], "Acme Ltd");
    assert_eq!(api.get("/v1/me").await.data(200)["account"]["name"], "Acme Ltd");
    let bad = api.patch("/v1/account", json!({"name": ""})).await;
    assert_eq!(bad.refused(400, "invalid_request").field("name"), "invalid");
    // Another account's id is nobody's business.
    let other = fleet.sign_up("globex").await;
    let choice = json!({"account_id": other.data["account"]["id"]});
    api.post("/v1/sessions/current/account", choice).await.refused(404, "not_found");
    // The mail that verifies the address comes again, until it was used.
    api.post("/v1/email/resend", json!({})).await.data(202);
    let mails = fleet.mails(3).await;
    let mut own = mails.iter().filter(|mail| mail.contains("To: acme@example.org"));
    let token = own.next_back().and_then(|mail| mail.lines().find(|line| line.starts_with("fhm_")));
    let body = json!({"token": token.expect("a token")});
    fleet.console().post("/v1/email/verify", body).await.data(200);
    assert_eq!(api.get("/v1/me").await.data(200)["verified"], true);
    api.post("/v1/email/resend", json!({})).await.refused(409, "verified_already");
}

/// Method, path, body and the roles whose keys may.
type Row = (Method, String, Value, &'static [&'static str]);

fn rows(account: &SignedUp, key: &str) -> Vec<Row> {
    const ALL: &[&str] = &ROLES;
    const WRITERS: &[&str] = &["owner", "admin", "developer"];
    const MANAGERS: &[&str] = &["owner", "admin"];
    let site = format!("/v1/sites/{}", account.site);
    let operation =
        format!("/v1/operations/{}", account.data["operation"]["id"].as_str().expect("an id"));
    let domain = format!("{site}/domains/dom_00000000000000000000000000");
    vec![
        (Method::GET, "/v1/me".into(), json!({}), ALL),
        (Method::GET, "/v1/sites".into(), json!({}), ALL),
        (Method::GET, site.clone(), json!({}), ALL),
        (Method::GET, format!("{site}/usage"), json!({}), ALL),
        (Method::GET, format!("{site}/domains"), json!({}), ALL),
        (Method::GET, domain.clone(), json!({}), ALL),
        (Method::GET, "/v1/operations".into(), json!({}), ALL),
        (Method::GET, operation.clone(), json!({}), ALL),
        (Method::GET, format!("{operation}/events"), json!({}), ALL),
        (Method::POST, "/v1/sites".into(), json!({"name": "", "slug": ""}), WRITERS),
        (Method::POST, format!("{site}/restore"), json!({}), WRITERS),
        (Method::POST, format!("{site}/domains"), json!({"hostname": ""}), WRITERS),
        (Method::PUT, domain.clone(), json!({"canonical": true}), WRITERS),
        (Method::DELETE, domain.clone(), json!({}), WRITERS),
        (Method::POST, format!("{domain}/check"), json!({}), WRITERS),
        (Method::DELETE, "/v1/sites/ten_00000000000000000000000000".into(), json!({}), MANAGERS),
        (Method::PATCH, "/v1/account".into(), json!({"name": "Acme"}), MANAGERS),
        // What no program may, whatever its role.
        (Method::POST, format!("{site}/sign-in"), json!({}), &[]),
        (Method::GET, "/v1/account/keys".into(), json!({}), &[]),
        (Method::POST, "/v1/account/keys".into(), json!({"name": "x", "role": "viewer"}), &[]),
        (Method::DELETE, format!("/v1/account/keys/{key}"), json!({}), &[]),
        (Method::POST, "/v1/email/resend".into(), json!({}), &[]),
        (Method::DELETE, "/v1/sessions/current".into(), json!({}), &[]),
    ]
}

#[tokio::test]
async fn each_key_may_what_its_role_may_and_no_more() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let made = api.post("/v1/account/keys", json!({"name": "x", "role": "viewer"})).await.data(201);
    let id = made["id"].as_str().expect("an id");
    for role in ROLES {
        let key = with_key(&api, role).await;
        assert_eq!(key.get("/v1/me").await.data(200)["role"], role);
        for (method, path, body, allowed) in rows(&account, id) {
            let status = status(&key, method.clone(), &path, &body).await;
            let expected = !allowed.contains(&role);
            assert_eq!(status == 403, expected, "{method} {path} as {role}: {status}");
            assert!(status != 401 && status < 500, "{method} {path} as {role}: {status}");
        }
    }
}

#[tokio::test]
async fn a_key_works_until_it_is_revoked_or_ends() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let ends = "2199-01-01T00:00:00Z";
    let body = json!({"name": "deploy", "role": "developer", "expires_at": ends});
    let made = api.post("/v1/account/keys", body).await.data(201);
    let token = made["token"].as_str().expect("a token");
    assert!(token.starts_with("fhk_") && token.starts_with(made["prefix"].as_str().expect("text")));
    let key = fleet.console().with_token(token);
    let me = key.get("/v1/me").await.data(200);
    assert_eq!((&me["member_id"], &me["key_id"]), (&Value::Null, &made["id"]));
    key.get(&format!("/v1/sites/{}", account.site)).await.data(200);
    let site = json!({"name": "Second", "slug": "second"});
    key.post("/v1/sites", site).await.data(201);
    let list = api.get("/v1/account/keys").await;
    assert!(!list.text.contains(token), "{}", list.text);
    let list = list.data(200);
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &made["id"]));
    assert!(list["items"][0]["last_used_at"].is_string(), "{list}");
    // Another account neither sees nor revokes it.
    let other = owner(&fleet, &fleet.sign_up("globex").await);
    assert_eq!(other.get("/v1/account/keys").await.data(200)["total"], 0);
    let path = format!("/v1/account/keys/{}", made["id"].as_str().expect("an id"));
    other.delete(&path).await.refused(404, "not_found");
    key.get(&format!("/v1/sites/{}", account.site)).await.data(200);
    api.delete(&path).await.data(200);
    key.get("/v1/me").await.refused(401, "unauthorized");
    api.delete(&path).await.refused(404, "not_found");
    let now = fleet.clock().now();
    let soon =
        json!({"name": "soon", "role": "viewer", "expires_at": now.plus_seconds(60).rfc3339()});
    let soon = api.post("/v1/account/keys", soon).await.data(201);
    let soon = fleet.console().with_token(soon["token"].as_str().expect("a token"));
    soon.get("/v1/me").await.data(200);
    fleet.clock().advance_seconds(61);
    soon.get("/v1/me").await.refused(401, "unauthorized");
    for (body, path) in [
        (json!({"name": "", "role": "viewer"}), "name"),
        (json!({"name": "x", "role": "viewer", "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "x", "role": "viewer", "expires_at": now.rfc3339()}), "expires_at"),
    ] {
        api.post("/v1/account/keys", body).await.refused(400, "invalid_request").field(path);
    }
}
