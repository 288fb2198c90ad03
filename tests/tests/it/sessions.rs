//! Where people are signed in: seen, ended one by one or all but one, by them or by an administrator.

use freehold_testkit::{Answer, Api, Fleet, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

const SESSIONS: &str = "/api/v1/auth/sessions";

async fn sign_in(fleet: &Fleet, name: &str, agent: &str) -> Api {
    let site = fleet.site("acme");
    let body = json!({"email": format!("{name}@example.net"), "password": PASSWORD});
    let request = site.request(Method::POST, "/api/v1/auth/login").header("user-agent", agent);
    let session = Answer::of(request.json(&body)).await.data(200);
    site.with_token(session["access_token"].as_str().expect("a token"))
}

async fn listed(api: &Api) -> Vec<Value> {
    let sessions = api.get(SESSIONS).await.data(200);
    sessions["items"].as_array().expect("sessions").clone()
}

fn path(session: &Value) -> String {
    format!("{SESSIONS}/{}", session["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_end_what_is_not_theirs() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let phone = fleet.reader("acme", "ada").await;
    let long = "x".repeat(5_000);
    let (laptop, other) =
        (sign_in(&fleet, "ada", "Laptop/1").await, fleet.reader("acme", "ben").await);
    let tablet = sign_in(&fleet, "ada", &long).await;
    let sessions = listed(&laptop).await;
    assert_eq!(sessions.len(), 3, "{sessions:?}");
    let of = |name: &str| sessions.iter().map(|session| session[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("is_current"), [json!(false), json!(true), json!(false)]);
    assert_eq!(of("method"), [json!("password"), json!("password"), json!("register")]);
    assert_eq!(of("agent")[0].as_str().map(str::len), Some(200));
    assert_eq!(of("agent")[1], "Laptop/1");
    assert_eq!(of("address")[1], "127.0.0.1");
    // Another's is as if it were not there.
    other.delete(&path(&sessions[0])).await.refused(404, "not_found");
    laptop.delete(&path(&sessions[0])).await.data(200);
    tablet.get("/api/v1/users/me").await.refused(401, "unauthorized");
    laptop.delete(&path(&sessions[0])).await.refused(404, "not_found");
    laptop.delete(SESSIONS).await.data(200);
    phone.get("/api/v1/users/me").await.refused(401, "unauthorized");
    laptop.get("/api/v1/users/me").await.data(200);
    assert_eq!(listed(&laptop).await.len(), 1);
    other.get("/api/v1/users/me").await.data(200);
    laptop.delete(&path(&sessions[1])).await.data(200);
    laptop.get("/api/v1/users/me").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_session_says_when_it_was_used_and_goes_when_it_expires() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    let body = json!({"email": "ada@example.net", "username": "ada", "password": PASSWORD});
    let first = site.post("/api/v1/auth/register", body).await.data(201);
    let with =
        |session: &Value| site.with_token(session["access_token"].as_str().expect("a token"));
    assert_eq!(listed(&with(&first)).await[0]["last_used_at"], Value::Null);
    fleet.clock().advance_seconds(600);
    let refresh = json!({"refresh_token": first["refresh_token"]});
    let second = site.post("/api/v1/auth/refresh", refresh).await.data(200);
    let sessions = listed(&with(&second)).await;
    assert_eq!(sessions.len(), 1, "a refreshed session is the same one: {sessions:?}");
    let used_at = sessions[0]["last_used_at"].as_str().expect("a time");
    assert_eq!(used_at, freehold_clock::UnixMs(fleet.clock().now().0).rfc3339());
    fleet.clock().advance_seconds(90 * 24 * 3_600);
    let later = sign_in(&fleet, "ada", "Later").await;
    assert_eq!(listed(&later).await.len(), 1, "the expired one is not shown");
}

#[tokio::test]
async fn administrators_end_the_sessions_of_those_who_may_no_more_than_they() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let admin = crate::users::add(&owner, "eve", "admin").await;
    let reader = fleet.reader("acme", "ada").await;
    let id =
        |me: Value| format!("/api/v1/admin/users/{}/sessions", me["id"].as_str().expect("an id"));
    let of_reader = id(reader.get("/api/v1/users/me").await.data(200));
    let of_owner = id(owner.get("/api/v1/users/me").await.data(200));
    assert_eq!(admin.get(&of_reader).await.data(200)["items"][0]["is_current"], false);
    admin.delete(&of_owner).await.refused(403, "role_too_high");
    reader.delete(&of_reader).await.refused(403, "forbidden");
    admin.delete(&of_reader).await.data(200);
    reader.get("/api/v1/users/me").await.refused(401, "unauthorized");
    assert_eq!(admin.get(&of_reader).await.data(200)["items"], json!([]));
    // They were not shut out.
    sign_in(&fleet, "ada", "Again").await.get("/api/v1/users/me").await.data(200);
    let told = owner.get("/api/v1/admin/activity?name=user.session_ended").await.data(200);
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1), "{told}");
}
