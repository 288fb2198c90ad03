//! People who use a site's own pages: registered, signed in and out there, without a script.
//!
//! Their session is a random token in a cookie that browsers send to the account's pages and nowhere
//! else: pages that everybody reads stay the same for everybody, and no API call is ever made with it.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use freehold_api::{ApiError, Command, Problems};
use freehold_credentials::Opaque;
use freehold_kernel::{Action, Ctx, Tx};

use super::agent::Agent;
use super::model::{FAMILY_SECONDS_MAX, Login, LoginBody, Register, RegisterBody};
use super::routes::{SessionState, limit_login, limit_registration};
use super::service::Opening;
use super::{SignIn, SignOut, service, store};
use crate::IdentityConfig;
use crate::users::{
    self, Account, ChangeOwnUser, ChangePassword, ChangePasswordBody, ChangeProfile,
    ChangeProfileBody, ReadOwnUser,
};

/// What tokens of pages' sessions start with.
const PREFIX: &str = "fhp";
/// The pages that get the cookie.
pub(crate) const PATH: &str = "/account";

/// A session as its cookie holds it.
#[derive(Debug)]
pub struct PageSession {
    cookie: String,
}

impl PageSession {
    /// The value of `Set-Cookie`.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

/// The cookie's name. What is sent in the clear cannot claim to be secure.
fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Secure-freehold-account" } else { "freehold-account" }
}

fn cookie(is_secure: bool, value: &str, seconds: u64) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    let name = cookie_name(is_secure);
    format!("{name}={value}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The token that a request's cookie holds, on the pages that get it.
pub(crate) fn presented(path: &str, is_secure: bool, headers: &HeaderMap) -> Option<Opaque> {
    let below = path.strip_prefix(PATH)?;
    if !below.is_empty() && !below.starts_with('/') {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let name = cookie_name(is_secure);
    let (_, token) = pairs.find(|(key, _)| key.trim() == name)?;
    Opaque::parse(PREFIX, token.trim())
}

/// What a person sees of themselves on the account's page.
#[derive(Debug)]
pub struct Profile {
    /// The name that others see.
    pub username: String,
    /// The address that they sign in with.
    pub email: String,
    /// The word of their role.
    pub role: String,
    /// What they say of themselves.
    pub bio: String,
    /// Their own page elsewhere.
    pub website: String,
    /// Whether they have a password here.
    pub has_password: bool,
}

/// Where people sign in on a site's pages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(Arc<SessionState>);

impl Desk {
    /// With the limits and keys of the API's own sessions.
    pub fn new(config: IdentityConfig) -> Self {
        Self(Arc::new(SessionState::new(config)))
    }

    pub(crate) fn state(&self) -> Arc<SessionState> {
        self.0.clone()
    }

    /// Registers somebody as the site's settings let people in, and signs them in.
    ///
    /// # Errors
    /// What does not fit, by field; 409 for what is taken; 403 while nobody may register; 429.
    pub async fn register<P: Action>(
        &self,
        ctx: &Ctx<P>,
        headers: &HeaderMap,
        (email, username, password): (String, String, String),
    ) -> Result<PageSession, ApiError> {
        let ctx = ctx.act::<SignIn>()?;
        limit_registration(&self.0, &ctx)?;
        let command: Register = parsed(RegisterBody { email, username, password })?;
        let (tx, user) = service::registered(&ctx, self.0.hasher(), command).await?;
        open(&ctx, tx, &user, ("register", headers)).await
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// What does not fit, by field; 401 for a wrong name or password; 429.
    pub async fn sign_in<P: Action>(
        &self,
        ctx: &Ctx<P>,
        headers: &HeaderMap,
        (email, password): (String, String),
    ) -> Result<PageSession, ApiError> {
        let ctx = ctx.act::<SignIn>()?;
        let command: Login = parsed(LoginBody { email, password })?;
        limit_login(&self.0, &ctx, &command.email)?;
        let user = service::recognised(&ctx, self.0.hasher(), command).await?;
        let tx = ctx.begin().await?;
        open(&ctx, tx, &user, ("password", headers)).await
    }

    /// Ends the session that the request came with; the others of the same person go on.
    ///
    /// # Errors
    /// 401 for nobody.
    pub async fn sign_out<P: Action>(
        &self,
        ctx: &Ctx<P>,
        headers: &HeaderMap,
    ) -> Result<PageSession, ApiError> {
        let ctx = ctx.act::<SignOut>()?;
        let is_secure = is_secure(&ctx);
        if let Some(token) = presented(PATH, is_secure, headers) {
            let mut tx = ctx.begin().await?;
            if let Some(family) = store::family_of_page(&mut tx, &token).await? {
                store::revoke_family(&mut tx, family).await?;
            }
            tx.commit().await?;
        }
        Ok(PageSession { cookie: cookie(is_secure, "", 0) })
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// 401 for nobody.
    pub async fn profile<P: Action>(&self, ctx: &Ctx<P>) -> Result<Profile, ApiError> {
        let ctx = ctx.act::<ReadOwnUser>()?;
        let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
        let found = users::store::by_id(&mut ctx.read().await?, user.id).await?;
        let found = found.ok_or_else(ApiError::unauthorized)?;
        Ok(Profile {
            username: found.username,
            email: found.email,
            role: found.role,
            bio: found.bio.unwrap_or_default(),
            website: found.website.unwrap_or_default(),
            has_password: found.password_hash.is_some(),
        })
    }

    /// Changes what somebody says of themselves.
    ///
    /// # Errors
    /// What does not fit, by field; 409 for a name that is taken; 401 for nobody.
    pub async fn change_profile<P: Action>(
        &self,
        ctx: &Ctx<P>,
        (username, bio, website): (String, String, String),
    ) -> Result<(), ApiError> {
        let ctx = ctx.act::<ChangeOwnUser>()?;
        let (username, bio, website) = (Some(username), Some(bio), Some(website));
        let command: ChangeProfile = parsed(ChangeProfileBody { username, bio, website })?;
        users::change_profile(&ctx, command).await?;
        Ok(())
    }

    /// Replaces somebody's password and ends every session of theirs, but for the new one.
    ///
    /// # Errors
    /// What does not fit, by field; 409 for a wrong password; 429; 401 for nobody.
    pub async fn change_password<P: Action>(
        &self,
        ctx: &Ctx<P>,
        headers: &HeaderMap,
        (old_password, new_password): (String, String),
    ) -> Result<PageSession, ApiError> {
        let ctx = ctx.act::<ChangeOwnUser>()?;
        let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
        self.0.limit_password_change(&ctx, user.id)?;
        let command: ChangePassword = parsed(ChangePasswordBody { old_password, new_password })?;
        let (tx, user) = users::replace_password(&ctx, self.0.hasher(), command).await?;
        open(&ctx, tx, &user, ("password_change", headers)).await
    }
}

fn parsed<C: Command>(wire: C::Wire) -> Result<C, ApiError> {
    let mut problems = Problems::default();
    let command = C::parse(wire, &mut problems);
    problems.finish()?;
    command.ok_or_else(|| ApiError::internal("a form without problems and without a command"))
}

fn is_secure<P: Action>(ctx: &Ctx<P>) -> bool {
    ctx.handover().scheme == "https"
}

/// Writes a session and commits.
async fn open<P: Action>(
    ctx: &Ctx<P>,
    mut tx: Tx,
    user: &Account,
    (method, headers): (&'static str, &HeaderMap),
) -> Result<PageSession, ApiError> {
    let opening = Opening { method, agent: &Agent::of(headers) };
    let family = service::open(ctx, &mut tx, user, &opening).await?;
    let token = Opaque::from_random(PREFIX, ctx.clock().random());
    store::create_page_session(&mut tx, family, &token).await?;
    tx.commit().await?;
    let cookie = cookie(is_secure(ctx), token.reveal(), FAMILY_SECONDS_MAX);
    Ok(PageSession { cookie })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_cookie_is_looked_at_on_the_account_pages_alone() {
        let token = Opaque::from_random(PREFIX, [7; 32]);
        let mut headers = HeaderMap::new();
        let line = format!("a=b; freehold-account={}", token.reveal());
        headers.insert(header::COOKIE, HeaderValue::from_str(&line).expect("a header"));
        for (path, is_secure, counts) in [
            ("/account", false, true),
            ("/account/password", false, true),
            ("/account", true, false),
            ("/accounts", false, false),
            ("/api/v1/users/me", false, false),
            ("/", false, false),
        ] {
            assert_eq!(presented(path, is_secure, &headers).is_some(), counts, "{path}");
        }
    }
}
