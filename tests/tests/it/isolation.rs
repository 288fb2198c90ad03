//! Two sites share nothing: names, tokens, tickets and knowledge of each other.

use freehold_testkit::{Fleet, PASSWORD};
use serde_json::json;

#[tokio::test]
async fn the_same_names_live_side_by_side() {
    let fleet = Fleet::start().await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let (owner_one, owner_two) = (fleet.owner(&one, "one").await, fleet.owner(&two, "two").await);
    let post = |text: &str| json!({"title": "Shared", "content": text, "status": "published"});
    let a = owner_one.post("/api/v1/posts", post("of one")).await.data(201);
    let b = owner_two.post("/api/v1/posts", post("of two")).await.data(201);
    assert_eq!(a["slug"], b["slug"]);
    let body = json!({"email": "ada@example.net", "username": "ada", "password": PASSWORD});
    for slug in ["one", "two"] {
        fleet.site(slug).post("/api/v1/auth/register", body.clone()).await.data(201);
    }
    assert!(fleet.site("one").get("/posts/shared").await.text.contains("of one"));
    assert!(fleet.site("two").get("/posts/shared").await.text.contains("of two"));
    let keys = |slug| {
        let site = fleet.site(slug);
        async move { site.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].clone() }
    };
    assert_ne!(keys("one").await, keys("two").await);
}

#[tokio::test]
async fn a_token_of_one_site_is_nothing_to_another() {
    let fleet = Fleet::start().await;
    fleet.sign_up("one").await;
    let two = fleet.sign_up("two").await;
    let reader = fleet.reader("one", "ada").await;
    reader.get("/api/v1/users/me").await.data(200);
    let token = |api: &freehold_testkit::Api| {
        let header = api.request(reqwest::Method::GET, "/").build().expect("a request");
        let value = header.headers()["authorization"].to_str().expect("text").to_owned();
        value.trim_start_matches("Bearer ").to_owned()
    };
    let foreign = fleet.site("two").with_token(&token(&reader));
    foreign.get("/api/v1/users/me").await.refused(401, "unauthorized");
    foreign.get("/api/v1/posts").await.refused(401, "unauthorized");
    fleet.console().with_token(&token(&reader)).get("/v1/sites").await.refused(401, "unauthorized");
    fleet
        .site("two")
        .with_token(&two.session)
        .get("/api/v1/users/me")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_ticket_opens_one_site_once_for_a_minute() {
    let fleet = Fleet::start().await;
    let one = fleet.sign_up("one").await;
    fleet.sign_up("two").await;
    let enter = |slug: &str, ticket: &str| {
        let (admin, body) = (fleet.admin(slug), json!({"ticket": ticket}));
        async move { admin.post("/api/v1/auth/ticket", body).await }
    };
    let ticket = fleet.ticket(&one).await;
    enter("two", &ticket).await.refused(401, "invalid_ticket");
    enter("one", &ticket).await.data(200);
    enter("one", &ticket).await.refused(401, "ticket_used");
    let late = fleet.ticket(&one).await;
    fleet.clock().advance_seconds(61);
    enter("one", &late).await.refused(401, "invalid_ticket");
    enter("one", "nonsense").await.refused(401, "invalid_ticket");
}

#[tokio::test]
async fn one_account_does_not_know_of_anothers_sites() {
    let fleet = Fleet::start().await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let stranger = fleet.console().with_token(&two.session);
    let never = "ten_00000000000000000000000000";
    for id in [one.site.as_str(), never] {
        stranger.get(&format!("/v1/sites/{id}")).await.refused(404, "not_found");
        stranger.delete(&format!("/v1/sites/{id}")).await.refused(404, "not_found");
        let sign_in = format!("/v1/sites/{id}/sign-in");
        stranger.post(&sign_in, json!({})).await.refused(404, "not_found");
    }
    let operation = one.data["operation"]["id"].as_str().expect("an id");
    stranger.get(&format!("/v1/operations/{operation}")).await.refused(404, "not_found");
    assert_eq!(fleet.site("one").get("/").await.status, 200, "still there");
}
