//! Tokens of users' programs: made and revoked by people, never by programs, and never worth more than
//! their user is at the moment of use.

mod routes;
mod store;

use freehold_kernel::{Action, Holders, Permission, Programs, Role, Rows};

pub(crate) use routes::routes;
pub(crate) use store::{PREFIX, find};

pub(crate) const MANAGE_OWN: Permission = Permission {
    name: "tokens.manage_own",
    summary: "Read, make and revoke tokens of one's own",
    holders: Holders::AtLeast(Role::Reader),
    rows: Rows::Every,
    programs: Programs::Never,
};

struct ManageOwnTokens;

impl Action for ManageOwnTokens {
    const PERMISSION: Permission = MANAGE_OWN;
}
