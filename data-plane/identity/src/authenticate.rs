//! From an `Authorization` header, or the cookie of the account's pages, to an actor.
//!
//! The signature says who; whether they are still signed in, active and in which role is read
//! from the store at every request, so that a sign-out or suspension bites at once.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};
use freehold_api::{ApiError, FieldError};
use freehold_clock::UnixMs;
use freehold_credentials::{Expected, Opaque, key_id};
use freehold_db::{Filter, Select};
use freehold_fleet::HandOver;
use freehold_ids::FamilyId;
use freehold_kernel::{Actor, Catalogue, Scope, StoreError, Tenant, User};

use crate::keys::Keys;
use crate::sessions::{ACCESS_TOKEN_TYPE, AccessClaims, pages, store};
use crate::users::Account;
use crate::{roles, tokens, users};

/// The role that a caller wants to see the site in.
const VIEW_AS_HEADER: &str = "x-view-as";

/// Says who calls. A request without a token is anonymous; one with a token that is not valid
/// here is refused. On the account's pages a session's cookie says it too, and one that is not valid
/// any more says nothing.
///
/// # Errors
/// 401 for a token that is not valid; the store's errors.
pub async fn authenticate(
    tenant: &Tenant,
    handover: &HandOver,
    (path, headers): (&str, &HeaderMap),
    catalogue: &Catalogue,
    now: UnixMs,
) -> Result<Actor, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        let is_secure = handover.scheme == "https";
        return Ok(match pages::presented(path, is_secure, headers) {
            Some(presented) => by_page_session(tenant, &presented, now).await?,
            None => Actor::Anonymous,
        });
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(ApiError::unauthorized)?;
    let user = match Opaque::parse(tokens::PREFIX, token) {
        Some(presented) => by_token(tenant, &presented, handover.client, now).await?,
        None => still_signed_in(tenant, &verify(tenant, token, now).await?).await?,
    };
    let user = user.ok_or_else(ApiError::unauthorized)?;
    Ok(Actor::User(match headers.get(VIEW_AS_HEADER) {
        Some(role) => viewing_as(tenant, catalogue, user, role).await?,
        None => user,
    }))
}

/// The caller as somebody of a lesser role would be, to see what they see: never more than the caller
/// may, and nothing is changed that way.
async fn viewing_as(
    tenant: &Tenant,
    catalogue: &Catalogue,
    user: User,
    role: &HeaderValue,
) -> Result<User, ApiError> {
    let problem = |code: &str, message: &str| {
        let (path, code) = ("X-View-As".to_owned(), code.to_owned());
        ApiError::invalid(vec![FieldError { path, code, message: message.to_owned() }])
    };
    let policy = match role.to_str() {
        Ok(role) => roles::find(tenant, role).await?,
        Err(_) => None,
    };
    let policy = policy.ok_or_else(|| problem("invalid", "expected a role, such as author"))?;
    if !user.policy.covers(&policy, catalogue) {
        return Err(problem("role_too_high", "expected a role that may no more than your own"));
    }
    Ok(User { policy, scope: Some(Scope::Read), ..user })
}

/// The user behind a session of the site's pages.
async fn by_page_session(
    tenant: &Tenant,
    presented: &Opaque,
    now: UnixMs,
) -> Result<Actor, StoreError> {
    let mut read = tenant.read_as_system("authenticate").await?;
    let Some(family) = store::family_of_page(&mut read, presented).await? else {
        return Ok(Actor::Anonymous);
    };
    let Some(user) = store::user_of_family(&mut read, family, now).await? else {
        return Ok(Actor::Anonymous);
    };
    let user = users::store::by_id(&mut read, user).await?.filter(Account::is_active);
    Ok(match user {
        Some(user) => Actor::User(signed_in(tenant, &user, family).await?),
        None => Actor::Anonymous,
    })
}

/// The user behind a program's token, as far as the token goes.
async fn by_token(
    tenant: &Tenant,
    presented: &Opaque,
    client: IpAddr,
    now: UnixMs,
) -> Result<Option<User>, StoreError> {
    let Some(token) = tokens::find(tenant, presented, client, now).await? else { return Ok(None) };
    let Some(scope) = token.scope() else { return Ok(None) };
    let mut read = tenant.read_as_system("authenticate").await?;
    let user = users::store::by_id(&mut read, token.user).await?;
    let Some(user) = user.filter(Account::is_active) else { return Ok(None) };
    let policy = roles::policy(tenant, &user.role).await?;
    Ok(Some(User { id: user.id, policy, scope: Some(scope), session: None }))
}

async fn verify(tenant: &Tenant, token: &str, now: UnixMs) -> Result<AccessClaims, ApiError> {
    let keys = Keys::of(tenant).await?;
    let assignment = tenant.assignment();
    let audience = assignment.tenant.to_string();
    let expected = Expected {
        token_type: ACCESS_TOKEN_TYPE,
        audience: &audience,
        issuer: Some(&assignment.site.url),
        unix_seconds: now.seconds(),
    };
    key_id(token)
        .and_then(|id| keys.verifying(&id)?.verify(token, expected).ok())
        .ok_or_else(ApiError::unauthorized)
}

async fn still_signed_in(
    tenant: &Tenant,
    claims: &AccessClaims,
) -> Result<Option<User>, StoreError> {
    let mut read = tenant.read_as_system("authenticate").await?;
    let family = Select::from("token_families", ["user_id"])
        .filter(Filter::eq("id", claims.sid.number()))
        .filter(Filter::eq("user_id", claims.sub.number()))
        .filter(Filter::is_null("revoked_at"));
    if read.optional(&family).await?.is_none() {
        return Ok(None);
    }
    let user = users::store::by_id(&mut read, claims.sub).await?;
    Ok(match user.filter(Account::is_active) {
        Some(user) => Some(signed_in(tenant, &user, claims.sid).await?),
        None => None,
    })
}

/// Somebody who is signed in themselves.
async fn signed_in(tenant: &Tenant, user: &Account, session: FamilyId) -> Result<User, StoreError> {
    let policy = roles::policy(tenant, &user.role).await?;
    Ok(User { id: user.id, policy, scope: None, session: Some(session) })
}
