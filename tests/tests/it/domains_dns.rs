//! Domains that are proved in DNS, by a name server whose records come, change and go.

use freehold_testkit::{Api, Fleet, SignedUp, until};
use hickory_proto::op::ResponseCode;
use serde_json::{Value, json};

use crate::domains::{add, domains_of, path_of};
use crate::name_server::NameServer;

const NAME: &str = "shop.acme-store.com";
const TXT_NAME: &str = "_freehold.shop.acme-store.com";
const HOUR: i64 = 3_600;

/// A platform that asks a server for every name, with or without jobs.
async fn start(jobs: &str) -> (NameServer, Fleet, SignedUp) {
    let dns = NameServer::start().await;
    let resolver = dns.address();
    let settings = [
        ("limits.enabled", "false"),
        ("control.jobs", jobs),
        ("domains.trust_reserved_names", "off"),
        ("domains.resolver", &resolver),
    ];
    let fleet = Fleet::with(&settings).await;
    let account = fleet.sign_up("acme").await;
    (dns, fleet, account)
}

async fn check(api: &Api, account: &SignedUp, domain: &Value) -> Value {
    api.post(&format!("{}/check", path_of(account, domain)), json!({})).await.data(200)
}

/// State, and problem and owner of the first step.
fn told<'a>(domain: &'a Value) -> (&'a str, &'a str, &'a str) {
    let step = &domain["steps"][0];
    let word = |value: &'a Value| value.as_str().unwrap_or("-");
    (word(&domain["state"]), word(&step["problem"]), word(&step["owner"]))
}

async fn status(fleet: &Fleet) -> u16 {
    fleet.host(NAME).get("/").await.status.as_u16()
}

#[tokio::test]
async fn a_domain_is_proved_by_its_cname() {
    let (dns, fleet, account) = start("false").await;
    let operator = fleet.operator();
    let domain = add(&operator, &account, NAME).await.data(201);
    assert_eq!(told(&domain), ("pending", "no_record", "you"));
    let cname = json!({"type": "CNAME", "name": NAME, "value": "acme.localhost"});
    assert_eq!(domain["records"][0], cname);
    assert_eq!(
        (&domain["records"][1]["type"], &domain["records"][1]["name"]),
        (&json!("TXT"), &json!(TXT_NAME))
    );
    let fix = domain["steps"][0]["fix"].as_str().expect("what to do");
    assert!(
        fix.contains("CNAME record shop.acme-store.com with the value acme.localhost"),
        "{fix}"
    );
    assert_eq!(domain["steps"][1]["state"], "waiting");
    assert_eq!(status(&fleet).await, 404);
    let canonical = operator.put(&path_of(&account, &domain), json!({"canonical": true})).await;
    canonical.refused(409, "wrong_state");
    // What is there and wrong is named.
    dns.cname(NAME, "elsewhere.example.net");
    let wrong = check(&operator, &account, &domain).await;
    assert_eq!(told(&wrong), ("pending", "wrong_value", "you"));
    let seen = wrong["steps"][0]["seen"].as_str().expect("what was seen");
    assert!(seen.contains("elsewhere.example.net"), "{seen}");
    assert_eq!(status(&fleet).await, 404);
    // Another site's name proves nothing; a chain that ends at this one's does.
    fleet.sign_up("other").await;
    dns.cname(NAME, "other.localhost");
    assert_eq!(check(&operator, &account, &domain).await["state"], "pending");
    dns.cname(NAME, "a.acme-cdn.com");
    dns.cname("a.acme-cdn.com", "B.acme-cdn.com");
    dns.cname("b.acme-cdn.com", "ACME.localhost");
    let active = check(&operator, &account, &domain).await;
    assert_eq!(told(&active), ("active", "-", "you"));
    assert_eq!(active["steps"][1]["state"], "done");
    assert_eq!(status(&fleet).await, 200, "in force when it is answered");
    // A chain without an end, and a name that leads to itself.
    dns.cname("b.acme-cdn.com", "a.acme-cdn.com");
    assert_eq!(told(&check(&operator, &account, &domain).await), ("failing", "wrong_value", "you"));
}

#[tokio::test]
async fn a_domain_is_proved_by_its_token_and_lost_without_it() {
    let (dns, mut fleet, account) = start("false").await;
    let operator = fleet.operator();
    let domain = add(&operator, &account, NAME).await.data(201);
    let token = domain["records"][1]["value"].as_str().expect("a token").to_owned();
    // An address of its own, as the name of a whole domain has, and other texts beside the token.
    dns.txt(TXT_NAME, &["v=spf1 -all"]);
    let wrong = check(&operator, &account, &domain).await;
    assert_eq!(told(&wrong), ("pending", "wrong_value", "you"));
    dns.txt(TXT_NAME, &["v=spf1 -all", &token]);
    assert_eq!(check(&operator, &account, &domain).await["state"], "active");
    assert_eq!(status(&fleet).await, 200);
    let canonical = operator.put(&path_of(&account, &domain), json!({"canonical": true})).await;
    canonical.data(200);
    assert_eq!(fleet.site("acme").get("/").await.status, 308);
    // Gone, it is served for a day.
    dns.remove(TXT_NAME);
    let failing = check(&operator, &account, &domain).await;
    assert_eq!(told(&failing), ("failing", "no_record", "you"));
    fleet.clock().advance_seconds(24 * HOUR - 1);
    assert_eq!(check(&operator, &account, &domain).await["state"], "failing");
    assert_eq!(
        (status(&fleet).await, fleet.site("acme").get("/").await.status.as_u16()),
        (200, 308)
    );
    fleet.clock().advance_seconds(1);
    assert_eq!(check(&operator, &account, &domain).await["state"], "inactive");
    assert_eq!(status(&fleet).await, 404);
    assert_eq!(fleet.site("acme").get("/").await.status, 200, "nobody is led to a dead name");
    fleet.restart().await;
    assert_eq!(status(&fleet).await, 404);
    // Back, it is served at once, and read under again.
    dns.txt(TXT_NAME, &[&token]);
    let operator = fleet.operator();
    assert_eq!(check(&operator, &account, &domain).await["state"], "active");
    assert_eq!(
        (status(&fleet).await, fleet.site("acme").get("/").await.status.as_u16()),
        (200, 308)
    );
    // Removed and added again, the records that are there still count.
    operator.delete(&path_of(&account, &domain)).await.data(200);
    assert_eq!(status(&fleet).await, 404);
    let again = add(&operator, &account, NAME).await.data(201);
    assert_eq!((&again["state"], &again["canonical"]), (&json!("active"), &json!(false)));
    assert_eq!(status(&fleet).await, 200);
}

#[tokio::test]
async fn name_servers_that_fail_are_no_absence() {
    let (dns, fleet, account) = start("false").await;
    let operator = fleet.operator();
    dns.fail(NAME, ResponseCode::ServFail);
    let domain = add(&operator, &account, NAME).await.data(201);
    assert_eq!(told(&domain), ("pending", "server_failure", "you"));
    let begun = std::time::Instant::now();
    dns.silence(NAME);
    dns.silence(TXT_NAME);
    let silent = check(&operator, &account, &domain).await;
    assert_eq!(told(&silent), ("pending", "no_answer", "platform"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "a look ends");
    dns.fail(NAME, ResponseCode::Refused);
    dns.remove(TXT_NAME);
    assert_eq!(
        told(&check(&operator, &account, &domain).await),
        ("pending", "no_answer", "platform")
    );
    dns.cname(NAME, "acme.localhost");
    assert_eq!(check(&operator, &account, &domain).await["state"], "active");
    // What was proved stays so while nobody can say otherwise.
    dns.fail(NAME, ResponseCode::ServFail);
    fleet.clock().advance_seconds(48 * HOUR);
    let unsure = check(&operator, &account, &domain).await;
    assert_eq!(told(&unsure), ("active", "server_failure", "you"));
    assert_eq!(status(&fleet).await, 200);
}

#[tokio::test]
async fn a_claim_without_proof_keeps_a_name_from_nobody_for_long() {
    let (dns, fleet, account) = start("false").await;
    let operator = fleet.operator();
    let rightful = fleet.sign_up("rightful").await;
    let claim = add(&operator, &account, NAME).await.data(201);
    add(&operator, &rightful, NAME).await.refused(409, "hostname_taken");
    operator.delete(&path_of(&account, &claim)).await.data(200);
    // It was never proved, so nobody is kept from it.
    let taken = add(&operator, &rightful, NAME).await.data(201);
    operator.delete(&path_of(&rightful, &taken)).await.data(200);
    let claim = add(&operator, &account, NAME).await.data(201);
    fleet.clock().advance_seconds(7 * 24 * HOUR);
    dns.cname(NAME, "rightful.localhost");
    assert_eq!(add(&operator, &rightful, NAME).await.data(201)["state"], "active");
    operator.get(&path_of(&account, &claim)).await.refused(404, "not_found");
    assert_eq!(operator.get(&domains_of(&account)).await.data(200)["total"], 0);
    let own = fleet.host(NAME).get("/").await;
    assert!(own.text.contains("Site rightful"), "{}", own.text);
}

/// Waits until a sweep has brought a domain to a state.
async fn becomes(api: &Api, path: &str, state: &str) {
    until(&format!("{path} is {state}"), 30, async || {
        (api.get(path).await.data(200)["state"] == state).then_some(())
    })
    .await;
}

/// Waits until the name is answered so: a domain's state is told a moment before edges know of it.
async fn leads(fleet: &Fleet, wanted: u16) {
    until("edges know", 10, async || (status(fleet).await == wanted).then_some(())).await;
}

#[tokio::test]
async fn records_are_looked_at_without_being_asked_for() {
    let (dns, fleet, account) = start("true").await;
    let operator = fleet.operator();
    let domain = add(&operator, &account, NAME).await.data(201);
    assert_eq!(told(&domain), ("pending", "no_record", "you"));
    let path = path_of(&account, &domain);
    dns.cname(NAME, "acme.localhost");
    fleet.clock().advance_seconds(31);
    becomes(&operator, &path, "active").await;
    leads(&fleet, 200).await;
    dns.remove(NAME);
    fleet.clock().advance_seconds(24 * HOUR);
    becomes(&operator, &path, "failing").await;
    leads(&fleet, 200).await;
    fleet.clock().advance_seconds(24 * HOUR);
    becomes(&operator, &path, "inactive").await;
    leads(&fleet, 404).await;
    dns.cname(NAME, "acme.localhost");
    fleet.clock().advance_seconds(HOUR);
    becomes(&operator, &path, "active").await;
    leads(&fleet, 200).await;
}

#[tokio::test]
async fn a_record_that_was_left_behind_proves_nothing_of_the_next_one() {
    let (dns, fleet, account) = start("false").await;
    let operator = fleet.operator();
    // Its owner points their name at the site, renames the site and forgets the record.
    dns.cname(NAME, "acme.localhost");
    let own = add(&operator, &account, NAME).await.data(201);
    assert_eq!(own["state"], "active");
    operator.delete(&path_of(&account, &own)).await.data(200);
    let console = fleet.console().with_token(&account.session);
    let site = format!("/v1/sites/{}", account.site);
    console.patch(&site, json!({"slug": "acme-moved"})).await.data(200);
    console.delete(&format!("{site}/previous-slugs/acme")).await.data(200);
    fleet.clock().advance_seconds(31 * 24 * HOUR);
    // Somebody else takes the address that the record still names.
    let squatter = fleet.sign_up("squatter").await;
    let theirs = fleet.console().with_token(&squatter.session);
    let moved =
        theirs.patch(&format!("/v1/sites/{}", squatter.site), json!({"slug": "acme"})).await;
    moved.data(200);
    let claim = add(&operator, &squatter, NAME).await.data(201);
    assert_eq!(claim["state"], "pending", "{claim}");
    assert_eq!(
        claim["records"].as_array().map(Vec::len),
        Some(1),
        "a CNAME is not offered: {claim}"
    );
    assert_eq!(claim["records"][0]["type"], "TXT");
    assert_eq!(status(&fleet).await, 404);
    // What only the name's owner can set still proves it.
    dns.txt(TXT_NAME, &[claim["records"][0]["value"].as_str().expect("a value")]);
    assert_eq!(check(&operator, &squatter, &claim).await["state"], "active");
}
