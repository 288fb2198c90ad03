//! Users of a site: readers who registered here and members who come from the console.

mod admin;
mod list;
mod model;
mod profile;
mod routes;
mod service;
pub(crate) mod store;

use std::sync::Arc;

use freehold_api::Route;
use freehold_fleet::Provision;
use freehold_kernel::{Action, Holders, Permission, Programs, Role, Rows, Scope, StoreError, Tx};

pub(crate) use model::{Account, Username, hash_error};
pub(crate) use profile::{ChangePassword, ChangePasswordBody, ChangeProfileBody};
pub(crate) use routes::UserView;
pub(crate) use service::{ChangeProfile, change_profile, replace_password};

use crate::sessions::SessionState;

pub(crate) const READ_OWN: Permission = Permission {
    name: "users.read_own",
    summary: "Read one's own user",
    holders: Holders::AtLeast(Role::Reader),
    rows: Rows::Every,
    programs: Programs::From(Scope::Read),
};

pub(crate) const CHANGE_OWN: Permission = Permission {
    name: "users.change_own",
    summary: "Change one's own user and password",
    holders: Holders::AtLeast(Role::Reader),
    rows: Rows::Every,
    programs: Programs::Never,
};

pub(crate) const MANAGE: Permission = Permission {
    name: "users.manage",
    summary: "Read, add and suspend users, and say what each may",
    holders: Holders::AtLeast(Role::Admin),
    rows: Rows::Every,
    programs: Programs::From(Scope::Admin),
};

pub(crate) struct ChangeOwnUser;

impl Action for ChangeOwnUser {
    const PERMISSION: Permission = CHANGE_OWN;
}

pub(crate) struct ManageUsers;

impl Action for ManageUsers {
    const PERMISSION: Permission = MANAGE;
}

pub(crate) struct ReadOwnUser;

impl Action for ReadOwnUser {
    const PERMISSION: Permission = READ_OWN;
}

pub(crate) fn routes(sessions: Arc<SessionState>) -> Vec<Route> {
    let mut rows = routes::routes();
    rows.extend(admin::routes(sessions.hasher().clone()));
    rows.extend(profile::routes(sessions));
    rows
}

/// The site's first user: its owner, who enters by ticket and has no password here.
pub(crate) async fn create_owner(tx: &mut Tx, provision: &Provision) -> Result<(), StoreError> {
    let member = provision.owner.to_string();
    store::create_for_member(tx, &member, &provision.owner_email, Role::Owner).await.map(drop)
}
