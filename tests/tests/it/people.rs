//! Readers of a site, members of an account, and their credentials.

use freehold_testkit::{Fleet, PASSWORD};
use serde_json::{Value, json};

#[tokio::test]
async fn readers_register_sign_in_and_may_only_read() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let reader = fleet.reader("acme", "ada").await;
    assert_eq!(reader.get("/api/v1/users/me").await.data(200)["role"], "reader");
    let post = json!({"title": "No", "content": "x"});
    reader.post("/api/v1/posts", post.clone()).await.refused(403, "forbidden");
    reader.put("/api/v1/posts/welcome", json!({"title": "No"})).await.refused(403, "forbidden");
    reader.delete("/api/v1/posts/welcome").await.refused(403, "forbidden");
    let site = fleet.site("acme");
    site.post("/api/v1/posts", post).await.refused(401, "unauthorized");
    let login = |password: &str| json!({"email": "ADA@example.net", "password": password});
    let session = site.post("/api/v1/auth/login", login(PASSWORD)).await.data(200);
    assert_eq!(session["expires_in"], 900);
    assert_eq!(session["user"]["username"], "ada");
    let wrong = site.post("/api/v1/auth/login", login("tidal-lamp-94")).await;
    wrong.refused(401, "wrong_credentials");
    let unknown = json!({"email": "nobody@example.net", "password": PASSWORD});
    let unknown = site.post("/api/v1/auth/login", unknown).await;
    unknown.refused(401, "wrong_credentials");
    assert_eq!(wrong.json()["message"], unknown.json()["message"]);
}

#[tokio::test]
async fn refresh_tokens_work_once_and_their_reuse_ends_the_family() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    let body = json!({"email": "ada@example.net", "username": "ada", "password": PASSWORD});
    let first = site.post("/api/v1/auth/register", body).await.data(201);
    let refresh = |session: &Value| {
        let (site, body) = (site.clone(), json!({"refresh_token": session["refresh_token"]}));
        async move { site.post("/api/v1/auth/refresh", body).await }
    };
    let second = refresh(&first).await.data(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let token = second["access_token"].as_str().expect("a token");
    let signed_in = site.with_token(token);
    signed_in.get("/api/v1/users/me").await.data(200);
    refresh(&first).await.refused(401, "invalid_refresh_token");
    refresh(&second).await.refused(401, "invalid_refresh_token");
    signed_in.get("/api/v1/users/me").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn access_tokens_expire_and_a_sign_out_bites_at_once() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let reader = fleet.reader("acme", "ada").await;
    fleet.clock().advance_seconds(899);
    reader.get("/api/v1/users/me").await.data(200);
    fleet.clock().advance_seconds(2);
    reader.get("/api/v1/users/me").await.refused(401, "unauthorized");
    let other = fleet.reader("acme", "bob").await;
    other.post("/api/v1/auth/logout", json!({})).await.data(200);
    other.get("/api/v1/users/me").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn members_sign_in_and_out_of_the_console() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let console = fleet.console();
    let login = json!({"email": "acme@example.org", "password": PASSWORD});
    let answer = console.post("/v1/sessions", login).await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text").to_owned();
    for attribute in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let token = answer.data(201)["token"].as_str().expect("a token").to_owned();
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let by_cookie = |site: Option<&str>| {
        let request = console.request(reqwest::Method::DELETE, "/v1/sessions/current");
        let request = request.header("cookie", &pair);
        match site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        }
    };
    let foreign = freehold_testkit::Answer::of(by_cookie(Some("cross-site"))).await;
    foreign.refused(403, "cross_site");
    let member = console.with_token(&token);
    assert_eq!(member.get("/v1/sites").await.data(200)["total"], 1);
    freehold_testkit::Answer::of(by_cookie(Some("same-origin"))).await.data(200);
    member.get("/v1/sites").await.refused(401, "unauthorized");
}

/// The token that a mail carries on a line of its own.
fn token_in(mail: &str) -> String {
    let line = mail.lines().find(|line| line.starts_with("fhm_"));
    line.unwrap_or_else(|| panic!("no token in: {mail}")).to_owned()
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console();
    assert!(fleet.mails(1).await[0].contains("To: acme@example.org"));
    let forgot = |email: &str| json!({ "email": email });
    console.post("/v1/password/forgot", forgot("nobody@example.org")).await.data(202);
    console.post("/v1/password/forgot", forgot("acme@example.org")).await.data(202);
    let mails = fleet.mails(2).await;
    let reset = mails.iter().find(|mail| mail.contains("new password")).expect("a mail");
    let body = json!({"token": token_in(reset), "password": "quiet-harbour-7"});
    console.post("/v1/password/reset", body.clone()).await.data(200);
    console.post("/v1/password/reset", body).await.refused(400, "invalid_token");
    let old = console.with_token(&account.session);
    old.get("/v1/sites").await.refused(401, "unauthorized");
    let login = |password: &str| json!({"email": "acme@example.org", "password": password});
    console.post("/v1/sessions", login(PASSWORD)).await.refused(401, "wrong_credentials");
    console.post("/v1/sessions", login("quiet-harbour-7")).await.data(201);
}

#[tokio::test]
async fn a_verified_address_lets_search_engines_in() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    assert!(site.get("/").await.text.contains("noindex"));
    assert!(site.get("/robots.txt").await.text.contains("Disallow: /"));
    let mail = fleet.mails(1).await.remove(0);
    let body = json!({"token": token_in(&mail)});
    fleet.console().post("/v1/email/verify", body).await.data(200);
    assert!(!site.get("/").await.text.contains("noindex"));
    assert!(site.get("/robots.txt").await.text.contains("Allow: /"));
}

#[tokio::test]
async fn rate_limits_stop_guessing() {
    let fleet = Fleet::with(&[]).await;
    fleet.sign_up("acme").await;
    let body = json!({"email": "acme@example.org", "password": "tidal-lamp-94"});
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(fleet.console().post("/v1/sessions", body.clone()).await);
    }
    let refused: Vec<u16> = statuses.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(refused[..5], [401; 5]);
    assert_eq!(refused[5..], [429; 2]);
    let headers = &statuses[6].headers;
    assert!(headers.contains_key("retry-after"));
    assert_eq!(headers["ratelimit-policy"], "\"account-sign-ins\";q=5;w=60");
    let state = headers["ratelimit"].to_str().expect("text");
    assert!(state.starts_with("\"account-sign-ins\";r=0;t="), "{state}");
}
