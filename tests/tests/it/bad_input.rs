//! Bad input gets a clear error that names the field, and changes nothing.

use freehold_testkit::{Answer, Fleet, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

fn sign_up(email: &str, password: &str, name: &str, slug: &str) -> Value {
    json!({"email": email, "password": password, "site": {"name": name, "slug": slug}})
}

#[tokio::test]
async fn sign_ups_that_do_not_fit_name_their_fields() {
    let fleet = Fleet::start().await;
    let console = fleet.console();
    let long = "a".repeat(300);
    let ok = ("ada@example.org", PASSWORD, "Acme", "acme");
    let cases = [
        (sign_up("ada", ok.1, ok.2, ok.3), "email"),
        (sign_up(&format!("{long}@example.org"), ok.1, ok.2, ok.3), "email"),
        (sign_up(ok.0, "short", ok.2, ok.3), "password"),
        (sign_up(ok.0, "password1", ok.2, ok.3), "password"),
        (sign_up(ok.0, &long, ok.2, ok.3), "password"),
        (sign_up(ok.0, ok.1, "", ok.3), "site.name"),
        (sign_up(ok.0, ok.1, &long, ok.3), "site.name"),
        (sign_up(ok.0, ok.1, ok.2, &long), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "a"), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "Not a slug"), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "аcme-cyrillic"), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "xn--acme"), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "admin"), "site.slug"),
        (sign_up(ok.0, ok.1, ok.2, "c0nsole"), "site.slug"),
    ];
    for (body, field) in cases {
        let answer = console.post("/v1/signup", body.clone()).await;
        answer.refused(400, "invalid_request");
        assert!(!answer.field(field).is_empty(), "{body}");
    }
    let several = console.post("/v1/signup", sign_up("ada", "short", "", "A")).await;
    for field in ["email", "password", "site.name", "site.slug"] {
        several.field(field);
    }
}

#[tokio::test]
async fn taken_names_are_conflicts() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let console = fleet.console();
    let slug = sign_up("other@example.org", PASSWORD, "Acme", "acme");
    let answer = console.post("/v1/signup", slug).await;
    answer.refused(409, "slug_taken");
    assert_eq!(answer.field("site.slug"), "slug_taken");
    let email = sign_up("ACME@example.org", PASSWORD, "Acme", "acme-2");
    let answer = console.post("/v1/signup", email).await;
    answer.refused(409, "email_taken");
    assert_eq!(answer.field("email"), "email_taken");
    fleet.site("acme-2").get("/api/v1/posts").await.refused(404, "site_unknown");
    fleet.reader("acme", "ada").await;
    let body =
        |email: &str, name: &str| json!({"email": email, "username": name, "password": PASSWORD});
    let site = fleet.site("acme");
    let taken = site.post("/api/v1/auth/register", body("Ada@example.net", "other")).await;
    taken.refused(409, "email_taken");
    let taken = site.post("/api/v1/auth/register", body("new@example.net", "ADA")).await;
    taken.refused(409, "username_taken");
}

#[tokio::test]
async fn bodies_are_strict_json_of_bounded_size() {
    let fleet = Fleet::start().await;
    let console = fleet.console();
    let send = |body: &str, kind: &str| {
        let request = console.request(Method::POST, "/v1/sessions").header("content-type", kind);
        Answer::of(request.body(body.to_owned()))
    };
    let json = "application/json";
    send("{\"email\":", json).await.refused(400, "invalid_json");
    send("{} x", json).await.refused(400, "invalid_request");
    send("{}", "text/plain").await.refused(415, "unsupported_media_type");
    let cases = [
        (r#"{"email":"a@example.org"}"#, "password", "missing"),
        (r#"{"email":1,"password":"x"}"#, "email", "wrong_type"),
        (r#"{"email":"a@example.org","password":"x","extra":1}"#, "extra", "unknown_field"),
        (
            r#"{"email":"a@example.org","email":"b@example.org","password":"x"}"#,
            "email",
            "duplicate",
        ),
        (r#"{"email":"a@example.org","password":null}"#, "password", "wrong_type"),
    ];
    for (body, field, code) in cases {
        let answer = send(body, json).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.field(field), code, "{body}");
    }
    let large = format!("{{\"email\":\"{}\"}}", "a".repeat(1_100_000));
    send(&large, json).await.refused(413, "body_too_large");
}

#[tokio::test]
async fn queries_and_paths_that_do_not_fit_are_told() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    for (query, field) in [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("nonsense=1", "nonsense"),
        ("status=nonsense", "status"),
    ] {
        let answer = site.get(&format!("/api/v1/posts?{query}")).await;
        answer.refused(400, "invalid_request");
        answer.field(field);
    }
    let console = fleet.console().with_token(&account.session);
    console.get("/v1/sites/nonsense").await.refused(404, "not_found");
    console.get("/v1/nonsense").await.refused(404, "not_found");
    let wrong = Answer::of(console.request(Method::PUT, "/v1/sites")).await;
    wrong.refused(405, "method_not_allowed");
    let problem = site.request(Method::GET, "/api/v1/posts/none");
    let problem = Answer::of(problem.header("accept", "application/problem+json")).await;
    assert_eq!(problem.headers["content-type"], "application/problem+json");
    assert_eq!(problem.json()["status"], 404);
}

#[tokio::test]
async fn posts_that_do_not_fit_are_told() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let cases = [
        (json!({"content": "x"}), "title"),
        (json!({"title": "", "content": "x"}), "title"),
        (json!({"title": "a".repeat(201), "content": "x"}), "title"),
        (json!({"title": "a", "content": 1}), "content"),
        (json!({"title": "a", "content": "x".repeat(600_000)}), "content"),
        (json!({"title": "a", "content": "x", "status": "nonsense"}), "status"),
        (json!({"title": "a", "content": "x", "slug": "Not a slug"}), "slug"),
        (json!({"title": "a", "content": "x", "id": "pst_1"}), "id"),
    ];
    for (body, field) in cases {
        let answer = owner.post("/api/v1/posts", body).await;
        answer.refused(400, "invalid_request");
        answer.field(field);
    }
    let taken = json!({"title": "a", "content": "x", "slug": "welcome"});
    owner.post("/api/v1/posts", taken).await.refused(409, "slug_taken");
    assert_eq!(owner.get("/api/v1/posts").await.data(200)["total"], 1);
}
