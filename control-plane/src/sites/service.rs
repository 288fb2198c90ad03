//! The use cases over sites: place a new one, change the state of one, run what was started.

use std::time::Duration;

use freehold_api::{ApiError, FieldError};
use freehold_db::{DbError, Writer};
use freehold_ids::{AccountId, OperationId, TenantId};

use super::model::{NewSite, Site, SiteState};
use super::reconcile::{self, Obstacle};
use super::{Sites, convert, keys, previous_slugs, store};
use crate::domains::{self, Names};
use crate::fleet::NoWorker;
use crate::once::Once;
use crate::operations::{self, Kind, Operation, Outcome, StepState};
use crate::store::answer;
use crate::upgrades;

/// How long a request waits for its operation before it answers 202.
const INLINE_SECONDS_MAX: u64 = 5;
/// When a client may ask again whether a worker takes new sites.
const WORKER_RETRY_SECONDS: u64 = 2;
/// Tries within one run of an operation.
const TRIES_MAX: u32 = 3;
/// How long a deleted site can be restored.
pub(crate) const RESTORE_SECONDS: u64 = 7 * 24 * 3_600;

/// What a request started.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) site: Site,
    pub(crate) operation: OperationId,
    /// Whether it was over when the request had to answer.
    pub(crate) finished: bool,
}

fn no_worker(reason: NoWorker) -> ApiError {
    match reason {
        NoWorker::UnknownRegion => {
            let (path, code) = ("region".to_owned(), "unknown".to_owned());
            let message = "there is no such region".to_owned();
            ApiError::invalid(vec![FieldError { path, code, message }])
        }
        NoWorker::Away => {
            ApiError::unavailable(WORKER_RETRY_SECONDS, "no worker takes new sites at the moment")
        }
    }
}

/// Writes a new site, placed on a worker, and its operation. The caller commits.
///
/// # Errors
/// 409 for a slug that is taken, 400 for a region that is not there, 503 while no worker takes new
/// sites.
pub(crate) async fn place(
    sites: &Sites,
    writer: &mut Writer,
    account: AccountId,
    verified: bool,
    new: NewSite,
    slug_path: &str,
) -> Result<(Site, OperationId), ApiError> {
    let owned = store::count_of(writer, account).await.map_err(answer)?;
    if !verified && owned >= sites.unverified_sites_max {
        return Err(ApiError::new(
            axum::http::StatusCode::FORBIDDEN,
            "email_unverified",
            "verify your e-mail address before you create more sites",
        ));
    }
    let worker = sites.fleet.workers.choose(new.region.as_deref()).map_err(no_worker)?;
    let now = sites.clock.now();
    let id = TenantId::from_random(sites.clock.random_bits());
    let keys = sites.fleet.master.first_key(id);
    let keys = keys.map_err(|error| ApiError::internal(error.to_string()))?;
    let site = Site {
        id,
        account,
        slug: new.slug.as_str().to_owned(),
        name: new.name,
        region: worker.region.clone(),
        state: SiteState::Provisioning,
        reason: None,
        worker: worker.id,
        epoch: 1,
        created_at: now.0,
        erase_at: None,
        engine: convert::choose(sites, worker.id, &sites.engine).await?,
        engine_next: None,
        engine_former: None,
        keys: Some(keys),
        keys_are_stale: false,
        keys_due_at: None,
    };
    if previous_slugs::holder(writer, &site.slug).await.map_err(answer)?.is_some() {
        return Err(slug_taken(slug_path));
    }
    match store::insert(writer, &site).await {
        Err(error) if error.is_conflict_on("sites_slug_key") => return Err(slug_taken(slug_path)),
        other => other.map_err(answer)?,
    }
    let mut operation = new_operation(sites, &site, Kind::CreateSite);
    operation.note("reserve", StepState::Done, now);
    operations::store::insert(writer, &operation).await.map_err(answer)?;
    sites.fleet.workers.placed(site.worker);
    Ok((site, operation.id))
}

/// The same for a site's address and for one that a site had until lately.
pub(super) fn slug_taken(path: &str) -> ApiError {
    ApiError::conflict("slug_taken", path, "this address is taken")
}

pub(super) fn new_operation(sites: &Sites, site: &Site, kind: Kind) -> Operation {
    Operation {
        id: OperationId::from_random(sites.clock.random_bits()),
        account: site.account,
        site: site.id,
        kind,
        outcome: Outcome::Running,
        steps: Vec::new(),
        error: None,
        owner: sites.operations.owner.to_string(),
        attempts: 0,
        created_at: sites.clock.now().0,
    }
}

/// Changes a site's desired state and runs the operation that follows. `decide` says what the
/// new state is, or why there is none.
///
/// # Errors
/// What `decide` says; 404 when the site is not there.
pub(crate) async fn change_state(
    sites: &Sites,
    id: TenantId,
    kind: Kind,
    once: &Once,
    decide: impl FnOnce(Site) -> Result<Site, ApiError>,
) -> Result<Started, ApiError> {
    let now = sites.clock.now();
    let mut writer = sites.db.write().await.map_err(answer)?;
    if let Some((site, operation)) = once.started(&mut writer).await? {
        drop(writer);
        return run_inline(sites, site, operation).await;
    }
    let site = store::by_id(&mut writer, id).await.map_err(answer)?;
    let site = decide(site.ok_or_else(ApiError::not_found)?)?;
    store::update(&mut writer, &site, now).await.map_err(answer)?;
    if kind == Kind::RotateKey {
        keys::write(&mut writer, &site).await.map_err(answer)?;
    }
    let operation = new_operation(sites, &site, kind);
    operations::store::insert(&mut writer, &operation).await.map_err(answer)?;
    once.note(&mut writer, id, operation.id, now).await?;
    writer.commit().await.map_err(answer)?;
    run_inline(sites, id, operation.id).await
}

/// Runs an operation for a request, which waits for it a moment.
///
/// # Errors
/// The control database's.
pub(crate) async fn run_inline(
    sites: &Sites,
    site: TenantId,
    operation: OperationId,
) -> Result<Started, ApiError> {
    let task = {
        let sites = sites.clone();
        sites.fleet.tasks.clone().spawn(async move { run(&sites, operation).await })
    };
    let wait = Duration::from_secs(INLINE_SECONDS_MAX);
    let finished = match tokio::time::timeout(wait, task).await {
        Ok(Ok(Ok(()))) => true,
        Ok(Ok(Err(error))) => return Err(answer(error)),
        Ok(Err(error)) => return Err(ApiError::internal(format!("operation: {error}"))),
        Err(_) => false,
    };
    let mut read = sites.db.read().await.map_err(answer)?;
    let site = store::by_id(&mut read, site).await.map_err(answer)?;
    let site = site.ok_or_else(ApiError::not_found)?;
    Ok(Started { site, operation, finished })
}

/// Runs an operation to its end, unless this process runs it already. Idempotent.
///
/// # Errors
/// The control database's; then the operation stays as it is and the sweep takes it up again.
pub(crate) async fn run(sites: &Sites, id: OperationId) -> Result<(), DbError> {
    let Some(mut running) = sites.operations.start(id).await? else { return Ok(()) };
    let tenant = running.operation().site;
    let _turn = sites.turns.take(tenant).await;
    let mut last = None;
    for attempt in 0..TRIES_MAX {
        let Some(site) = store::by_id(&mut sites.db.read().await?, tenant).await? else {
            return finish(sites, running, None, Some("the site is gone".to_owned())).await;
        };
        match reconcile::reconcile(sites, &site, &mut running).await {
            Ok(()) => return finish(sites, running, Some(site), None).await,
            Err(obstacle) => {
                tracing::warn!(operation = %id, attempt, %obstacle, "an operation met an obstacle");
                let passing = obstacle.is_passing();
                last = Some(obstacle);
                if !passing {
                    break;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
    }
    give_up(sites, running, tenant, last).await
}

async fn finish(
    sites: &Sites,
    mut running: operations::Running,
    site: Option<Site>,
    error: Option<String>,
) -> Result<(), DbError> {
    let now = sites.clock.now();
    let outcome = if error.is_none() { Outcome::Succeeded } else { Outcome::Failed };
    let row = running.ended(outcome, error);
    let mut writer = sites.db.write().await?;
    if let Some(mut site) = site.filter(|site| site.state == SiteState::Provisioning) {
        site.state = SiteState::Ready;
        store::update(&mut writer, &site, now).await?;
    }
    operations::store::update(&mut writer, &row, now).await?;
    writer.commit().await?;
    running.announce();
    Ok(())
}

/// Ends an operation that did not come through. A new site is taken back whole and its slug is
/// free again; an existing one keeps its desired state, which the next operation brings about.
async fn give_up(
    sites: &Sites,
    mut running: operations::Running,
    tenant: TenantId,
    obstacle: Option<Obstacle>,
) -> Result<(), DbError> {
    let now = sites.clock.now();
    let error = obstacle.map(|obstacle| obstacle.to_string());
    let row = running.ended(Outcome::Failed, error);
    let site = store::by_id(&mut sites.db.read().await?, tenant).await?;
    if let Some(site) = site.as_ref().filter(|site| site.engine_next.is_some())
        && let Err(obstacle) = convert::give_up(sites, site.clone()).await
    {
        tracing::error!(site = %tenant, %obstacle, "a site is not served after its conversion failed");
    }
    let new = site.filter(|site| site.state == SiteState::Provisioning);
    if let Some(site) = &new
        && let Err(obstacle) = reconcile::discard(&sites.fleet, site, &Names::default()).await
    {
        tracing::error!(site = %tenant, %obstacle, "a failed site left something behind");
    }
    let mut writer = sites.db.write().await?;
    if let Some(mut site) = new {
        site.slug = site.released_slug();
        site.state = SiteState::Failed;
        store::update(&mut writer, &site, now).await?;
    }
    operations::store::update(&mut writer, &row, now).await?;
    writer.commit().await?;
    running.announce();
    Ok(())
}

/// Erases a deleted site whose time is over.
///
/// # Errors
/// Whatever is in the way; the next sweep tries again.
pub(crate) async fn erase(sites: &Sites, id: TenantId) -> Result<(), Obstacle> {
    // No domain of the site is published again behind this.
    let _turn = sites.turns.take(id).await;
    let site = store::by_id(&mut sites.db.read().await?, id).await?;
    let now = sites.clock.now();
    let due = |site: &Site| {
        site.state == SiteState::Deleted && site.erase_at.is_some_and(|at| at <= now.0)
    };
    let Some(site) = site.filter(due) else { return Ok(()) };
    let names = domains::store::names_of(&mut sites.db.read().await?, id).await?;
    reconcile::discard(&sites.fleet, &site, &names).await?;
    let mut writer = sites.db.write().await?;
    domains::store::release_all(&mut writer, id, now).await?;
    let former = names.previous.iter().map(|previous| previous.slug.as_str());
    for slug in former.chain([site.shown_slug()]) {
        previous_slugs::note_given_up(&mut writer, slug, site.account, now).await?;
    }
    upgrades::forget(&mut writer, id).await?;
    store::delete(&mut writer, id).await?;
    writer.commit().await?;
    tracing::info!(site = %id, "erased a deleted site");
    Ok(())
}
