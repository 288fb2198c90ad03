//! From an `Authorization` header to an actor.
//!
//! The signature says who; whether they are still signed in, active and in which role is read
//! from the store at every request, so that a sign-out or suspension bites at once.

use axum::http::{HeaderMap, header};
use freehold_api::ApiError;
use freehold_clock::UnixMs;
use freehold_credentials::{Expected, key_id};
use freehold_db::{Filter, Select};
use freehold_kernel::{Actor, StoreError, Tenant, User};

use crate::keys::Keys;
use crate::sessions::{ACCESS_TOKEN_TYPE, AccessClaims};
use crate::users;

/// Says who calls. A request without a token is anonymous; one with a token that is not valid
/// here is refused.
///
/// # Errors
/// 401 for a token that is not valid; the store's errors.
pub async fn authenticate(
    tenant: &Tenant,
    headers: &HeaderMap,
    now: UnixMs,
) -> Result<Actor, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(Actor::Anonymous);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(ApiError::unauthorized)?;
    let claims = verify(tenant, token, now).await?;
    let user = still_signed_in(tenant, &claims).await?;
    user.map(Actor::User).ok_or_else(ApiError::unauthorized)
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
    Ok(user.filter(users::Account::is_active).map(|user| User { id: user.id, role: user.role }))
}
