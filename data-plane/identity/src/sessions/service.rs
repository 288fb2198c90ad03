//! The use cases of signing in and out.
//!
//! Passwords are hashed and compared before a transaction begins; the transaction then writes the
//! session and what it tells of. A refresh token that comes a second time ends its whole family
//! (RFC 9700 section 4.14.2).

use data_encoding::HEXLOWER;
use freehold_credentials::{Expected, Opaque, PasswordHasher, VerifyingKey};
use freehold_fleet::{TICKET_TYPE, TicketClaims};
use freehold_ids::{FamilyId, UserId};
use freehold_kernel::{Action, Ctx, Role, SiteOptions, StoreError, Tenant, Tx};

use super::agent::Agent;
use super::model::{
    ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_TYPE, AccessClaims, FAMILY_SECONDS_MAX, Login,
    REFRESH_IDLE_SECONDS_MAX, REFRESH_PREFIX, Register, SessionError, TICKET_FAMILY_SECONDS_MAX,
    UserRegistered, UserSignedIn,
};
use super::store::NewFamily;
use super::{SignIn, SignOut, store};
use crate::keys::Keys;
use crate::users::{self, Account};

/// How those who come from the console sign in.
const TICKET: &str = "ticket";

/// What a client holds after signing in.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Opaque,
    pub(crate) user: Account,
}

/// How somebody signs in, and with what.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    /// A word for it, such as `password`.
    pub(crate) method: &'static str,
    pub(crate) agent: &'a Agent,
}

pub(crate) async fn register(
    ctx: &Ctx<SignIn>,
    hasher: &PasswordHasher,
    command: Register,
    agent: &Agent,
) -> Result<SignedIn, SessionError> {
    let keys = Keys::of(ctx.tenant()).await?;
    let (tx, user) = registered(ctx, hasher, command).await?;
    Ok(start(ctx, &keys, tx, user, &Opening { method: "register", agent }).await?)
}

/// Writes somebody who registers. The caller commits.
pub(super) async fn registered(
    ctx: &Ctx<SignIn>,
    hasher: &PasswordHasher,
    command: Register,
) -> Result<(Tx, Account), SessionError> {
    // Asked before a password is hashed for nothing.
    let options = SiteOptions::load(&mut ctx.read().await?).await?;
    if !options.is_registration_open() {
        return Err(SessionError::RegistrationClosed);
    }
    let hash = hasher.hash(command.password).await?;
    let mut tx = ctx.begin().await?;
    let role = options.default_role().as_str();
    let user = users::store::create(&mut tx, &command.email, &command.username, hash, role)
        .await
        .map_err(taken)?;
    tx.emit(&UserRegistered { user_id: user.id })?;
    Ok((tx, user))
}

fn taken(error: StoreError) -> SessionError {
    if error.is_conflict_on("users_email_key") {
        SessionError::EmailTaken
    } else if error.is_conflict_on("users_username_key") {
        SessionError::UsernameTaken
    } else {
        error.into()
    }
}

pub(crate) async fn login(
    ctx: &Ctx<SignIn>,
    hasher: &PasswordHasher,
    command: Login,
    agent: &Agent,
) -> Result<SignedIn, SessionError> {
    let user = recognised(ctx, hasher, command).await?;
    let keys = Keys::of(ctx.tenant()).await?;
    let tx = ctx.begin().await?;
    Ok(start(ctx, &keys, tx, user, &Opening { method: "password", agent }).await?)
}

/// Whose e-mail address and password these are.
pub(super) async fn recognised(
    ctx: &Ctx<SignIn>,
    hasher: &PasswordHasher,
    command: Login,
) -> Result<Account, SessionError> {
    let mut read = ctx.read().await?;
    let found = users::store::by_email(&mut read, &command.email).await?;
    drop(read);
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let matches = hasher.verify(command.password, stored).await?;
    found.filter(|user| matches && user.is_active()).ok_or(SessionError::WrongCredentials)
}

pub(crate) async fn refresh(
    ctx: &Ctx<SignIn>,
    token: Option<Opaque>,
) -> Result<SignedIn, SessionError> {
    let token = token.ok_or(SessionError::InvalidRefreshToken)?;
    let keys = Keys::of(ctx.tenant()).await?;
    let mut tx = ctx.begin().await?;
    let presented = store::presented(&mut tx, &token).await?;
    let presented = presented.ok_or(SessionError::InvalidRefreshToken)?;
    if presented.used && !presented.revoked {
        store::revoke_family(&mut tx, presented.family).await?;
        tx.commit().await?;
        return Err(SessionError::InvalidRefreshToken);
    }
    let now = tx.now();
    let idle_since = now.minus_seconds(REFRESH_IDLE_SECONDS_MAX).0;
    let expired = presented.family_expires_at <= now.0 || presented.issued_at < idle_since;
    if presented.used || presented.revoked || expired {
        return Err(SessionError::InvalidRefreshToken);
    }
    let user = users::store::by_id(&mut tx, presented.user).await?;
    let user = user.filter(Account::is_active).ok_or(SessionError::InvalidRefreshToken)?;
    store::mark_used(&mut tx, &token, presented.family).await?;
    Ok(finish(ctx, &keys, tx, user, presented.family).await?)
}

pub(crate) async fn enter_by_ticket(
    ctx: &Ctx<SignIn>,
    key: &VerifyingKey,
    ticket: &str,
    agent: &Agent,
) -> Result<SignedIn, SessionError> {
    let tenant = ctx.tenant().id().to_string();
    let expected = Expected {
        token_type: TICKET_TYPE,
        audience: &tenant,
        issuer: None,
        unix_seconds: ctx.now().seconds(),
    };
    let claims: TicketClaims =
        key.verify(ticket, expected).map_err(|_| SessionError::InvalidTicket)?;
    let role = Role::parse(&claims.role).ok_or(SessionError::InvalidTicket)?;
    let keys = Keys::of(ctx.tenant()).await?;
    let mut tx = ctx.begin().await?;
    let expires_at = i64::try_from(claims.exp).unwrap_or(i64::MAX / 1_000) * 1_000;
    if !store::consume_ticket(&mut tx, &claims.jti, expires_at).await? {
        return Err(SessionError::TicketUsed);
    }
    let member = claims.sub.to_string();
    let user = match users::store::by_member(&mut tx, &member).await? {
        // What a member is here, the account says.
        Some(user) if user.role != role.as_str() => {
            users::store::set_role(&mut tx, user, role.as_str()).await?
        }
        Some(user) => user,
        None => users::store::create_for_member(&mut tx, &member, &claims.email, role)
            .await
            .map_err(taken)?,
    };
    if !user.is_active() {
        return Err(SessionError::InvalidTicket);
    }
    Ok(start(ctx, &keys, tx, user, &Opening { method: TICKET, agent }).await?)
}

/// Ends every session of the caller.
pub(crate) async fn logout(ctx: &Ctx<SignOut>) -> Result<(), StoreError> {
    let Some(user) = ctx.actor().user() else { return Ok(()) };
    let mut tx = ctx.begin().await?;
    store::revoke_families(&mut tx, user.id, None).await?;
    tx.commit().await
}

/// Ends every session of a user. The caller commits.
pub(crate) async fn end_all(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    store::revoke_families(tx, user, None).await
}

/// Signs a user in and commits.
pub(crate) async fn start<P: Action>(
    ctx: &Ctx<P>,
    keys: &Keys,
    mut tx: Tx,
    user: Account,
    opening: &Opening<'_>,
) -> Result<SignedIn, StoreError> {
    let family = open(ctx, &mut tx, &user, opening).await?;
    finish(ctx, keys, tx, user, family).await
}

/// Writes a family for a user who signs in. The caller commits.
pub(super) async fn open<P: Action>(
    ctx: &Ctx<P>,
    tx: &mut Tx,
    user: &Account,
    Opening { method, agent }: &Opening<'_>,
) -> Result<FamilyId, StoreError> {
    let seconds = if *method == TICKET { TICKET_FAMILY_SECONDS_MAX } else { FAMILY_SECONDS_MAX };
    let new = NewFamily {
        user: user.id,
        method,
        agent: agent.as_str(),
        address: ctx.handover().client,
        expires_at: tx.now().plus_seconds(seconds).0,
    };
    let family = store::create_family(tx, &new).await?;
    tx.emit(&UserSignedIn { user_id: user.id, method })?;
    Ok(family)
}

/// Writes the next refresh token of a family and signs an access token.
async fn finish<P: Action>(
    ctx: &Ctx<P>,
    keys: &Keys,
    mut tx: Tx,
    user: Account,
    family: FamilyId,
) -> Result<SignedIn, StoreError> {
    let refresh_token = Opaque::from_random(REFRESH_PREFIX, ctx.clock().random());
    let access_token = access_token(ctx, keys, &user, family)?;
    store::create_refresh_token(&mut tx, family, &refresh_token);
    tx.commit().await?;
    Ok(SignedIn { access_token, refresh_token, user })
}

fn access_token<P: Action>(
    ctx: &Ctx<P>,
    keys: &Keys,
    user: &Account,
    family: FamilyId,
) -> Result<String, StoreError> {
    let tenant: &Tenant = ctx.tenant();
    let now = ctx.now().seconds();
    let claims = AccessClaims {
        iss: tenant.assignment().site.url.clone(),
        aud: tenant.id(),
        sub: user.id,
        sid: family,
        jti: HEXLOWER.encode(&ctx.clock().random::<16>()),
        iat: now,
        exp: now + ACCESS_TOKEN_SECONDS,
    };
    keys.signing(ctx.now())?
        .sign(ACCESS_TOKEN_TYPE, &claims)
        .map_err(|error| freehold_db::DbError::Shape(error.to_string()).into())
}
