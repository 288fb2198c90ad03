//! HTTP over sites, for the members of the account that owns them.

use axum::extract::State;
use data_encoding::HEXLOWER;
use freehold_api::{
    ApiError, Body, Command, Data, Method, Page, Path, PathPair, Problems, Route, Routes,
};
use freehold_fleet::{TICKET_AGE_SECONDS_MAX, TICKET_TYPE, TicketClaims};
use freehold_idempotency::{Idempotent, Nothing};
use freehold_ids::{OperationId, TenantId};
use freehold_lists::List;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{NewSite, Site, SiteBody, SiteState, SiteView, parse_new_site};
use super::reconcile::is_account_verified;
use super::rename::{self, ChangeSite};
use super::service::{RESTORE_SECONDS, Started, change_state, place, run_inline};
use super::{Sites, previous_slugs, store};
use crate::call::{Call, CanDeleteSites, CanEnterSites, CanReadSites, CanWriteSites, MemberCaller};
use crate::once::Once;
use crate::operations::Kind;
use crate::store::answer;
use freehold_clock::UnixMs;

#[derive(Debug)]
struct CreateSite(NewSite);

impl Command for CreateSite {
    type Wire = SiteBody;

    fn parse(wire: SiteBody, problems: &mut Problems) -> Option<Self> {
        parse_new_site(wire, "", problems).map(Self)
    }
}

/// A way into a site's admin.
#[derive(Debug, Serialize, ToSchema)]
struct SignIn {
    /// Where a browser goes; the ticket stands behind the hash, which no server sees.
    url: String,
    /// For `POST /api/v1/auth/ticket` on the site's or its admin's host; once.
    ticket: String,
    /// RFC 3339.
    expires_at: String,
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/sites", list, |op| {
            op.summary("The account's sites, newest first").returns_page_of::<SiteView>()
        })
        .add(Method::Post, "/v1/sites", create, |op| {
            op.summary("Create a site; it serves when the answer leaves with 201")
                .returns::<SiteView>(201)
                .returns::<SiteView>(202)
        })
        .add(Method::Get, "/v1/sites/{id}", show, |op| {
            op.summary("One site").returns::<SiteView>(200)
        })
        .add(Method::Patch, "/v1/sites/{id}", change, |op| {
            op.summary("Change a site's name or address; the former address leads on for 90 days")
                .returns::<SiteView>(200)
                .returns::<SiteView>(202)
        })
        .add(Method::Delete, "/v1/sites/{id}/previous-slugs/{slug}", give_up, |op| {
            op.summary("Let a former address lead nowhere").returns::<()>(200)
        })
        .add(Method::Delete, "/v1/sites/{id}", delete, |op| {
            op.summary("Delete a site; it can be restored for seven days")
                .returns::<SiteView>(200)
                .returns::<SiteView>(202)
        })
        .add(Method::Post, "/v1/sites/{id}/restore", restore, |op| {
            op.summary("Restore a deleted site").returns::<SiteView>(200).returns::<SiteView>(202)
        })
        .add(Method::Post, "/v1/sites/{id}/sign-in", sign_in, |op| {
            op.summary("A ticket into the site, for one use within a minute").returns::<SignIn>(201)
        })
        .rows()
}

/// Passes a site on only to its own account.
fn own(member: &MemberCaller, site: Site) -> Result<Site, ApiError> {
    if site.account == member.account { Ok(site) } else { Err(ApiError::not_found()) }
}

/// A site of the caller's own account.
pub(crate) async fn find_own(
    sites: &Sites,
    member: &MemberCaller,
    id: TenantId,
) -> Result<Site, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let site = store::by_id(&mut read, id).await.map_err(answer)?;
    own(member, site.ok_or_else(ApiError::not_found)?)
}

fn started(sites: &Sites, started: &Started) -> Data<SiteView> {
    let view = SiteView::new(&started.site, &sites.fleet.hosts, Some(started.operation));
    if started.finished { Data::ok(view) } else { Data::accepted(view) }
}

async fn list(
    call: Call<CanReadSites>,
    State(sites): State<Sites>,
    list: List<SiteView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let account = Some(call.member()?.account);
    let found = store::list(&sites.db, account, &list).await.map_err(answer)?;
    let hosts = &sites.fleet.hosts;
    let views = found.rows.iter().map(|site| SiteView::new(site, hosts, None));
    Ok(Data::ok(found.frame.page(views)?))
}

async fn create(
    call: Call<CanWriteSites>,
    State(sites): State<Sites>,
    Idempotent { key, body: Body(CreateSite(new)) }: Idempotent<Body<CreateSite>>,
) -> Result<Data<SiteView>, ApiError> {
    let member = call.member()?;
    let once = Once::new(member.name(), key);
    let verified = is_account_verified(&sites, member.account).await.map_err(answer)?;
    let mut writer = sites.db.write().await.map_err(answer)?;
    let (site, operation) = match once.started(&mut writer).await? {
        Some(started) => {
            // The operation may have to be taken up again, which takes the writer.
            drop(writer);
            started
        }
        None => {
            let account = member.account;
            let placed = place(&sites, &mut writer, account, verified, new, "slug").await?;
            once.note(&mut writer, placed.0.id, placed.1, sites.clock.now()).await?;
            writer.commit().await.map_err(answer)?;
            (placed.0.id, placed.1)
        }
    };
    let begun = run_inline(&sites, site, operation).await?;
    let view = SiteView::new(&begun.site, &sites.fleet.hosts, Some(begun.operation));
    match (begun.finished, begun.site.state) {
        (true, SiteState::Failed) => Err(ApiError::unavailable(5, "provisioning failed")),
        (true, _) => Ok(Data::created(view)),
        (false, _) => Ok(Data::accepted(view)),
    }
}

async fn show(
    call: Call<CanReadSites>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
) -> Result<Data<SiteView>, ApiError> {
    let site = find_own(&sites, call.member()?, id).await?;
    Ok(Data::ok(whole(&sites, &site, None).await?))
}

async fn whole(
    sites: &Sites,
    site: &Site,
    operation: Option<OperationId>,
) -> Result<SiteView, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let previous = previous_slugs::of_site(&mut read, site.id).await.map_err(answer)?;
    let worker_is_there = sites.fleet.workers.link(site.worker).is_some();
    Ok(SiteView::new(site, &sites.fleet.hosts, operation).whole(&previous, worker_is_there))
}

async fn change(
    call: Call<CanWriteSites>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
    Body(command): Body<ChangeSite>,
) -> Result<Data<SiteView>, ApiError> {
    let member = call.member()?.clone();
    let begun = rename::change(&sites, id, command, |site| own(&member, site)).await?;
    let view = whole(&sites, &begun.site, Some(begun.operation)).await?;
    Ok(if begun.finished { Data::ok(view) } else { Data::accepted(view) })
}

async fn give_up(
    call: Call<CanWriteSites>,
    State(sites): State<Sites>,
    PathPair(id, slug): PathPair<TenantId, String>,
) -> Result<Data<()>, ApiError> {
    find_own(&sites, call.member()?, id).await?;
    rename::give_up(&sites, id, &slug).await?;
    Ok(Data::ok(()))
}

fn wrong_state(message: &str) -> ApiError {
    ApiError::conflict("wrong_state", "state", message)
}

async fn delete(
    call: Call<CanDeleteSites>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
) -> Result<Data<SiteView>, ApiError> {
    let member = call.member()?.clone();
    let erase_at = sites.clock.now().plus_seconds(RESTORE_SECONDS).0;
    let once = Once::unkeyed();
    let begun = change_state(&sites, id, Kind::DeleteSite, &once, |site| {
        let mut site = own(&member, site)?;
        match site.state {
            SiteState::Ready | SiteState::Suspended => {
                site.state = SiteState::Deleted;
                site.erase_at = Some(erase_at);
                Ok(site)
            }
            SiteState::Deleted => Err(wrong_state("the site is deleted already")),
            SiteState::Provisioning | SiteState::Failed => {
                Err(wrong_state("the site is not there yet"))
            }
        }
    });
    Ok(started(&sites, &begun.await?))
}

async fn restore(
    call: Call<CanWriteSites>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
    Idempotent { key, body: Nothing }: Idempotent<Nothing>,
) -> Result<Data<SiteView>, ApiError> {
    let member = call.member()?.clone();
    let once = Once::new(member.name(), key);
    let now = sites.clock.now().0;
    let begun = change_state(&sites, id, Kind::RestoreSite, &once, |site| {
        let mut site = own(&member, site)?;
        if site.state != SiteState::Deleted || site.erase_at.is_none_or(|at| at <= now) {
            return Err(wrong_state("only a site deleted within seven days can be restored"));
        }
        site.erase_at = None;
        let suspended = site.reason.is_some();
        site.state = if suspended { SiteState::Suspended } else { SiteState::Ready };
        Ok(site)
    });
    Ok(started(&sites, &begun.await?))
}

async fn sign_in(
    call: Call<CanEnterSites>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
) -> Result<Data<SignIn>, ApiError> {
    let member = call.member()?;
    let person = member.person()?;
    let site = find_own(&sites, member, id).await?;
    if site.state != SiteState::Ready {
        return Err(wrong_state("the site is not serving"));
    }
    let now = sites.clock.now().seconds();
    let expires = now + TICKET_AGE_SECONDS_MAX;
    let claims = TicketClaims {
        aud: site.id,
        sub: person.member,
        jti: HEXLOWER.encode(&sites.clock.random::<16>()),
        iat: now,
        exp: expires,
        email: person.email.clone(),
        role: member.role.on_sites().to_owned(),
    };
    let ticket = sites
        .tickets
        .sign(TICKET_TYPE, &claims)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let admin = sites.fleet.hosts.origin(&sites.fleet.hosts.admin(site.shown_slug()));
    let expires_at = UnixMs(0).plus_seconds(expires).rfc3339();
    Ok(Data::created(SignIn { url: format!("{admin}/enter#ticket={ticket}"), ticket, expires_at }))
}
