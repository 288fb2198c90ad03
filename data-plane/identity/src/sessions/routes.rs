//! HTTP over sessions, with the limits that stop guessing.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use freehold_api::{ApiError, Body, Data, Method, RateLimit, Route, Routes, network_key};
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::Agent;
use super::model::{ACCESS_TOKEN_SECONDS, EnterByTicket, Login, Refresh, Register};
use super::service::{self, SignedIn};
use super::{SignIn, SignOut, own};
use crate::IdentityConfig;
use crate::users::UserView;
use freehold_credentials::{Email, PasswordHasher};
use freehold_ids::UserId;
use freehold_kernel::{Action, Ctx};

const REGISTRATIONS_PER_HOUR_AND_NETWORK_MAX: u32 = 20;
const LOGINS_PER_MINUTE_AND_ACCOUNT_MAX: u32 = 5;
const LOGINS_PER_MINUTE_AND_NETWORK_MAX: u32 = 20;
const PASSWORD_CHANGES_PER_MINUTE_AND_USER_MAX: u32 = 5;
const REFRESHES_PER_MINUTE_AND_NETWORK_MAX: u32 = 120;

/// What the routes share.
#[derive(Debug)]
pub(crate) struct SessionState {
    config: IdentityConfig,
    registrations: RateLimit,
    logins_by_account: RateLimit,
    logins_by_network: RateLimit,
    refreshes: RateLimit,
    password_changes: RateLimit,
}

impl SessionState {
    pub(crate) const fn hasher(&self) -> &PasswordHasher {
        &self.config.hasher
    }

    /// Counts an attempt to replace somebody's password.
    pub(crate) fn limit_password_change<P: Action>(
        &self,
        ctx: &Ctx<P>,
        user: UserId,
    ) -> Result<(), ApiError> {
        self.password_changes.check(format!("{}:{user}", ctx.tenant().id()))
    }

    pub(crate) fn new(config: IdentityConfig) -> Self {
        let on = config.rate_limits_enabled;
        let minute = Duration::from_secs(60);
        let hour = Duration::from_secs(3_600);
        let limit = |name, calls, period| RateLimit::new(on, name, calls, period);
        Self {
            config,
            registrations: limit("registrations", REGISTRATIONS_PER_HOUR_AND_NETWORK_MAX, hour),
            logins_by_account: limit("account-logins", LOGINS_PER_MINUTE_AND_ACCOUNT_MAX, minute),
            logins_by_network: limit("network-logins", LOGINS_PER_MINUTE_AND_NETWORK_MAX, minute),
            refreshes: limit("refreshes", REFRESHES_PER_MINUTE_AND_NETWORK_MAX, minute),
            password_changes: limit(
                "password-changes",
                PASSWORD_CHANGES_PER_MINUTE_AND_USER_MAX,
                minute,
            ),
        }
    }
}

/// What a client gets when it signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// For one call of `/auth/refresh`.
    refresh_token: String,
    /// Seconds until the access token is void.
    expires_in: u64,
    user: UserView,
}

impl From<SignedIn> for SessionView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token.reveal().to_owned(),
            expires_in: ACCESS_TOKEN_SECONDS,
            user: signed_in.user.into(),
        }
    }
}

pub(crate) fn routes(state: Arc<SessionState>) -> Vec<Route> {
    let mut rows = entrances(state);
    rows.extend(own::routes());
    rows
}

fn entrances(state: Arc<SessionState>) -> Vec<Route> {
    Routes::new(state)
        .add(Method::Post, "/api/v1/auth/register", register, |op| {
            op.summary("Register as a reader of this site").returns::<SessionView>(201)
        })
        .add(Method::Post, "/api/v1/auth/login", login, |op| {
            op.summary("Sign in with e-mail and password").returns::<SessionView>(200)
        })
        .add(Method::Post, "/api/v1/auth/refresh", refresh, |op| {
            op.summary("Exchange a refresh token, once").returns::<SessionView>(200)
        })
        .add(Method::Post, "/api/v1/auth/ticket", ticket, |op| {
            op.summary("Enter with a ticket of the console, once").returns::<SessionView>(200)
        })
        .add(Method::Post, "/api/v1/auth/logout", logout, |op| {
            op.summary("End every session of the signed-in user").returns_nothing(200)
        })
        .rows()
}

fn limit_key(ctx: &Ctx<SignIn>, what: &str) -> String {
    format!("{}:{what}", ctx.tenant().id())
}

/// Counts an attempt to register.
pub(super) fn limit_registration(state: &SessionState, ctx: &Ctx<SignIn>) -> Result<(), ApiError> {
    state.registrations.check(limit_key(ctx, &network_key(ctx.handover().client)))
}

/// Counts an attempt to sign in, by network and by account.
pub(super) fn limit_login(
    state: &SessionState,
    ctx: &Ctx<SignIn>,
    email: &Email,
) -> Result<(), ApiError> {
    state.logins_by_network.check(limit_key(ctx, &network_key(ctx.handover().client)))?;
    state.logins_by_account.check(limit_key(ctx, email.key()))
}

async fn register(
    ctx: Ctx<SignIn>,
    State(state): State<Arc<SessionState>>,
    agent: Agent,
    Body(command): Body<Register>,
) -> Result<Data<SessionView>, ApiError> {
    limit_registration(&state, &ctx)?;
    let signed_in = service::register(&ctx, &state.config.hasher, command, &agent).await?;
    Ok(Data::created(signed_in.into()))
}

async fn login(
    ctx: Ctx<SignIn>,
    State(state): State<Arc<SessionState>>,
    agent: Agent,
    Body(command): Body<Login>,
) -> Result<Data<SessionView>, ApiError> {
    limit_login(&state, &ctx, &command.email)?;
    let signed_in = service::login(&ctx, &state.config.hasher, command, &agent).await?;
    Ok(Data::ok(signed_in.into()))
}

async fn refresh(
    ctx: Ctx<SignIn>,
    State(state): State<Arc<SessionState>>,
    Body(Refresh(token)): Body<Refresh>,
) -> Result<Data<SessionView>, ApiError> {
    state.refreshes.check(limit_key(&ctx, &network_key(ctx.handover().client)))?;
    Ok(Data::ok(service::refresh(&ctx, token).await?.into()))
}

async fn ticket(
    ctx: Ctx<SignIn>,
    State(state): State<Arc<SessionState>>,
    agent: Agent,
    Body(EnterByTicket(ticket)): Body<EnterByTicket>,
) -> Result<Data<SessionView>, ApiError> {
    state.logins_by_network.check(limit_key(&ctx, &network_key(ctx.handover().client)))?;
    let key = &state.config.ticket_key;
    Ok(Data::ok(service::enter_by_ticket(&ctx, key, &ticket, &agent).await?.into()))
}

async fn logout(ctx: Ctx<SignOut>) -> Result<Data<()>, ApiError> {
    service::logout(&ctx).await?;
    Ok(Data::ok(()))
}
