//! A POST that is sent twice with one key happens once.

use freehold_testkit::{Answer, Api, Fleet, PASSWORD, Process};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    Answer::of(api.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

#[tokio::test]
async fn a_post_sent_again_is_not_written_again() {
    let mut fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let body = json!({"title": "Once", "content": "Only once.", "status": "published"});
    let first = post(&owner, "/api/v1/posts", "k-1", &body).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let (etag, text) = (first.headers["etag"].clone(), first.text.clone());
    assert_eq!(first.data(201)["slug"], "once");
    let again = post(&owner, "/api/v1/posts", "k-1", &body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!((&again.headers["etag"], &again.text, again.status.as_u16()), (&etag, &text, 201));
    // The key is in the store, not in the process.
    fleet.restart().await;
    let owner = fleet.owner(&account, "acme").await;
    let later = post(&owner, "/api/v1/posts", "k-1", &body).await;
    assert_eq!(later.text, text);
    let other = json!({"title": "Twice", "content": "Another one."});
    post(&owner, "/api/v1/posts", "k-1", &other).await.refused(422, "idempotency_key_reused");
    assert_eq!(fleet.site("acme").get("/api/v1/posts").await.data(200)["total"], 2);
    fleet.clock().advance_seconds(25 * 3_600);
    let owner = fleet.owner(&account, "acme").await;
    let fresh = post(&owner, "/api/v1/posts", "k-2", &other).await;
    assert_eq!(fresh.data(201)["slug"], "twice");
    let forgotten = post(&owner, "/api/v1/posts", "k-1", &body).await;
    assert_eq!(forgotten.data(201)["slug"], "once-2", "keys are forgotten after a day");
}

#[tokio::test]
async fn twenty_at_once_write_one_post() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let body = json!({"title": "Once", "content": "Only once.", "status": "published"});
    let sent = (0..20).map(|_| post(&owner, "/api/v1/posts", "k-1", &body));
    let answers = futures::future::join_all(sent).await;
    let first = answers[0].text.clone();
    for answer in answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &first));
    }
    assert_eq!(fleet.site("acme").get("/api/v1/posts").await.data(200)["total"], 2);
}

#[tokio::test]
async fn a_key_is_its_callers_own_and_well_formed() {
    let fleet = Fleet::start().await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let body = json!({"title": "Mine", "content": "Mine."});
    for (account, slug) in [(&one, "one"), (&two, "two")] {
        let owner = fleet.owner(account, slug).await;
        let answer = post(&owner, "/api/v1/posts", "same", &body).await;
        assert!(!answer.headers.contains_key("idempotency-replayed"), "{slug}");
        answer.data(201);
    }
    let owner = fleet.owner(&one, "one").await;
    for key in ["", "with space", &"k".repeat(256)] {
        let refused = post(&owner, "/api/v1/posts", key, &body).await;
        refused.refused(400, "invalid_request").field("Idempotency-Key");
    }
    // What was refused is not remembered: the same key may carry the corrected request.
    let bad = json!({"title": "", "content": "x"});
    post(&owner, "/api/v1/posts", "fix", &bad).await.refused(400, "invalid_request");
    post(&owner, "/api/v1/posts", "fix", &body).await.data(201);
}

#[tokio::test]
async fn a_site_is_created_and_suspended_once() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("first").await;
    let console = fleet.console().with_token(&account.session);
    let body = json!({"name": "Second", "slug": "second"});
    let first = post(&console, "/v1/sites", "s-1", &body).await.data(201);
    let again = post(&console, "/v1/sites", "s-1", &body).await.data(201);
    assert_eq!((&again["id"], &again["operation_id"]), (&first["id"], &first["operation_id"]));
    let other = json!({"name": "Third", "slug": "third"});
    post(&console, "/v1/sites", "s-1", &other).await.refused(422, "idempotency_key_reused");
    assert_eq!(console.get("/v1/sites").await.data(200)["total"], 2);
    let operator = fleet.operator();
    let path = "/v1/fleet/tenants/second/resume";
    let reason = json!({"reason": "spam"});
    post(&operator, "/v1/fleet/tenants/second/suspend", "o-1", &reason).await.data(200);
    let resumed = post(&operator, path, "o-2", &json!({})).await.data(200);
    // Without the key this would be refused: the site is not suspended any more.
    let again = post(&operator, path, "o-2", &json!({})).await.data(200);
    assert_eq!(again["state"], resumed["state"]);
    operator.post(path, json!({})).await.refused(409, "wrong_state");
}

#[tokio::test]
async fn a_creation_that_was_cut_off_is_finished_by_sending_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody but the second request can finish what the first one began.
    let start = |fault| Process::start(PROGRAM, folder.path(), &["control.jobs=false"], fault);
    let process = start(None);
    let account = json!({
        "email": "a@example.org", "password": PASSWORD,
        "site": {"name": "First", "slug": "first"},
    });
    let signed_up = process.host("console.localhost").post("/v1/signup", account).await.data(201);
    let session = signed_up["session"]["token"].as_str().expect("a session");
    process.kill();
    let body = json!({"name": "Second", "slug": "second"});
    let process = start(Some("before_store"));
    let console = process.host("console.localhost").with_token(session);
    let sent = console.request(Method::POST, "/v1/sites").header("Idempotency-Key", "s-1");
    let answer = sent.json(&body).send().await;
    assert!(!answer.is_ok_and(|answer| answer.status().is_success()));
    process.ended();
    let process = start(None);
    let console = process.host("console.localhost").with_token(session);
    let again = post(&console, "/v1/sites", "s-1", &body).await.data(201);
    assert_eq!((&again["slug"], &again["state"]), (&json!("second"), &json!("ready")));
    assert_eq!(process.host("second.localhost").get("/").await.status, 200);
}
