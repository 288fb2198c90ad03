//! A site gets another name and address: what is in force at once, what leads on, and for how long.

use freehold_testkit::{Answer, Api, Fleet, SignedUp, until};
use serde_json::{Value, json};

const DAY: i64 = 24 * 3_600;

fn path(account: &SignedUp) -> String {
    format!("/v1/sites/{}", account.site)
}

async fn rename(console: &Api, account: &SignedUp, slug: &str) -> Answer {
    console.patch(&path(account), json!({ "slug": slug })).await
}

fn led_to(answer: &Answer) -> (u16, String) {
    let location = answer.headers.get("location").map(|value| value.to_str().expect("text"));
    (answer.status.as_u16(), location.unwrap_or_default().to_owned())
}

async fn slug_check(fleet: &Fleet, slug: &str) -> Value {
    fleet.console().get(&format!("/v1/slugs/{slug}")).await.data(200)
}

#[tokio::test]
async fn the_former_address_leads_to_the_new_one() {
    let mut fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    let owner = fleet.owner(&account, "acme").await;
    let body = json!({"name": "Acme & Sons", "slug": "acme-sons"});
    let site = console.patch(&path(&account), body).await.data(200);
    let origin = |host: &str| format!("http://{host}:{}", fleet.port());
    assert_eq!((&site["name"], &site["slug"]), (&json!("Acme & Sons"), &json!("acme-sons")));
    assert_eq!(site["url"], origin("acme-sons.localhost"));
    assert_eq!(site["previous_slugs"][0]["slug"], "acme");
    let operation = site["operation_id"].as_str().expect("an operation");
    let operation = console.get(&format!("/v1/operations/{operation}")).await.data(200);
    assert_eq!(
        (&operation["kind"], &operation["state"]),
        (&json!("change_site"), &json!("succeeded"))
    );
    let (old, new) = (fleet.site("acme"), fleet.site("acme-sons"));
    let page = new.get("/posts/welcome").await;
    let is_own = page.text.contains(&origin("acme-sons.localhost"));
    assert!(page.status == 200 && is_own, "pages name the new address: {}", page.text);
    let led = led_to(&old.get("/posts/welcome?x=%2F").await);
    assert_eq!(led, (308, origin("acme-sons.localhost") + "/posts/welcome?x=%2F"));
    let admin = led_to(&fleet.admin("acme").get("/posts").await);
    assert_eq!(admin, (308, origin("acme-sons.admin.localhost") + "/posts"));
    let admin = led_to(&old.get("/admin/posts").await);
    assert_eq!(admin, (307, origin("acme-sons.admin.localhost") + "/posts"));
    // Programs are answered as before, and whoever is signed in needs a new access token at most.
    assert_eq!(old.get("/api/v1/posts").await.data(200)["total"], 1);
    let again = fleet.owner(&account, "acme-sons").await;
    again.get("/api/v1/users/me").await.data(200);
    owner.get("/api/v1/users/me").await.refused(401, "unauthorized");
    fleet.restart().await;
    let (old, new) = (fleet.site("acme"), fleet.site("acme-sons"));
    assert_eq!(led_to(&old.get("/").await).0, 308, "also after a restart");
    assert_eq!(new.get("/").await.status, 200);
    let console = fleet.console().with_token(&account.session);
    // Back again: then the newer address is the former one.
    let site = rename(&console, &account, "acme").await.data(200);
    assert_eq!(site["previous_slugs"].as_array().map(Vec::len), Some(1), "{site}");
    assert_eq!(site["previous_slugs"][0]["slug"], "acme-sons");
    assert_eq!(fleet.site("acme").get("/").await.status, 200);
    assert_eq!(led_to(&fleet.site("acme-sons").get("/").await).0, 308);
    // With a domain of its own that it is read under, both lead there.
    let domains = format!("{}/domains", path(&account));
    let domain = console.post(&domains, json!({"hostname": "www.acme.test"})).await.data(201);
    let domain = format!("{domains}/{}", domain["id"].as_str().expect("an id"));
    console.put(&domain, json!({"canonical": true})).await.data(200);
    for slug in ["acme", "acme-sons"] {
        let led = led_to(&fleet.site(slug).get("/a").await);
        assert_eq!(led, (308, format!("http://www.acme.test:{}/a", fleet.port())), "{slug}");
    }
}

#[tokio::test]
async fn a_former_address_is_nobody_elses_until_it_is_given_up_or_over() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    rename(&console, &account, "second-name").await.data(200);
    rename(&console, &account, "third-name").await.data(200);
    let globex = fleet.sign_up("globex").await;
    let other = fleet.console().with_token(&globex.session);
    for slug in ["acme", "second-name", "third-name"] {
        rename(&other, &globex, slug).await.refused(409, "slug_taken").field("slug");
        let mut body = freehold_testkit::sign_up_body(slug);
        body["email"] = json!("somebody-else@example.org");
        fleet.console().post("/v1/signup", body).await.refused(409, "slug_taken");
        assert_eq!(slug_check(&fleet, slug).await["reason"], "taken", "{slug}");
    }
    let former = format!("{}/previous-slugs/acme", path(&account));
    other.delete(&former).await.refused(404, "not_found");
    let foreign = format!("{}/previous-slugs/acme", path(&globex));
    other.delete(&foreign).await.refused(404, "not_found");
    assert_eq!(led_to(&fleet.site("acme").get("/").await).0, 308, "nothing was given up");
    console.delete(&former).await.data(200);
    console.delete(&former).await.refused(404, "not_found");
    fleet.site("acme").get("/api/v1/posts").await.refused(404, "site_unknown");
    assert_eq!(slug_check(&fleet, "acme").await["available"], true);
    rename(&other, &globex, "acme").await.data(200);
    assert!(fleet.site("acme").get("/").await.text.contains("Site globex"));
    // The others end by themselves.
    fleet.clock().advance_seconds(90 * DAY + 1);
    until("the former address leads nowhere", 20, async || {
        let is_gone = fleet.site("second-name").get("/api/v1/posts").await.status == 404;
        let is_free = slug_check(&fleet, "second-name").await["available"] == true;
        (is_gone && is_free).then_some(())
    })
    .await;
    assert_eq!(fleet.site("third-name").get("/").await.status, 200);
}

#[tokio::test]
async fn what_is_no_name_changes_nothing() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    for (body, field) in [
        (json!({"slug": "A b"}), "slug"),
        (json!({"slug": "adm1n"}), "slug"),
        (json!({"slug": "xn--80ak6aa92e"}), "slug"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({}), "name"),
    ] {
        let refused = console.patch(&path(&account), body.clone()).await;
        refused.refused(400, "invalid_request").field(field);
    }
    console.patch(&path(&account), json!({"state": "ready"})).await.refused(400, "invalid_request");
    for number in 0..5 {
        rename(&console, &account, &format!("name-{number}")).await.data(200);
    }
    rename(&console, &account, "name-5").await.refused(409, "too_many_previous_slugs");
    // The same address again is no change, and one of the former ones makes room for itself.
    rename(&console, &account, "name-4").await.data(200);
    rename(&console, &account, "name-0").await.data(200);
    console.delete(&path(&account)).await.data(200);
    rename(&console, &account, "name-9").await.refused(409, "wrong_state");
    assert_eq!(fleet.site("name-1").get("/").await.status, 404, "former names go with the site");
    console.post(&format!("{}/restore", path(&account)), json!({})).await.data(200);
    assert_eq!(led_to(&fleet.site("name-1").get("/").await).0, 308);
}
