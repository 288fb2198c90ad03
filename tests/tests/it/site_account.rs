//! The account's pages of a site, as a browser without scripts uses them; maintenance; the archive.

use freehold_testkit::{Answer, Api, Fleet, PASSWORD};
use reqwest::Method;
use serde_json::json;

const NEW_PASSWORD: &str = "quiet-otter-41";

/// Sends a form as a page of the same site does.
async fn send(api: &Api, path: &str, fields: &[(&str, &str)], cookie: &str) -> Answer {
    send_from(api, path, fields, cookie, ("sec-fetch-site", "same-origin")).await
}

async fn send_from(
    api: &Api,
    path: &str,
    fields: &[(&str, &str)],
    cookie: &str,
    from: (&'static str, &str),
) -> Answer {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace('@', "%40").replace(' ', "+")))
        .collect();
    let request = api
        .request(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header(from.0, from.1)
        .header("cookie", cookie)
        .body(body.join("&"));
    Answer::of(request).await
}

async fn visit(api: &Api, path: &str, cookie: &str) -> Answer {
    let request = api.request(Method::GET, path).header("accept", "text/html");
    Answer::of(request.header("cookie", cookie)).await
}

fn header(answer: &Answer, name: &str) -> String {
    answer
        .headers
        .get(name)
        .map(|value| value.to_str().expect("text"))
        .unwrap_or_default()
        .to_owned()
}

/// Whether the answer leads to a page, and the cookie that it sets, as it is sent back.
fn led(answer: &Answer, to: &str) -> String {
    assert_eq!(
        (answer.status.as_u16(), header(answer, "location")),
        (303, to.to_owned()),
        "{}",
        answer.text
    );
    assert!(header(answer, "cache-control").contains("no-store"), "{:?}", answer.headers);
    header(answer, "set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn people_register_sign_in_and_change_themselves_without_a_script() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    assert_eq!(led(&visit(&site, "/account", "").await, "/account/sign-in"), "");
    let page = visit(&site, "/account/register", "").await;
    assert!(page.text.contains("action=\"/account/register\"") && !page.text.contains("<script"));
    assert!(header(&page, "content-security-policy").contains("default-src 'none'"));
    let wrong = [("email", "nonsense"), ("username", "a"), ("password", "short")];
    let refused = send(&site, "/account/register", &wrong, "").await;
    assert_eq!(refused.status, 400);
    for word in
        ["e-mail address such as", "2 to 50 letters", "8 to 128 characters", "value=\"nonsense\""]
    {
        assert!(refused.text.contains(word), "{word}: {}", refused.text);
    }
    assert!(!refused.text.contains("short"), "a password is not sent back");
    let ada = [("email", "ada@example.net"), ("username", "ada"), ("password", PASSWORD)];
    let registered = send(&site, "/account/register", &ada, "").await;
    let cookie = led(&registered, "/account");
    let set = header(&registered, "set-cookie");
    for word in ["Path=/account", "HttpOnly", "SameSite=Lax"] {
        assert!(set.contains(word), "{set}");
    }
    let page = visit(&site, "/account", &cookie).await;
    assert!(page.text.contains("Signed in as ada@example.net"), "{}", page.text);
    assert!(header(&page, "cache-control").contains("no-store"));
    assert_eq!(led(&visit(&site, "/account/sign-in", &cookie).await, "/account"), "");
    let other = [("email", "ADA@example.net"), ("username", "other"), ("password", PASSWORD)];
    let again = send(&site, "/account/register", &other, "").await;
    assert!(again.status == 409 && again.text.contains("registered with this address already"));
    let taken = [("username", "acme"), ("bio", "Counts."), ("website", "javascript:x")];
    let refused = send(&site, "/account/profile", &taken, &cookie).await;
    assert!(
        refused.status == 400 && refused.text.contains("starts with https"),
        "{}",
        refused.text
    );
    let fields = [("username", "Ada.L"), ("bio", "Counts."), ("website", "https://ada.test")];
    led(&send(&site, "/account/profile", &fields, &cookie).await, "/account?done=profile");
    let page = visit(&site, "/account?done=profile", &cookie).await;
    assert!(page.text.contains("Your changes are saved.") && page.text.contains("value=\"Ada.L\""));
    let wrong = [("old_password", "not-my-password"), ("new_password", NEW_PASSWORD)];
    let refused = send(&site, "/account/password", &wrong, &cookie).await;
    assert!(refused.status == 409 && refused.text.contains("This is not your password."));
    let right = [("old_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    let changed = send(&site, "/account/password", &right, &cookie).await;
    let newer = led(&changed, "/account?done=password");
    led(&visit(&site, "/account", &cookie).await, "/account/sign-in");
    assert_eq!(visit(&site, "/account", &newer).await.status, 200);
    let ended = send(&site, "/account/sign-out", &[], &newer).await;
    led(&ended, "/account/sign-in");
    assert!(header(&ended, "set-cookie").contains("Max-Age=0"));
    led(&visit(&site, "/account", &newer).await, "/account/sign-in");
    let old = [("email", "ada@example.net"), ("password", PASSWORD)];
    let refused = send(&site, "/account/sign-in", &old, "").await;
    assert!(refused.status == 401 && refused.text.contains("is not right"), "{}", refused.text);
    let new = [("email", "ada@example.net"), ("password", NEW_PASSWORD)];
    let cookie = led(&send(&site, "/account/sign-in", &new, "").await, "/account");
    // Who is suspended is out at once.
    let users = owner.get("/api/v1/admin/users?q=ada").await.data(200);
    let path =
        format!("/api/v1/admin/users/{}/status", users["items"][0]["id"].as_str().expect("an id"));
    owner.put(&path, json!({"status": "suspended"})).await.data(200);
    led(&visit(&site, "/account", &cookie).await, "/account/sign-in");
    assert_eq!(send(&site, "/account/sign-in", &new, "").await.status, 401);
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing_and_the_cookie_is_good_for_nothing_else() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let ada = [("email", "ada@example.net"), ("username", "ada"), ("password", PASSWORD)];
    let own = format!("http://acme.localhost:{}", fleet.port());
    let cookie =
        led(&send_from(&site, "/account/register", &ada, "", ("origin", &own)).await, "/account");
    for from in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "http://evil.localhost"),
        ("origin", "https://acme.localhost"),
        ("origin", "null"),
        ("x-nothing", "x"),
    ] {
        let fields = [("username", "evil"), ("bio", ""), ("website", "")];
        let refused = send_from(&site, "/account/profile", &fields, &cookie, from).await;
        assert!(refused.status == 403 && refused.text.contains("came from elsewhere"), "{from:?}");
        let out = send_from(&site, "/account/sign-out", &[], &cookie, from).await;
        assert_eq!(out.status, 403, "{from:?}");
    }
    assert!(visit(&site, "/account", &cookie).await.text.contains("value=\"ada\""));
    // No API call is made with it, and no public page knows of it.
    visit(&site, "/api/v1/users/me", &cookie).await.refused(401, "unauthorized");
    visit(&site, "/api/v1/tokens", &cookie).await.refused(401, "unauthorized");
    let page = visit(&site, "/posts/welcome", &cookie).await;
    assert!(!page.text.contains("ada") && header(&page, "set-cookie").is_empty());
    // Nor another site, nor the admin's host.
    fleet.sign_up("globex").await;
    led(&visit(&fleet.site("globex"), "/account", &cookie).await, "/account/sign-in");
    let json =
        site.request(Method::POST, "/account/sign-in").json(&json!({})).header("origin", &own);
    assert_eq!(Answer::of(json).await.status, 415);
    let large = "x".repeat(70_000);
    let large = send(&site, "/account/sign-in", &[("email", &large)], "").await;
    assert_eq!(large.status, 413);
    owner.put("/api/v1/admin/options/registration_open", json!({"value": false})).await.data(200);
    let page = visit(&site, "/account/register", "").await;
    assert!(
        page.text.contains("takes no registrations") && !page.text.contains("name=\"password\"")
    );
    let ben = [("email", "ben@example.net"), ("username", "ben"), ("password", PASSWORD)];
    assert_eq!(send(&site, "/account/register", &ben, "").await.status, 403);
}

#[tokio::test]
async fn a_site_that_is_worked_on_says_so_and_keeps_its_api() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    assert_eq!(site.get("/").await.status, 200);
    let options =
        json!({"options": {"maintenance_mode": true, "maintenance_message": "Back at <nine>."}});
    owner.put("/api/v1/admin/options", options).await.data(200);
    for path in ["/", "/posts/welcome", "/search?q=x", "/archive", "/feed.xml", "/account/sign-in"]
    {
        let page = visit(&site, path, "").await;
        assert_eq!(page.status, 503, "{path}");
        assert!(
            page.text.contains("Back at &lt;nine&gt;.") && header(&page, "retry-after") == "300",
            "{path}"
        );
    }
    site.get("/api/v1/posts").await.data(200);
    assert_eq!(site.get("/robots.txt").await.status, 200);
    owner.delete("/api/v1/admin/options/maintenance_mode").await.data(200);
    assert_eq!(site.get("/").await.status, 200, "back at once");
}

#[tokio::test]
async fn pages_speak_the_language_and_the_archive_lists_everything() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let post = json!({"title": "Tea & <cakes>", "content": "x", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    owner.post("/api/v1/posts", json!({"title": "Hidden", "content": "x"})).await.data(201);
    let page = visit(&site, "/archive", "").await;
    assert!(page.text.contains("Tea &amp; &lt;cakes&gt;") && !page.text.contains("Hidden"));
    let month = fleet.clock().now().written_month(&freehold_clock::TimeZoneName::default(), "en");
    assert!(page.text.contains(&month), "{}", page.text);
    assert_eq!(visit(&site, "/archive?page=2", "").await.status, 404);
    assert!(site.get("/").await.text.contains("1 min read"));
    owner.put("/api/v1/admin/options/language", json!({"value": "zh-Hans"})).await.data(200);
    let home = site.get("/").await.text;
    assert!(home.contains("阅读约 1 分钟") && home.contains("lang=\"zh-Hans\""), "{home}");
    assert!(visit(&site, "/account/sign-in", "").await.text.contains("登录"));
    assert!(visit(&site, "/nowhere", "").await.text.contains("这里没有内容"));
    let day = fleet.clock().now().day(&freehold_clock::TimeZoneName::default());
    owner.put("/api/v1/admin/options/date_format", json!({"value": "iso"})).await.data(200);
    assert!(site.get("/").await.text.contains(&format!(">{day}<")));
    let refused = owner.put("/api/v1/admin/options/date_format", json!({"value": "roman"})).await;
    refused.refused(400, "invalid_request").field("value");
    owner.put("/api/v1/admin/options/default_role", json!({"value": "author"})).await.data(200);
    let ada = fleet.reader("acme", "ada").await;
    assert_eq!(ada.get("/api/v1/users/me").await.data(200)["role"], "author");
}
