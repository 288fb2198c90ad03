//! A site's settings: who may see and change them, what they take, and what each does.

use freehold_testkit::{Api, Fleet, PASSWORD, SignedUp};
use serde_json::{Value, json};

const OPTIONS: &str = "/api/v1/admin/options";

async fn site() -> (Fleet, SignedUp, Api, Api) {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    (fleet, account, owner, site)
}

async fn set(owner: &Api, key: &str, value: Value) {
    let data = owner.put(&format!("{OPTIONS}/{key}"), json!({ "value": value })).await.data(200);
    assert_eq!(data["value"], value, "{data}");
}

async fn publish(owner: &Api, title: &str) {
    let post = json!({"title": title, "content": "words", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
}

#[tokio::test]
async fn administrators_change_settings_all_or_none_and_everybody_reads_the_public_ones() {
    let (fleet, _account, owner, site) = site().await;
    let reader = fleet.reader("acme", "grace").await;
    site.get(OPTIONS).await.refused(401, "unauthorized");
    reader.get(OPTIONS).await.refused(403, "forbidden");
    reader.put(OPTIONS, json!({"options": {}})).await.refused(403, "forbidden");
    let all = owner.get(OPTIONS).await.data(200);
    for option in all["items"].as_array().expect("a list") {
        for part in ["type", "group", "label", "description"] {
            assert!(option[part].is_string(), "{option}");
        }
        // What is shown can be sent back as it is.
        let key = option["key"].as_str().expect("a key");
        set(&owner, key, option["value"].clone()).await;
    }
    let changes = json!({"options": {
        "site_title": "Other", "posts_per_page": 0, "colour": "red", "registration_open": "no",
    }});
    let refused = owner.put(OPTIONS, changes).await;
    refused.refused(400, "invalid_request");
    for path in ["options.posts_per_page", "options.colour", "options.registration_open"] {
        assert!(!refused.field(path).is_empty(), "{path}");
    }
    let title = format!("{OPTIONS}/site_title");
    assert_eq!(owner.get(&title).await.data(200)["value"], "Site acme", "none was taken");
    let changes = json!({"options": {"site_title": "Other", "posts_per_page": 3}});
    owner.put(OPTIONS, changes).await.data(200);
    let public = site.get("/api/v1/options/public").await.data(200);
    assert_eq!((&public["site_title"], &public["posts_per_page"]), (&json!("Other"), &json!(3)));
    assert!(public.get("indexable").is_none(), "not everybody's: {public}");
    assert_eq!(owner.delete(&title).await.data(200)["value"], "Untitled");
    owner.get(&format!("{OPTIONS}/colour")).await.refused(404, "not_found");
    owner.put(&title, json!({"value": 7})).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn each_setting_does_what_it_says() {
    let (fleet, account, owner, site) = site().await;
    for number in 0..4 {
        publish(&owner, &format!("Number {number}")).await;
    }
    set(&owner, "site_title", json!("Tea & Co")).await;
    set(&owner, "site_description", json!("Leaves and water")).await;
    set(&owner, "language", json!("pt-BR")).await;
    let home = site.get("/").await.text;
    for part in ["Tea &amp; Co", "Leaves and water", "<html lang=\"pt-BR\""] {
        assert!(home.contains(part), "{part}: {home}");
    }
    set(&owner, "posts_per_page", json!(2)).await;
    let home = site.get("/").await.text;
    assert!(home.contains("Number 3") && !home.contains("Number 1"), "{home}");
    assert!(site.get("/?page=3").await.text.contains("Welcome"));
    assert_eq!(site.get("/?page=4").await.status, 404);
    set(&owner, "rss_items", json!(1)).await;
    assert_eq!(site.get("/feed.xml").await.text.matches("<item>").count(), 1);

    // Kiritimati is ahead of Honolulu by a whole day.
    set(&owner, "timezone", json!("Pacific/Kiritimati")).await;
    let ahead = site.get("/posts/number-0").await.text;
    set(&owner, "timezone", json!("Pacific/Honolulu")).await;
    let behind = site.get("/posts/number-0").await.text;
    let date = |page: &str| {
        let (_, rest) = page.split_once("<time").expect("a time");
        rest.split(['>', '<']).nth(1).expect("a date").to_owned()
    };
    assert_ne!(date(&ahead), date(&behind));

    let verified = |text: &str| !text.contains("noindex");
    verify(&fleet, &account).await;
    assert!(verified(&site.get("/").await.text));
    assert!(site.get("/robots.txt").await.text.contains("Allow: /"));
    set(&owner, "indexable", json!(false)).await;
    assert!(!verified(&site.get("/").await.text));
    assert!(site.get("/robots.txt").await.text.contains("Disallow: /"));

    let body = |name: &str| json!({"email": format!("{name}@example.net"), "username": name, "password": PASSWORD});
    set(&owner, "registration_open", json!(false)).await;
    let closed = site.post("/api/v1/auth/register", body("grace")).await;
    closed.refused(403, "registration_closed");
    set(&owner, "registration_open", json!(true)).await;
    site.post("/api/v1/auth/register", body("grace")).await.data(201);
}

/// Confirms the owner's address, without which no site is for search engines.
async fn verify(fleet: &Fleet, account: &SignedUp) {
    let mails = fleet.mails(1).await;
    let token =
        mails[0].split("/verify#token=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let body = json!({"token": token.expect("a token")});
    fleet.console().with_token(&account.session).post("/v1/email/verify", body).await.data(200);
}
