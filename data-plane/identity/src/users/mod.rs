//! Users of a site: readers who registered here and members who come from the console.

mod model;
mod routes;
pub(crate) mod store;

use freehold_fleet::Provision;
use freehold_kernel::{Action, Holders, Permission, Role, StoreError, Tx};

pub(crate) use model::{Account, Username};
pub(crate) use routes::{UserView, routes};

pub(crate) const READ_OWN: Permission = Permission {
    name: "users.read_own",
    summary: "Read one's own user",
    holders: Holders::AtLeast(Role::Reader),
};

pub(crate) struct ReadOwnUser;

impl Action for ReadOwnUser {
    const PERMISSION: Permission = READ_OWN;
}

/// The site's first user: its owner, who enters by ticket and has no password here.
pub(crate) async fn create_owner(tx: &mut Tx, provision: &Provision) -> Result<(), StoreError> {
    let member = provision.owner.to_string();
    store::create_for_member(tx, &member, &provision.owner_email, Role::Owner).await.map(drop)
}
