//! People join an account, change what they are in it, and go.

use freehold_testkit::{Answer, Api, Fleet, PASSWORD, SignedUp};
use reqwest::Method;
use serde_json::{Value, json};

const ROLES: [&str; 5] = ["owner", "admin", "developer", "billing", "viewer"];

fn owner(fleet: &Fleet, account: &SignedUp) -> Api {
    fleet.console().with_token(&account.session)
}

fn address(name: &str) -> String {
    format!("{name}@example.net")
}

/// The tokens of invitations that were mailed to an address, once there are `count`, oldest first.
async fn invitations(fleet: &Fleet, email: &str, count: usize) -> Vec<String> {
    let mut wanted = 1;
    loop {
        let mails = fleet.mails(wanted).await;
        let own = mails.iter().filter(|mail| mail.contains(&format!("To: {email}\n")));
        let lines = own.flat_map(|mail| mail.lines());
        let tokens: Vec<String> =
            lines.filter(|line| line.starts_with("fhi_")).map(str::to_owned).collect();
        if tokens.len() >= count {
            return tokens;
        }
        wanted = mails.len() + 1;
    }
}

/// Invites somebody; the answer's id, and the mailed token.
async fn invite(fleet: &Fleet, api: &Api, name: &str, role: &str) -> (String, String) {
    let body = json!({"email": address(name), "role": role});
    let invited = api.post("/v1/account/members", body).await.data(201);
    let id = invited["id"].as_str().expect("an id").to_owned();
    (id, invitations(fleet, &address(name), 1).await.remove(0))
}

/// Somebody new in the account, signed in; their id and a client.
async fn join(fleet: &Fleet, api: &Api, name: &str, role: &str) -> (String, Api) {
    let (_, token) = invite(fleet, api, name, role).await;
    let body = json!({"token": token, "password": PASSWORD});
    let joined = fleet.console().post("/v1/invitations/accept", body).await.data(201);
    let text = |field: &str| joined[field].as_str().expect("a text").to_owned();
    (text("member_id"), fleet.console().with_token(&text("token")))
}

fn path(id: &str) -> String {
    format!("/v1/account/members/{id}")
}

#[tokio::test]
async fn somebody_new_is_invited_and_joins() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (api, console) = (owner(&fleet, &account), fleet.console());
    let (id, token) = invite(&fleet, &api, "ada", "developer").await;
    let list = api.get("/v1/account/members").await.data(200);
    assert_eq!(list["total"], 2);
    let find = |id: &str| {
        let items = list["items"].as_array().expect("items");
        items.iter().find(|item| item["id"] == id).cloned().unwrap_or_default()
    };
    assert_eq!((&find(&id)["state"], &find(&id)["role"]), (&json!("invited"), &json!("developer")));
    let own = list["items"].as_array().expect("items").iter().find(|item| item["you"] == true);
    assert_eq!(own.expect("oneself")["email"], "acme@example.org");
    let looked = console.post("/v1/invitations/look", json!({"token": token})).await.data(200);
    let expected = json!({"account_name": "Site acme", "email": address("ada"),
        "role": "developer", "known": false});
    assert_eq!(looked, expected);
    let accept = |password: Value| {
        let (console, token) = (console.clone(), token.clone());
        async move {
            let body = json!({"token": token, "password": password});
            console.post("/v1/invitations/accept", body).await
        }
    };
    let missing = accept(Value::Null).await;
    assert_eq!(missing.refused(400, "invalid_request").field("password"), "required");
    let weak = accept(json!("password")).await;
    assert_eq!(weak.refused(400, "invalid_request").field("password"), "weak");
    let joined = accept(json!(PASSWORD)).await;
    assert!(joined.headers["set-cookie"].to_str().expect("text").contains("__Host-"));
    let joined = joined.data(201);
    assert_eq!(joined["account_id"], account.data["account"]["id"]);
    let ada = console.with_token(joined["token"].as_str().expect("a token"));
    let me = ada.get("/v1/me").await.data(200);
    assert_eq!((&me["verified"], &me["role"]), (&json!(true), &json!("developer")));
    ada.get(&format!("/v1/sites/{}", account.site)).await.data(200);
    // On the site, too, they are no more than they are in the account.
    let role_on_site = async || {
        let path = format!("/v1/sites/{}/sign-in", account.site);
        let ticket = ada.post(&path, json!({})).await.data(201)["ticket"].take();
        let admin = fleet.admin("acme");
        let data = admin.post("/api/v1/auth/ticket", json!({"ticket": ticket})).await.data(200);
        let user = admin.with_token(data["access_token"].as_str().expect("a token"));
        user.get("/api/v1/users/me").await.data(200)["role"].take()
    };
    assert_eq!(role_on_site().await, "admin");
    let ada_id = me["member_id"].as_str().expect("an id");
    let change = |role: &'static str| {
        let path = format!("/v1/account/members/{ada_id}");
        let api = api.clone();
        async move { api.patch(&path, json!({"role": role})).await.data(200) }
    };
    change("owner").await;
    assert_eq!(role_on_site().await, "owner");
    change("developer").await;
    assert_eq!(role_on_site().await, "admin");
    // It works once.
    accept(json!(PASSWORD)).await.refused(400, "invalid_token");
    console
        .post("/v1/invitations/look", json!({"token": token}))
        .await
        .refused(400, "invalid_token");
    let again = json!({"email": address("ada"), "role": "viewer"});
    api.post("/v1/account/members", again).await.refused(409, "member_already");
}

#[tokio::test]
async fn somebody_known_joins_with_their_password_and_changes_accounts() {
    let fleet = Fleet::start().await;
    let (acme, globex) = (fleet.sign_up("acme").await, fleet.sign_up("globex").await);
    let (api, console) = (owner(&fleet, &acme), fleet.console());
    let email = "globex@example.org";
    let body = json!({"email": email, "role": "viewer"});
    api.post("/v1/account/members", body).await.data(201);
    let token = invitations(&fleet, email, 1).await.remove(0);
    let looked = console.post("/v1/invitations/look", json!({"token": token})).await.data(200);
    assert_eq!(looked["known"], true);
    let accept = "/v1/invitations/accept";
    let wrong = json!({"token": token, "password": "tidal-lamp-94"});
    console.post(accept, wrong).await.refused(401, "wrong_credentials");
    // Somebody else's session is not theirs.
    api.post(accept, json!({"token": token})).await.refused(400, "invalid_request");
    // Their own says who they are, without a password.
    let joined = owner(&fleet, &globex).post(accept, json!({"token": token})).await.data(201);
    let api = console.with_token(joined["token"].as_str().expect("a token"));
    let me = api.get("/v1/me").await.data(200);
    assert_eq!(
        (&me["account"]["id"], &me["role"]),
        (&acme.data["account"]["id"], &json!("viewer"))
    );
    assert_eq!(me["accounts"].as_array().map(Vec::len), Some(2));
    let slugs = |api: &Api| {
        let api = api.clone();
        async move { api.get("/v1/sites").await.data(200)["items"][0]["slug"].clone() }
    };
    assert_eq!(slugs(&api).await, "acme");
    let choice = json!({"account_id": globex.data["account"]["id"]});
    let me = api.post("/v1/sessions/current/account", choice).await.data(200);
    assert_eq!((&me["role"], &me["account"]["name"]), (&json!("owner"), &json!("Site globex")));
    assert_eq!(slugs(&api).await, "globex");
    api.get(&format!("/v1/sites/{}", acme.site)).await.refused(404, "not_found");
    // Whoever signs in is in their own account first.
    let login = json!({"email": email, "password": PASSWORD});
    let begun = console.post("/v1/sessions", login).await.data(201);
    assert_eq!(begun["account_id"], globex.data["account"]["id"]);
}

#[tokio::test]
async fn invitations_end() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (api, console) = (owner(&fleet, &account), fleet.console());
    let refused = |token: String| {
        let console = console.clone();
        async move {
            let body = json!({"token": token, "password": PASSWORD});
            console.post("/v1/invitations/accept", body).await.refused(400, "invalid_token");
        }
    };
    let (id, token) = invite(&fleet, &api, "ada", "viewer").await;
    api.delete(&path(&id)).await.data(200);
    refused(token).await;
    api.delete(&path(&id)).await.refused(404, "not_found");
    // Mailed again it is the same invitation with another token.
    let (first, old) = invite(&fleet, &api, "bob", "viewer").await;
    let body = json!({"email": address("bob"), "role": "developer"});
    let again = api.post("/v1/account/members", body).await.data(201);
    assert_eq!((&again["id"], &again["role"]), (&json!(first), &json!("developer")));
    let tokens = invitations(&fleet, &address("bob"), 2).await;
    let new = tokens.into_iter().find(|token| *token != old).expect("another token");
    refused(old).await;
    fleet.clock().advance_seconds(7 * 24 * 3_600 - 1);
    console.post("/v1/invitations/look", json!({"token": new})).await.data(200);
    fleet.clock().advance_seconds(2);
    refused(new).await;
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let (id, ada) = join(&fleet, &api, "ada", "admin").await;
    let key = ada.post("/v1/account/keys", json!({"name": "x", "role": "admin"})).await.data(201);
    let key = fleet.console().with_token(key["token"].as_str().expect("a token"));
    ada.get("/v1/sites").await.data(200);
    api.delete(&path(&id)).await.data(200);
    ada.get("/v1/sites").await.refused(401, "unauthorized");
    let login = json!({"email": address("ada"), "password": PASSWORD});
    fleet.console().post("/v1/sessions", login.clone()).await.refused(403, "no_account");
    // The account's key stays, and its maker may come back.
    key.get("/v1/sites").await.data(200);
    api.post("/v1/account/members", json!({"email": address("ada"), "role": "viewer"}))
        .await
        .data(201);
    let token = invitations(&fleet, &address("ada"), 2).await.pop().expect("a token");
    let body = json!({"token": token, "password": PASSWORD});
    fleet.console().post("/v1/invitations/accept", body).await.data(201);
    ada.get("/v1/sites").await.refused(401, "unauthorized");
    fleet.console().post("/v1/sessions", login).await.data(201);
    // Whoever wants to may leave.
    let (id, bob) = join(&fleet, &api, "bob", "viewer").await;
    bob.delete(&path(&id)).await.data(200);
    bob.get("/v1/me").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn an_account_keeps_an_owner() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let own = api.get("/v1/me").await.data(200)["member_id"].as_str().expect("an id").to_owned();
    let to = |role: &str| json!({ "role": role });
    api.patch(&path(&own), to("viewer")).await.refused(409, "last_owner");
    api.delete(&path(&own)).await.refused(409, "last_owner");
    api.patch(&path(&own), to("owner")).await.data(200);
    // Administrators make no owners, and take none away.
    let (admin_id, admin) = join(&fleet, &api, "ada", "admin").await;
    admin.patch(&path(&own), to("viewer")).await.refused(403, "role_too_high");
    admin.delete(&path(&own)).await.refused(403, "role_too_high");
    admin.patch(&path(&admin_id), to("owner")).await.refused(403, "role_too_high");
    let body = json!({"email": address("eve"), "role": "owner"});
    admin.post("/v1/account/members", body).await.refused(403, "role_too_high");
    let body = json!({"name": "x", "role": "owner"});
    admin.post("/v1/account/keys", body).await.refused(403, "role_too_high");
    assert_eq!(api.patch(&path(&admin_id), to("owner")).await.data(200)["role"], "owner");
    admin.patch(&path(&own), to("viewer")).await.data(200);
    assert_eq!(api.get("/v1/me").await.data(200)["role"], "viewer");
    api.patch("/v1/account", json!({"name": "Mine"})).await.refused(403, "forbidden");
    admin.delete(&path(&admin_id)).await.refused(409, "last_owner");
}

/// Method, path, body and the roles of the people who may.
fn rows(account: &SignedUp, other: &str) -> Vec<(Method, String, Value, &'static [&'static str])> {
    const ALL: &[&str] = &ROLES;
    const WRITERS: &[&str] = &["owner", "admin", "developer"];
    const MANAGERS: &[&str] = &["owner", "admin"];
    let site = format!("/v1/sites/{}", account.site);
    let nobody = "mem_00000000000000000000000000";
    let key = json!({"name": "x", "role": "viewer"});
    vec![
        (Method::GET, "/v1/account/members".into(), json!({}), ALL),
        (Method::GET, "/v1/sites".into(), json!({}), ALL),
        (Method::GET, format!("{site}/usage"), json!({}), ALL),
        (Method::POST, "/v1/sites".into(), json!({"name": "", "slug": ""}), WRITERS),
        (Method::POST, format!("{site}/sign-in"), json!({}), WRITERS),
        (Method::PATCH, site.clone(), json!({}), WRITERS),
        (Method::DELETE, format!("{site}/previous-slugs/none"), json!({}), WRITERS),
        (Method::POST, format!("{site}/domains"), json!({"hostname": ""}), WRITERS),
        (Method::GET, "/v1/account/keys".into(), json!({}), WRITERS),
        (Method::POST, "/v1/account/keys".into(), key, WRITERS),
        (Method::DELETE, "/v1/sites/ten_00000000000000000000000000".into(), json!({}), MANAGERS),
        (Method::PATCH, "/v1/account".into(), json!({"name": "Acme"}), MANAGERS),
        (
            Method::POST,
            "/v1/account/members".into(),
            json!({"email": "", "role": "viewer"}),
            MANAGERS,
        ),
        (Method::PATCH, path(nobody), json!({"role": "viewer"}), MANAGERS),
        (Method::DELETE, path(nobody), json!({}), MANAGERS),
        (Method::PATCH, path(other), json!({"role": "viewer"}), MANAGERS),
        (Method::DELETE, path(other), json!({}), MANAGERS),
    ]
}

#[tokio::test]
async fn each_member_may_what_their_role_may_and_nothing_of_others() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let api = owner(&fleet, &account);
    let globex = owner(&fleet, &fleet.sign_up("globex").await);
    let other =
        globex.get("/v1/me").await.data(200)["member_id"].as_str().expect("an id").to_owned();
    for role in ROLES {
        let (_, member) = join(&fleet, &api, role, role).await;
        for (method, path, body, allowed) in rows(&account, &other) {
            let answer = Answer::of(member.request(method.clone(), &path).json(&body)).await;
            let status = answer.status.as_u16();
            let may = allowed.contains(&role);
            assert_eq!(status == 403, !may, "{method} {path} as {role}: {}", answer.text);
            assert!(status != 401 && status < 500, "{method} {path} as {role}: {status}");
            if may && path.ends_with(&other) {
                assert_eq!(status, 404, "{method} {path} as {role}");
            }
        }
    }
    let viewer =
        api.post("/v1/account/keys", json!({"name": "k", "role": "owner"})).await.data(201);
    let key = fleet.console().with_token(viewer["token"].as_str().expect("a token"));
    key.get("/v1/account/members").await.data(200);
    for (method, path) in [
        (Method::POST, "/v1/account/members".to_owned()),
        (Method::PATCH, path(&other)),
        (Method::DELETE, path(&other)),
    ] {
        let body = json!({"email": "x@example.net", "role": "viewer"});
        let status = Answer::of(key.request(method, &path).json(&body)).await.status;
        assert_eq!(status, 403, "{path} with a key");
    }
}

#[tokio::test]
async fn a_role_that_may_not_is_told_the_right() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let (_, viewer) = join(&fleet, &owner(&fleet, &account), "ada", "viewer").await;
    let refused = viewer.delete(&format!("/v1/sites/{}", account.site)).await;
    assert!(refused.refused(403, "forbidden").text.contains("sites.delete"), "{}", refused.text);
}
