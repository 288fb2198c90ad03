//! Secrets at rest: what lies in a store, a copy or the control database opens nothing by itself, and
//! keys are replaced while sites are served.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use freehold_fleet::{ManifestKeys, unwrap_keys};
use freehold_sealing::{KeyId, Place, Ring, is_sealed, sealed_under};
use freehold_testkit::{Api, Planes, Process, until, until_answered};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::PROGRAM;

const SECONDS_MAX: u64 = 30;
/// What a seed of 32 bytes is when it is sealed.
const SEALED_SEED_BYTES: usize = 84;

async fn database(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.expect("a database")
}

fn store_of(data: &Path, site: &str) -> PathBuf {
    data.join("worker/tenants").join(&site[site.len() - 2..]).join(site).join("site.db")
}

/// The name and the private half of the site's signing key, as they lie in its store.
async fn stored_key(store: &Path) -> (String, Vec<u8>) {
    let mut database = database(store).await;
    let row = sqlx::query_as("SELECT kid, secret FROM signing_keys").fetch_one(&mut database).await;
    database.close().await.expect("closed");
    row.expect("a key")
}

fn site_of(account: &Value) -> String {
    account["site"]["id"].as_str().expect("an id").to_owned()
}

/// The master keys in the file of an installation.
fn master(data: &Path) -> Ring {
    let none = || panic!("there is a master key");
    freehold_sealing::load_or_make(&data.join("secrets/master-key"), none).expect("a file")
}

/// Whether a signed-in user is still known, and a new one can sign in.
async fn signs_in(process: &Process, account: &Value, owner: &Api) {
    owner.get("/api/v1/users/me").await.data(200);
    process.owner(account, "acme").await.get("/api/v1/users/me").await.data(200);
}

#[tokio::test]
async fn who_copies_a_workers_folder_without_its_wrapping_key_opens_nothing() {
    let mut planes = Planes::start(PROGRAM);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let owner = edge.owner(&account, "acme").await;
    let (site, data) = (site_of(&account), planes.data("one"));
    let (_, secret) = stored_key(&store_of(&data, &site)).await;
    assert!(is_sealed(&secret) && secret.len() == SEALED_SEED_BYTES, "{} bytes", secret.len());
    let key = data.join("worker/wrapping-key");
    let key_text = std::fs::read_to_string(&key).expect("a wrapping key");
    let copy = std::fs::read_to_string(data.join("worker/assignments")).expect("a copy");
    let hidden = key_text.split_whitespace().nth(1).expect("a key");
    assert!(copy.contains("\"keys\":[") && !copy.contains(hidden), "{copy}");
    // Cut off from the control plane, a worker without its wrapping key serves what is public.
    planes.control.take().expect("a control plane").kill();
    worker.kill();
    std::fs::remove_file(&key).expect("lost");
    let worker = planes.worker("one");
    until_answered(&edge.host("acme.localhost"), "/", 200).await;
    assert_eq!(owner.get("/api/v1/users/me").await.status, 500);
    assert_ne!(std::fs::read_to_string(&key).expect("a new one"), key_text);
    // The control plane tells the keys again, under the new one.
    planes.start_control();
    planes.until_connected().await;
    until("the owner is known again", SECONDS_MAX, async || {
        (owner.get("/api/v1/users/me").await.status == 200).then_some(())
    })
    .await;
    signs_in(&edge, &account, &owner).await;
    drop(worker);
}

#[tokio::test]
async fn a_tenants_key_is_replaced_while_it_is_served() {
    let planes = Planes::start(PROGRAM);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let owner = edge.owner(&account, "acme").await;
    let store = store_of(&planes.data("one"), &site_of(&account));
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let caller = {
        let (stop, calls, owner) = (stop.clone(), calls.clone(), owner.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(owner.get("/api/v1/users/me").await.status, 200);
                calls.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let mut seen = vec![stored_key(&store).await];
    for _ in 0..3 {
        let rotated = planes.operate(&["tenant", "rotate-key", "acme"]);
        let operation = rotated["operation_id"].as_str().expect("an operation");
        let operation = planes.operate(&["operation", "show", operation]);
        assert_eq!(operation["state"], "succeeded", "{operation}");
        seen.push(stored_key(&store).await);
    }
    let before = calls.load(Ordering::Relaxed);
    until("somebody calls after it", SECONDS_MAX, async || {
        (calls.load(Ordering::Relaxed) > before).then_some(())
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    caller.await.expect("nobody was turned away");
    let under: Vec<Option<KeyId>> = seen.iter().map(|(_, secret)| sealed_under(secret)).collect();
    for (number, key) in under.iter().enumerate() {
        assert!(key.is_some() && !under[..number].contains(key), "{under:?}");
    }
    assert!(seen.iter().all(|(kid, _)| *kid == seen[0].0), "the signing key is the same");
    // The worker has forgotten the others: the last line is what it was told last.
    let copy = std::fs::read_to_string(planes.data("one/worker/assignments")).expect("a copy");
    let last = copy.lines().rfind(|line| line.contains("\"keys\":[")).expect("an assignment");
    let named = under.iter().flatten().filter(|key| last.contains(&key.to_string())).count();
    assert_eq!(named, 1, "{last}");
    planes.operate(&["tenant", "suspend", "acme", "--reason", "test"]);
    let refused = std::process::Command::new(PROGRAM)
        .args(["tenant", "rotate-key", "acme", "--data"])
        .arg(planes.data("control"))
        .output()
        .expect("an answer");
    assert!(!refused.status.success(), "a suspended site keeps its key");
    drop(worker);
}

#[tokio::test]
async fn killed_at_any_step_a_rotation_is_finished() {
    for place in ["after_seal", "after_seal_switch"] {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::start(PROGRAM, folder.path(), &[], Some(place));
        let account = process.sign_up("acme").await;
        let store = store_of(folder.path(), &site_of(&account));
        let (_, before) = stored_key(&store).await;
        let rotate = std::process::Command::new(PROGRAM)
            .args(["tenant", "rotate-key", "acme", "--data"])
            .arg(folder.path())
            .output()
            .expect("an end");
        assert!(!rotate.status.success(), "{place}");
        process.ended();
        let process = Process::start(PROGRAM, folder.path(), &[], None);
        let file = folder.path().join("control/control.db");
        until("one key is left, and nothing is due", SECONDS_MAX, async || {
            let query = "SELECT tenant_keys NOT LIKE '% %' AND tenant_keys_stale IS NULL \
                         AND tenant_keys_due_at IS NULL FROM sites";
            let mut database = database(&file).await;
            let (done,): (bool,) = sqlx::query_as(query).fetch_one(&mut database).await.ok()?;
            done.then_some(())
        })
        .await;
        let (_, after) = stored_key(&store).await;
        assert_ne!(sealed_under(&after), sealed_under(&before), "{place}");
        process.owner(&account, "acme").await.get("/api/v1/users/me").await.data(200);
        process.kill();
    }
}

#[tokio::test]
async fn a_master_key_is_replaced_and_the_one_before_is_worth_nothing() {
    let mut planes = Planes::start(PROGRAM);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    edge.sign_up("second").await;
    let owner = edge.owner(&account, "acme").await;
    let file = planes.data("control/secrets/master-key");
    let former = std::fs::read_to_string(&file).expect("a master key");
    let backup = planes.operate(&["db", "backup"]);
    let backed_up =
        Path::new(backup["folder"].as_str().expect("a folder")).join("secrets/master-key");
    assert_eq!(std::fs::read_to_string(backed_up).expect("in the backup"), former);
    let status = planes.operate(&["secrets", "status"]);
    assert_eq!((&status["older"], &status["tenants_waiting"]), (&json!([]), &json!(0)), "{status}");
    let rotated = planes.operate(&["secrets", "rotate-master"]);
    assert_eq!(rotated["older"], json!([status["id"]]), "{rotated}");
    until("every tenant's keys lie under the new one", SECONDS_MAX, async || {
        (planes.operate(&["secrets", "status"])["tenants_waiting"] == 0).then_some(())
    })
    .await;
    let retired = planes.operate(&["secrets", "rotate-master", "--retire"]);
    assert_eq!((&retired["id"], &retired["older"]), (&rotated["id"], &json!([])), "{retired}");
    signs_in(&edge, &account, &owner).await;
    let id = site_of(&account);
    let manifest = planes.data("one/worker/tenants").join(&id[id.len() - 2..]).join(&id);
    until("the manifest lies under it, too", SECONDS_MAX, async || {
        let text = std::fs::read_to_string(manifest.join("manifest")).ok()?;
        text.contains(rotated["id"].as_str()?).then_some(())
    })
    .await;
    // With the former one, or none, a control plane does not start, and says what it misses.
    planes.control.take().expect("a control plane").terminate();
    let current = std::fs::read_to_string(&file).expect("a master key");
    for wrong in [Some(&former), None] {
        match wrong {
            Some(text) => std::fs::write(&file, text).expect("written"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
        let refused = std::process::Command::new(PROGRAM)
            .args(["control", "--set", "metrics.listen=127.0.0.1:0", "--data"])
            .arg(planes.data("control"))
            .output()
            .expect("an end");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        let missing = format!("master key {}", rotated["id"].as_str().expect("a name"));
        assert!(!refused.status.success() && said.contains(&missing), "{said}");
    }
    std::fs::write(&file, current).expect("put back");
    planes.start_control();
    planes.until_connected().await;
    signs_in(&edge, &account, &owner).await;
    drop(worker);
}

#[tokio::test]
async fn a_mail_that_waits_is_sealed() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody listens there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("mail.smtp_url=smtp://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let settings = ["mail.sender=smtp", url.as_str(), "mail.from=Freehold <no-reply@localhost>"];
    let process = Process::start(PROGRAM, folder.path(), &settings, None);
    process.sign_up("acme").await;
    let mut database = database(&folder.path().join("control/control.db")).await;
    let (id, body): (String, String) = sqlx::query_as("SELECT id, body FROM mails")
        .fetch_one(&mut database)
        .await
        .expect("a mail");
    let sealed = data_encoding::BASE64.decode(body.as_bytes()).expect("base64");
    let place = Place::new(["control", "mails", "body", &id]);
    let text = master(folder.path()).open(&place, &sealed).expect("it is sealed for its row");
    assert!(String::from_utf8_lossy(&text).contains("/verify#token="));
    process.kill();
}

/// The public halves of the site's signing keys.
async fn jwks(process: &Process) -> Value {
    let answer = process.host("acme.localhost").get("/.well-known/jwks.json").await;
    serde_json::from_str(&answer.text).expect("JSON")
}

#[tokio::test]
async fn a_store_of_an_earlier_release_is_sealed_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    let account = process.sign_up("acme").await;
    let public = jwks(&process).await;
    let site = site_of(&account);
    assert!(process.terminate());
    // As the release before left it: no keys, and the signing key as it is.
    let mut control = database(&folder.path().join("control/control.db")).await;
    let (keys, under): (String, String) =
        sqlx::query_as("SELECT tenant_keys, tenant_keys_under FROM sites")
            .fetch_one(&mut control)
            .await
            .expect("keys");
    let keys = ManifestKeys {
        under: under.parse().expect("a name"),
        keys: keys.split(' ').map(|key| key.parse().expect("a wrapped key")).collect(),
    };
    let master = master(folder.path());
    let wrapping = master.get(keys.under).expect("the master key");
    let ring = unwrap_keys(&keys.keys, site.parse().expect("an id"), wrapping).expect("the keys");
    sqlx::query("UPDATE sites SET tenant_keys = NULL, tenant_keys_under = NULL")
        .execute(&mut control)
        .await
        .expect("forgotten");
    control.close().await.expect("closed");
    let store = store_of(folder.path(), &site);
    let (kid, sealed) = stored_key(&store).await;
    let place = Place::new(["tenant", &site, "signing_keys", "secret", &kid]);
    let seed = ring.open(&place, &sealed).expect("opened");
    let mut opened = database(&store).await;
    sqlx::query("UPDATE signing_keys SET secret = ?")
        .bind(seed.as_slice())
        .execute(&mut opened)
        .await
        .expect("as it was");
    opened.close().await.expect("closed");
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    until("the signing key is sealed", SECONDS_MAX, async || {
        is_sealed(&stored_key(&store).await.1).then_some(())
    })
    .await;
    assert_eq!(jwks(&process).await, public);
    process.owner(&account, "acme").await.get("/api/v1/users/me").await.data(200);
    process.kill();
}
