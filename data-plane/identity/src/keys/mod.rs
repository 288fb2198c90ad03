//! A site's signing keys: made when it is provisioned, kept in its own store, public as a JWKS
//! (RFC 7517) at `/.well-known/jwks.json`.
//!
//! A new key is public for a day before it signs, so that whoever keeps the set for a while knows it
//! by then; an old one verifies until every token that it signed has expired, and then retires.

mod routes;
mod store;

use std::sync::Arc;

use freehold_clock::{Clock, UnixMs};
use freehold_credentials::{SigningKey, VerifyingKey};
use freehold_db::DbError;
use freehold_ids::UserId;
use freehold_kernel::jobs::{Attempt, Handler, Job, Schedule, Zone};
use freehold_kernel::{
    Action, Compiled, Event, Holders, Permission, Programs, Role, Rows, Scope, Secret, StoreError,
    Tenant, Tx,
};
use serde::{Deserialize, Serialize};

pub(crate) use routes::routes;

use crate::sessions::ACCESS_TOKEN_SECONDS;

/// How long a key signs before another one takes its place.
const SIGNS_DAYS: u64 = 90;
/// How long a new key is public before it signs.
const ANNOUNCED_SECONDS: u64 = 24 * 3_600;
/// How long a key verifies after it has signed its last token: as long as that one is valid, and as
/// long again for clocks that differ.
const VERIFIES_SECONDS: u64 = 2 * ACCESS_TOKEN_SECONDS;

pub(crate) const READ_PUBLIC: Permission = Permission {
    name: "keys.read_public",
    summary: "Read the public keys that verify this site's tokens",
    holders: Holders::Anyone,
    rows: Rows::Every,
    programs: Programs::From(Scope::Read),
};

pub(crate) const MANAGE: Permission = Permission {
    name: "keys.manage",
    summary: "See the keys that sign this site's tokens, and have a new one made",
    holders: Holders::AtLeast(Role::Admin),
    rows: Rows::Every,
    programs: Programs::Never,
};

/// The private halves, as seeds of Ed25519 keys (RFC 8032).
pub(crate) const SECRET: Secret = Secret { table: "signing_keys", key: "kid", column: "secret" };

struct ReadPublicKeys;

impl Action for ReadPublicKeys {
    const PERMISSION: Permission = READ_PUBLIC;
}

struct ManageKeys;

impl Action for ManageKeys {
    const PERMISSION: Permission = MANAGE;
}

/// A new key was made; it signs from `signs_at` on.
#[derive(Debug, Serialize)]
struct KeyRotated {
    kid: String,
    /// RFC 3339.
    signs_at: String,
    /// Whether the keys before it retired with it, so that no token of theirs is valid any more.
    retired_others: bool,
    /// Who asked for it; nobody where its time had come.
    by: Option<UserId>,
}

impl Event for KeyRotated {
    const NAME: &'static str = "signing_key.rotated";

    fn subject(&self) -> String {
        self.kid.clone()
    }
}

/// When a key does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    /// When it was made, which is when it became public. Unix milliseconds, as the others.
    created_at: i64,
    /// When it signs.
    signs_at: i64,
}

#[derive(Debug)]
struct Key {
    key: SigningKey,
    times: Times,
}

/// The keys that are public, the last one to sign first.
#[derive(Debug)]
pub(crate) struct Keys(Vec<Key>);

/// A key with its public half and id, about.
const KEY_BYTES: usize = 512;

impl Compiled for Keys {
    fn bytes(&self) -> usize {
        self.0.len() * KEY_BYTES
    }
}

impl Keys {
    /// The tenant's keys, read once.
    pub(crate) async fn of(tenant: &Tenant) -> Result<Arc<Self>, StoreError> {
        tenant.compiled(store::load(tenant)).await
    }

    /// The key that signs at this moment.
    pub(crate) fn signing(&self, now: UnixMs) -> Result<&SigningKey, StoreError> {
        let signing = self.0.iter().find(|key| key.times.signs_at <= now.0);
        // After a step of the clock into the past, the oldest key is better than none.
        let signing = signing.or(self.0.last()).map(|found| &found.key);
        signing.ok_or_else(|| DbError::Shape("the site has no signing key".into()).into())
    }

    pub(crate) fn verifying(&self, id: &str) -> Option<&VerifyingKey> {
        self.0.iter().map(|key| key.key.verifying_key()).find(|key| key.id() == id)
    }
}

/// Writes a site's first key.
pub(crate) async fn create(tx: &mut Tx, clock: &Clock) -> Result<(), StoreError> {
    let signs_at = tx.now().0;
    store::insert(tx, clock.random(), signs_at).await.map(drop)
}

/// Whether a key's time has come: the newest one has signed for long enough, but for the day that the
/// next one is public before it signs.
fn is_due(newest: Times, now: UnixMs) -> bool {
    let announced = UnixMs(newest.signs_at)
        .plus_seconds(SIGNS_DAYS * 24 * 3_600)
        .minus_seconds(ANNOUNCED_SECONDS);
    announced.0 <= now.0
}

/// Of keys in the order of [`Keys`], how many are still of use: those that will sign, the one that does,
/// and those whose last tokens may be valid.
fn of_use(keys: &[Times], now: UnixMs) -> usize {
    let since = now.minus_seconds(VERIFIES_SECONDS).0;
    // A key signs until the one listed before it does.
    let is_followed_long_ago = |next: &Times| next.signs_at <= since;
    keys.iter().position(is_followed_long_ago).map_or(keys.len(), |next| next + 1)
}

/// Makes a key that signs after a day, or at once with every other one retired. The caller commits.
async fn rotate(
    tx: &mut Tx,
    seed: [u8; 32],
    at_once: bool,
    by: Option<UserId>,
) -> Result<(), StoreError> {
    let now = tx.now();
    let signs_at = if at_once { now } else { now.plus_seconds(ANNOUNCED_SECONDS) };
    if at_once {
        store::retire_all(tx).await?;
    }
    let kid = store::insert(tx, seed, signs_at.0).await?;
    let signs_at = signs_at.rfc3339();
    tx.emit(&KeyRotated { kid, signs_at, retired_others: at_once, by })?;
    tx.compile_anew();
    Ok(())
}

/// Makes the next key when its time has come, and retires those whose tokens have all expired.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Tend {}

impl Job for Tend {
    const NAME: &'static str = "identity.tend_keys";
}

pub(crate) fn tend() -> Handler {
    Handler::of(|attempt: Attempt, _job: Tend| async move {
        let mut tx = attempt.begin().await?;
        let keys = store::times_of(&mut tx).await?;
        let now = tx.now();
        let times: Vec<Times> = keys.iter().map(|(_, times)| *times).collect();
        if times.first().is_none_or(|newest| is_due(*newest, now)) {
            rotate(&mut tx, attempt.clock().random(), false, None).await?;
        }
        for (kid, _) in &keys[of_use(&times, now)..] {
            store::retire(&mut tx, kid).await?;
            tx.compile_anew();
        }
        attempt.complete(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    })
}

pub(crate) fn tend_schedule() -> Schedule {
    Schedule::of::<Tend>(Tend::NAME, "0 3 * * *", Zone::Utc, 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600 * 1_000;

    fn key(signs_at: i64) -> Times {
        Times { created_at: signs_at - DAY, signs_at }
    }

    #[test]
    fn a_key_is_followed_after_ninety_days_and_the_next_is_public_for_one() {
        let newest = key(0);
        assert!(!is_due(newest, UnixMs(89 * DAY - 1)));
        assert!(is_due(newest, UnixMs(89 * DAY)));
        // Once the next one is there, it is the newest, and it is not due again.
        assert!(!is_due(key(90 * DAY), UnixMs(89 * DAY)));
    }

    #[test]
    fn a_key_is_of_use_until_its_last_tokens_expire() {
        let keys = [key(90 * DAY), key(0), key(-90 * DAY)];
        let after = |ms: i64| of_use(&keys, UnixMs(90 * DAY + ms));
        assert_eq!(after(-DAY), 2, "the next one, and the one that signs");
        assert_eq!(after(0), 2);
        let verifies = VERIFIES_SECONDS as i64 * 1_000;
        assert_eq!(after(verifies - 1), 2, "its last token is valid");
        assert_eq!(after(verifies), 1);
        assert_eq!(of_use(&[], UnixMs(0)), 0);
        assert_eq!(of_use(&keys[2..], UnixMs(900 * DAY)), 1, "the only one stays");
    }
}
