//! Whether a site can be served, as its owner is told.

use freehold_testkit::{Planes, until};
use serde_json::json;

use crate::PROGRAM;

#[tokio::test]
async fn an_owner_is_told_when_the_worker_of_a_site_is_away() {
    let planes = Planes::start_with(PROGRAM, &[]);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let token = account["session"]["token"].as_str().expect("a session");
    let console = edge.host("console.localhost").with_token(token);
    let path = format!("/v1/sites/{}", account["site"]["id"].as_str().expect("an id"));
    assert_eq!(console.get(&path).await.data(200)["health"], "serving");
    assert!(console.get("/v1/sites").await.data(200)["items"][0].get("health").is_none());
    worker.kill();
    until("the worker is known to be away", 20, async || {
        (console.get(&path).await.data(200)["health"] == "worker_away").then_some(())
    })
    .await;
    planes.operate(&["tenant", "suspend", "acme", "--reason", "unpaid"]);
    let suspended = console.get(&path).await.data(200);
    assert_eq!((&suspended["state"], suspended.get("health")), (&json!("suspended"), None));
}
