//! The gate of ownership: who holds an older epoch reads nothing and writes nothing, whether it
//! was told so, sees it in the store, or hears it from an edge.

use freehold_clock::UnixMs;
use freehold_db::{Filter, Insert, PostgresOptions, Select};
use freehold_fleet::{Engine, Hostname, SiteFacts, TenantState, Unread, UpstreamId, wrap_keys};
use freehold_ids::MemberId;
use freehold_objects::{Bucket, ClaimError, Claimant, ObjectsError, ObjectsPlace};
use freehold_scratch_postgres::ScratchDatabase;
use freehold_sealing::{Key, KeyId, Ring, Unsealable, WrappedKey, sealed_under};

use super::*;
use crate::Secret;

const NOW: UnixMs = UnixMs(1_800_000_000_000);

/// A tenant of this process's own: what keeps it in Postgres is known to the whole server.
pub(crate) fn tenant() -> TenantId {
    TenantId::from_random(std::process::id().into())
}

pub(crate) fn assignment(epoch: u64) -> Assignment {
    Assignment {
        version: freehold_fleet::CONTRACT_VERSION,
        tenant: tenant(),
        epoch,
        state: TenantState::Active,
        site: SiteFacts {
            slug: "acme".into(),
            url: "http://acme.localhost".into(),
            admin_url: "http://acme.admin.localhost".into(),
            hostname: Hostname::parse("acme.localhost").expect("a name"),
            noindex: false,
            canonical_url: None,
            unread: Unread::default(),
        },
        owner: None,
        engine: Engine::Sqlite,
        keys: wrapped(&[1]),
        manifest: None,
        unread: Unread::default(),
    }
}

fn wrapping_key() -> Key {
    Key::from_random([1; 32])
}

/// The tenant's keys of these numbers, as a worker is told them.
fn wrapped(numbers: &[u8]) -> Box<[WrappedKey]> {
    let key = |number: &u8| (KeyId::from_random([*number; 8]), Key::from_random([*number; 32]));
    let ring = Ring::new(numbers.iter().map(key).collect());
    wrap_keys(&ring, tenant(), &wrapping_key()).expect("wrapped").into()
}

/// Where the workers of a test keep their tenants.
#[derive(Debug)]
struct Place {
    folder: tempfile::TempDir,
    database: Option<ScratchDatabase>,
}

impl Place {
    fn assignment(&self, epoch: u64) -> Assignment {
        let engine = match &self.database {
            None => Engine::Sqlite,
            Some(_) => Engine::Postgres { database: "main".to_owned() },
        };
        Assignment { engine, ..assignment(epoch) }
    }
}

/// Runs a test with tenants in files, and once more with tenants in Postgres.
async fn on_every_engine(test: impl AsyncFn(Place)) {
    let folder = || tempfile::tempdir().expect("a folder");
    test(Place { folder: folder(), database: None }).await;
    if let Some(database) = ScratchDatabase::for_test() {
        test(Place { folder: folder(), database: Some(database) }).await;
    }
}

/// Claims of the worker of this number in a folder that all share.
pub(crate) fn claims(folder: &Path, worker: u8) -> (Objects, WorkerId) {
    let objects = Objects::open(&ObjectsPlace::Folder(folder.join("objects"))).expect("a folder");
    (objects, WorkerId::from_random(worker.into()))
}

async fn worker(place: &Place) -> Tenants {
    worker_that_claims(place, claims(place.folder.path(), 1)).await
}

async fn worker_that_claims(place: &Place, claims: (Objects, WorkerId)) -> Tenants {
    let databases = place.database.iter().map(|database| {
        let options = PostgresOptions { url: database.url(), connections_max: 6 };
        ("main".to_owned(), options)
    });
    let config = TenantsConfig {
        root: place.folder.path().to_owned(),
        open_max: 4,
        idle_close: Duration::from_secs(300),
        databases: databases.collect(),
        migrations: freehold_migrations::TENANT,
        wrapping_key: wrapping_key(),
        claims,
    };
    Tenants::new(config, Clock::manual()).await.expect("a folder")
}

/// A worker that owns the tenant under the first epoch.
async fn owner(place: &Place) -> (Tenants, Tenant) {
    let tenants = worker(place).await;
    let provision = Provision {
        assignment: place.assignment(1),
        name: "Acme".into(),
        owner: MemberId::from_random(1),
        owner_email: "a@example.org".into(),
    };
    tenants.provision(&provision, &[]).await.expect("provisioned");
    let tenant = tenants.open(tenant()).await.expect("open");
    (tenants, tenant)
}

async fn insert(tx: &mut crate::Tx, key: &str) {
    let row = Insert::into("meta").set("key", key).set("value", 1_i64);
    tx.insert(&row).await.expect("inserted");
}

async fn write(tenant: &Tenant, key: &str) -> Result<(), StoreError> {
    let mut tx = tenant.begin(NOW).await?;
    insert(&mut tx, key).await;
    tx.commit().await
}

/// The keys in the store that the tests write, as an owner sees them.
async fn written(tenant: &Tenant) -> Vec<String> {
    let select = Select::from("meta", ["key"]);
    let rows = tenant.read().await.expect("a view").rows(&select).await.expect("rows");
    let keys = rows.iter().map(|row| row.get::<String>("key").expect("a key"));
    let mut keys: Vec<_> = keys.filter(|key| key.starts_with("w-")).collect();
    keys.sort();
    keys
}

fn is_not_owned<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotOwned))
}

#[tokio::test]
async fn of_two_that_share_a_store_the_older_epoch_ends_when_the_newer_one_opens_it() {
    on_every_engine(async |place| {
        let (older, handle) = owner(&place).await;
        write(&handle, "w-1").await.expect("the owner writes");
        // A transaction is under way while the other one comes.
        let mut under_way = handle.begin(NOW).await.expect("begun");
        insert(&mut under_way, "w-2").await;
        let newer = worker(&place).await;
        newer.assign(place.assignment(2)).expect("assigned");
        let opening = tokio::spawn({
            let newer = newer.clone();
            async move { newer.open(tenant()).await }
        });
        under_way.commit().await.expect("it was first");
        let open = opening.await.expect("no panic").expect("open");
        assert_eq!(written(&open).await, ["w-1", "w-2"]);
        assert!(is_not_owned(write(&handle, "w-3").await), "the store says so");
        assert!(is_not_owned(handle.read().await), "and from then on nothing is read either");
        assert!(is_not_owned(handle.snapshot().await));
        assert!(is_not_owned(older.open(handle.id()).await));
        write(&open, "w-4").await.expect("the owner writes");
        assert_eq!(written(&open).await, ["w-1", "w-2", "w-4"]);
        // Whoever comes up with an older epoch finds out before anything else.
        let late = worker(&place).await;
        late.assign(place.assignment(1)).expect("assigned");
        assert!(is_not_owned(late.open(handle.id()).await));
    })
    .await;
}

#[tokio::test]
async fn who_only_reads_finds_out_within_a_second() {
    on_every_engine(async |place| {
        let (older, handle) = owner(&place).await;
        let newer = worker(&place).await;
        newer.assign(place.assignment(2)).expect("assigned");
        newer.open(handle.id()).await.expect("open");
        older.0.clock.advance_seconds(1);
        assert!(is_not_owned(older.open(handle.id()).await));
        assert!(is_not_owned(handle.read().await));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_does_not_outlive_the_epoch_that_it_began_under() {
    on_every_engine(async |place| {
        let (tenants, handle) = owner(&place).await;
        let given = |epoch| place.assignment(epoch).given_to(UpstreamId("wrk_other".into()), epoch);
        for (number, next) in
            [given(2), place.assignment(3), given(4), place.assignment(5)].into_iter().enumerate()
        {
            let is_owner = next.owner.is_none();
            let before = tenants.open(handle.id()).await;
            let begun = match before {
                Ok(tenant) => {
                    let mut tx = tenant.begin(NOW).await.expect("begun");
                    insert(&mut tx, &format!("w-lost-{number}")).await;
                    Some((tenant, tx))
                }
                Err(error) => {
                    assert!(is_owner && matches!(error, StoreError::NotOwned), "{error}");
                    None
                }
            };
            tenants.assign(next).expect("newer");
            if let Some((tenant, tx)) = begun {
                assert!(is_not_owned(tx.commit().await), "change {number}");
                assert!(is_not_owned(tenant.read().await), "change {number}");
            }
            assert_eq!(tenants.open(handle.id()).await.is_ok(), is_owner);
            assert_eq!(tenants.counts().0, usize::from(is_owner));
        }
        drop(handle);
        let tenant = tenants.open(tenant()).await.expect("the owner again");
        write(&tenant, "w-kept").await.expect("written");
        assert_eq!(written(&tenant).await, ["w-kept"]);
        assert!(is_not_owned(tenants.assign(place.assignment(4))), "an order that was late");
    })
    .await;
}

#[tokio::test]
async fn an_edge_that_knows_a_newer_epoch_is_believed_until_the_order_comes() {
    on_every_engine(async |place| {
        let (tenants, handle) = owner(&place).await;
        tenants.witness(handle.id(), 1);
        write(&handle, "w-1").await.expect("nothing new");
        tenants.witness(handle.id(), 3);
        assert!(is_not_owned(write(&handle, "w-2").await));
        assert!(is_not_owned(tenants.open(handle.id()).await));
        tenants.assign(place.assignment(2)).expect("assigned");
        assert!(is_not_owned(tenants.open(handle.id()).await), "not the newest yet");
        tenants.assign(place.assignment(3)).expect("assigned");
        let tenant = tenants.open(handle.id()).await.expect("owned");
        assert_eq!(written(&tenant).await, ["w-1"]);
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_away_is_not_written_by_those_who_still_hold_it() {
    on_every_engine(async |place| {
        let (tenants, handle) = owner(&place).await;
        tenants.retain(&HashSet::new()).await;
        assert!(is_not_owned(handle.begin(NOW).await));
        assert!(is_not_owned(handle.read().await));
    })
    .await;
}

#[tokio::test]
async fn an_order_to_convert_that_comes_late_changes_nothing() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place { folder, database: Some(database) };
    let tenants = worker(&place).await;
    let postgres = place.assignment(1).engine;
    let file = |epoch| Assignment { engine: Engine::Sqlite, ..assignment(epoch) };
    let provision = Provision {
        assignment: file(1),
        name: "Acme".into(),
        owner: MemberId::from_random(1),
        owner_email: "a@example.org".into(),
    };
    tenants.provision(&provision, &[]).await.expect("provisioned");
    let handle = tenants.open(tenant()).await.expect("open");
    write(&handle, "w-1").await.expect("written");
    let order = Assignment { state: TenantState::Suspended, ..file(2) };
    tenants.convert(order.clone(), &postgres).await.expect("converted");
    // A try that was given up is repeated from the start.
    tenants.convert(order.clone(), &postgres).await.expect("converted again");
    tenants.assign(Assignment { engine: postgres.clone(), ..file(3) }).expect("assigned");
    let open = tenants.open(tenant()).await.expect("open");
    write(&open, "w-2").await.expect("written");
    assert!(is_not_owned(tenants.convert(order, &postgres).await), "it is late");
    assert_eq!(written(&open).await, ["w-1", "w-2"]);
    assert!(tenants.retire(tenant(), &postgres).await.is_err(), "that is what keeps it");
    tenants.retire(tenant(), &Engine::Sqlite).await.expect("retired");
    write(&open, "w-3").await.expect("written");
    tenants.close(Duration::from_secs(5)).await;
}

const SECRET: Secret = Secret { table: "signing_keys", key: "kid", column: "secret" };

/// Writes a secret as it is, or sealed.
async fn keep(tenant: &Tenant, row: &str, is_sealed: bool) -> Result<(), StoreError> {
    let mut tx = tenant.begin(UnixMs(0)).await?;
    let secret = format!("the secret of {row}").into_bytes();
    let stored = if is_sealed { tx.seal(&SECRET, row, &secret)? } else { secret };
    let insert =
        Insert::into("signing_keys").set("kid", row).set("secret", stored).set("created_at", 0_i64);
    tx.insert(&insert).await?;
    tx.commit().await
}

async fn stored(tenant: &Tenant, row: &str) -> Vec<u8> {
    let select = Select::from("signing_keys", ["secret"]).filter(Filter::eq("kid", row));
    let mut read = tenant.read().await.expect("a connection");
    read.optional(&select).await.expect("read").expect("a row").get("secret").expect("bytes")
}

async fn revealed(tenant: &Tenant, row: &str) -> Result<String, StoreError> {
    let secret = tenant.reveal(&SECRET, row, stored(tenant, row).await)?;
    Ok(String::from_utf8(secret.to_vec()).expect("text"))
}

#[tokio::test]
async fn secrets_are_sealed_for_their_row_and_sealed_anew_under_the_newest_key() {
    on_every_engine(async |place| {
        let (tenants, open) = owner(&place).await;
        keep(&open, "before", false).await.expect("as an earlier release wrote it");
        // More than one transaction takes.
        for number in 0..120 {
            keep(&open, &format!("k{number:03}"), true).await.expect("sealed");
        }
        assert!(!stored(&open, "k000").await.windows(10).any(|part| part == b"the secret"));
        let moved = open.reveal(&SECRET, "k001", stored(&open, "k000").await);
        assert!(matches!(moved, Err(StoreError::Sealed(Unsealable::Changed(_)))), "{moved:?}");
        let told = |keys| Assignment { keys, ..place.assignment(1) };
        tenants.assign(told(wrapped(&[2, 1]))).expect("assigned");
        keep(&open, "newer", true).await.expect("sealed under the newest");
        let resealed = tenants.reseal(tenant(), 1, &[SECRET]).await.expect("sealed anew");
        assert_eq!(resealed.rows, 121);
        assert!(is_not_owned(tenants.reseal(tenant(), 2, &[SECRET]).await), "another epoch");
        tenants.assign(told(wrapped(&[2]))).expect("assigned");
        for row in ["before", "k000", "k119", "newer"] {
            assert_eq!(
                revealed(&open, row).await.expect("revealed"),
                format!("the secret of {row}")
            );
            let under = sealed_under(&stored(&open, row).await);
            assert_eq!(under, Some(KeyId::from_random([2; 8])), "{row}");
        }
        let again = tenants.reseal(tenant(), 1, &[SECRET]).await.expect("nothing to do");
        assert_eq!(again.rows, 0);
        // Without its key a secret is out of reach, and none is written as it is.
        tenants.assign(told(wrapped(&[3]))).expect("assigned");
        let lost = revealed(&open, "k000").await;
        assert!(matches!(lost, Err(StoreError::Sealed(Unsealable::NoKey(_)))), "{lost:?}");
        tenants.assign(told(Box::default())).expect("assigned");
        let unsealed = keep(&open, "none", true).await;
        assert!(matches!(unsealed, Err(StoreError::Sealed(Unsealable::Empty))), "{unsealed:?}");
        tenants.close(Duration::from_secs(5)).await;
    })
    .await;
}

struct Made(usize);

impl Compiled for Made {
    fn bytes(&self) -> usize {
        0
    }
}

#[tokio::test]
async fn what_was_made_of_rows_is_made_anew_once_they_change_also_where_both_happen_at_once() {
    on_every_engine(async |place| {
        let (_tenants, tenant) = owner(&place).await;
        let made = async || {
            let make = async { Ok(Made(written(&tenant).await.len())) };
            tenant.compiled(make).await.expect("made").0
        };
        assert_eq!(made().await, 0);
        write(&tenant, "w-1").await.expect("written");
        assert_eq!(made().await, 0, "kept, since nobody said that it changes");
        let change = async |key: &str| {
            let mut tx = tenant.begin(NOW).await.expect("begun");
            insert(&mut tx, key).await;
            tx.compile_anew();
            tx.commit().await.expect("written");
        };
        change("w-2").await;
        assert_eq!(made().await, 2);
        // Dropped without a commit, a transaction changes nothing of it either.
        let mut dropped = tenant.begin(NOW).await.expect("begun");
        dropped.compile_anew();
        drop(dropped);
        assert_eq!(made().await, 2);
        change("w-3").await;
        let older = async {
            let rows = written(&tenant).await.len();
            change("w-4").await;
            Ok(Made(rows))
        };
        assert_eq!(tenant.compiled(older).await.expect("made").0, 3, "of the rows that it read");
        assert_eq!(made().await, 4, "and kept for nobody");
    })
    .await;
}

#[tokio::test]
async fn of_two_workers_with_one_epoch_the_one_that_claimed_it_writes() {
    on_every_engine(async |place| {
        let (first, open) = owner(&place).await;
        write(&open, "w-1").await.expect("written");
        // Both are told that they are the next owner, which a control plane that is whole never says.
        let second = worker_that_claims(&place, claims(place.folder.path(), 2)).await;
        for told in [&first, &second] {
            told.assign(place.assignment(2)).expect("assigned");
        }
        let open = second.open(tenant()).await.expect("it comes first");
        write(&open, "w-2").await.expect("written");
        // The store says the epoch by now, so that it is asked alone.
        let known = claims(place.folder.path(), 1).0.claim(tenant(), by(1, 2)).await;
        assert!(matches!(known, Err(ClaimError::Taken { .. })), "{known:?}");
        for told in [&first, &second] {
            told.assign(place.assignment(3)).expect("assigned");
        }
        claims(place.folder.path(), 2).0.claim(tenant(), by(2, 3)).await.expect("claimed");
        let refused = first.open(tenant()).await;
        let is_claimed = |error: &StoreError| {
            matches!(error, StoreError::Claim(ClaimError::Taken { epoch: 3, .. }))
        };
        assert!(refused.as_ref().is_err_and(is_claimed), "{refused:?}");
        // One that is behind finds out from the claims, whatever it was told.
        claims(place.folder.path(), 2).0.claim(tenant(), by(2, 5)).await.expect("claimed");
        first.assign(place.assignment(4)).expect("assigned");
        let behind = first.open(tenant()).await;
        let is_behind = |error: &StoreError| {
            matches!(error, StoreError::Claim(ClaimError::Superseded { epoch: 5 }))
        };
        assert!(behind.as_ref().is_err_and(is_behind), "{behind:?}");
        assert!(is_not_owned(first.open(tenant()).await), "and remembers it");
        second.assign(place.assignment(5)).expect("assigned");
        let open = second.open(tenant()).await.expect("open");
        assert_eq!(written(&open).await, ["w-1", "w-2"]);
        first.close(Duration::from_secs(5)).await;
        second.close(Duration::from_secs(5)).await;
    })
    .await;
}

fn by(worker: u8, epoch: u64) -> Claimant {
    Claimant { worker: WorkerId::from_random(worker.into()), epoch, at: NOW }
}

#[tokio::test]
async fn without_object_storage_who_owns_a_store_already_goes_on() {
    on_every_engine(async |place| {
        let (tenants, open) = owner(&place).await;
        write(&open, "w-1").await.expect("written");
        drop(open);
        tenants.close(Duration::from_secs(5)).await;
        // Nobody listens on the discard port.
        let nowhere = bucket("http://127.0.0.1:9");
        let tenants = worker_that_claims(&place, (nowhere, WorkerId::from_random(1))).await;
        tenants.assign(place.assignment(1)).expect("assigned");
        let open = tenants.open(tenant()).await.expect("the store says its epoch");
        write(&open, "w-2").await.expect("written");
        tenants.assign(place.assignment(2)).expect("assigned");
        let is_away = |error: &StoreError| {
            matches!(error, StoreError::Claim(ClaimError::Objects(ObjectsError::Away(_))))
        };
        let new = tenants.open(tenant()).await;
        assert!(new.as_ref().is_err_and(is_away), "a new epoch has to be claimed: {new:?}");
        tenants.close(Duration::from_secs(5)).await;
    })
    .await;
}

/// A bucket at an address, of which nothing is asked yet.
fn bucket(endpoint: &str) -> Objects {
    // As `main` does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bucket = Bucket {
        name: "freehold".into(),
        prefix: String::new(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        access_key_id: "x".into(),
        secret_access_key: "x".into(),
    };
    Objects::open(&ObjectsPlace::Bucket(bucket)).expect("nobody is asked yet")
}

/// Tenants with these numbers beside the first one, in files.
async fn neighbours(place: &Place, numbers: std::ops::Range<u128>) -> Vec<TenantId> {
    let (tenants, _open) = owner(place).await;
    let neighbours: Vec<_> = numbers.map(|number| TenantId::from_random(number << 64)).collect();
    for tenant in &neighbours {
        let provision = Provision {
            assignment: Assignment { tenant: *tenant, ..assignment(1) },
            name: "Acme".into(),
            owner: MemberId::from_random(1),
            owner_email: "a@example.org".into(),
        };
        tenants.provision(&provision, &[]).await.expect("provisioned");
    }
    tenants.close(Duration::from_secs(5)).await;
    neighbours
}

#[tokio::test]
async fn who_waits_for_object_storage_takes_no_room_from_others() {
    let place = Place { folder: tempfile::tempdir().expect("a folder"), database: None };
    // As many as may be open at once.
    let neighbours = neighbours(&place, 1..5).await;
    // It takes connections, and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let objects = bucket(&format!("http://{}", silent.local_addr().expect("an address")));
    let tenants = worker_that_claims(&place, (objects, WorkerId::from_random(1))).await;
    tenants.assign(assignment(1)).expect("assigned");
    let mut waiting = tokio::task::JoinSet::new();
    let mut lines = Vec::new();
    for tenant in neighbours {
        tenants.assign(Assignment { tenant, ..assignment(2) }).expect("assigned");
        let tenants = tenants.clone();
        waiting.spawn(async move { tenants.open(tenant).await.map(drop) });
        lines.push(silent.accept().await.expect("a request"));
    }
    let open = tokio::time::timeout(Duration::from_secs(2), tenants.open(tenant())).await;
    let open = open.expect("there is room").expect("open");
    write(&open, "w-1").await.expect("written");
    waiting.shutdown().await;
    drop(open);
    tenants.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_claim_that_was_refused_is_not_asked_for_by_each_who_comes() {
    let place = Place { folder: tempfile::tempdir().expect("a folder"), database: None };
    neighbours(&place, 0..0).await;
    // It takes connections, and ends them.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let objects = bucket(&format!("http://{}", listener.local_addr().expect("an address")));
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = asked.clone();
    let server = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let tenants = worker_that_claims(&place, (objects, WorkerId::from_random(1))).await;
    tenants.assign(assignment(1)).expect("assigned");
    tenants.assign(assignment(2)).expect("assigned");
    let refused = |opened: Result<Tenant, StoreError>| {
        matches!(opened, Err(StoreError::Claim(ClaimError::Objects(ObjectsError::Away(_)))))
    };
    assert!(refused(tenants.open(tenant()).await));
    let once = asked.load(std::sync::atomic::Ordering::SeqCst);
    assert!(once > 0);
    for _ in 0..20 {
        assert!(refused(tenants.open(tenant()).await), "the answer is the same");
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), once);
    // Another epoch is another question.
    tenants.assign(assignment(3)).expect("assigned");
    assert!(refused(tenants.open(tenant()).await));
    assert!(asked.load(std::sync::atomic::Ordering::SeqCst) > once);
    server.abort();
    tenants.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_store_is_not_migrated_under_an_epoch_that_another_has_claimed() {
    on_every_engine(async |place| {
        let (tenants, open) = owner(&place).await;
        drop(open);
        tenants.close(Duration::from_secs(5)).await;
        let tenants = worker(&place).await;
        tenants.assign(place.assignment(2)).expect("assigned");
        claims(place.folder.path(), 2).0.claim(tenant(), by(2, 2)).await.expect("claimed");
        let migrated = tenants.migrate(tenant(), 2).await;
        let is_claimed =
            |error: &StoreError| matches!(error, StoreError::Claim(ClaimError::Taken { .. }));
        assert!(migrated.as_ref().is_err_and(is_claimed), "{migrated:?}");
        tenants.assign(place.assignment(3)).expect("assigned");
        tenants.migrate(tenant(), 3).await.expect("its own");
        tenants.close(Duration::from_secs(5)).await;
    })
    .await;
}
