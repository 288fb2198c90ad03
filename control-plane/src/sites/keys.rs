//! The keys of sites' secrets: told to their workers, replaced, and brought under a new master key.
//!
//! What is to be done about a site's keys follows from its row; when it is due is a column of it, so
//! that whatever was begun goes on after a crash, and what cannot be done now is tried again.

use freehold_api::ApiError;
use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Direction, Filter, Measure, Row, Select, Update, Writer};
use freehold_fleet::{ManifestKeys, wrap_keys};
use freehold_ids::TenantId;
use freehold_sealing::WrappedKey;

use super::model::{Site, SiteState};
use super::reconcile::{self, Obstacle};
use super::{Fleet, Sites, Started, change_state, store};
use crate::accounts::Member;
use crate::domains::{self, Names};
use crate::faults;
use crate::master::Master;
use crate::once::Once;
use crate::operations::Kind;
use crate::operations::store::typed;

/// How long after something was in the way it is tried again.
const RETRY_SECONDS: u64 = 60;
/// Keys of one site at most: what was sealed under the older ones has to be sealed anew first.
const KEYS_PER_SITE_MAX: usize = 4;

/// How wrapped keys are stored.
pub(super) fn text(keys: &ManifestKeys) -> String {
    keys.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The keys in a site's row.
pub(super) fn read(row: &Row) -> Result<Option<ManifestKeys>, DbError> {
    let wrong = |error: &str| DbError::Shape(format!("sites.tenant_keys: {error}"));
    let (keys, under): (Option<String>, Option<String>) =
        (row.get("tenant_keys")?, row.get("tenant_keys_under")?);
    let Some((keys, under)) = keys.zip(under) else { return Ok(None) };
    let keys = keys.split(' ').map(str::parse::<WrappedKey>).collect::<Result<_, _>>();
    Ok(Some(ManifestKeys { under: under.parse().map_err(wrong)?, keys: keys.map_err(wrong)? }))
}

/// A site's keys as its worker is told them. A worker of a release that knows no keys is told none, and
/// what cannot be opened here is told to nobody.
pub(super) fn told(fleet: &Fleet, site: &Site) -> Box<[WrappedKey]> {
    let link = fleet.workers.link(site.worker);
    let wrapping = link.and_then(|link| link.wrapping_key());
    let (Some(wrapping), Some(keys)) = (wrapping, &site.keys) else { return Box::default() };
    let ring = fleet.master.unwrap(site.id, keys);
    let wrapped = ring.and_then(|ring| wrap_keys(&ring, site.id, &wrapping.0));
    wrapped
        .unwrap_or_else(|error| {
            tracing::error!(site = %site.id, %error, "the site's worker is told no keys");
            Vec::new()
        })
        .into()
}

/// Gives a site a new key and seals its secrets under it.
///
/// # Errors
/// 404, 409 while it is not ready or older keys of it are still needed.
pub(crate) async fn rotate(sites: &Sites, id: TenantId, once: &Once) -> Result<Started, ApiError> {
    change_state(sites, id, Kind::RotateKey, once, |mut site| {
        if site.state != SiteState::Ready {
            let message = "the secrets of a site are sealed anew while it is ready";
            return Err(ApiError::conflict("wrong_state", "state", message));
        }
        let known = site.keys.take();
        if known.as_ref().is_some_and(|keys| keys.keys.len() >= KEYS_PER_SITE_MAX) {
            let message = "secrets are still being sealed under the newest key";
            return Err(ApiError::conflict("being_sealed", "key", message));
        }
        let master = &sites.fleet.master;
        let keys = match &known {
            Some(keys) => master.next_key(id, keys),
            None => master.first_key(id),
        };
        let keys = keys.map_err(|error| ApiError::internal(error.to_string()))?;
        site.keys = Some(keys);
        (site.keys_are_stale, site.keys_due_at) = (true, Some(due_again(sites)));
        Ok(site)
    })
    .await
}

fn due_again(sites: &Sites) -> i64 {
    sites.clock.now().plus_seconds(RETRY_SECONDS).0
}

/// Has the worker seal a site's secrets under the newest of the keys that it was told, then forgets the
/// others and lets the worker forget them.
pub(super) async fn reseal(
    sites: &Sites,
    site: &Site,
    (names, owner): (&Names, &Member),
) -> Result<(), Obstacle> {
    let link = reconcile::link(&sites.fleet, site)?;
    let resealed = link.reseal(site.id, site.epoch).await?;
    faults::point("after_seal");
    let mut after = site.clone();
    if let Some(keys) = &mut after.keys {
        keys.keys.truncate(1);
    }
    // That the worker forgets the older ones can wait, but not for good.
    (after.keys_are_stale, after.keys_due_at) = (false, Some(due_again(sites)));
    if !replace(sites, site, &after).await? {
        return Ok(());
    }
    tracing::info!(site = %site.id, secrets = resealed.rows, "sealed the site's secrets anew");
    faults::point("after_seal_switch");
    link.assign(reconcile::assignment(&sites.fleet, &after, names, Some(owner))).await?;
    let done = Site { keys_due_at: None, ..after.clone() };
    replace(sites, &after, &done).await.map(drop).map_err(Obstacle::from)
}

/// Writes what is known of a site's keys, unless somebody else did meanwhile; says whether it was.
async fn replace(sites: &Sites, before: &Site, after: &Site) -> Result<bool, DbError> {
    let same = |column, value: Option<String>| match value {
        Some(value) => Filter::eq(column, value),
        None => Filter::is_null(column),
    };
    let unchanged = Filter::eq("id", before.id.to_string())
        .and(same("tenant_keys", before.keys.as_ref().map(text)))
        .and(match before.keys_due_at {
            Some(at) => Filter::eq("tenant_keys_due_at", at),
            None => Filter::is_null("tenant_keys_due_at"),
        });
    let mut writer = sites.db.write().await?;
    let changed = writer.update(&columns(after).filter(unchanged)).await?;
    writer.commit().await?;
    Ok(changed > 0)
}

/// Writes the keys that a site was given. The caller commits.
pub(super) async fn write(writer: &mut Writer, site: &Site) -> Result<(), DbError> {
    let update = columns(site).filter(Filter::eq("id", site.id.to_string()));
    writer.update(&update).await.map(drop)
}

fn columns(site: &Site) -> Update {
    Update::table(store::TABLE)
        .set("tenant_keys", site.keys.as_ref().map(text))
        .set("tenant_keys_under", site.keys.as_ref().map(|keys| keys.under.to_string()))
        .set("tenant_keys_stale", site.keys_are_stale.then_some(1_i64))
        .set("tenant_keys_due_at", site.keys_due_at)
}

/// Sites about whose keys something is to be done now, and since when.
pub(crate) async fn due(
    db: &Database,
    now: UnixMs,
    rows: u64,
) -> Result<Vec<(TenantId, i64)>, DbError> {
    let select = Select::from(store::TABLE, ["id", "tenant_keys_due_at"])
        .filter(Filter::lte("tenant_keys_due_at", now.0))
        .order("tenant_keys_due_at", Direction::Ascending)
        .page(rows, 0);
    let found = db.read().await?.rows(&select).await?;
    let due = found.iter().map(|row| Ok((typed(row, "id")?, row.get("tenant_keys_due_at")?)));
    due.collect()
}

/// Does what is due about a site's keys.
///
/// # Errors
/// The control database's. Whatever else is in the way is tried again later.
pub(crate) async fn keep(sites: &Sites, id: TenantId) -> Result<(), DbError> {
    let _turn = sites.turns.take(id).await;
    let site = store::by_id(&mut sites.db.read().await?, id).await?;
    let is_due = |site: &Site| site.keys_due_at.is_some_and(|at| at <= sites.clock.now().0);
    let Some(site) = site.filter(is_due) else { return Ok(()) };
    let is_moving = site.engine_next.is_some() || site.engine_former.is_some();
    let kept = match site.state {
        // Its operation tells the worker everything.
        SiteState::Provisioning => Ok(None),
        _ if is_moving => Ok(None),
        _ => bring(sites, &site).await.map(Some),
    };
    match kept {
        Ok(Some(())) => Ok(()),
        Ok(None) => postpone(sites, id).await,
        Err(Obstacle::Db(error)) => Err(error),
        Err(obstacle) => {
            tracing::warn!(site = %id, %obstacle, "the site's keys are not in order yet");
            postpone(sites, id).await
        }
    }
}

async fn postpone(sites: &Sites, id: TenantId) -> Result<(), DbError> {
    let update = Update::table(store::TABLE)
        .set("tenant_keys_due_at", due_again(sites))
        .filter(Filter::eq("id", id.to_string()).and(Filter::is_not_null("tenant_keys_due_at")));
    let mut writer = sites.db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

/// Gives a site keys under the newest master key, tells them, and has its secrets sealed under the
/// newest one.
async fn bring(sites: &Sites, before: &Site) -> Result<(), Obstacle> {
    let master = &sites.fleet.master;
    let mut site = before.clone();
    site.keys = Some(match &before.keys {
        Some(keys) if master.ids().first() == Some(&keys.under) => keys.clone(),
        Some(keys) => master.rewrap(site.id, keys)?,
        None => {
            site.keys_are_stale = true;
            master.first_key(site.id)?
        }
    });
    if site.keys != before.keys && !replace(sites, before, &site).await? {
        return Ok(());
    }
    if site.state == SiteState::Failed {
        return forget_due(sites, &site).await;
    }
    let owner = reconcile::owner(&sites.db, &site).await?.ok_or(Obstacle::NoOwner)?;
    let names = domains::store::names_of(&mut sites.db.read().await?, site.id).await?;
    let assignment = reconcile::assignment(&sites.fleet, &site, &names, Some(&owner));
    reconcile::link(&sites.fleet, &site)?.assign(assignment).await?;
    // The secrets of a suspended site are sealed anew when it is resumed.
    if site.keys_are_stale && site.state == SiteState::Ready {
        return reseal(sites, &site, (&names, &owner)).await;
    }
    forget_due(sites, &site).await
}

/// Notes that nothing is to be done about a site's keys, unless somebody noted something else meanwhile.
pub(super) async fn forget_due(sites: &Sites, site: &Site) -> Result<(), Obstacle> {
    let done = Site { keys_due_at: None, ..site.clone() };
    replace(sites, site, &done).await.map(drop).map_err(Obstacle::from)
}

/// Notes sites that have no keys yet; they get some at once.
pub(crate) async fn note_without(sites: &Sites) -> Result<(), DbError> {
    let without = Filter::is_null("tenant_keys").and(Filter::is_null("tenant_keys_due_at"));
    note(sites, without).await
}

/// Notes that every site's keys are to be brought under the newest master key.
pub(crate) async fn note_all(sites: &Sites) -> Result<(), DbError> {
    note(sites, Filter::everything()).await
}

async fn note(sites: &Sites, which: Filter) -> Result<(), DbError> {
    let update =
        Update::table(store::TABLE).set("tenant_keys_due_at", sites.clock.now().0).filter(which);
    let mut writer = sites.db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

/// Sites whose keys are not known to lie under the newest master key, here and beside their stores.
pub(crate) async fn waiting(sites: &Sites) -> Result<u64, DbError> {
    let newest = sites.fleet.master.ids().first().map(ToString::to_string).unwrap_or_default();
    let waiting = Filter::is_not_null("tenant_keys_due_at")
        .or(Filter::is_null("tenant_keys_under"))
        .or(Filter::ne("tenant_keys_under", newest));
    sites.db.read().await?.count(&Select::count(store::TABLE).filter(waiting)).await
}

/// A master key under which keys of sites lie and that is not here, if there is one.
pub(crate) async fn missing(db: &Database, master: &Master) -> Result<Option<String>, DbError> {
    let column = "tenant_keys_under";
    let select = Select::groups(store::TABLE, &[column], &[(Measure::Rows, "sites")])
        .filter(Filter::is_not_null(column));
    let known: Vec<String> = master.ids().iter().map(ToString::to_string).collect();
    for row in db.read().await?.rows(&select).await? {
        let under: String = row.get(column)?;
        if !known.contains(&under) {
            return Ok(Some(under));
        }
    }
    Ok(None)
}
