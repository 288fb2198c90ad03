//! Roles of a site's own: what they allow, with which rows and fields, and who may make and give them.

use freehold_testkit::{Answer, Api, Fleet};
use reqwest::Method;
use serde_json::{Value, json};

use crate::users::add;

const ROLES: &str = "/api/v1/admin/rbac/roles";

/// Makes a role with these permissions.
async fn make(admin: &Api, slug: &str, permissions: Value) {
    let role = json!({"name": slug, "slug": slug, "permissions": permissions});
    admin.post(ROLES, role).await.data(201);
}

async fn post(api: &Api, title: &str, status: &str) -> Value {
    let body = json!({"title": title, "content": format!("{title} words"), "status": status});
    api.post("/api/v1/posts", body).await.data(201)
}

async fn slugs(api: &Api, query: &str) -> Vec<String> {
    let page = api.get(&format!("/api/v1/posts?sort=slug&{query}")).await.data(200);
    let items = page["items"].as_array().expect("items").iter();
    items.map(|post| post["slug"].as_str().expect("a slug").to_owned()).collect()
}

#[tokio::test]
async fn a_role_of_its_own_allows_what_its_rules_say_at_once() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let made = json!({"name": "Desk Helper", "description": "Helps", "permissions": []});
    let role = owner.post(ROLES, made).await.data(201);
    assert_eq!(role["slug"], "desk-helper");
    let ada = add(&owner, "ada", "desk-helper").await;
    assert_eq!(ada.get("/api/v1/users/me").await.data(200)["role"], "desk-helper");
    let figures = "/api/v1/admin/stats";
    let document = ada.get("/openapi.json").await.json();
    assert!(document["paths"][figures].is_object(), "the path of the figures");
    ada.get(figures).await.refused(403, "forbidden");
    let rules = format!("{ROLES}/desk-helper/permissions");
    let reads = json!({"permissions": [{"action": "read", "subject": "stats"}]});
    owner.put(&rules, reads.clone()).await.data(200);
    ada.get(figures).await.data(200);
    assert_eq!(owner.get(&rules).await.data(200)["permissions"][0]["subject"], "stats");
    let list = owner.get(ROLES).await.data(200);
    let last = list["items"].as_array().and_then(|items| items.last()).expect("a role");
    assert_eq!((&last["name"], &last["users"]), (&json!("Desk Helper"), &json!(1)), "{list}");
    let named = json!({"name": "Desk", "description": null});
    let named = owner.put(&format!("{ROLES}/desk-helper"), named).await.data(200);
    assert_eq!((&named["slug"], &named["name"]), (&json!("desk-helper"), &json!("Desk")));
    owner.put(&rules, json!({"permissions": []})).await.data(200);
    ada.get(figures).await.refused(403, "forbidden");
    // It goes when nobody has it any more.
    let path = format!("{ROLES}/desk-helper");
    owner.delete(&path).await.refused(409, "role_in_use");
    let id = ada.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned();
    owner.put(&format!("/api/v1/admin/users/{id}/role"), json!({"role": "reader"})).await.data(200);
    owner.delete(&path).await.data(200);
    let gone = json!({"role": "desk-helper"});
    owner
        .put(&format!("/api/v1/admin/users/{id}/role"), gone)
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn rules_choose_rows_before_and_after_a_change() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let drafts = json!({"status": "draft"});
    make(
        &owner,
        "proofreader",
        json!([
            {"action": "read", "subject": "posts", "conditions": drafts},
            {"action": "update", "subject": "posts", "conditions": drafts},
            {"action": "create", "subject": "posts",
             "conditions": {"author_id": "$user.id", "status": "draft"}},
            {"action": "delete", "subject": "posts",
             "conditions": {"author_id": {"$in": ["$user.id"]}}},
        ]),
    )
    .await;
    let ada = add(&owner, "ada", "proofreader").await;
    post(&owner, "Shown", "published").await;
    post(&owner, "Hidden", "draft").await;
    assert_eq!(slugs(&ada, "").await, ["hidden", "shown", "welcome"]);
    let reader = fleet.reader("acme", "rae").await;
    assert_eq!(slugs(&reader, "").await, ["shown", "welcome"]);
    // Drafts are theirs to change, and stay drafts.
    let better = json!({"content": "better words"});
    ada.put("/api/v1/posts/hidden", better.clone()).await.data(200);
    ada.put("/api/v1/posts/shown", better).await.refused(403, "forbidden");
    let published = json!({"status": "published"});
    ada.put("/api/v1/posts/hidden", published).await.refused(403, "forbidden");
    let now = owner.get("/api/v1/posts/hidden").await.data(200);
    assert_eq!((&now["status"], &now["content"]), (&json!("draft"), &json!("better words")));
    let shouted = json!({"title": "Loud", "content": "x", "status": "published"});
    ada.post("/api/v1/posts", shouted).await.refused(403, "forbidden");
    post(&ada, "Quiet", "draft").await;
    ada.delete("/api/v1/posts/hidden").await.refused(403, "forbidden");
    ada.delete("/api/v1/posts/quiet").await.data(200);
    assert_eq!(ada.get("/api/v1/trash/posts").await.data(200)["total"], 1);
}

#[tokio::test]
async fn rules_choose_fields_to_read_and_to_write() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    make(
        &owner,
        "indexer",
        json!([
            {"action": "read", "subject": "posts", "fields": ["title", "status"]},
            {"action": "update", "subject": "posts", "fields": ["title"]},
        ]),
    )
    .await;
    let ada = add(&owner, "ada", "indexer").await;
    post(&owner, "Secret", "draft").await;
    post(&owner, "Public", "published").await;
    let secret = ada.get("/api/v1/posts/secret").await.data(200);
    assert_eq!(secret["title"], "Secret");
    for hidden in ["content", "content_html", "excerpt", "reading_minutes", "author", "created_at"]
    {
        assert!(secret.get(hidden).is_none(), "{hidden} in {secret}");
    }
    // What everybody reads they read whole, in the same list too.
    let list = ada.get("/api/v1/posts?sort=title").await.data(200);
    let items = list["items"].as_array().expect("items");
    let content_of = |slug: &str| items.iter().find(|post| post["slug"] == slug)?.get("content");
    assert_eq!(content_of("public"), Some(&json!("Public words")));
    assert_eq!(content_of("secret"), None);
    // Nothing tells of a hidden field by the back door.
    for query in [
        "q=words",
        "sort=created_at",
        "created_at=2026-01-01T00:00:00Z",
        "filter[$not][created_at][$gt]=2020-01-01T00:00:00Z",
        "filter[$or][0][reading_minutes]=1",
        "aggregate[max]=updated_at",
        "aggregate[count]=*&group_by=author_id",
    ] {
        let path = format!("/api/v1/posts?{query}");
        owner.get(&path).await.data(200);
        ada.get(&path).await.refused(403, "forbidden");
    }
    // Nor does a cursor, which holds what the list is in order by.
    let cursor = async |api: &Api| {
        let first = api.get("/api/v1/posts?limit=1").await.data(200);
        let next = first["next"].as_str().expect("a cursor").to_owned();
        let second = api.get(&format!("/api/v1/posts?limit=1&after={next}")).await.data(200);
        assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
        next
    };
    assert!(cursor(&ada).await.len() < cursor(&owner).await.len());
    assert_eq!(slugs(&ada, "status=draft").await, ["secret"]);
    let versions = ada.get("/api/v1/posts/secret/versions").await.data(200);
    assert_eq!(versions["items"], json!([]));
    let renamed = ada.put("/api/v1/posts/secret", json!({"title": "Renamed"})).await.data(200);
    assert!(renamed.get("content").is_none(), "{renamed}");
    let refused = ada.put("/api/v1/posts/secret", json!({"title": "x", "content": "y"})).await;
    refused.refused(403, "forbidden");
    assert!(refused.text.contains("\"content\""), "{}", refused.text);
    let before = ada.get("/api/v1/posts/secret/versions/1").await.data(200);
    assert_eq!(before["title"], "Secret");
    assert!(before.get("content").is_none(), "{before}");
    ada.post("/api/v1/posts/secret/versions/1/restore", json!({})).await.refused(403, "forbidden");
    assert_eq!(owner.get("/api/v1/posts/secret").await.data(200)["content"], "Secret words");
}

#[tokio::test]
async fn nobody_makes_or_gives_more_than_they_have() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let steward = json!([
        {"action": "manage", "subject": "roles"}, {"action": "manage", "subject": "users"},
        {"action": "read", "subject": "stats"},
        {"action": "update", "subject": "posts", "conditions": {"status": "draft"}},
    ]);
    make(&owner, "steward", steward).await;
    let ben = add(&owner, "ben", "steward").await;
    let permissions = |rule: Value| json!({"name": "n", "slug": "n", "permissions": [rule]});
    for rule in [
        json!({"action": "*", "subject": "*"}),
        json!({"action": "manage", "subject": "options"}),
        json!({"action": "*", "subject": "stats"}),
        json!({"action": "update", "subject": "posts"}),
        json!({"action": "update", "subject": "posts", "conditions": {"status": "published"}}),
    ] {
        let refused = ben.post(ROLES, permissions(rule.clone())).await;
        assert_eq!(refused.status, 403, "{rule}: {}", refused.text);
    }
    let given = json!({"action": "update", "subject": "posts", "fields": ["title"],
                       "conditions": {"status": "draft"}});
    ben.post(ROLES, permissions(given)).await.data(201);
    let cara = add(&ben, "cara", "n").await;
    let own = format!("{ROLES}/steward/permissions");
    ben.put(&own, json!({"permissions": []})).await.refused(409, "own_role");
    make(&owner, "manager", json!([{"action": "manage", "subject": "options"}])).await;
    let more = format!("{ROLES}/manager/permissions");
    ben.put(&more, json!({"permissions": []})).await.refused(403, "role_too_high");
    ben.delete(&format!("{ROLES}/manager")).await.refused(403, "role_too_high");
    let id = cara.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned();
    let role = format!("/api/v1/admin/users/{id}/role");
    for high in ["manager", "author", "admin", "owner"] {
        ben.put(&role, json!({"role": high})).await.refused(403, "role_too_high");
    }
    let admin = add(&owner, "dan", "admin").await;
    let dan =
        admin.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned();
    let status = json!({"status": "suspended"});
    ben.put(&format!("/api/v1/admin/users/{dan}/status"), status)
        .await
        .refused(403, "role_too_high");
    ben.put(&role, json!({"role": "reader"})).await.data(200);
    for built_in in ["reader", "owner"] {
        let rules = format!("{ROLES}/{built_in}/permissions");
        let none = json!({"permissions": []});
        owner.put(&rules, none).await.refused(409, "built_in_role");
        owner.delete(&format!("{ROLES}/{built_in}")).await.refused(409, "built_in_role");
    }
    // Whoever may no more sees the site as they would, and no more.
    let seen_as = async |api: &Api, role: &str| {
        let request = api.request(Method::GET, "/api/v1/users/me").header("x-view-as", role);
        Answer::of(request).await
    };
    assert_eq!(seen_as(&owner, "n").await.data(200)["role"], "n");
    seen_as(&ben, "manager").await.refused(400, "invalid_request");
}

#[tokio::test]
async fn what_a_role_cannot_mean_is_refused_by_its_place() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    for (rule, path) in [
        (json!({"action": "read", "subject": "tea"}), "permissions.0.subject"),
        (json!({"action": "drink", "subject": "posts"}), "permissions.0.action"),
        (
            json!({"action": "read", "subject": "posts", "fields": ["colour"]}),
            "permissions.0.fields",
        ),
        (json!({"action": "read", "subject": "posts", "fields": []}), "permissions.0.fields"),
        (json!({"action": "read", "subject": "stats", "fields": ["x"]}), "permissions.0.fields"),
        (
            json!({"action": "read", "subject": "posts", "conditions": {"content": "x"}}),
            "permissions.0.conditions.content",
        ),
        (
            json!({"action": "*", "subject": "*", "conditions": {"author_id": "$user.id"}}),
            "permissions.0.conditions",
        ),
    ] {
        let role = json!({"name": "n", "permissions": [rule]});
        let refused = owner.post(ROLES, role).await;
        refused.refused(400, "invalid_request");
        let paths = refused.json()["error"]["fields"][0]["path"].clone();
        assert_eq!(paths, path, "{}", refused.text);
    }
    for (slug, name) in [("admin", "Mine"), ("No Spaces", "Mine"), ("a--b", "Mine"), ("ok", "")] {
        let role = json!({"slug": slug, "name": name});
        owner.post(ROLES, role).await.refused(400, "invalid_request");
    }
    make(&owner, "twice", json!([])).await;
    owner.post(ROLES, json!({"name": "Twice"})).await.refused(409, "slug_taken");
    assert_eq!(owner.get(&format!("{ROLES}/none")).await.status, 404);
}

#[tokio::test]
async fn everybody_sees_what_they_may_and_administrators_see_why() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let mine = json!({"author_id": "$user.id"});
    make(
        &owner,
        "writer",
        json!([
            {"action": "read", "subject": "stats"},
            {"action": "update", "subject": "posts", "conditions": mine},
        ]),
    )
    .await;
    let ada = add(&owner, "ada", "writer").await;
    let held = ada.get("/api/v1/users/me/permissions").await.data(200);
    assert_eq!(held["role"], "writer");
    let items = held["items"].as_array().expect("items");
    let named = |name: &str| items.iter().find(|item| item["permission"] == name);
    let update = named("posts.update").expect("the right");
    assert_eq!((&update["because"], &update["rows"]), (&json!("rules"), &json!("rules")));
    assert_eq!(update["rules"][0]["place"], 1);
    assert_eq!(update["rules"][0]["conditions"], mine);
    assert_eq!(named("users.read_own").expect("the right")["because"], "everybody");
    assert!(named("users.manage").is_none(), "{held}");
    let id = ada.get("/api/v1/users/me").await.data(200)["id"].as_str().expect("an id").to_owned();
    let explain = async |query: String| {
        owner.get(&format!("/api/v1/admin/rbac/explain?{query}")).await.data(200)
    };
    let no = explain(format!("user={id}&permission=options.manage")).await;
    assert_eq!((&no["allowed"], &no["because"]), (&json!(false), &json!("nothing")), "{no}");
    let yes = explain(format!("user={id}&permission=posts.update")).await;
    assert_eq!((&yes["allowed"], &yes["rules"][0]["place"]), (&json!(true), &json!(1)), "{yes}");
    let author = explain("role=author&permission=posts.update".to_owned()).await;
    assert_eq!((&author["because"], &author["rows"]), (&json!("built_in_role"), &json!("own")));
    let path = "/api/v1/admin/rbac/explain?permission=posts.update";
    ada.get(path).await.refused(403, "forbidden");
    owner.get(path).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn every_operation_asks_roles_of_a_sites_own_for_its_permission() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let catalogue = owner.get("/api/v1/admin/rbac/catalogue").await.data(200);
    let document = fleet.site("acme").get("/openapi.json").await.json();
    let operations = crate::sweep::operations(&document);
    let mut swept = 0;
    for subject in catalogue["subjects"].as_array().expect("subjects") {
        for action in subject["actions"].as_array().expect("actions") {
            if action["everybody"] == true {
                continue;
            }
            let (subject, action) = (&subject["name"], &action["name"]);
            let name = format!(
                "{}.{}",
                subject.as_str().expect("a name"),
                action.as_str().expect("a name")
            );
            let slug = format!("r{swept}");
            make(&owner, &slug, json!([{"action": action, "subject": subject}])).await;
            let user = add(&owner, &slug, &slug).await;
            for known in &operations {
                let Some(needed) = &known.permission else { continue };
                // Ending one's sessions is not for the middle of a sweep.
                if known.path.ends_with("/logout")
                    || (known.method == Method::DELETE && known.path.ends_with("/sessions"))
                {
                    continue;
                }
                let status = crate::sweep::call(&user, &known.method, &known.path).await;
                let is_everybodys = known.role.as_deref() == Some("reader");
                let is_refused = *needed != name && !is_everybodys;
                let at = format!("{} {} with {name}: {status}", known.method, known.path);
                // One who holds the right over the site's roles may still have too little for one of them.
                assert!(status == 403 || !is_refused, "{at}");
                assert!(status != 403 || is_refused, "{at}");
                assert!(status != 401 && status < 500, "{at}");
            }
            swept += 1;
        }
    }
    assert!(swept >= 10, "{swept} permissions");
}
