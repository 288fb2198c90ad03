//! HTTP over domains, for the members of the account that owns the site and for operators.

use axum::extract::State;
use freehold_api::{
    ApiError, Body, Command, Data, Method, Page, Path, PathPair, Problems, Route, Routes,
};
use freehold_fleet::Hostname;
use freehold_idempotency::Idempotent;
use freehold_ids::{DomainId, TenantId};
use freehold_lists::List;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::Domain;
use super::view::{DomainView, TenantDomainView};
use super::{Domains, name, store};
use crate::call::{AsOperator, Call, Caller, CanReadSites, CanWriteSites, OrOperator};
use crate::sites::{self, Site};
use crate::store::answer;

#[derive(Debug)]
struct AddDomain(Hostname);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDomain)]
struct AddDomainBody {
    /// A public name such as www.example.org; letters beyond ASCII are taken as IDNA has them.
    hostname: String,
}

impl Command for AddDomain {
    type Wire = AddDomainBody;

    fn parse(wire: AddDomainBody, problems: &mut Problems) -> Option<Self> {
        name::parse(&wire.hostname)
            .map_err(|error| problems.add("hostname", error.code(), error.to_string()))
            .ok()
            .map(Self)
    }
}

#[derive(Debug)]
struct ChooseDomain {
    canonical: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DomainChoice)]
struct ChooseDomainBody {
    /// `true`: the site is to be read under this name, and under none else. `false`: under its own.
    canonical: bool,
}

impl Command for ChooseDomain {
    type Wire = ChooseDomainBody;

    fn parse(wire: ChooseDomainBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self { canonical: wire.canonical })
    }
}

pub(crate) fn routes(domains: Domains) -> Vec<Route> {
    const ALL: &str = "/v1/sites/{id}/domains";
    const ONE: &str = "/v1/sites/{id}/domains/{domain_id}";
    Routes::new(domains)
        .add(Method::Get, ALL, list, |op| {
            op.summary("A site's domains").returns_page_of::<DomainView>()
        })
        .add(Method::Post, ALL, add, |op| {
            op.summary("Add a domain; it serves when it is answered as active")
                .returns::<DomainView>(201)
        })
        .add(Method::Get, ONE, show, |op| {
            op.summary("One domain, with what is still to be done").returns::<DomainView>(200)
        })
        .add(Method::Put, ONE, choose, |op| {
            op.summary("Choose the name that the site is read under").returns::<DomainView>(200)
        })
        .add(Method::Delete, ONE, remove, |op| {
            op.summary("Remove a domain; it no longer serves when this is answered")
                .returns_nothing(200)
        })
        .add(Method::Post, "/v1/sites/{id}/domains/{domain_id}/check", check, |op| {
            op.summary("Look at a domain's records now").returns::<DomainView>(200)
        })
        .add(Method::Get, "/v1/fleet/domains", list_all, |op| {
            op.summary("Domains of all accounts").returns_page_of::<TenantDomainView>()
        })
        .rows()
}

/// The site, if the caller may know of it.
async fn site(domains: &Domains, caller: &Caller, id: TenantId) -> Result<Site, ApiError> {
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let found = sites::store::by_id(&mut read, id).await.map_err(answer)?;
    let visible = found.filter(|site| match caller {
        Caller::Operator => true,
        Caller::Member(member) => member.account == site.account,
        Caller::Nobody => false,
    });
    visible.ok_or_else(ApiError::not_found)
}

async fn find(
    domains: &Domains,
    caller: &Caller,
    PathPair(site_id, id): PathPair<TenantId, DomainId>,
) -> Result<(Site, Domain), ApiError> {
    let site = site(domains, caller, site_id).await?;
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let found = store::by_id(&mut read, id).await.map_err(answer)?;
    let domain = found.filter(|domain| domain.site == site.id);
    Ok((site, domain.ok_or_else(ApiError::not_found)?))
}

async fn view(domains: &Domains, site: &Site, domain: &Domain) -> Result<DomainView, ApiError> {
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let platform = domains.proving_name(&mut read, site).await.map_err(answer)?;
    Ok(shown(domains, domain, platform.as_ref()))
}

fn shown(domains: &Domains, domain: &Domain, platform: Option<&Hostname>) -> DomainView {
    let is_trusted = domains.is_trusted(&domain.hostname);
    DomainView::new(domain, platform, &domains.sites.fleet.hosts, is_trusted)
}

async fn list(
    call: Call<OrOperator<CanReadSites>>,
    State(domains): State<Domains>,
    Path(id): Path<TenantId>,
    list: List<DomainView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let site = site(&domains, call.caller(), id).await?;
    let found = store::list(&domains.sites.db, Some(site.id), &list).await.map_err(answer)?;
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let platform = domains.proving_name(&mut read, &site).await.map_err(answer)?;
    let views = found.rows.iter().map(|domain| shown(&domains, domain, platform.as_ref()));
    Ok(Data::ok(found.frame.page(views)?))
}

async fn list_all(
    _call: Call<AsOperator>,
    State(domains): State<Domains>,
    list: List<TenantDomainView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = store::list(&domains.sites.db, None, &list).await.map_err(answer)?;
    let mut read = domains.sites.db.read().await.map_err(answer)?;
    let mut views = Vec::with_capacity(found.rows.len());
    for domain in &found.rows {
        // A site that was erased meanwhile took its domains along.
        let site = sites::store::by_id(&mut read, domain.site).await.map_err(answer)?;
        if let Some(site) = site {
            let platform = domains.proving_name(&mut read, &site).await.map_err(answer)?;
            let view = shown(&domains, domain, platform.as_ref());
            views.push(TenantDomainView::new(domain, view));
        }
    }
    Ok(Data::ok(found.frame.page(views)?))
}

async fn add(
    call: Call<OrOperator<CanWriteSites>>,
    State(domains): State<Domains>,
    Path(id): Path<TenantId>,
    Idempotent { key, body: Body(AddDomain(hostname)) }: Idempotent<Body<AddDomain>>,
) -> Result<Data<DomainView>, ApiError> {
    let site = site(&domains, call.caller(), id).await?;
    let caller = match call.caller() {
        Caller::Member(member) => member.name(),
        Caller::Operator | Caller::Nobody => "operator".to_owned(),
    };
    let domain = domains.claim(&site, hostname, key.map(|key| (caller, key))).await?;
    Ok(Data::created(view(&domains, &site, &domain).await?))
}

async fn show(
    call: Call<OrOperator<CanReadSites>>,
    State(domains): State<Domains>,
    path: PathPair<TenantId, DomainId>,
) -> Result<Data<DomainView>, ApiError> {
    let (site, domain) = find(&domains, call.caller(), path).await?;
    Ok(Data::ok(view(&domains, &site, &domain).await?))
}

async fn choose(
    call: Call<OrOperator<CanWriteSites>>,
    State(domains): State<Domains>,
    path: PathPair<TenantId, DomainId>,
    Body(wanted): Body<ChooseDomain>,
) -> Result<Data<DomainView>, ApiError> {
    let (site, domain) = find(&domains, call.caller(), path).await?;
    let domain = domains.choose(&site, domain.id, wanted.canonical).await?;
    Ok(Data::ok(view(&domains, &site, &domain).await?))
}

async fn remove(
    call: Call<OrOperator<CanWriteSites>>,
    State(domains): State<Domains>,
    path: PathPair<TenantId, DomainId>,
) -> Result<Data<()>, ApiError> {
    let (site, domain) = find(&domains, call.caller(), path).await?;
    domains.give_up(&site, domain.id).await?;
    Ok(Data::ok(()))
}

async fn check(
    call: Call<OrOperator<CanWriteSites>>,
    State(domains): State<Domains>,
    path: PathPair<TenantId, DomainId>,
) -> Result<Data<DomainView>, ApiError> {
    let (site, domain) = find(&domains, call.caller(), path).await?;
    let domain = domains.check(&site, &domain).await?;
    Ok(Data::ok(view(&domains, &site, &domain).await?))
}
