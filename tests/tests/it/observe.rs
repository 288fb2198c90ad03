//! Operators see workers, tenants, operations, metrics and health.

use freehold_testkit::{Answer, Fleet};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn operators_see_the_fleet_and_nobody_else_does() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let operator = fleet.operator();
    let workers = operator.get("/v1/fleet/workers").await.data(200);
    assert_eq!(workers["items"][0]["state"], "ready");
    assert_eq!(workers["items"][0]["tenants_assigned"], 1);
    let tenants = operator.get("/v1/fleet/tenants?q=acm").await.data(200);
    assert_eq!(tenants["items"][0]["id"], account.site.as_str());
    assert_eq!(operator.get("/v1/fleet/tenants/acme").await.data(200)["epoch"], 1);
    let operations = operator.get("/v1/fleet/operations").await.data(200);
    assert_eq!(operations["total"], 1);
    let member = fleet.console().with_token(&account.session);
    for path in ["/v1/fleet/workers", "/v1/fleet/tenants", "/v1/fleet/operations"] {
        member.get(path).await.refused(403, "forbidden");
        fleet.console().get(path).await.refused(401, "unauthorized");
    }
}

#[tokio::test]
async fn an_operation_can_be_followed() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let id = account.data["operation"]["id"].as_str().expect("an id");
    let console = fleet.console().with_token(&account.session);
    let events = console.get(&format!("/v1/operations/{id}/events")).await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    assert!(events.text.contains("event: operation"), "{}", events.text);
    assert!(events.text.contains("\"state\":\"succeeded\""), "{}", events.text);
}

#[tokio::test]
async fn metrics_and_health_are_private_and_name_no_tenant() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    fleet.site("acme").get("/").await;
    let address = fleet.platform().private_address();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let get = |path: &str| Answer::of(client.get(format!("http://{address}{path}")));
    assert_eq!(get("/healthz").await.status, 200);
    assert_eq!(get("/readyz").await.status, 200);
    let metrics = get("/metrics").await.text;
    for name in
        ["freehold_edge_requests_total", "freehold_worker_requests_total", "freehold_edge_routes"]
    {
        assert!(metrics.contains(name), "{metrics}");
    }
    assert!(!metrics.contains(&account.site) && !metrics.contains("acme"), "{metrics}");
    assert_eq!(fleet.site("acme").get("/metrics").await.status, 404);
    assert_eq!(fleet.console().get("/healthz").await.status, 404);
}

#[tokio::test]
async fn a_request_keeps_one_id_and_clients_cannot_choose_it() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let request = fleet.site("acme").request(Method::GET, "/api/v1/posts/none");
    let answer = Answer::of(request.header("x-request-id", "chosen")).await;
    let body = answer.json();
    let id = answer.headers["x-request-id"].to_str().expect("text");
    assert_eq!(body["error"]["request_id"], id);
    assert!(id != "chosen" && id.len() == 32);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(!answer.headers.contains_key("server"));
}

#[tokio::test]
async fn both_apis_describe_themselves() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    for (api, path) in [(fleet.console(), "/v1/signup"), (fleet.site("acme"), "/api/v1/posts")] {
        let document = api.get("/openapi.json").await.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(document["paths"][path]["post"]["requestBody"].is_object(), "{path}");
    }
    assert_eq!(
        fleet.console().get("/").await.data(200),
        json!({"name": "Freehold", "api": "/v1", "openapi": "/openapi.json"})
    );
}
