//! The use cases over domains: claim a name, look at its records, choose the canonical one, give up.

use data_encoding::HEXLOWER;
use freehold_api::{ApiError, FieldError};
use freehold_clock::Clock;
use freehold_db::{DbError, Reader, Writer};
use freehold_fleet::{Hostname, ManifestDomain};
use freehold_idempotency::IdempotencyKey;
use freehold_ids::DomainId;

use super::change::Change;
use super::model::{Domain, Finding};
use super::{Domains, name, store};
use crate::sites::{self, Site, previous_slugs};
use crate::store::answer;

/// What stands before the random part of a token.
const TOKEN_PREFIX: &str = "freehold-domain=";

impl Domains {
    /// Whether a name needs no proof here.
    pub(super) fn is_trusted(&self, hostname: &Hostname) -> bool {
        self.trust_reserved_names && name::is_reserved(hostname)
    }

    /// Claims a name for a site and looks at once whether it is proved already.
    ///
    /// # Errors
    /// 400 for a name of the platform's, 409 for one that is taken or a site that takes none.
    pub(super) async fn claim(
        &self,
        site: &Site,
        hostname: Hostname,
        once: Option<(String, IdempotencyKey)>,
    ) -> Result<Domain, ApiError> {
        let sites = &self.sites;
        let hosts = &sites.fleet.hosts;
        let is_trusted = self.is_trusted(&hostname);
        let own = is_trusted.then(|| hosts.site(site.shown_slug()));
        name::check_not_platform(&hostname, hosts, own.as_ref()).map_err(|error| {
            let (path, code) = ("hostname".to_owned(), error.code().to_owned());
            ApiError::invalid(vec![FieldError { path, code, message: error.to_string() }])
        })?;
        let now = sites.clock.now();
        let id = DomainId::from_random(sites.clock.random_bits());
        let token = format!("{TOKEN_PREFIX}{}", HEXLOWER.encode(&sites.clock.random::<16>()));
        let claim = Domain::claimed(id, hostname, (site.id, site.account), token, now);
        // Not due before the look below is over: a claim counts as looked at once.
        let claim = match is_trusted {
            true => claim.checked(Finding::Proved, now),
            false => {
                Domain { next_check_at: now.plus_seconds(super::CHECK_SECONDS_MIN).0, ..claim }
            }
        };
        let added = self.change(site.id, Change::Add(Box::new(claim), once)).await?;
        if added.is_new && !is_trusted {
            return self.look(&added.domain, site).await;
        }
        Ok(added.domain)
    }

    /// Looks at a domain's records now.
    ///
    /// # Errors
    /// 429 when it was looked at a moment ago.
    pub(super) async fn check(&self, site: &Site, domain: &Domain) -> Result<Domain, ApiError> {
        self.checks.check(domain.id.to_string())?;
        self.look(domain, site).await
    }

    /// Makes the site be read under a domain, or under its own name again.
    ///
    /// # Errors
    /// 409 for a domain that is not served.
    pub(super) async fn choose(
        &self,
        site: &Site,
        id: DomainId,
        canonical: bool,
    ) -> Result<Domain, ApiError> {
        Ok(self.change(site.id, Change::Canonical(id, canonical)).await?.domain)
    }

    /// Gives a domain up.
    ///
    /// # Errors
    /// 404 when the site has it no longer.
    pub(super) async fn give_up(&self, site: &Site, id: DomainId) -> Result<(), ApiError> {
        self.change(site.id, Change::Remove(id)).await.map(drop)
    }

    /// The names below the platform's host that a CNAME to proves: the site's, as it is and as it was for as
    /// long as that leads on. None that was another account's before: its owner's records may still be there.
    async fn proving_names(
        &self,
        read: &mut Reader,
        site: &Site,
    ) -> Result<Vec<Hostname>, DbError> {
        let names = store::names_of(read, site.id).await?;
        let former = names.previous.iter().map(|previous| previous.slug.as_str());
        let mut proving = Vec::new();
        for slug in std::iter::once(site.shown_slug()).chain(former) {
            if !previous_slugs::was_anothers(read, slug, site.account).await? {
                proving.push(self.sites.fleet.hosts.site(slug));
            }
        }
        Ok(proving)
    }

    /// The name that a CNAME is to lead to, where a CNAME proves something.
    pub(super) async fn proving_name(
        &self,
        read: &mut Reader,
        site: &Site,
    ) -> Result<Option<Hostname>, DbError> {
        let own = self.sites.fleet.hosts.site(site.shown_slug());
        Ok(self.proving_names(read, site).await?.into_iter().find(|name| *name == own))
    }

    async fn look(&self, domain: &Domain, site: &Site) -> Result<Domain, ApiError> {
        let finding = if self.is_trusted(&domain.hostname) {
            Finding::Proved
        } else {
            let mut read = self.sites.db.read().await.map_err(answer)?;
            let platform = self.proving_names(&mut read, site).await.map_err(answer)?;
            drop(read);
            self.resolver.look(&domain.hostname, &platform, &domain.token).await
        };
        Ok(self.change(site.id, Change::Settle(domain.id, finding)).await?.domain)
    }
}

/// Writes a domain again that a manifest names, served as it was. Its records are looked at as soon as
/// there is time.
///
/// # Errors
/// A conflict on `domains_hostname_key`.
pub(crate) async fn take_up(
    writer: &mut Writer,
    clock: &Clock,
    site: &Site,
    known: &ManifestDomain,
) -> Result<(), DbError> {
    let (id, now) = (DomainId::from_random(clock.random_bits()), clock.now());
    let of = (site.id, site.account);
    let claim = Domain::claimed(id, known.hostname.clone(), of, known.token.clone(), now);
    let domain = Domain { canonical: known.canonical, ..claim.checked(Finding::Proved, now) };
    store::insert(writer, &Domain { next_check_at: now.0, ..domain }).await
}

/// Looks at a domain's records where that is due; for the sweep.
///
/// # Errors
/// What the control database said; the next sweep tries again.
pub(crate) async fn recheck(domains: &Domains, id: DomainId) -> Result<(), ApiError> {
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let Some(domain) = store::by_id(&mut read, id).await.map_err(answer)? else { return Ok(()) };
    let site = sites::store::by_id(&mut read, domain.site).await.map_err(answer)?;
    drop(read);
    let is_due = domain.next_check_at <= domains.sites.clock.now().0;
    match site.filter(|_| is_due) {
        Some(site) => domains.look(&domain, &site).await.map(drop),
        None => Ok(()),
    }
}
