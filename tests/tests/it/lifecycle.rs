//! Suspend, resume, delete, restore, erase.

use freehold_testkit::{Answer, Fleet, until};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_suspended_site_says_so_and_keeps_its_data() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (operator, site) = (fleet.operator(), fleet.site("acme"));
    let path = format!("/v1/fleet/tenants/{}", account.site);
    let suspended = operator.post(&format!("{path}/suspend"), json!({"reason": "unpaid"})).await;
    assert_eq!(suspended.data(200)["state"], "suspended");
    site.get("/api/v1/posts").await.refused(402, "site_suspended");
    let page = Answer::of(site.request(Method::GET, "/").header("accept", "text/html")).await;
    assert!(page.status == 402 && page.text.contains("suspended"), "{}", page.text);
    fleet.admin("acme").get("/api/v1/posts").await.refused(402, "site_suspended");
    let console = fleet.console().with_token(&account.session);
    let shown = console.get(&format!("/v1/sites/{}", account.site)).await.data(200);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("suspended"), &json!("unpaid")));
    let sign_in = format!("/v1/sites/{}/sign-in", account.site);
    console.post(&sign_in, json!({})).await.refused(409, "wrong_state");
    operator.post(&format!("{path}/resume"), json!({})).await.data(200);
    assert_eq!(site.get("/posts/welcome").await.status, 200);
    operator.post(&format!("{path}/resume"), json!({})).await.refused(409, "wrong_state");
    operator.post(&format!("{path}/suspend"), json!({})).await.field("reason");
}

#[tokio::test]
async fn a_deleted_site_keeps_its_slug_and_comes_back_for_seven_days() {
    let mut fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let console = fleet.console().with_token(&account.session);
    let path = format!("/v1/sites/{}", account.site);
    let deleted = console.delete(&path).await.data(200);
    assert_eq!(deleted["state"], "deleted");
    assert!(deleted["restorable_until"].is_string());
    fleet.site("acme").get("/api/v1/posts").await.refused(404, "site_deleted");
    let again = json!({"name": "Other", "slug": "acme"});
    console.post("/v1/sites", again.clone()).await.refused(409, "slug_taken");
    console.delete(&path).await.refused(409, "wrong_state");
    fleet.restart().await;
    let console = fleet.console().with_token(&account.session);
    fleet.site("acme").get("/api/v1/posts").await.refused(404, "site_deleted");
    assert_eq!(
        console.post(&format!("{path}/restore"), json!({})).await.data(200)["state"],
        "ready"
    );
    assert_eq!(fleet.site("acme").get("/posts/welcome").await.status, 200);
    console.delete(&path).await.data(200);
    let store = fleet.store_of(&account.site);
    assert!(store.is_file());
    fleet.clock().advance_seconds(7 * 24 * 3_600 + 1);
    console.post(&format!("{path}/restore"), json!({})).await.refused(409, "wrong_state");
    until("the site is erased", 30, async || {
        (console.get(&path).await.status != 200).then_some(())
    })
    .await;
    assert!(!store.exists(), "erased data is gone");
    console.post("/v1/sites", again).await.data(201);
    assert!(fleet.site("acme").get("/").await.text.contains("Other"));
}

#[tokio::test]
async fn a_restore_does_not_lift_a_suspension() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let suspend = format!("/v1/fleet/tenants/{}/suspend", account.site);
    fleet.operator().post(&suspend, json!({"reason": "abuse"})).await.data(200);
    let console = fleet.console().with_token(&account.session);
    let path = format!("/v1/sites/{}", account.site);
    console.delete(&path).await.data(200);
    let restored = console.post(&format!("{path}/restore"), json!({})).await.data(200);
    assert_eq!(restored["state"], "suspended");
    fleet.site("acme").get("/api/v1/posts").await.refused(402, "site_suspended");
}

#[tokio::test]
async fn an_account_has_several_sites_up_to_its_limit() {
    let fleet =
        Fleet::with(&[("limits.enabled", "false"), ("accounts.unverified_sites_max", "2")]).await;
    let account = fleet.sign_up("one").await;
    let console = fleet.console().with_token(&account.session);
    let body = |slug: &str| json!({"name": "More", "slug": slug});
    let second = console.post("/v1/sites", body("two")).await.data(201);
    assert_eq!((&second["state"], &second["region"]), (&json!("ready"), &json!("local")));
    console.post("/v1/sites", body("three")).await.refused(403, "email_unverified");
    let elsewhere = json!({"name": "More", "slug": "four", "region": "mars"});
    let elsewhere = console.post("/v1/sites", elsewhere).await;
    assert_eq!(elsewhere.status, 403, "the limit comes first: {}", elsewhere.text);
    let list = console.get("/v1/sites?page_size=1").await.data(200);
    assert_eq!((&list["total"], list["items"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    assert_eq!(console.get("/v1/sites?q=two").await.data(200)["total"], 1);
}

#[tokio::test]
async fn sign_ups_come_through_while_jobs_are_stopped() {
    let fleet = Fleet::with(&[("limits.enabled", "false"), ("control.jobs", "false")]).await;
    let account = fleet.sign_up("acme").await;
    assert_eq!(account.data["site"]["state"], "ready");
    assert_eq!(fleet.site("acme").get("/").await.status, 200);
    assert!(!fleet.data().join("mail").exists(), "mail waits for the jobs");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sites_than_room_are_served_in_turn() {
    let fleet = Fleet::with(&[("limits.enabled", "false"), ("worker.open_tenants_max", "2")]).await;
    let slugs = ["one", "two", "three", "four", "five"];
    for slug in slugs {
        fleet.sign_up(slug).await;
    }
    let mut calls = tokio::task::JoinSet::new();
    for round in 0..20 {
        for slug in slugs {
            let site = fleet.site(slug);
            calls.spawn(async move {
                let page = site.get(if round % 2 == 0 { "/" } else { "/api/v1/posts" }).await;
                (slug, page.status.as_u16(), page.text.contains(&format!("Site {slug}")))
            });
        }
    }
    for (slug, status, own) in calls.join_all().await {
        assert_eq!((status, own), (200, true), "{slug}");
    }
    let workers = fleet.operator().get("/v1/fleet/workers").await.data(200);
    let open = workers["items"][0]["tenants_open"].as_u64().expect("a number");
    assert!(open <= 2, "{workers}");
    assert_eq!(workers["items"][0]["tenants_assigned"], 5);
}

#[tokio::test]
async fn a_site_that_cannot_be_made_fails_cleanly_and_gives_its_slug_back() {
    let mut fleet = Fleet::start().await;
    let account = fleet.sign_up("first").await;
    std::fs::remove_file(fleet.data().join("worker/tenants/template.db")).expect("removed");
    let console = fleet.console().with_token(&account.session);
    let body = json!({"name": "Second", "slug": "second"});
    console.post("/v1/sites", body.clone()).await.refused(503, "unavailable");
    let sites = console.get("/v1/sites?q=second").await.data(200);
    let failed = &sites["items"][0];
    assert_eq!((&failed["state"], &failed["slug"]), (&json!("failed"), &json!("second")));
    fleet.site("second").get("/api/v1/posts").await.refused(404, "site_unknown");
    let id = failed["id"].as_str().expect("an id");
    assert!(!fleet.store_of(id).exists(), "nothing is left behind");
    let operations = fleet.operator().get("/v1/fleet/operations").await.data(200);
    let operation = operations["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|operation| operation["site_id"] == id)
        .expect("its operation");
    assert_eq!(operation["state"], "failed");
    assert!(operation["error"].as_str().is_some_and(|error| !error.is_empty()), "{operation}");
    fleet.restart().await;
    let console = fleet.console().with_token(&account.session);
    assert_eq!(console.post("/v1/sites", body).await.data(201)["state"], "ready");
    assert!(fleet.site("second").get("/").await.text.contains("Second"));
}
