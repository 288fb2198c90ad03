//! The one way to change a site's domains: written, published, and in force before it is answered.

use freehold_api::ApiError;
use freehold_db::Writer;
use freehold_fleet::Hostname;
use freehold_idempotency::{IdempotencyKey, KeptAnswer, find, keep};
use freehold_ids::{DomainId, TenantId};
use serde::{Deserialize, Serialize};

use super::model::{Domain, Finding, Names};
use super::{Domains, store};
use crate::sites::{self, Site, SiteState};
use crate::store::answer;

/// Domains of one site, proved or not.
const DOMAINS_PER_SITE_MAX: u64 = 100;

/// A change of a site's domains.
#[derive(Debug)]
pub(super) enum Change {
    /// Claims a name, once for a key.
    Add(Box<Domain>, Option<(String, IdempotencyKey)>),
    /// Notes what a look at its records found.
    Settle(DomainId, Finding),
    /// Makes the site be read under this name, or under its own again.
    Canonical(DomainId, bool),
    /// Gives a name up.
    Remove(DomainId),
}

/// What is kept with a key.
#[derive(Serialize, Deserialize)]
struct Added {
    domain: DomainId,
}

/// What a change came to.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) domain: Domain,
    /// Whether this very request added it.
    pub(super) is_new: bool,
}

impl Domains {
    /// Writes a change and waits until every connected edge has it in force.
    pub(super) async fn change(&self, id: TenantId, change: Change) -> Result<Changed, ApiError> {
        let sites = &self.sites;
        let _turn = sites.turns.take(id).await;
        let order = self.order.lock().await;
        let mut writer = sites.db.write().await.map_err(answer)?;
        let site = sites::store::by_id(&mut writer, id).await.map_err(answer)?;
        let site = site.ok_or_else(ApiError::not_found)?;
        let before = store::names_of(&mut writer, id).await.map_err(answer)?;
        let changed = self.write(&mut writer, &site, change).await?;
        let after = store::names_of(&mut writer, id).await.map_err(answer)?;
        writer.commit().await.map_err(answer)?;
        if before != after {
            let revision = self.publish(&site, &before, &after);
            drop(order);
            sites.fleet.feed.confirmed(revision, sites::EDGES_PATIENCE).await;
            self.tell_worker(&site, &before, &after).await?;
        }
        Ok(changed)
    }

    async fn write(
        &self,
        writer: &mut Writer,
        site: &Site,
        change: Change,
    ) -> Result<Changed, ApiError> {
        let now = self.sites.clock.now();
        let domain = match change {
            Change::Add(domain, once) => return self.add(writer, site, *domain, once).await,
            Change::Settle(id, finding) => {
                let domain = of_site(writer, site, id).await?;
                let before = domain.state;
                let domain = domain.checked(finding, now);
                if domain.state != before {
                    let (from, to) = (before.as_str(), domain.state.as_str());
                    tracing::info!(domain = %domain.id, from, to, "a domain changed its state");
                }
                store::update(writer, &domain).await.map_err(answer)?;
                domain
            }
            Change::Canonical(id, wanted) => {
                let mut domain = of_site(writer, site, id).await?;
                if wanted && !domain.state.is_served() {
                    let message = "only a domain that is served can be the canonical one";
                    return Err(ApiError::conflict("wrong_state", "state", message));
                }
                if wanted {
                    store::clear_canonical(writer, site.id).await.map_err(answer)?;
                }
                domain.canonical = wanted;
                store::update(writer, &domain).await.map_err(answer)?;
                domain
            }
            Change::Remove(id) => {
                let mut domain = of_site(writer, site, id).await?;
                if domain.proved_at.is_some() {
                    (domain.canonical, domain.released_at) = (false, Some(now.0));
                    store::update(writer, &domain).await.map_err(answer)?;
                } else {
                    store::delete(writer, id).await.map_err(answer)?;
                }
                domain
            }
        };
        Ok(Changed { domain, is_new: false })
    }

    async fn add(
        &self,
        writer: &mut Writer,
        site: &Site,
        mut domain: Domain,
        once: Option<(String, IdempotencyKey)>,
    ) -> Result<Changed, ApiError> {
        if let Some((caller, key)) = &once
            && let Some(kept) = find(writer, caller, key).await?
        {
            let added: Added = serde_json::from_value(kept.data().clone())
                .map_err(|error| ApiError::internal(format!("a kept answer: {error}")))?;
            let domain = of_site(writer, site, added.domain).await?;
            return Ok(Changed { domain, is_new: false });
        }
        if !matches!(site.state, SiteState::Ready | SiteState::Suspended) {
            let message = "a site takes domains once it is there and until it is deleted";
            return Err(ApiError::conflict("wrong_state", "state", message));
        }
        if store::count_of(writer, site.id).await.map_err(answer)? >= DOMAINS_PER_SITE_MAX {
            let message = format!("a site has at most {DOMAINS_PER_SITE_MAX} domains");
            return Err(ApiError::conflict("too_many_domains", "hostname", &message));
        }
        let now = self.sites.clock.now();
        let known = store::by_hostname(writer, &domain.hostname).await.map_err(answer)?;
        if let Some(known) = known {
            if !known.yields_to(domain.account, now) {
                return Err(taken());
            }
            // Records that were set for this very site before are still right.
            if known.site == domain.site {
                domain.token = known.token;
            }
            store::delete(writer, known.id).await.map_err(answer)?;
        }
        match store::insert(writer, &domain).await {
            Err(error) if error.is_conflict_on("domains_hostname_key") => return Err(taken()),
            other => other.map_err(answer)?,
        }
        if let Some((caller, key)) = &once {
            let added = Added { domain: domain.id };
            let kept = KeptAnswer::new(axum::http::StatusCode::CREATED, &added)?;
            keep(writer, caller, key, &kept, now).await.map_err(answer)?;
        }
        Ok(Changed { domain, is_new: true })
    }

    /// Tells edges which names lead to the site now, and which no longer.
    fn publish(&self, site: &Site, before: &Names, after: &Names) -> u64 {
        let is_gone = |name: &&Hostname| after.hostnames().all(|other| other != *name);
        let gone: Vec<Hostname> = before.hostnames().filter(is_gone).cloned().collect();
        let fleet = &self.sites.fleet;
        fleet.feed.publish(sites::edge_routes(&fleet.hosts, site, after), gone)
    }

    /// Tells the worker which names the site has now. One that misses this learns it when it next takes
    /// its assignments.
    async fn tell_worker(
        &self,
        site: &Site,
        before: &Names,
        after: &Names,
    ) -> Result<(), ApiError> {
        if before == after {
            return Ok(());
        }
        let Some(link) = self.sites.fleet.workers.link(site.worker) else { return Ok(()) };
        let owner = sites::owner(&self.sites.db, site).await.map_err(answer)?;
        let fleet = &self.sites.fleet;
        let assignment = sites::assignment(fleet, site, after, owner.as_ref());
        if let Err(error) = link.assign(assignment).await {
            tracing::warn!(site = %site.id, %error, "a worker did not learn of a site's names");
        }
        Ok(())
    }
}

/// The same for whoever holds the name and for one that is kept for a while, so that nothing is told
/// of anybody.
fn taken() -> ApiError {
    let message = "this name is another site's, or was until lately";
    ApiError::conflict("hostname_taken", "hostname", message)
}

async fn of_site(writer: &mut Writer, site: &Site, id: DomainId) -> Result<Domain, ApiError> {
    let found = store::by_id(writer, id).await.map_err(answer)?;
    found.filter(|domain| domain.site == site.id).ok_or_else(ApiError::not_found)
}
