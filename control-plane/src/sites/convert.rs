//! A site taken from one engine to another: while its rows are copied it says that it is moving.
//!
//! Whoever orders this gives the site a new epoch and writes down which engine is to keep it. Until
//! the copy is whole and that is written down too, the engine before is what counts, so a crash at
//! any point leads to the same steps again; the store that was copied from is removed last.

use freehold_api::{ApiError, Command, FieldError, Problems};
use freehold_db::{DbError, SCHEMAS_PER_DATABASE_MAX};
use freehold_fleet::{Engine, is_database_name};
use freehold_ids::{TenantId, WorkerId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{Site, SiteState};
use super::reconcile::{self, Obstacle};
use super::{Sites, Started, change_state, store};
use crate::accounts::Member;
use crate::domains::Names;
use crate::faults;
use crate::once::Once;
use crate::operations::{Kind, Running, StepState};
use crate::store::answer;

/// Which engine is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Sqlite,
    /// In a database of this name, or in the one with the most room.
    Postgres(Option<String>),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConvertTenant {
    /// `sqlite` or `postgres`.
    engine: String,
    /// The Postgres database, by its name in `worker.databases`; the one with the most room when
    /// absent.
    database: Option<String>,
}

impl Command for Wanted {
    type Wire = ConvertTenant;

    fn parse(wire: ConvertTenant, problems: &mut Problems) -> Option<Self> {
        if wire.database.as_deref().is_some_and(|name| !is_database_name(name)) {
            problems.add("database", "invalid", "expected the name of a database");
            return None;
        }
        match (wire.engine.as_str(), wire.database) {
            ("sqlite", None) => Some(Self::Sqlite),
            ("sqlite", Some(_)) => {
                problems.add("database", "invalid", "a file is in no database");
                None
            }
            ("postgres", database) => Some(Self::Postgres(database)),
            _ => {
                problems.add("engine", "invalid", "expected sqlite or postgres");
                None
            }
        }
    }
}

/// Takes a tenant to another engine.
///
/// # Errors
/// 404, 409 where it is there already or is being taken elsewhere, 400 for a database that the
/// tenant's worker does not have or that is full.
pub(crate) async fn convert(
    sites: &Sites,
    id: TenantId,
    wanted: Wanted,
    once: &Once,
) -> Result<Started, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let site = store::by_id(&mut read, id).await.map_err(answer)?;
    drop(read);
    let site = site.ok_or_else(ApiError::not_found)?;
    let to = choose(sites, site.worker, &wanted).await?;
    change_state(sites, id, Kind::ConvertSite, once, |mut site| {
        if !matches!(site.state, SiteState::Ready | SiteState::Suspended) {
            let message = "a site can be converted once it is there and until it is deleted";
            return Err(ApiError::conflict("wrong_state", "state", message));
        }
        if site.engine_next.is_some() || site.engine_former.is_some() {
            let message = "the site is being converted";
            return Err(ApiError::conflict("being_converted", "engine", message));
        }
        let is_there = match &wanted {
            Wanted::Postgres(None) => site.engine.kind() == "postgres",
            Wanted::Sqlite | Wanted::Postgres(Some(_)) => site.engine == to,
        };
        if is_there {
            let message = format!("the site is kept by {} already", site.engine);
            return Err(ApiError::conflict("same_engine", "engine", &message));
        }
        site.engine_next = Some(to);
        site.epoch += 1;
        Ok(site)
    })
    .await
}

/// The engine of a tenant on a worker, with the database that has the most room.
///
/// # Errors
/// 400 where the worker has no such database or none with room.
pub(crate) async fn choose(
    sites: &Sites,
    worker: WorkerId,
    wanted: &Wanted,
) -> Result<Engine, ApiError> {
    let Wanted::Postgres(named) = wanted else { return Ok(Engine::Sqlite) };
    let known = sites.fleet.workers.databases(worker);
    let counts = store::count_by_database(&sites.db).await.map_err(answer)?;
    let held = |name: &String| counts.get(name).copied().unwrap_or_default();
    let database = known
        .into_iter()
        .filter(|name| named.as_ref().is_none_or(|named| named == name))
        .filter(|name| held(name) < SCHEMAS_PER_DATABASE_MAX)
        .min_by_key(held);
    database.map(|database| Engine::Postgres { database }).ok_or_else(|| {
        let message = "the site's worker has no such database with room (worker.databases)";
        let (path, code) = ("database".to_owned(), "no_database".to_owned());
        ApiError::invalid(vec![FieldError { path, code, message: message.to_owned() }])
    })
}

/// Brings a site to the engine that its row asks for; returns the site as it is then.
pub(super) async fn run(
    sites: &Sites,
    site: &Site,
    (names, owner): (&Names, &Member),
    running: &mut Running,
) -> Result<Site, Obstacle> {
    let mut site = site.clone();
    let link = reconcile::link(&sites.fleet, &site)?;
    if let Some(to) = site.engine_next.clone() {
        // The door first: edges say that the site is moving.
        reconcile::publish(sites, &site, names, running).await;
        running.step("copy", StepState::Running);
        let assignment = reconcile::assignment(&sites.fleet, &site, names, Some(owner));
        link.convert(assignment, to.clone()).await?;
        faults::point("after_copy");
        site.engine_former = Some(std::mem::replace(&mut site.engine, to));
        site.engine_next = None;
        // An order to copy that comes late must not touch the store that counts from here on.
        site.epoch += 1;
        write(sites, &site).await?;
        running.step("copy", StepState::Done);
        faults::point("after_switch");
    }
    if let Some(former) = site.engine_former.clone() {
        running.step("retire", StepState::Running);
        // It is served from the new store before the other one goes.
        let assignment = reconcile::assignment(&sites.fleet, &site, names, Some(owner));
        link.assign(assignment).await?;
        reconcile::publish(sites, &site, names, running).await;
        if let Err(error) = link.retire(site.id, former).await {
            // What is left behind keeps nobody from using the site. The next operation tries again.
            tracing::warn!(site = %site.id, %error, "a store that a site came from stays");
            running.step("retire", StepState::Failed);
            return Ok(site);
        }
        faults::point("after_retire");
        site.engine_former = None;
        write(sites, &site).await?;
        running.step("retire", StepState::Done);
    }
    Ok(site)
}

/// Leaves a site with the engine that it has, after its conversion was given up.
pub(super) async fn give_up(sites: &Sites, mut site: Site) -> Result<(), Obstacle> {
    site.engine_next = None;
    write(sites, &site).await?;
    let names = crate::domains::store::names_of(&mut sites.db.read().await?, site.id).await?;
    let owner = reconcile::owner(&sites.db, &site).await?;
    let assignment = reconcile::assignment(&sites.fleet, &site, &names, owner.as_ref());
    let routes = reconcile::routes(&sites.fleet.hosts, &site, &names);
    reconcile::link(&sites.fleet, &site)?.assign(assignment).await?;
    sites.fleet.feed.publish(routes, Vec::new());
    Ok(())
}

async fn write(sites: &Sites, site: &Site) -> Result<(), DbError> {
    let mut writer = sites.db.write().await?;
    store::update_engine(&mut writer, site).await?;
    writer.commit().await
}
