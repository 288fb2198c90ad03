//! The use cases over accounts: sign up, sign in, replace a password, verify an address.
//!
//! Each writes everything in one transaction; passwords are hashed before it begins.

use freehold_api::ApiError;
use freehold_credentials::{Email, HashError, Opaque, PasswordHasher};
use freehold_db::{DbError, Writer};
use freehold_ids::{AccountId, MailId, MemberId};

use super::model::{MAIL_TOKEN_PREFIX, Purpose, Reset, SignIn, SignUp};
use super::role::Role;
use super::store::{self, Member};
use super::{memberships, sessions};
use crate::domains;
use crate::faults;
use crate::mail;
use crate::sites::{self, Sites, Started};
use crate::store::answer;

/// What a sign-up leaves behind.
#[derive(Debug)]
pub(crate) struct SignedUp {
    pub(crate) account: AccountId,
    pub(crate) session: Opaque,
    pub(crate) started: Started,
}

/// What a sign-in leaves behind.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) member: MemberId,
    pub(crate) account: AccountId,
    pub(crate) token: Opaque,
}

/// Writes account, member, session, site, operation and mail in one transaction, then runs the
/// operation.
pub(crate) async fn sign_up(
    sites: &Sites,
    hasher: &PasswordHasher,
    command: SignUp,
) -> Result<SignedUp, ApiError> {
    refuse_taken(sites, &command).await?;
    let password_hash = hasher.hash(command.password).await.map_err(hash_error)?;
    let (now, clock) = (sites.clock.now(), &sites.clock);
    let member = Member {
        id: MemberId::from_random(clock.random_bits()),
        account: AccountId::from_random(clock.random_bits()),
        email: command.email.as_str().to_owned(),
        password_hash,
        verified_at: None,
    };
    let mut writer = sites.db.write().await.map_err(answer)?;
    store::create(&mut writer, &member, &command.email, &command.site.name, now)
        .await
        .map_err(email_taken)?;
    let session = sessions::create(&mut writer, clock, member.id, member.account);
    let session = session.await.map_err(answer)?;
    mail_token(sites, &mut writer, &member, Purpose::Verify).await.map_err(answer)?;
    let (site, operation) =
        sites::place(sites, &mut writer, member.account, false, command.site, "site.slug").await?;
    writer.commit().await.map_err(answer)?;
    faults::point("after_reserve");
    let started = sites::run_inline(sites, site.id, operation).await?;
    Ok(SignedUp { account: member.account, session, started })
}

/// Says what is taken before a password is hashed for nothing; the constraints still decide.
async fn refuse_taken(sites: &Sites, command: &SignUp) -> Result<(), ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let slug = command.site.slug.as_str();
    if sites::store::by_slug(&mut read, slug).await.map_err(answer)?.is_some() {
        return Err(ApiError::conflict("slug_taken", "site.slug", "this address is taken"));
    }
    let known = store::by_email(&mut read, &command.email).await.map_err(answer)?;
    known.map_or(Ok(()), |_| Err(taken()))
}

fn taken() -> ApiError {
    ApiError::conflict("email_taken", "email", "an account with this e-mail address exists already")
}

pub(crate) fn email_taken(error: DbError) -> ApiError {
    if error.is_conflict_on("members_email_key") { taken() } else { answer(error) }
}

pub(crate) fn hash_error(error: HashError) -> ApiError {
    match error {
        HashError::Busy => ApiError::unavailable(2, error.to_string()),
        HashError::Failed(_) => ApiError::internal(error.to_string()),
    }
}

async fn mail_token(
    sites: &Sites,
    writer: &mut Writer,
    member: &Member,
    purpose: Purpose,
) -> Result<(), DbError> {
    let (now, clock) = (sites.clock.now(), &sites.clock);
    let token = Opaque::from_random(MAIL_TOKEN_PREFIX, clock.random());
    store::create_mail_token(writer, &token, member.id, purpose, now).await?;
    let hosts = &sites.fleet.hosts;
    let text = purpose.text(&hosts.origin(&hosts.console), &token);
    let id = MailId::from_random(clock.random_bits());
    let outbox = (writer, &sites.fleet.master);
    mail::enqueue(outbox, id, &member.email, purpose.subject(), &text, now).await
}

pub(crate) async fn sign_in(
    sites: &Sites,
    hasher: &PasswordHasher,
    command: SignIn,
) -> Result<SignedIn, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let found = store::by_email(&mut read, &command.email).await.map_err(answer)?;
    drop(read);
    let stored = found.as_ref().map(|member| member.password_hash.clone());
    let matches = hasher.verify(command.password, stored).await.map_err(hash_error)?;
    let member = found.filter(|_| matches).ok_or_else(wrong_credentials)?;
    let mut writer = sites.db.write().await.map_err(answer)?;
    let mine = memberships::of_member(&mut writer, member.id).await.map_err(answer)?;
    let own = mine.iter().find(|at| at.account == member.account).or(mine.first());
    let account = own.ok_or_else(no_account)?.account;
    let token = sessions::create(&mut writer, &sites.clock, member.id, account);
    let token = token.await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    Ok(SignedIn { member: member.id, account, token })
}

pub(crate) fn wrong_credentials() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::UNAUTHORIZED,
        "wrong_credentials",
        "the e-mail address or the password is not right",
    )
}

fn no_account() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::FORBIDDEN,
        "no_account",
        "you are in no account any more; ask to be invited",
    )
}

/// Mails the token that verifies an address again.
pub(crate) async fn resend(sites: &Sites, id: MemberId) -> Result<(), ApiError> {
    let mut writer = sites.db.write().await.map_err(answer)?;
    let member = store::by_id(&mut writer, id).await.map_err(answer)?;
    let member = member.ok_or_else(ApiError::unauthorized)?;
    mail_token(sites, &mut writer, &member, Purpose::Verify).await.map_err(answer)?;
    writer.commit().await.map_err(answer)
}

/// Mails a token if somebody has this address. The answer is the same either way.
pub(crate) async fn forgot(sites: &Sites, email: &Email) -> Result<(), ApiError> {
    let mut writer = sites.db.write().await.map_err(answer)?;
    if let Some(member) = store::by_email(&mut writer, email).await.map_err(answer)? {
        mail_token(sites, &mut writer, &member, Purpose::Reset).await.map_err(answer)?;
    }
    writer.commit().await.map_err(answer)
}

pub(crate) fn bad_token() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::BAD_REQUEST,
        "invalid_token",
        "the token is not valid any more; ask for a new one",
    )
}

/// Sets a new password and ends every session that the old one began.
pub(crate) async fn reset(
    sites: &Sites,
    hasher: &PasswordHasher,
    command: Reset,
) -> Result<(), ApiError> {
    let token = command.token.ok_or_else(bad_token)?;
    let hash = hasher.hash(command.password).await.map_err(hash_error)?;
    let now = sites.clock.now();
    let mut writer = sites.db.write().await.map_err(answer)?;
    let used = store::use_mail_token(&mut writer, &token, Purpose::Reset, now).await;
    let member = used.map_err(answer)?.ok_or_else(bad_token)?;
    store::set_password(&mut writer, member, &hash).await.map_err(answer)?;
    // Whoever reads the mail has shown that the address is theirs.
    store::set_verified(&mut writer, member, now).await.map_err(answer)?;
    sessions::delete_all_of(&mut writer, member).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    tell_workers_of(sites, member).await
}

pub(crate) async fn verify(sites: &Sites, token: Option<Opaque>) -> Result<(), ApiError> {
    let token = token.ok_or_else(bad_token)?;
    let now = sites.clock.now();
    let mut writer = sites.db.write().await.map_err(answer)?;
    let used = store::use_mail_token(&mut writer, &token, Purpose::Verify, now).await;
    let member = used.map_err(answer)?.ok_or_else(bad_token)?;
    store::set_verified(&mut writer, member, now).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    tell_workers_of(sites, member).await
}

/// Tells the workers of every account that a person owns whether somebody vouches for it.
pub(crate) async fn tell_workers_of(sites: &Sites, member: MemberId) -> Result<(), ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let mine = memberships::of_member(&mut read, member).await.map_err(answer)?;
    drop(read);
    for at in mine.iter().filter(|at| at.role == Role::Owner) {
        tell_workers(sites, at.account).await?;
    }
    Ok(())
}

/// The account's sites may be indexed if its owner's address is verified. A worker that misses this
/// learns it when it next takes its assignments.
pub(crate) async fn tell_workers(sites: &Sites, account: AccountId) -> Result<(), ApiError> {
    let owner = store::first_owner(&sites.db, account).await.map_err(answer)?;
    for site in sites::store::all_of(&sites.db, account).await.map_err(answer)? {
        let Some(link) = sites.fleet.workers.link(site.worker) else { continue };
        if site.state != sites::SiteState::Failed {
            let mut read = sites.db.read().await.map_err(answer)?;
            let names = domains::store::names_of(&mut read, site.id).await.map_err(answer)?;
            drop(read);
            let assignment = sites::assignment(&sites.fleet, &site, &names, owner.as_ref());
            if let Err(error) = link.assign(assignment).await {
                tracing::warn!(site = %site.id, %error, "a worker did not learn of a verification");
            }
        }
    }
    Ok(())
}
