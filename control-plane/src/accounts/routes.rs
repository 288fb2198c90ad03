//! HTTP over accounts and sessions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Body, Data, Method, RateLimit, Route, Routes, network_key};
use freehold_credentials::{Opaque, PasswordHasher};
use freehold_ids::{AccountId, MemberId, OperationId};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Forgot, Reset, SignIn, SignUp, Verify};
use super::service::SignedIn;
use super::{me, service, sessions};
use crate::call::{Anyone, AsPerson, Call, SESSION_COOKIE};
use crate::sites::{SiteState, SiteView, Sites};
use crate::store::answer;

const SIGN_UPS_PER_HOUR_AND_NETWORK_MAX: u32 = 20;
const SIGN_INS_PER_MINUTE_AND_ACCOUNT_MAX: u32 = 5;
const SIGN_INS_PER_MINUTE_AND_NETWORK_MAX: u32 = 20;
const RESETS_PER_HOUR_AND_ACCOUNT_MAX: u32 = 3;
const VERIFICATIONS_PER_HOUR_AND_MEMBER_MAX: u32 = 3;
const TOKENS_PER_MINUTE_AND_NETWORK_MAX: u32 = 20;

/// What the routes share.
#[derive(Debug)]
pub(crate) struct AccountState {
    pub(super) sites: Sites,
    hasher: PasswordHasher,
    pub(super) limits: Limits,
}

#[derive(Debug)]
pub(super) struct Limits {
    sign_ups: RateLimit,
    sign_ins_by_account: RateLimit,
    sign_ins_by_network: RateLimit,
    resets: RateLimit,
    tokens: RateLimit,
    pub(super) verifications: RateLimit,
}

impl AccountState {
    pub(crate) fn new(sites: Sites, hasher: PasswordHasher, limited: bool) -> Self {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
        let limit = |name, calls, period| RateLimit::new(limited, name, calls, period);
        let limits = Limits {
            sign_ups: limit("sign-ups", SIGN_UPS_PER_HOUR_AND_NETWORK_MAX, hour),
            sign_ins_by_account: limit(
                "account-sign-ins",
                SIGN_INS_PER_MINUTE_AND_ACCOUNT_MAX,
                minute,
            ),
            sign_ins_by_network: limit(
                "network-sign-ins",
                SIGN_INS_PER_MINUTE_AND_NETWORK_MAX,
                minute,
            ),
            resets: limit("resets", RESETS_PER_HOUR_AND_ACCOUNT_MAX, hour),
            verifications: limit("verifications", VERIFICATIONS_PER_HOUR_AND_MEMBER_MAX, hour),
            tokens: limit("tokens", TOKENS_PER_MINUTE_AND_NETWORK_MAX, minute),
        };
        Self { sites, hasher, limits }
    }
}

/// An account, named.
#[derive(Debug, Serialize, ToSchema)]
struct AccountRef {
    #[schema(value_type = String)]
    id: AccountId,
}

/// An operation, named.
#[derive(Debug, Serialize, ToSchema)]
struct OperationRef {
    #[schema(value_type = String)]
    id: OperationId,
}

/// A session's token, shown once.
#[derive(Debug, Serialize, ToSchema)]
struct SessionToken {
    /// For `Authorization: Bearer`; also set as a cookie.
    token: String,
}

/// What a sign-up gives.
#[derive(Debug, Serialize, ToSchema)]
struct SignUpAnswer {
    account: AccountRef,
    session: SessionToken,
    site: SiteView,
    operation: OperationRef,
}

/// What a sign-in gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInAnswer {
    /// For `Authorization: Bearer`; also set as a cookie.
    token: String,
    #[schema(value_type = String)]
    account_id: AccountId,
    #[schema(value_type = String)]
    member_id: MemberId,
}

pub(crate) fn routes(state: Arc<AccountState>) -> Vec<Route> {
    let own = me::routes(state.clone());
    let mut rows = Routes::new(state)
        .add(Method::Post, "/v1/signup", sign_up, |op| {
            op.summary("Create an account with its first site, which serves when 201 is answered")
                .returns::<SignUpAnswer>(201)
                .returns::<SignUpAnswer>(202)
        })
        .add(Method::Post, "/v1/sessions", sign_in, |op| {
            op.summary("Sign in with e-mail and password").returns::<SignInAnswer>(201)
        })
        .add(Method::Delete, "/v1/sessions/current", sign_out, |op| {
            op.summary("Sign out").returns_nothing(200)
        })
        .add(Method::Post, "/v1/password/forgot", forgot, |op| {
            op.summary("Mail a link to a new password, if the address is known")
                .returns_nothing(202)
        })
        .add(Method::Post, "/v1/password/reset", reset, |op| {
            op.summary("Set a new password with a mailed token").returns_nothing(200)
        })
        .add(Method::Post, "/v1/email/verify", verify, |op| {
            op.summary("Confirm an e-mail address with a mailed token").returns_nothing(200)
        })
        .rows();
    rows.extend(own);
    rows
}

/// Adds the session's cookie. Browsers keep a `__Host-` cookie on https and on `localhost`.
fn with_cookie(answer: impl IntoResponse, token: &Opaque) -> Response {
    let seconds = sessions::IDLE_SECONDS_MAX;
    let token = token.reveal();
    set_cookie(answer, &format!("{token}; Max-Age={seconds}"))
}

fn set_cookie(answer: impl IntoResponse, value: &str) -> Response {
    let mut response = answer.into_response();
    let cookie = format!("{SESSION_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_up(
    call: Call<Anyone>,
    State(state): State<Arc<AccountState>>,
    Body(command): Body<SignUp>,
) -> Result<Response, ApiError> {
    state.limits.sign_ups.check(network_key(call.client()))?;
    let signed_up = service::sign_up(&state.sites, &state.hasher, command).await?;
    let started = signed_up.started;
    let answer = SignUpAnswer {
        account: AccountRef { id: signed_up.account },
        session: SessionToken { token: signed_up.session.reveal().to_owned() },
        site: SiteView::new(&started.site, &state.sites.fleet.hosts, None),
        operation: OperationRef { id: started.operation },
    };
    // The account stands even when its site does not serve yet, or could not be made.
    let serves = started.finished && started.site.state == SiteState::Ready;
    let answer = if serves { Data::created(answer) } else { Data::accepted(answer) };
    Ok(with_cookie(answer, &signed_up.session))
}

async fn sign_in(
    call: Call<Anyone>,
    State(state): State<Arc<AccountState>>,
    Body(command): Body<SignIn>,
) -> Result<Response, ApiError> {
    state.limits.sign_ins_by_network.check(network_key(call.client()))?;
    state.limits.sign_ins_by_account.check(command.email.key())?;
    let begun = service::sign_in(&state.sites, &state.hasher, command).await?;
    Ok(signed_in(&begun))
}

/// The answer to whoever is signed in from now on.
pub(crate) fn signed_in(begun: &SignedIn) -> Response {
    let answer = SignInAnswer {
        token: begun.token.reveal().to_owned(),
        account_id: begun.account,
        member_id: begun.member,
    };
    with_cookie(Data::created(answer), &begun.token)
}

async fn sign_out(
    call: Call<AsPerson>,
    State(state): State<Arc<AccountState>>,
) -> Result<Response, ApiError> {
    sessions::delete(&state.sites.db, call.member()?.person()?.session).await.map_err(answer)?;
    Ok(set_cookie(Data::ok(()), "; Max-Age=0"))
}

async fn forgot(
    call: Call<Anyone>,
    State(state): State<Arc<AccountState>>,
    Body(Forgot(email)): Body<Forgot>,
) -> Result<Data<()>, ApiError> {
    state.limits.tokens.check(network_key(call.client()))?;
    state.limits.resets.check(email.key())?;
    service::forgot(&state.sites, &email).await?;
    Ok(Data::accepted(()))
}

async fn reset(
    call: Call<Anyone>,
    State(state): State<Arc<AccountState>>,
    Body(command): Body<Reset>,
) -> Result<Data<()>, ApiError> {
    state.limits.tokens.check(network_key(call.client()))?;
    service::reset(&state.sites, &state.hasher, command).await?;
    Ok(Data::ok(()))
}

async fn verify(
    call: Call<Anyone>,
    State(state): State<Arc<AccountState>>,
    Body(Verify(token)): Body<Verify>,
) -> Result<Data<()>, ApiError> {
    state.limits.tokens.check(network_key(call.client()))?;
    service::verify(&state.sites, token).await?;
    Ok(Data::ok(()))
}
