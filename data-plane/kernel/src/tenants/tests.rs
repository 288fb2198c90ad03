//! The gate of ownership: who holds an older epoch reads nothing and writes nothing, whether it
//! was told so, sees it in the store, or hears it from an edge.

use freehold_clock::UnixMs;
use freehold_db::{Insert, Select};
use freehold_fleet::{Hostname, SiteFacts, TenantState, Unread, UpstreamId};
use freehold_ids::MemberId;

use super::*;

const NOW: UnixMs = UnixMs(1_800_000_000_000);

fn assignment(epoch: u64) -> Assignment {
    Assignment {
        version: freehold_fleet::CONTRACT_VERSION,
        tenant: TenantId::from_random(1),
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
        manifest: None,
        unread: Unread::default(),
    }
}

async fn worker(root: &Path) -> Tenants {
    let config = TenantsConfig {
        root: root.to_owned(),
        open_max: 4,
        migrations: freehold_migrations::TENANT,
    };
    Tenants::new(config, Clock::manual()).await.expect("a folder")
}

/// A worker that owns the tenant under the first epoch.
async fn owner(root: &Path) -> (Tenants, Tenant) {
    let tenants = worker(root).await;
    let provision = Provision {
        assignment: assignment(1),
        name: "Acme".into(),
        owner: MemberId::from_random(1),
        owner_email: "a@example.org".into(),
    };
    tenants.provision(&provision, &[]).await.expect("provisioned");
    let tenant = tenants.open(TenantId::from_random(1)).await.expect("open");
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
    let folder = tempfile::tempdir().expect("a folder");
    let (older, handle) = owner(folder.path()).await;
    write(&handle, "w-1").await.expect("the owner writes");
    // A transaction is under way while the other one comes.
    let mut under_way = handle.begin(NOW).await.expect("begun");
    insert(&mut under_way, "w-2").await;
    let newer = worker(folder.path()).await;
    newer.assign(assignment(2)).expect("assigned");
    let opening = tokio::spawn({
        let newer = newer.clone();
        async move { newer.open(TenantId::from_random(1)).await }
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
    let late = worker(folder.path()).await;
    late.assign(assignment(1)).expect("assigned");
    assert!(is_not_owned(late.open(handle.id()).await));
}

#[tokio::test]
async fn who_only_reads_finds_out_within_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let (older, handle) = owner(folder.path()).await;
    let newer = worker(folder.path()).await;
    newer.assign(assignment(2)).expect("assigned");
    newer.open(handle.id()).await.expect("open");
    older.0.clock.advance_seconds(1);
    assert!(is_not_owned(older.open(handle.id()).await));
    assert!(is_not_owned(handle.read().await));
}

#[tokio::test]
async fn a_transaction_does_not_outlive_the_epoch_that_it_began_under() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tenants, handle) = owner(folder.path()).await;
    let given = |epoch| assignment(epoch).given_to(UpstreamId("wrk_other".into()), epoch);
    for (number, next) in [given(2), assignment(3), given(4), assignment(5)].into_iter().enumerate()
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
    let tenant = tenants.open(TenantId::from_random(1)).await.expect("the owner again");
    write(&tenant, "w-kept").await.expect("written");
    assert_eq!(written(&tenant).await, ["w-kept"]);
    assert!(is_not_owned(tenants.assign(assignment(4))), "an order that was late");
}

#[tokio::test]
async fn an_edge_that_knows_a_newer_epoch_is_believed_until_the_order_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tenants, handle) = owner(folder.path()).await;
    tenants.witness(handle.id(), 1);
    write(&handle, "w-1").await.expect("nothing new");
    tenants.witness(handle.id(), 3);
    assert!(is_not_owned(write(&handle, "w-2").await));
    assert!(is_not_owned(tenants.open(handle.id()).await));
    tenants.assign(assignment(2)).expect("assigned");
    assert!(is_not_owned(tenants.open(handle.id()).await), "not the newest yet");
    tenants.assign(assignment(3)).expect("assigned");
    let tenant = tenants.open(handle.id()).await.expect("owned");
    assert_eq!(written(&tenant).await, ["w-1"]);
}

#[tokio::test]
async fn what_was_taken_away_is_not_written_by_those_who_still_hold_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tenants, handle) = owner(folder.path()).await;
    tenants.retain(&HashSet::new()).await;
    assert!(is_not_owned(handle.begin(NOW).await));
    assert!(is_not_owned(handle.read().await));
}
