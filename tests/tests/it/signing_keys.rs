//! The keys that sign a site's tokens: one follows the other without a token being refused, or at once
//! where one has become known.

use data_encoding::BASE64URL_NOPAD;
use freehold_testkit::{Api, Fleet, until};
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/admin/signing-keys";
const DAY: i64 = 24 * 3_600;
const SECONDS_MAX: u64 = 60;

async fn public(site: &Api) -> Vec<String> {
    let set = site.get("/.well-known/jwks.json").await.json();
    let keys = set["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("an id").to_owned()).collect()
}

/// The id of the key that signed a client's token.
fn signer(api: &Api) -> String {
    let header = api.token().and_then(|token| token.split('.').next()).expect("a header");
    let header = BASE64URL_NOPAD.decode(header.as_bytes()).expect("base64");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("an id").to_owned()
}

/// Lets days go by, and waits until the site's keys were looked after since.
async fn days_later(fleet: &Fleet, days: i64) {
    fleet.clock().advance_seconds(days * DAY);
    let now = freehold_clock::UnixMs(fleet.clock().now().0).rfc3339();
    let done = "/v1/fleet/tenants/acme/jobs?state=done&limit=100";
    until("keys looked after", SECONDS_MAX, async || {
        let jobs = fleet.operator().get(done).await.data(200)["items"].take();
        let mut jobs = jobs.as_array().expect("jobs").iter();
        let is_it = |job: &Value| job["name"] == "identity.tend_keys" && job["due_at"] == now;
        jobs.any(is_it).then_some(())
    })
    .await;
}

fn states(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().expect("keys");
    items.iter().map(|key| key["state"].as_str().expect("a state")).collect()
}

#[tokio::test]
async fn a_new_key_is_public_for_a_day_before_it_signs_and_no_token_is_refused() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    let owner = fleet.owner(&account, "acme").await;
    let first = public(&site).await;
    assert_eq!(first.len(), 1);
    let made = owner.post(&format!("{KEYS}/rotate"), json!({})).await.data(201);
    assert_eq!(states(&made), ["next", "signing"]);
    owner.post(&format!("{KEYS}/rotate"), json!({})).await.refused(409, "next_key_waits");
    let both = public(&site).await;
    assert_eq!((both.len(), both.contains(&first[0])), (2, true));
    let before = fleet.reader("acme", "ada").await;
    assert_eq!(signer(&before), first[0]);
    fleet.clock().advance_seconds(DAY - 60);
    let before = fleet.reader("acme", "ben").await;
    assert_eq!(signer(&before), first[0]);
    fleet.clock().advance_seconds(60);
    let after = fleet.reader("acme", "cleo").await;
    assert_ne!(signer(&after), first[0]);
    for signed_in in [&before, &after] {
        signed_in.get("/api/v1/users/me").await.data(200);
    }
    let owner = fleet.owner(&account, "acme").await;
    assert_eq!(states(&owner.get(KEYS).await.data(200)), ["signing", "verifying"]);
    after.get(KEYS).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_key_that_became_known_is_void_at_once_and_people_stay_signed_in() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let site = fleet.site("acme");
    let body = json!({
        "email": "ada@example.net", "username": "ada", "password": freehold_testkit::PASSWORD,
    });
    let session = site.post("/api/v1/auth/register", body).await.data(201);
    let reader = site.with_token(session["access_token"].as_str().expect("a token"));
    reader.get("/api/v1/users/me").await.data(200);
    let first = public(&site).await;
    let made = owner.post(&format!("{KEYS}/rotate"), json!({"at_once": true})).await.data(201);
    assert_eq!(states(&made), ["signing"]);
    let now = public(&site).await;
    assert!(now.len() == 1 && now != first, "{now:?}");
    reader.get("/api/v1/users/me").await.refused(401, "unauthorized");
    owner.get(KEYS).await.refused(401, "unauthorized");
    let refresh = json!({"refresh_token": session["refresh_token"]});
    let session = site.post("/api/v1/auth/refresh", refresh).await.data(200);
    let reader = site.with_token(session["access_token"].as_str().expect("a token"));
    reader.get("/api/v1/users/me").await.data(200);
    assert_eq!(signer(&reader), now[0]);
}

#[tokio::test]
async fn a_key_is_followed_by_itself_after_ninety_days_and_retires_when_its_tokens_have_expired() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    let first = public(&site).await;
    days_later(&fleet, 88).await;
    assert_eq!(public(&site).await, first, "its time has not come");
    days_later(&fleet, 2).await;
    let both = public(&site).await;
    assert_eq!((both.len(), both.contains(&first[0])), (2, true));
    days_later(&fleet, 1).await;
    assert_ne!(signer(&fleet.reader("acme", "ada").await), first[0]);
    days_later(&fleet, 1).await;
    let now = public(&site).await;
    assert!(now.len() == 1 && now != first, "the old one has retired: {now:?}");
}
