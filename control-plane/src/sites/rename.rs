//! What a site is called and where it lives below the platform's host, changed.
//!
//! A former address leads on for a while: pages with a redirect, programs by being answered as before,
//! since following a redirect they would leave their credentials behind.

use freehold_api::{ApiError, Command, Problems};
use freehold_db::Writer;
use freehold_fleet::Hostname;
use freehold_ids::TenantId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{Site, SiteState, Slug, parse_name};
use super::previous_slugs::{
    self, PREVIOUS_SLUG_SECONDS, PREVIOUS_SLUGS_PER_SITE_MAX, PreviousSlug,
};
use super::reconcile::{self, Obstacle};
use super::service::{new_operation, slug_taken};
use super::{Sites, Started, run_inline, store};
use crate::domains;
use crate::operations::{self, Kind};
use crate::store::answer;

/// What a site is to be called; what is absent stays.
#[derive(Debug)]
pub(super) struct ChangeSite {
    name: Option<String>,
    slug: Option<Slug>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeSite)]
pub(super) struct ChangeSiteBody {
    /// What people call it in the console; 1 to 100 characters. Its visitors read the site's title,
    /// which is a setting of the site.
    name: Option<String>,
    /// Its label below the platform's host. The former one leads on for 90 days.
    slug: Option<String>,
}

impl Command for ChangeSite {
    type Wire = ChangeSiteBody;

    fn parse(wire: ChangeSiteBody, problems: &mut Problems) -> Option<Self> {
        let name = wire.name.map(|name| parse_name(&name, "name", problems));
        let slug = wire.slug.map(|slug| Slug::parse_at(&slug, "slug", problems));
        if name.is_none() && slug.is_none() {
            problems.add("name", "missing", "expected a name, a slug or both");
            return None;
        }
        Some(Self {
            name: name.map_or(Some(None), |name| name.map(Some))?,
            slug: slug.map_or(Some(None), |slug| slug.map(Some))?,
        })
    }
}

/// Changes what a site is called.
///
/// # Errors
/// 404 for a site that `own` does not let pass, 409 for an address that is taken and for a site that is
/// being made or deleted.
pub(super) async fn change(
    sites: &Sites,
    id: TenantId,
    command: ChangeSite,
    own: impl FnOnce(Site) -> Result<Site, ApiError>,
) -> Result<Started, ApiError> {
    let now = sites.clock.now();
    let mut writer = sites.db.write().await.map_err(answer)?;
    let site = store::by_id(&mut writer, id).await.map_err(answer)?;
    let mut site = own(site.ok_or_else(ApiError::not_found)?)?;
    if !matches!(site.state, SiteState::Ready | SiteState::Suspended) {
        let message = "a site can be renamed once it is there and until it is deleted";
        return Err(ApiError::conflict("wrong_state", "state", message));
    }
    if let Some(name) = command.name {
        site.name = name;
    }
    if let Some(slug) = command.slug.filter(|slug| slug.as_str() != site.slug) {
        move_to(sites, &mut writer, &mut site, &slug).await?;
    }
    match store::update(&mut writer, &site, now).await {
        Err(error) if error.is_conflict_on("sites_slug_key") => return Err(slug_taken("slug")),
        other => other.map_err(answer)?,
    }
    let operation = new_operation(sites, &site, Kind::ChangeSite);
    operations::store::insert(&mut writer, &operation).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    run_inline(sites, id, operation.id).await
}

async fn move_to(
    sites: &Sites,
    writer: &mut Writer,
    site: &mut Site,
    slug: &Slug,
) -> Result<(), ApiError> {
    let now = sites.clock.now();
    let holder = previous_slugs::holder(writer, slug.as_str()).await.map_err(answer)?;
    match holder {
        Some(holder) if holder != site.id => return Err(slug_taken("slug")),
        Some(_) => previous_slugs::delete(writer, site.id, slug.as_str()).await.map_err(answer)?,
        None => {}
    }
    let held = previous_slugs::of_site(writer, site.id).await.map_err(answer)?;
    if held.len() >= PREVIOUS_SLUGS_PER_SITE_MAX {
        let message = format!(
            "a site holds at most {PREVIOUS_SLUGS_PER_SITE_MAX} former addresses; give one up first"
        );
        return Err(ApiError::conflict("too_many_previous_slugs", "slug", &message));
    }
    let until = now.plus_seconds(PREVIOUS_SLUG_SECONDS).0;
    let former = PreviousSlug { slug: site.slug.clone(), until };
    previous_slugs::insert(writer, site.id, &former, now).await.map_err(answer)?;
    site.slug = slug.as_str().to_owned();
    Ok(())
}

/// Lets a former address lead nowhere. Edges let go of it before anybody else can have it.
///
/// # Errors
/// 404 where the site has no such former address.
pub(super) async fn give_up(sites: &Sites, id: TenantId, slug: &str) -> Result<(), ApiError> {
    let _turn = sites.turns.take(id).await;
    let mut read = sites.db.read().await.map_err(answer)?;
    let holder = previous_slugs::holder(&mut read, slug).await.map_err(answer)?;
    drop(read);
    if holder != Some(id) {
        return Err(ApiError::not_found());
    }
    release(sites, id, slug).await.map_err(answer)?;
    // What lies beside the store is told on the next occasion too; a worker that is away misses nothing.
    let told = tell_worker(sites, id).await;
    if let Err(obstacle) = told {
        tracing::warn!(site = %id, %obstacle, "a worker did not learn of a site's addresses");
    }
    Ok(())
}

/// Ends a former address whose time is over; for the sweep.
///
/// # Errors
/// What the control database said; the next sweep tries again.
pub(crate) async fn expire(sites: &Sites, id: TenantId, slug: &str) -> Result<(), Obstacle> {
    let _turn = sites.turns.take(id).await;
    let now = sites.clock.now();
    let held = previous_slugs::of_site(&mut sites.db.read().await?, id).await?;
    if held.iter().any(|held| held.slug == slug && held.until <= now.0) {
        release(sites, id, slug).await?;
    }
    Ok(())
}

async fn release(sites: &Sites, id: TenantId, slug: &str) -> Result<(), freehold_db::DbError> {
    let gone: Vec<Hostname> =
        reconcile::hostnames(&sites.fleet.hosts, slug).into_iter().map(|(name, _)| name).collect();
    let revision = sites.fleet.feed.publish(Vec::new(), gone);
    sites.fleet.feed.confirmed(revision, reconcile::EDGES_PATIENCE).await;
    let mut writer = sites.db.write().await?;
    if let Some(site) = store::by_id(&mut writer, id).await? {
        previous_slugs::note_given_up(&mut writer, slug, site.account, sites.clock.now()).await?;
    }
    previous_slugs::delete(&mut writer, id, slug).await?;
    writer.commit().await
}

async fn tell_worker(sites: &Sites, id: TenantId) -> Result<(), Obstacle> {
    let mut read = sites.db.read().await?;
    let site = store::by_id(&mut read, id).await?;
    let names = domains::store::names_of(&mut read, id).await?;
    drop(read);
    let Some(site) = site else { return Ok(()) };
    let owner = reconcile::owner(&sites.db, &site).await?;
    let assignment = reconcile::assignment(&sites.fleet, &site, &names, owner.as_ref());
    Ok(reconcile::link(&sites.fleet, &site)?.assign(assignment).await?)
}
