//! The use cases over members: invite, accept, change a role, remove, leave.
//!
//! Each reads what it decides on in the transaction that changes it, so that two owners who demote
//! each other at once leave one.

use freehold_api::{ApiError, FieldError};
use freehold_credentials::{Email, Opaque, PasswordHasher};
use freehold_db::{Reader, Writer};
use freehold_ids::{AccountId, InvitationId, MailId, MemberId};

use super::model::{Accept, INVITATION_SECONDS, Invitation, Invite, MemberRef, MemberView};
use super::model::{TOKEN_PREFIX, mail};
use super::store::{self, INVITATIONS_PER_ACCOUNT_MAX};
use crate::accounts::memberships::{self, MEMBERS_PER_ACCOUNT_MAX, Membership};
use crate::accounts::service::{SignedIn, email_taken, hash_error, tell_workers};
use crate::accounts::service::{bad_token, wrong_credentials};
use crate::accounts::store::Member;
use crate::accounts::{self, Permission, Role, sessions};
use crate::call::{Caller, MemberCaller, Who, lacks};
use crate::sites::Sites;
use crate::store::answer;

/// Everybody in an account, and everybody who is invited.
pub(super) async fn all(sites: &Sites, caller: &MemberCaller) -> Result<Vec<MemberView>, ApiError> {
    let own = caller.person().ok().map(|person| person.member);
    let mut read = sites.db.snapshot().await.map_err(answer)?;
    let mut views = Vec::new();
    for at in memberships::of_account(&mut read, caller.account).await.map_err(answer)? {
        views.extend(member_view(&mut read, &at, own).await?);
    }
    let invited = store::of_account(&mut read, caller.account).await.map_err(answer)?;
    views.extend(invited.iter().map(MemberView::invited));
    Ok(views)
}

async fn member_view(
    read: &mut Reader,
    at: &Membership,
    own: Option<MemberId>,
) -> Result<Option<MemberView>, ApiError> {
    let member = accounts::store::by_id(read, at.member).await.map_err(answer)?;
    let you = own == Some(at.member);
    Ok(member
        .map(|member| MemberView::active(member.id, member.email, at.role, at.created_at, you)))
}

/// Who may not give a role away may not take it either.
fn within_reach(caller: &MemberCaller, role: Role) -> Result<(), ApiError> {
    if caller.role.covers(role) { Ok(()) } else { Err(ApiError::role_too_high("role")) }
}

fn too_many(message: &str) -> ApiError {
    ApiError::conflict("too_many_members", "email", message)
}

/// Invites an address, or mails it again what it was invited to before.
pub(super) async fn invite(
    sites: &Sites,
    caller: &MemberCaller,
    command: Invite,
) -> Result<MemberView, ApiError> {
    within_reach(caller, command.role)?;
    let (account, now) = (caller.account, sites.clock.now());
    let mut writer = sites.db.write().await.map_err(answer)?;
    let known = accounts::store::by_email(&mut writer, &command.email).await.map_err(answer)?;
    if let Some(known) = known
        && memberships::find(&mut writer, account, known.id).await.map_err(answer)?.is_some()
    {
        let message = "who has this address is a member already";
        return Err(ApiError::conflict("member_already", "email", message));
    }
    let before = store::by_email(&mut writer, account, &command.email).await.map_err(answer)?;
    match &before {
        Some(before) => within_reach(caller, before.role)?,
        None => refuse_too_many(&mut writer, account).await?,
    }
    let id = before.as_ref().map(|before| before.id);
    let invitation = Invitation {
        id: id.unwrap_or_else(|| InvitationId::from_random(sites.clock.random_bits())),
        account,
        email: command.email.as_str().to_owned(),
        role: command.role,
        created_at: before.map_or(now.0, |before| before.created_at),
        invited_at: now.0,
        expires_at: now.plus_seconds(INVITATION_SECONDS).0,
    };
    let token = Opaque::from_random(TOKEN_PREFIX, sites.clock.random());
    store::put(&mut writer, &invitation, &command.email, &token).await.map_err(answer)?;
    let name = accounts::store::account_name(&mut writer, account).await.map_err(answer)?;
    let hosts = &sites.fleet.hosts;
    let (subject, text) = mail(&name, &hosts.origin(&hosts.console), &token);
    let id = MailId::from_random(sites.clock.random_bits());
    let outbox = (&mut writer, &sites.fleet.master);
    let mail = crate::mail::enqueue(outbox, id, &invitation.email, &subject, &text, now);
    mail.await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    Ok(MemberView::invited(&invitation))
}

async fn refuse_too_many(read: &mut Reader, account: AccountId) -> Result<(), ApiError> {
    if store::count(read, account).await.map_err(answer)? >= INVITATIONS_PER_ACCOUNT_MAX {
        return Err(too_many("the account has as many open invitations as it may have"));
    }
    refuse_full(read, account).await
}

async fn refuse_full(read: &mut Reader, account: AccountId) -> Result<(), ApiError> {
    if memberships::count(read, account).await.map_err(answer)? >= MEMBERS_PER_ACCOUNT_MAX {
        return Err(too_many("the account has as many members as it may have"));
    }
    Ok(())
}

fn last_owner() -> ApiError {
    let message = "the account would have no owner; make somebody else one first";
    ApiError::conflict("last_owner", "role", message)
}

/// Refuses what would leave an account without an owner.
async fn refuse_last_owner(writer: &mut Writer, at: &Membership) -> Result<(), ApiError> {
    let owners = memberships::count_owners(writer, at.account).await.map_err(answer)?;
    if at.role == Role::Owner && owners <= 1 { Err(last_owner()) } else { Ok(()) }
}

/// Changes what a member is, or what somebody invited will be.
pub(super) async fn change_role(
    sites: &Sites,
    caller: &MemberCaller,
    id: MemberRef,
    role: Role,
) -> Result<MemberView, ApiError> {
    let account = caller.account;
    let mut writer = sites.db.write().await.map_err(answer)?;
    let view = match id {
        MemberRef::Invitation(id) => {
            let found = store::by_id(&mut writer, account, id).await.map_err(answer)?;
            let invitation = found.ok_or_else(ApiError::not_found)?;
            within_reach(caller, invitation.role)?;
            within_reach(caller, role)?;
            store::set_role(&mut writer, id, role).await.map_err(answer)?;
            MemberView::invited(&Invitation { role, ..invitation })
        }
        MemberRef::Member(id) => {
            let found = memberships::find(&mut writer, account, id).await.map_err(answer)?;
            let at = found.ok_or_else(ApiError::not_found)?;
            within_reach(caller, at.role)?;
            within_reach(caller, role)?;
            if role != Role::Owner {
                refuse_last_owner(&mut writer, &at).await?;
            }
            memberships::set_role(&mut writer, account, id, role).await.map_err(answer)?;
            let own = caller.person()?.member;
            let view = member_view(&mut writer, &Membership { role, ..at }, Some(own)).await?;
            view.ok_or_else(ApiError::not_found)?
        }
    };
    writer.commit().await.map_err(answer)?;
    // Another owner may answer for the sites now.
    tell_workers(sites, account).await?;
    Ok(view)
}

/// Removes a member, lets them leave, or withdraws an invitation.
pub(super) async fn remove(
    sites: &Sites,
    caller: &MemberCaller,
    id: MemberRef,
) -> Result<(), ApiError> {
    let account = caller.account;
    let leaves = id == MemberRef::Member(caller.person()?.member);
    if !leaves && !caller.may(Permission::MembersWrite) {
        return Err(lacks(Permission::MembersWrite.as_str()));
    }
    let mut writer = sites.db.write().await.map_err(answer)?;
    match id {
        MemberRef::Invitation(id) => {
            let found = store::by_id(&mut writer, account, id).await.map_err(answer)?;
            within_reach(caller, found.ok_or_else(ApiError::not_found)?.role)?;
            store::delete(&mut writer, id).await.map_err(answer)?;
        }
        MemberRef::Member(id) => {
            let found = memberships::find(&mut writer, account, id).await.map_err(answer)?;
            let at = found.ok_or_else(ApiError::not_found)?;
            within_reach(caller, at.role)?;
            refuse_last_owner(&mut writer, &at).await?;
            memberships::delete(&mut writer, account, id).await.map_err(answer)?;
            sessions::delete_all_in(&mut writer, id, account).await.map_err(answer)?;
        }
    }
    writer.commit().await.map_err(answer)?;
    tell_workers(sites, account).await
}

/// What somebody learns of an invitation before they accept it: the account's name, the invitation,
/// and whether its address is known.
pub(super) async fn look(
    sites: &Sites,
    token: Option<&Opaque>,
) -> Result<(String, Invitation, Option<Member>), ApiError> {
    let token = token.ok_or_else(bad_token)?;
    let mut read = sites.db.snapshot().await.map_err(answer)?;
    let found = store::by_token(&mut read, token, sites.clock.now()).await.map_err(answer)?;
    let invitation = found.ok_or_else(bad_token)?;
    let name = accounts::store::account_name(&mut read, invitation.account).await;
    let known = accounts::store::by_email(&mut read, &email_of(&invitation)?).await;
    Ok((name.map_err(answer)?, invitation, known.map_err(answer)?))
}

fn email_of(invitation: &Invitation) -> Result<Email, ApiError> {
    Email::parse(&invitation.email).map_err(|error| ApiError::internal(error.to_string()))
}

fn password_problem(code: &str, message: String) -> ApiError {
    let (path, code) = ("password".to_owned(), code.to_owned());
    ApiError::invalid(vec![FieldError { path, code, message }])
}

/// Lets in who was invited, and signs them in. The token shows that the address is theirs; a known
/// person shows who they are too, by their session or password.
pub(super) async fn accept(
    sites: &Sites,
    hasher: &PasswordHasher,
    caller: &Caller,
    command: Accept,
) -> Result<SignedIn, ApiError> {
    let (_, invitation, known) = look(sites, command.token.as_ref()).await?;
    let token = command.token.ok_or_else(bad_token)?;
    let required = || password_problem("required", "expected a password".to_owned());
    let member = match known {
        Some(known) if is(caller, known.id) => known,
        Some(known) => {
            let password = command.presented.ok_or_else(required)?;
            let matches = hasher.verify(password, Some(known.password_hash.clone())).await;
            if !matches.map_err(hash_error)? {
                return Err(wrong_credentials());
            }
            known
        }
        None => {
            let chosen = command.chosen.ok_or_else(required)?;
            let chosen = chosen.map_err(|weak| password_problem("weak", weak))?;
            let password_hash = hasher.hash(chosen).await.map_err(hash_error)?;
            let (id, now) = (MemberId::from_random(sites.clock.random_bits()), sites.clock.now());
            let (account, email) = (invitation.account, invitation.email.clone());
            Member { id, account, email, password_hash, verified_at: Some(now.0) }
        }
    };
    join(sites, &token, member).await
}

fn is(caller: &Caller, member: MemberId) -> bool {
    matches!(caller, Caller::Member(MemberCaller { who: Who::Person(person), .. })
        if person.member == member)
}

/// Writes what an accepted invitation makes of a person, known or new.
async fn join(sites: &Sites, token: &Opaque, member: Member) -> Result<SignedIn, ApiError> {
    let now = sites.clock.now();
    let mut writer = sites.db.write().await.map_err(answer)?;
    // It may have been withdrawn, or accepted, while the password was looked at.
    let found = store::by_token(&mut writer, token, now).await.map_err(answer)?;
    let invitation = found.ok_or_else(bad_token)?;
    let (account, id) = (invitation.account, member.id);
    refuse_full(&mut writer, account).await?;
    if accounts::store::by_id(&mut writer, id).await.map_err(answer)?.is_none() {
        let email = email_of(&invitation)?;
        let created = accounts::store::create_member(&mut writer, &member, &email, now);
        created.await.map_err(email_taken)?;
    }
    accounts::store::set_verified(&mut writer, id, now).await.map_err(answer)?;
    let role = invitation.role;
    memberships::insert(&mut writer, account, id, role, now).await.map_err(answer)?;
    store::delete(&mut writer, invitation.id).await.map_err(answer)?;
    let token = sessions::create(&mut writer, &sites.clock, id, account);
    let token = token.await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    // The address may have been verified by this.
    accounts::service::tell_workers_of(sites, id).await?;
    Ok(SignedIn { member: id, account, token })
}
