//! Claims in a folder and in a bucket: alike, and each made once.

use std::path::Path;

use freehold_clock::UnixMs;
use freehold_ids::{TenantId, WorkerId};
use freehold_objects::{Bucket, ClaimError, Claimant, Objects, ObjectsError, ObjectsPlace};
use freehold_scratch_objects::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, Server};

fn tenant() -> TenantId {
    TenantId::from_random(7)
}

fn by(worker: u8, epoch: u64) -> Claimant {
    Claimant { worker: WorkerId::from_random(worker.into()), epoch, at: UnixMs(0) }
}

fn bucket(server: &Server) -> Bucket {
    Bucket {
        name: BUCKET.into(),
        prefix: "eu/one".into(),
        endpoint: Some(server.endpoint()),
        region: "us-east-1".into(),
        access_key_id: ACCESS_KEY_ID.into(),
        secret_access_key: SECRET_ACCESS_KEY.into(),
    }
}

fn opened(bucket: Bucket) -> Objects {
    // As `main` does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Objects::open(&ObjectsPlace::Bucket(bucket)).expect("opened")
}

/// Runs a test with a folder and with a bucket, each with the place where its objects lie.
async fn on_both(test: impl AsyncFn(Objects, &Path)) {
    let folder = tempfile::tempdir().expect("a folder");
    let local = ObjectsPlace::Folder(folder.path().join("objects"));
    test(Objects::open(&local).expect("opened"), &folder.path().join("objects")).await;
    let server = Server::start(&folder.path().join("s3")).await.expect("a server");
    test(opened(bucket(&server)), &server.objects().join("eu/one")).await;
}

fn claims_in(objects: &Path) -> Vec<String> {
    let folder = objects.join(format!("tenants/{}/claims", tenant()));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

#[tokio::test]
async fn an_epoch_is_claimed_once_and_by_its_worker_again() {
    on_both(async |objects, lies| {
        objects.probe("a").await.expect("it can be a fence");
        objects.claim(tenant(), by(1, 3)).await.expect("claimed");
        objects.claim(tenant(), by(1, 3)).await.expect("claimed again");
        let taken = objects.claim(tenant(), by(2, 3)).await;
        let is_others = |error: &ClaimError| {
            matches!(error, ClaimError::Taken { by, epoch: 3 } if *by == WorkerId::from_random(1))
        };
        assert!(taken.as_ref().is_err_and(is_others), "{taken:?}");
        objects.claim(tenant(), by(2, 4)).await.expect("the next one");
        for late in [by(1, 3), by(1, 2)] {
            let late = objects.claim(tenant(), late).await;
            assert!(matches!(late, Err(ClaimError::Superseded { epoch: 4 })), "{late:?}");
        }
        let other = TenantId::from_random(8);
        objects.claim(other, by(3, 1)).await.expect("another tenant's");
        objects.remove_tenant(tenant()).await.expect("removed");
        objects.remove_tenant(tenant()).await.expect("removed already");
        assert!(claims_in(lies).is_empty());
        let taken = objects.claim(other, by(1, 1)).await;
        assert!(matches!(taken, Err(ClaimError::Taken { .. })), "{taken:?}");
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_gets_it() {
    on_both(async |objects, _| {
        let claims = (1..=8).map(|worker| {
            let objects = objects.clone();
            tokio::spawn(async move { objects.claim(tenant(), by(worker, 1)).await })
        });
        let mut got = 0;
        for claim in claims.collect::<Vec<_>>() {
            match claim.await.expect("an end") {
                Ok(()) => got += 1,
                Err(error) => assert!(matches!(error, ClaimError::Taken { .. }), "{error}"),
            }
        }
        assert_eq!(got, 1);
    })
    .await;
}

#[tokio::test]
async fn former_claims_are_forgotten_but_for_a_few() {
    on_both(async |objects, lies| {
        for epoch in 1..=12 {
            objects.claim(tenant(), by(1, epoch)).await.expect("claimed");
        }
        let kept = [9, 10, 11, 12].map(|epoch: u64| format!("{epoch:016x}"));
        assert_eq!(claims_in(lies), kept);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await.expect("a server");
    let mut wrong = bucket(&server);
    wrong.secret_access_key = "guessed".into();
    let refused = opened(wrong).claim(tenant(), by(1, 1)).await;
    assert!(matches!(&refused, Err(ClaimError::Objects(ObjectsError::Refused(_)))), "{refused:?}");
    let mut wrong = bucket(&server);
    wrong.access_key_id = "nobody".into();
    let refused = opened(wrong).claim(tenant(), by(1, 1)).await;
    assert!(matches!(&refused, Err(ClaimError::Objects(ObjectsError::Refused(_)))), "{refused:?}");
    let gone = bucket(&server);
    drop(server);
    let away = opened(gone).claim(tenant(), by(1, 1)).await;
    assert!(matches!(&away, Err(ClaimError::Objects(ObjectsError::Away(_)))), "{away:?}");
}

#[tokio::test]
async fn a_conflict_where_nothing_is_yet_is_no_claim_of_anybody() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await.expect("a server");
    let objects = opened(bucket(&server));
    server.conflict(2);
    objects.claim(tenant(), by(1, 1)).await.expect("it comes again");
    assert_eq!(claims_in(&server.objects().join("eu/one")), [format!("{:016x}", 1)]);
    server.conflict(2);
    let taken = objects.claim(tenant(), by(2, 1)).await;
    assert!(matches!(taken, Err(ClaimError::Taken { .. })), "{taken:?}");
    server.conflict(usize::MAX);
    let endless = objects.claim(tenant(), by(1, 2)).await;
    let is_away = matches!(&endless, Err(ClaimError::Objects(ObjectsError::Away(_))));
    assert!(is_away, "worth another try: {endless:?}");
}

#[tokio::test]
async fn a_damaged_claim_is_nobodys() {
    on_both(async |objects, lies| {
        objects.claim(tenant(), by(1, 1)).await.expect("claimed");
        let file = lies.join(format!("tenants/{}/claims/{:016x}", tenant(), 1));
        std::fs::write(file, "{\"version\":1").expect("damaged");
        let damaged = objects.claim(tenant(), by(1, 1)).await;
        let is_said = matches!(&damaged, Err(ClaimError::Objects(ObjectsError::Damaged(..))));
        assert!(is_said, "{damaged:?}");
        let file = lies.join(format!("tenants/{}/claims/{:016x}", tenant(), 2));
        std::fs::write(&file, "").expect("what a power failure leaves of one");
        objects.claim(tenant(), by(1, 2)).await.expect("claimed anew");
        assert!(!std::fs::read(&file).expect("a claim").is_empty());
    })
    .await;
}
