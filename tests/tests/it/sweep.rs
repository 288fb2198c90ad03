//! Every operation of both documents, called as nobody and as a weak role.

use freehold_testkit::{Answer, Api, Fleet};
use reqwest::Method;
use serde_json::Value;

/// Method, path with variables filled in, and whether a permission is needed.
fn operations(document: &Value) -> Vec<(Method, String, bool)> {
    let mut found = Vec::new();
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        for (verb, operation) in verbs.as_object().expect("verbs") {
            let method = Method::from_bytes(verb.to_uppercase().as_bytes()).expect("a method");
            let path = path.replace("{id}", "x").replace("{slug}", "x").replace("{file}", "x");
            let path = path.replace("{domain_id}", "x");
            found.push((method, path, operation.get("x-permission").is_some()));
        }
    }
    found
}

async fn call(api: &Api, method: &Method, path: &str) -> u16 {
    let request = api.request(method.clone(), path).header("content-type", "application/json");
    Answer::of(request.body("{}")).await.status.as_u16()
}

#[tokio::test]
async fn what_needs_a_right_is_refused_without_it() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let reader = fleet.reader("acme", "ada").await;
    let (console, site) = (fleet.console(), fleet.site("acme"));
    let mut guarded = 0;
    for api in [&console, &site] {
        let document = api.get("/openapi.json").await.json();
        for (method, path, needs_right) in operations(&document) {
            let status = call(api, &method, &path).await;
            if needs_right {
                guarded += 1;
                assert_eq!(status, 401, "{method} {path} as nobody");
            } else {
                assert!(!matches!(status, 401 | 403 | 500..), "{method} {path} is open: {status}");
            }
        }
    }
    assert!(guarded >= 12, "the documents name {guarded} guarded operations");
    for (method, path) in [
        (Method::POST, "/api/v1/posts"),
        (Method::PUT, "/api/v1/posts/x"),
        (Method::DELETE, "/api/v1/posts/x"),
    ] {
        assert_eq!(call(&reader, &method, path).await, 403, "{method} {path} as a reader");
    }
    let member = console.with_token(&account.session);
    for path in
        ["/v1/fleet/workers", "/v1/fleet/tenants", "/v1/fleet/tenants/acme", "/v1/fleet/operations"]
    {
        assert_eq!(call(&member, &Method::GET, path).await, 403, "{path} as a member");
    }
}
