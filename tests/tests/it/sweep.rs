//! Every operation of both documents, called as nobody, in each role, and by programs of each scope.

use freehold_testkit::{Answer, Api, Fleet};
use reqwest::Method;
use serde_json::Value;

/// An operation of a document, its path's variables filled in.
pub(crate) struct Known {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The right that it needs.
    pub(crate) permission: Option<String>,
    /// The least role, where roles decide.
    pub(crate) role: Option<String>,
    /// What a program's token needs.
    scope: Option<String>,
}

pub(crate) fn operations(document: &Value) -> Vec<Known> {
    let mut found = Vec::new();
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        for (verb, operation) in verbs.as_object().expect("verbs") {
            let method = Method::from_bytes(verb.to_uppercase().as_bytes()).expect("a method");
            let path = path.replace("{id}", "x").replace("{slug}", "x").replace("{file}", "x");
            let path =
                path.replace("{domain_id}", "x").replace("{job_id}", "x").replace("{version}", "1");
            let word = |name: &str| operation.get(name)?.as_str().map(str::to_owned);
            let (permission, role, scope) = (word("x-permission"), word("x-role"), word("x-scope"));
            found.push(Known { method, path, permission, role, scope });
        }
    }
    found
}

pub(crate) async fn call(api: &Api, method: &Method, path: &str) -> u16 {
    let request = api.request(method.clone(), path).header("content-type", "application/json");
    Answer::of(request.body("{}")).await.status.as_u16()
}

#[tokio::test]
async fn what_needs_a_right_is_refused_without_it() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (console, site) = (fleet.console(), fleet.site("acme"));
    let mut guarded = 0;
    for api in [&console, &site] {
        let document = api.get("/openapi.json").await.json();
        for Known { method, path, permission, .. } in operations(&document) {
            let status = call(api, &method, &path).await;
            if permission.is_some() {
                guarded += 1;
                assert_eq!(status, 401, "{method} {path} as nobody");
            } else {
                assert!(!matches!(status, 401 | 403 | 500..), "{method} {path} is open: {status}");
            }
        }
    }
    assert!(guarded >= 12, "the documents name {guarded} guarded operations");
    let member = console.with_token(&account.session);
    for path in
        ["/v1/fleet/workers", "/v1/fleet/tenants", "/v1/fleet/tenants/acme", "/v1/fleet/operations"]
    {
        assert_eq!(call(&member, &Method::GET, path).await, 403, "{path} as a member");
    }
}

const ROLES: [&str; 5] = ["reader", "author", "editor", "admin", "owner"];
const SCOPES: [&str; 3] = ["read", "write", "admin"];

fn rank(words: &[&str], word: &str) -> usize {
    words.iter().position(|known| *known == word).expect("a known word")
}

#[tokio::test]
async fn every_operation_of_a_site_asks_for_the_role_that_it_declares() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let document = fleet.site("acme").get("/openapi.json").await.json();
    for role in &ROLES[..4] {
        let user = crate::users::add(&owner, role, role).await;
        for Known { method, path, role: needed, .. } in operations(&document) {
            let Some(needed) = needed else { continue };
            let is_refused = rank(&ROLES, role) < rank(&ROLES, &needed);
            // Ending one's sessions is not for the middle of a sweep.
            if path.ends_with("/logout") {
                continue;
            }
            let status = call(&user, &method, &path).await;
            assert_eq!(status == 403, is_refused, "{method} {path} as {role}: {status}");
            assert!(status != 401 && status < 500, "{method} {path} as {role}: {status}");
        }
    }
}

#[tokio::test]
async fn every_operation_of_a_site_asks_programs_for_the_scope_that_it_declares() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let document = fleet.site("acme").get("/openapi.json").await.json();
    for scope in SCOPES {
        let program = crate::tokens::make(&owner, &[scope]).await;
        for Known { method, path, scope: needed, .. } in operations(&document) {
            let Some(needed) = needed else { continue };
            let is_refused = needed == "none" || rank(&SCOPES, scope) < rank(&SCOPES, &needed);
            let status = call(&program, &method, &path).await;
            assert_eq!(status == 403, is_refused, "{method} {path} with {scope}: {status}");
            assert!(status != 401 && status < 500, "{method} {path} with {scope}: {status}");
        }
    }
}
