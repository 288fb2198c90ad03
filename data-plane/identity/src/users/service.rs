//! The use cases over users: what each changes of themselves, and what administrators change.
//!
//! Nobody changes their own role or status, nor somebody's who may more; so a site is never without
//! whoever runs it. Who calls is read again in the transaction: another administrator may have been
//! faster.

use freehold_credentials::{Email, Password, PasswordHasher};
use freehold_ids::UserId;
use freehold_kernel::{Ctx, Policy, Role, StoreError, Tx};

use super::model::{
    Account, Status, UserAdded, UserError, UserFact, UserPasswordChanged, UserRoleChanged,
    UserStatusChanged, Username,
};
use super::profile::ChangePassword;
use super::{ChangeOwnUser, MANAGE, ManageUsers, store};
use crate::keys::Keys;
use crate::roles;
use crate::sessions::{self, Agent, Opening, SignedIn};

/// What a user is to say of themselves; what is absent stays.
#[derive(Debug)]
pub(crate) struct ChangeProfile {
    pub(crate) username: Option<Username>,
    pub(crate) bio: Option<Option<String>>,
    pub(crate) website: Option<Option<String>>,
}

/// A user whom an administrator adds.
#[derive(Debug)]
pub(super) struct AddUser {
    pub(super) email: Email,
    pub(super) username: Username,
    pub(super) role: String,
    pub(super) password: Password,
}

fn taken(error: StoreError) -> UserError {
    if error.is_conflict_on("users_username_key") {
        UserError::UsernameTaken
    } else if error.is_conflict_on("users_email_key") {
        UserError::EmailTaken
    } else {
        error.into()
    }
}

/// Changes what the caller says of themselves.
pub(crate) async fn change_profile(
    ctx: &Ctx<ChangeOwnUser>,
    change: ChangeProfile,
) -> Result<Account, UserError> {
    let caller = ctx.actor().user().ok_or(UserError::NotFound)?;
    let mut tx = ctx.begin().await?;
    let mut user = store::by_id(&mut tx, caller.id).await?.ok_or(UserError::NotFound)?;
    // The key is made anew from the shown name, whichever that is.
    let mut key = user.username.to_lowercase();
    if let Some(username) = change.username {
        (user.username, key) = (username.shown, username.key);
    }
    if let Some(bio) = change.bio {
        user.bio = bio;
    }
    if let Some(website) = change.website {
        user.website = website;
    }
    store::update(&mut tx, &user, &key).await.map_err(taken)?;
    // Authors' names stand on public pages.
    tx.publish_changed();
    tx.commit().await?;
    Ok(user)
}

/// Replaces the caller's password and ends every session of theirs, but for a new one.
pub(super) async fn change_password(
    ctx: &Ctx<ChangeOwnUser>,
    hasher: &PasswordHasher,
    command: ChangePassword,
    agent: &Agent,
) -> Result<SignedIn, UserError> {
    let keys = Keys::of(ctx.tenant()).await?;
    let (tx, user) = replace_password(ctx, hasher, command).await?;
    let opening = Opening { method: "password_change", agent };
    Ok(sessions::start(ctx, &keys, tx, user, &opening).await?)
}

/// Replaces the caller's password and ends every session of theirs. The caller commits.
pub(crate) async fn replace_password(
    ctx: &Ctx<ChangeOwnUser>,
    hasher: &PasswordHasher,
    ChangePassword(old, new): ChangePassword,
) -> Result<(Tx, Account), UserError> {
    let caller = ctx.actor().user().ok_or(UserError::NotFound)?;
    let user = store::by_id(&mut ctx.read().await?, caller.id).await?.ok_or(UserError::NotFound)?;
    let stored = user.password_hash.clone().ok_or(UserError::NoPassword)?;
    if !hasher.verify(old, Some(stored.clone())).await? {
        return Err(UserError::WrongPassword);
    }
    let hash = hasher.hash(new).await?;
    let mut tx = ctx.begin().await?;
    let now = store::by_id(&mut tx, caller.id).await?.filter(Account::is_active);
    let mut user = now.ok_or(UserError::NotFound)?;
    // Somebody else with the same password may have been faster; then it is theirs no more.
    if user.password_hash.as_ref() != Some(&stored) {
        return Err(UserError::WrongPassword);
    }
    user.password_hash = Some(hash);
    let key = user.username.to_lowercase();
    store::update(&mut tx, &user, &key).await?;
    sessions::end_all(&mut tx, user.id).await?;
    tx.emit(&UserPasswordChanged(UserFact { user_id: user.id, by: caller.id }))?;
    Ok((tx, user))
}

/// Who calls as they are in this transaction, with what their role allows.
struct Administrator {
    id: UserId,
    policy: Policy,
}

async fn administrator(ctx: &Ctx<ManageUsers>, tx: &mut Tx) -> Result<Administrator, UserError> {
    let caller = ctx.actor().user().ok_or(UserError::NotFound)?;
    let found = store::by_id(tx, caller.id).await?.filter(Account::is_active);
    let account = found.ok_or(UserError::TooHigh("role"))?;
    let policy = roles::policy(ctx.tenant(), &account.role).await?;
    if !policy.holds(&MANAGE) {
        return Err(UserError::TooHigh("role"));
    }
    Ok(Administrator { id: account.id, policy })
}

/// Somebody else whom the caller may change: nobody who may do what the caller may not.
async fn subject(
    ctx: &Ctx<ManageUsers>,
    tx: &mut Tx,
    caller: &Administrator,
    id: UserId,
    field: &'static str,
) -> Result<Account, UserError> {
    let user = store::by_id(tx, id).await?.ok_or(UserError::NotFound)?;
    if user.id == caller.id {
        return Err(UserError::Own);
    }
    let policy = roles::policy(ctx.tenant(), &user.role).await?;
    if !caller.policy.covers(&policy, ctx.catalogue()) {
        return Err(UserError::TooHigh(field));
    }
    Ok(user)
}

/// Whether the caller may give somebody this role: the owner's comes from the account alone.
async fn may_give(
    ctx: &Ctx<ManageUsers>,
    caller: &Administrator,
    role: &str,
) -> Result<(), UserError> {
    let policy = roles::find(ctx.tenant(), role).await?.ok_or(UserError::UnknownRole)?;
    let is_owner = matches!(policy, Policy::BuiltIn(Role::Owner));
    if is_owner || !caller.policy.covers(&policy, ctx.catalogue()) {
        return Err(UserError::TooHigh("role"));
    }
    Ok(())
}

/// Adds a user. The caller commits.
pub(super) async fn add(
    ctx: &Ctx<ManageUsers>,
    tx: &mut Tx,
    (command, hash): (AddUser, String),
) -> Result<Account, UserError> {
    let caller = administrator(ctx, tx).await?;
    let AddUser { email, username, role, .. } = command;
    may_give(ctx, &caller, &role).await?;
    let user = store::create(tx, &email, &username, hash, &role).await.map_err(taken)?;
    tx.emit(&UserAdded(UserFact { user_id: user.id, by: caller.id }))?;
    Ok(user)
}

/// Gives somebody another role.
pub(super) async fn set_role(
    ctx: &Ctx<ManageUsers>,
    id: UserId,
    role: &str,
) -> Result<Account, UserError> {
    let mut tx = ctx.begin().await?;
    let caller = administrator(ctx, &mut tx).await?;
    let user = subject(ctx, &mut tx, &caller, id, "role").await?;
    may_give(ctx, &caller, role).await?;
    if user.is_member {
        return Err(UserError::Member);
    }
    let user = store::set_role(&mut tx, user, role).await?;
    tx.emit(&UserRoleChanged(UserFact { user_id: user.id, by: caller.id }))?;
    tx.commit().await?;
    Ok(user)
}

/// Suspends somebody, which ends their sessions, or lets them in again.
pub(super) async fn set_status(
    ctx: &Ctx<ManageUsers>,
    id: UserId,
    status: Status,
) -> Result<Account, UserError> {
    let mut tx = ctx.begin().await?;
    let caller = administrator(ctx, &mut tx).await?;
    let mut user = subject(ctx, &mut tx, &caller, id, "status").await?;
    user.status = status.as_str().to_owned();
    let key = user.username.to_lowercase();
    store::update(&mut tx, &user, &key).await?;
    if status == Status::Suspended {
        sessions::end_all(&mut tx, user.id).await?;
    }
    tx.emit(&UserStatusChanged(UserFact { user_id: user.id, by: caller.id }))?;
    tx.commit().await?;
    Ok(user)
}

/// Ends every session of somebody else.
pub(super) async fn end_sessions(ctx: &Ctx<ManageUsers>, id: UserId) -> Result<(), UserError> {
    let mut tx = ctx.begin().await?;
    let caller = administrator(ctx, &mut tx).await?;
    let user = subject(ctx, &mut tx, &caller, id, "id").await?;
    sessions::end_of(&mut tx, user.id, caller.id).await?;
    tx.commit().await?;
    Ok(())
}
