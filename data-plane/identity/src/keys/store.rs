//! The table of signing keys. The private halves are sealed; retired keys stay as rows without use, so
//! that it can be told when which key signed.

use freehold_credentials::SigningKey;
use freehold_db::{DbError, Direction, Filter, Insert, Row, Select, Update};
use freehold_kernel::{Read, StoreError, Tenant, Tx};

use super::{Key, Keys, SECRET, Times};

const TABLE: &str = "signing_keys";
/// Keys that are public at one time. There are hardly ever more than three: no two are made ahead, and
/// old ones retire within a day.
const KEYS_MAX: u64 = 10;

/// A key made before keys had a time to sign from signs since it was made.
fn times(row: &Row) -> Result<Times, StoreError> {
    let created_at = row.get("created_at")?;
    let signs_at = row.get::<Option<i64>>("signs_at")?.unwrap_or(created_at);
    Ok(Times { created_at, signs_at })
}

/// The last one to sign first, whenever they were made.
fn in_order<T>(mut keys: Vec<T>, times: impl Fn(&T) -> Times) -> Vec<T> {
    keys.sort_by_key(|key| std::cmp::Reverse(times(key).signs_at));
    keys
}

fn public<const N: usize>(columns: [&'static str; N]) -> Select {
    Select::from(TABLE, columns)
        .filter(Filter::is_null("retired_at"))
        .order("created_at", Direction::Descending)
        .page(KEYS_MAX, 0)
}

/// The tenant's keys.
pub(super) async fn load(tenant: &Tenant) -> Result<Keys, StoreError> {
    let mut read = tenant.read_as_system("load signing keys").await?;
    let mut keys = Vec::new();
    for row in read.rows(&public(["kid", "secret", "created_at", "signs_at"])).await? {
        let seed = tenant.reveal(&SECRET, &row.get::<String>("kid")?, row.get("secret")?)?;
        let seed: [u8; 32] = seed
            .as_slice()
            .try_into()
            .map_err(|_| DbError::Shape("a signing key is not 32 bytes".into()))?;
        keys.push(Key { key: SigningKey::from_seed(&seed), times: times(&row)? });
    }
    Ok(Keys(in_order(keys, |key| key.times)))
}

/// The ids of the keys that are public and their times.
pub(super) async fn times_of(read: &mut Read) -> Result<Vec<(String, Times)>, StoreError> {
    let rows = read.rows(&public(["kid", "created_at", "signs_at"])).await?;
    let keys = rows.iter().map(|row| Ok((row.get("kid")?, times(row)?)));
    Ok(in_order(keys.collect::<Result<_, StoreError>>()?, |(_, times)| *times))
}

/// Writes a key; answers its id.
pub(super) async fn insert(
    tx: &mut Tx,
    seed: [u8; 32],
    signs_at: i64,
) -> Result<String, StoreError> {
    let id = SigningKey::from_seed(&seed).verifying_key().id().to_owned();
    let sealed = tx.seal(&SECRET, &id, &seed)?;
    let insert = Insert::into(TABLE)
        .set("kid", id.as_str())
        .set("secret", sealed)
        .set("created_at", tx.now().0)
        .set("signs_at", signs_at);
    tx.insert(&insert).await?;
    Ok(id)
}

async fn retire_where(tx: &mut Tx, filter: Filter) -> Result<(), StoreError> {
    let update = Update::table(TABLE)
        .set("retired_at", tx.now().0)
        .filter(filter.and(Filter::is_null("retired_at")));
    tx.update(&update).await.map(drop)
}

/// Takes a key out of use.
pub(super) async fn retire(tx: &mut Tx, kid: &str) -> Result<(), StoreError> {
    retire_where(tx, Filter::eq("kid", kid)).await
}

/// Takes every key out of use.
pub(super) async fn retire_all(tx: &mut Tx) -> Result<(), StoreError> {
    retire_where(tx, Filter::everything()).await
}
