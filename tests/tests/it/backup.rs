//! The control plane is lost and comes back from a backup.

use std::path::PathBuf;
use std::process::Command;

use freehold_scratch_postgres::ScratchDatabase;
use freehold_testkit::{PASSWORD, Planes, until_answered};
use serde_json::json;

use crate::PROGRAM;
use crate::postgres::setting;

fn restore(planes: &Planes, from: &PathBuf, settings: &[&str]) -> std::process::Output {
    let mut command = Command::new(PROGRAM);
    command.args(["db", "restore", "--from"]).arg(from).arg("--data").arg(planes.data("control"));
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.output().expect("an end")
}

#[tokio::test]
async fn a_lost_control_plane_comes_back_from_its_backup() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    let made = planes.operate(&["db", "backup"]);
    let made = PathBuf::from(made["folder"].as_str().expect("a folder"));
    let kept = planes.data("kept");
    let copied = Command::new("cp").arg("-a").arg(&made).arg(&kept).status().expect("cp");
    assert!(copied.success());
    // A backup goes into an empty folder only.
    planes.control.take().expect("a control plane").kill();
    assert!(!restore(&planes, &kept, &[]).status.success());
    std::fs::remove_dir_all(planes.data("control")).expect("lost");
    // One that was changed is refused, whichever file it is.
    for file in ["control.db", "secrets/ticket-key", "manifest.json"] {
        let file = kept.join(file);
        let whole = std::fs::read(&file).expect("a file");
        std::fs::write(&file, &whole[..whole.len() / 2]).expect("damaged");
        let refused = restore(&planes, &kept, &[]);
        assert!(!refused.status.success(), "{}", file.display());
        assert!(!planes.data("control").join("control").exists(), "nothing half restored");
        std::fs::write(&file, whole).expect("whole again");
    }
    let restored = restore(&planes, &kept, &[]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    planes.start_control();
    // Worker and edge are members still, the account is there, the site serves all along.
    let console = edge.host("console.localhost");
    until_answered(&console, "/openapi.json", 200).await;
    let login = json!({"email": "acme@example.org", "password": PASSWORD});
    let session = console.post("/v1/sessions", login).await.data(201);
    let console = console.with_token(session["token"].as_str().expect("a token"));
    assert_eq!(console.get("/v1/sites").await.data(200)["items"][0]["slug"], "acme");
    until_answered(&edge.host("acme.localhost"), "/", 200).await;
    let processes = planes.operate(&["fleet", "processes"]);
    assert_eq!(processes["total"], 2, "{processes}");
    planes.operate(&["tenant", "suspend", "acme", "--reason", "test"]);
    until_answered(&edge.host("acme.localhost"), "/", 402).await;
    drop(worker);
}

#[tokio::test]
async fn a_backup_moves_the_control_plane_to_postgres_and_back() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let on_postgres = setting(&database.url());
    let mut planes = Planes::start(PROGRAM);
    let (worker, edge) = (planes.worker("one"), planes.edge("north"));
    edge.sign_up("acme").await;
    let console = edge.host("console.localhost");
    for (round, settings) in [vec![on_postgres.as_str()], vec![]].iter().enumerate() {
        let made = planes.operate(&["db", "backup"]);
        let made = PathBuf::from(made["folder"].as_str().expect("a folder"));
        let kept = planes.data(&format!("kept-{round}"));
        std::fs::rename(made, &kept).expect("taken away");
        planes.control.take().expect("a control plane").terminate();
        std::fs::remove_dir_all(planes.data("control")).expect("lost");
        let restored = restore(&planes, &kept, settings);
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        let is_in_a_file = planes.data("control/control/control.db").exists();
        assert_eq!(is_in_a_file, settings.is_empty());
        assert!(!planes.data("control/restoring").exists());
        planes.change_settings(settings);
        planes.start_control();
        until_answered(&console, "/openapi.json", 200).await;
        planes.until_connected().await;
        let processes = planes.operate(&["fleet", "processes"]);
        assert_eq!(processes["total"], 2, "{processes}");
        edge.sign_up(&format!("round-{round}")).await;
        for slug in ["acme", "round-0"] {
            until_answered(&edge.host(&format!("{slug}.localhost")), "/", 200).await;
        }
    }
    // A database that is in use is not restored into.
    let kept = planes.data("kept-1");
    planes.control.take().expect("a control plane").terminate();
    std::fs::remove_dir_all(planes.data("control")).expect("lost");
    let refused = restore(&planes, &kept, &[&on_postgres]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("holds a control plane already"));
    assert!(!planes.data("control/secrets").exists());
    drop(worker);
}

#[tokio::test]
async fn starting_often_pushes_no_backup_out() {
    let mut planes = Planes::start(PROGRAM);
    let folder = planes.data("control").join("backups");
    let backups = || std::fs::read_dir(&folder).map_or(0, |entries| entries.flatten().count());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while backups() == 0 {
        assert!(std::time::Instant::now() < deadline, "the first backup is made at the start");
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        planes.control.take().expect("a control plane").terminate();
        planes.start_control();
        // It answers, so it has looked whether a backup is due.
        planes.operate(&["fleet", "workers"]);
    }
    planes.control.take().expect("a control plane").terminate();
    assert_eq!(backups(), 1, "a backup of minutes ago is young enough");
}
