//! Closes the gap between a site's desired state and what workers and edges do.
//!
//! Input is the site's row alone, and every step may be run any number of times; retry after a
//! crash, repair and the first run are this same path.

use std::sync::Arc;
use std::time::Duration;

use freehold_db::{Database, DbError};
use freehold_fleet::{
    Assignment, CONTRACT_VERSION, Hostname, Hosts, LinkError, Manifest, ManifestDomain,
    ManifestOwner, ManifestSlug, Provision, Route, RouteState, SiteFacts, Surface, TenantState,
    Unread, UpstreamId, WorkerLink,
};
use freehold_ids::AccountId;
use freehold_sealing::Unsealable;

use super::model::{Site, SiteState};
use super::previous_slugs::PreviousSlug;
use super::{Fleet, Sites, convert, keys};
use crate::accounts::{self, Member};
use crate::domains::{self, Names, Served};
use crate::faults;
use crate::operations::{Kind, Running, StepState};

/// How long an edge may take to put a change in force before it no longer counts as connected.
pub(crate) const EDGES_PATIENCE: Duration = Duration::from_secs(2);

/// Why a site is not in its desired state yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Worker(#[from] LinkError),
    #[error("no worker {0} has joined")]
    NoWorker(String),
    #[error("the account has no owner")]
    NoOwner,
    #[error("the tenant's keys: {0}")]
    Keys(#[from] Unsealable),
}

impl Obstacle {
    /// Whether another try may help.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Db(DbError::Busy | DbError::Full | DbError::Io(_)) => true,
            Self::Worker(LinkError::Unreachable(_)) | Self::NoWorker(_) => true,
            Self::Db(_) | Self::Worker(_) | Self::NoOwner | Self::Keys(_) => false,
        }
    }
}

/// Brings workers and edges to the site's desired state. A site that is being provisioned is
/// ready when this returns.
pub(crate) async fn reconcile(
    sites: &Sites,
    site: &Site,
    running: &mut Running,
) -> Result<(), Obstacle> {
    let owner = owner(&sites.db, site).await?.ok_or(Obstacle::NoOwner)?;
    let names = domains::store::names_of(&mut sites.db.read().await?, site.id).await?;
    let converted;
    let site = match (site.state, &site.engine_next, &site.engine_former) {
        (_, None, None) | (SiteState::Deleted | SiteState::Failed, ..) => site,
        _ => {
            converted = convert::run(sites, site, (&names, &owner), running).await?;
            &converted
        }
    };
    let assignment = assignment(&sites.fleet, site, &names, Some(&owner));
    faults::point("before_store");
    match site.state {
        // A new site is routed to when it is there.
        SiteState::Provisioning => {
            let provision = Provision {
                assignment,
                name: site.name.clone(),
                owner: owner.id,
                owner_email: owner.email,
            };
            running.step("store", StepState::Running);
            link(&sites.fleet, site)?.provision(provision).await?;
            running.step("store", StepState::Done);
            faults::point("after_store");
            publish(sites, site, &names, running).await;
        }
        // A door is closed first, whether or not its worker can be told.
        SiteState::Suspended | SiteState::Deleted | SiteState::Failed => {
            publish(sites, site, &names, running).await;
            assign(sites, site, assignment, running).await?;
        }
        SiteState::Ready => {
            assign(sites, site, assignment, running).await?;
            publish(sites, site, &names, running).await;
            seal(sites, site, (&names, &owner), running).await?;
        }
    }
    faults::point("after_route");
    Ok(())
}

/// The line to the site's worker.
pub(super) fn link(fleet: &Fleet, site: &Site) -> Result<Arc<dyn WorkerLink>, Obstacle> {
    let link = fleet.workers.link(site.worker);
    link.ok_or_else(|| Obstacle::NoWorker(site.worker.to_string()))
}

async fn assign(
    sites: &Sites,
    site: &Site,
    assignment: Assignment,
    running: &mut Running,
) -> Result<(), Obstacle> {
    running.step("store", StepState::Running);
    link(&sites.fleet, site)?.assign(assignment).await?;
    running.step("store", StepState::Done);
    faults::point("after_store");
    Ok(())
}

/// Seals the site's secrets anew where that is due. Where something else was asked for, that is done
/// also if this cannot be, and this is tried again.
async fn seal(
    sites: &Sites,
    site: &Site,
    told: (&Names, &Member),
    running: &mut Running,
) -> Result<(), Obstacle> {
    let is_rotation = running.operation().kind == Kind::RotateKey;
    if !site.keys_are_stale {
        // Then it is the end of one that was cut off: the worker was told just now.
        return if is_rotation { keys::forget_due(sites, site).await } else { Ok(()) };
    }
    running.step("seal", StepState::Running);
    let sealed = keys::reseal(sites, site, told).await;
    running.step("seal", if sealed.is_ok() { StepState::Done } else { StepState::Failed });
    match sealed {
        Err(obstacle) if !is_rotation => {
            tracing::warn!(site = %site.id, %obstacle, "secrets are not sealed anew yet");
            Ok(())
        }
        other => other,
    }
}

pub(super) async fn publish(sites: &Sites, site: &Site, names: &Names, running: &mut Running) {
    running.step("route", StepState::Running);
    let revision = sites.fleet.feed.publish(routes(&sites.fleet.hosts, site, names), Vec::new());
    sites.fleet.feed.confirmed(revision, EDGES_PATIENCE).await;
    running.step("route", StepState::Done);
}

/// Who answers for a site: the account's first owner.
pub(crate) async fn owner(db: &Database, site: &Site) -> Result<Option<Member>, DbError> {
    accounts::store::first_owner(db, site.account).await
}

/// Whether the address of an account's owner is verified.
pub(crate) async fn is_account_verified(
    sites: &Sites,
    account: AccountId,
) -> Result<bool, DbError> {
    let owner = accounts::store::first_owner(&sites.db, account).await?;
    Ok(owner.is_some_and(|owner| owner.verified_at.is_some()))
}

/// What a worker is told of a site.
pub(crate) fn assignment(
    fleet: &Fleet,
    site: &Site,
    names: &Names,
    owner: Option<&Member>,
) -> Assignment {
    let hosts = &fleet.hosts;
    // A failed site's store is about to go.
    let described = owner.filter(|_| site.state != SiteState::Failed);
    let manifest =
        described.map(|owner| Box::new(fleet.manifests.seal(&manifest(site, names, owner))));
    let slug = site.shown_slug();
    let hostname = hosts.site(slug);
    Assignment {
        version: CONTRACT_VERSION,
        tenant: site.id,
        epoch: site.epoch,
        state: match site.state {
            // Nobody uses a store whose rows are being copied.
            SiteState::Ready if site.engine_next.is_some() => TenantState::Suspended,
            SiteState::Provisioning | SiteState::Ready => TenantState::Active,
            SiteState::Suspended => TenantState::Suspended,
            SiteState::Deleted | SiteState::Failed => TenantState::Deleted,
        },
        site: SiteFacts {
            slug: slug.to_owned(),
            url: hosts.origin(&hostname),
            canonical_url: names.canonical.as_ref().map(|name| hosts.origin(name).into()),
            admin_url: hosts.origin(&hosts.admin(slug)).into(),
            hostname,
            noindex: owner.is_none_or(|owner| owner.verified_at.is_none()),
            unread: Unread::default(),
        },
        owner: None,
        engine: site.engine.clone(),
        keys: keys::told(fleet, site),
        manifest,
        unread: Unread::default(),
    }
}

/// What lies beside the site's store, for the day when this database is lost.
fn manifest(site: &Site, names: &Names, owner: &Member) -> Manifest {
    let domain = |served: &Served| ManifestDomain {
        hostname: served.hostname.clone(),
        token: served.token.clone(),
        canonical: names.canonical.as_ref() == Some(&served.hostname),
    };
    let former = |previous: &PreviousSlug| ManifestSlug {
        slug: previous.slug.clone(),
        until: previous.until,
    };
    Manifest {
        version: CONTRACT_VERSION,
        tenant: site.id,
        epoch: site.epoch,
        worker: site.worker,
        region: site.region.clone(),
        engine: site.engine.to_string(),
        name: site.name.clone(),
        slug: site.shown_slug().to_owned(),
        created_at: site.created_at,
        suspended: site.reason.clone(),
        erase_at: site.erase_at,
        account: site.account,
        owner: ManifestOwner {
            member: owner.id,
            email: owner.email.clone(),
            is_verified: owner.verified_at.is_some(),
        },
        domains: names.served.iter().map(domain).collect(),
        previous_slugs: names.previous.iter().map(former).collect(),
        keys: site.keys.clone(),
        unread: Unread::default(),
    }
}

/// What the edges are told of a site.
pub(crate) fn routes(hosts: &Hosts, site: &Site, names: &Names) -> Vec<Route> {
    let state = match site.state {
        SiteState::Ready if site.engine_next.is_some() => RouteState::Moving,
        SiteState::Provisioning | SiteState::Ready => RouteState::Active,
        SiteState::Suspended => RouteState::Suspended,
        SiteState::Deleted | SiteState::Failed => RouteState::Deleted,
    };
    let [(own, _), (admin, _), (media, _)] = hostnames(hosts, site.shown_slug());
    let read_under = |surface| match surface {
        Surface::Site => names.canonical.as_ref(),
        Surface::Console | Surface::Admin | Surface::Media => None,
    };
    let route =
        |hostname: Hostname, surface, alias_of: Option<&Hostname>, to: Option<&Hostname>| Route {
            alias_of: alias_of.cloned(),
            redirect_to: to.filter(|to| **to != hostname).cloned(),
            hostname,
            surface,
            tenant: Some(site.id),
            upstream: UpstreamId(site.worker.to_string()),
            epoch: site.epoch,
            state,
        };
    let platform = hostnames(hosts, site.shown_slug());
    let platform = platform.map(|(name, surface)| route(name, surface, None, read_under(surface)));
    let domains = names
        .hostnames()
        .map(|name| route(name.clone(), Surface::Site, Some(&own), names.canonical.as_ref()));
    let former = names.previous.iter().flat_map(|previous| {
        hostnames(hosts, &previous.slug).map(|(name, surface)| {
            let now = match surface {
                Surface::Site => names.canonical.as_ref().unwrap_or(&own),
                Surface::Admin => &admin,
                Surface::Console | Surface::Media => &media,
            };
            route(name, surface, Some(&own), Some(now))
        })
    });
    platform.into_iter().chain(domains).chain(former).collect()
}

/// The names that a slug stands for below the platform's hosts.
pub(super) fn hostnames(hosts: &Hosts, slug: &str) -> [(Hostname, Surface); 3] {
    [
        (hosts.site(slug), Surface::Site),
        (hosts.admin(slug), Surface::Admin),
        (hosts.media(slug), Surface::Media),
    ]
}

/// Takes a site away from workers and edges for good, store and all.
pub(crate) async fn discard(fleet: &Fleet, site: &Site, names: &Names) -> Result<(), Obstacle> {
    let former = names.previous.iter().map(|previous| previous.slug.as_str());
    let platform = std::iter::once(site.shown_slug())
        .chain(former)
        .flat_map(|slug| hostnames(&fleet.hosts, slug).map(|(name, _)| name));
    fleet.feed.publish(Vec::new(), platform.chain(names.hostnames().cloned()).collect());
    link(fleet, site)?.discard(site.id, site.epoch).await?;
    fleet.workers.taken(site.worker);
    Ok(())
}
