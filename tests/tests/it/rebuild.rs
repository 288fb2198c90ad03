//! The control plane's database is lost with all its backups, and told again from what lies beside the
//! stores.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use freehold_scratch_postgres::ScratchDatabase;
use freehold_testkit::{PASSWORD, Planes, until, until_answered};
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::postgres::setting;

const SECONDS_MAX: u64 = 30;
const NEW_PASSWORD: &str = "quiet-otter-41";

fn rebuild(planes: &Planes, from: &[&Path], settings: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["control", "rebuild", "--json", "--data"]).arg(planes.data("control"));
    for folder in from {
        command.arg("--from").arg(folder);
    }
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.output().expect("an end")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until the manifest of a site says all of this; returns its file.
async fn manifest(tenants: &Path, site: &Value, words: &[&str]) -> PathBuf {
    let id = site["id"].as_str().expect("an id");
    let file = tenants.join(&id[id.len() - 2..]).join(id).join("manifest");
    until(&format!("the manifest of {id} says {words:?}"), SECONDS_MAX, async || {
        let text = std::fs::read_to_string(&file).ok()?;
        words.iter().all(|word| text.contains(word)).then_some(())
    })
    .await;
    file
}

/// A new password by mail, as an owner gets one.
async fn reset(planes: &Planes, console: &freehold_testkit::Api, email: &str) {
    console.post("/v1/password/forgot", json!({ "email": email })).await.data(202);
    let folder = planes.data("control").join("mail");
    let token = until("a mail with a token", SECONDS_MAX, async || {
        let mails = std::fs::read_dir(&folder).ok()?.flatten();
        let texts = mails.filter_map(|mail| std::fs::read_to_string(mail.path()).ok());
        texts.filter(|text| text.contains(email)).find_map(|text| {
            let (_, token) = text.split_once("/reset#token=")?;
            Some(token.split_whitespace().next()?.to_owned())
        })
    })
    .await;
    let body = json!({ "token": token, "password": NEW_PASSWORD });
    console.post("/v1/password/reset", body).await.data(200);
}

/// `before` and `after` are settings of the control plane that is lost and of the one that follows.
async fn lost_and_told_again(before: &[&str], after: &[&str]) {
    let mut planes = Planes::start_with(PROGRAM, before);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    let account = edge.sign_up("acme").await;
    let owner = edge.owner(&account, "acme").await;
    let post = json!({"title": "Kept", "content": "words", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    let console = edge.host("console.localhost");
    let token = account["session"]["token"].as_str().expect("a session");
    let domains = format!("/v1/sites/{}/domains", account["site"]["id"].as_str().expect("an id"));
    let domain = json!({"hostname": "www.acme.test"});
    console.with_token(token).post(&domains, domain).await.data(201);
    let (second, gone) = (edge.sign_up("second").await, edge.sign_up("gone").await);
    planes.operate(&["tenant", "suspend", "second", "--reason", "unpaid"]);
    let path = format!("/v1/sites/{}", gone["site"]["id"].as_str().expect("an id"));
    let token = gone["session"]["token"].as_str().expect("a session");
    console.with_token(token).delete(&path).await.data(200);
    let renamed = format!("/v1/sites/{}", second["site"]["id"].as_str().expect("an id"));
    let token = second["session"]["token"].as_str().expect("a session");
    let slug = json!({"slug": "renamed"});
    console.with_token(token).patch(&renamed, slug).await.data(200);
    let tenants = planes.data("one/worker/tenants");
    let known = manifest(&tenants, &account["site"], &["www.acme.test"]).await;
    manifest(&tenants, &second["site"], &["unpaid"]).await;
    manifest(&tenants, &gone["site"], &["erase_at"]).await;
    // They lie beside the stores and nowhere else.
    let copy = std::fs::read_to_string(planes.data("one/worker/assignments")).expect("a copy");
    assert!(copy.contains("second") && !copy.contains("manifest"), "{copy}");
    let workers = planes.operate(&["fleet", "workers"]);
    planes.control.take().expect("a control plane").kill();

    // Only an empty database is told again, and only by what has the seal.
    let refused = rebuild(&planes, &[&tenants], before);
    assert!(!refused.status.success() && said(&refused).contains("not empty"), "{refused:?}");
    for folder in ["control/control", "control/backups"] {
        std::fs::remove_dir_all(planes.data(folder)).expect("lost");
    }
    planes.change_settings(after);
    let forged = planes.data("forged");
    std::fs::create_dir_all(&forged).expect("a folder");
    let text = std::fs::read_to_string(&known).expect("a manifest");
    std::fs::write(forged.join("manifest"), text.replace("acme", "evil")).expect("written");
    let refused = rebuild(&planes, &[&forged], after);
    assert!(!refused.status.success() && said(&refused).contains("no manifest"), "{refused:?}");
    let rebuilt = rebuild(&planes, &[&forged, &tenants], after);
    assert!(rebuilt.status.success(), "{}", said(&rebuilt));
    let rebuilt: Value = serde_json::from_slice(&rebuilt.stdout).expect("JSON");
    let counts = ["accounts", "sites", "domains", "workers"].map(|name| rebuilt[name].as_u64());
    assert_eq!(counts, [Some(3), Some(3), Some(1), Some(1)], "{rebuilt}");
    assert_eq!(rebuilt["refused"].as_array().map(Vec::len), Some(1), "{rebuilt}");

    planes.start_control();
    // Nobody is a member any more; what is there serves on.
    assert_eq!(edge.host("acme.localhost").get("/posts/kept").await.status, 200);
    worker.terminate();
    edge.terminate();
    let (worker, edge) = (planes.rejoin("worker", "one"), planes.rejoin("edge", "north"));
    planes.until_connected().await;
    let again = planes.operate(&["fleet", "workers"]);
    assert_eq!(again["items"][0]["id"], workers["items"][0]["id"]);
    assert_eq!(again["items"][0]["name"], "one");
    for (host, path, status) in [
        ("acme.localhost", "/posts/kept", 200),
        ("www.acme.test", "/posts/kept", 200),
        ("renamed.localhost", "/", 402),
        ("gone.localhost", "/", 404),
    ] {
        until_answered(&edge.host(host), path, status).await;
    }
    let console = edge.host("console.localhost");
    let login = |password: &str| json!({"email": "acme@example.org", "password": password});
    console.post("/v1/sessions", login(PASSWORD)).await.refused(401, "wrong_credentials");
    reset(&planes, &console, "acme@example.org").await;
    let session = console.post("/v1/sessions", login(NEW_PASSWORD)).await.data(201);
    let token = session["token"].clone();
    let told = json!({"session": {"token": token}, "site": account["site"]});
    let owner = edge.owner(&told, "acme").await;
    let posts = owner.get("/api/v1/posts?q=Kept").await.data(200);
    assert_eq!(posts["total"], 1, "the owner is known to the site: {posts}");
    let post = json!({"title": "After", "content": "words", "status": "published"});
    owner.post("/api/v1/posts", post).await.data(201);
    planes.operate(&["tenant", "resume", "renamed"]);
    until_answered(&edge.host("second.localhost"), "/", 308).await;
    until_answered(&edge.host("renamed.localhost"), "/", 200).await;
    edge.sign_up("later").await;
    drop(worker);
}

#[tokio::test]
async fn a_control_plane_without_a_backup_is_told_again_from_the_stores() {
    lost_and_told_again(&[], &[]).await;
}

#[tokio::test]
async fn so_is_one_whose_postgres_is_lost() {
    let (Some(old), Some(new)) = (ScratchDatabase::for_test(), ScratchDatabase::for_test()) else {
        return;
    };
    lost_and_told_again(&[&setting(&old.url())], &[&setting(&new.url())]).await;
}
