//! Signing in and out: by password, by refresh token, by the console's ticket.

mod agent;
mod model;
mod own;
pub(crate) mod pages;
mod routes;
mod service;
pub(crate) mod store;

use freehold_kernel::{Action, Holders, Permission, Programs, Role, Rows};

pub(crate) use agent::Agent;
pub(crate) use model::{ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_TYPE, AccessClaims};
pub(crate) use own::{OpenSessionsView, end_of, of_user as sessions_of};
pub(crate) use routes::{SessionState, SessionView, routes};
pub(crate) use service::{Opening, SignedIn, end_all, start};

pub(crate) const SIGN_IN: Permission = Permission {
    name: "sessions.create",
    summary: "Register and sign in",
    holders: Holders::Anyone,
    rows: Rows::Every,
    programs: Programs::Never,
};

pub(crate) const SIGN_OUT: Permission = Permission {
    name: "sessions.delete",
    summary: "Sign out",
    holders: Holders::AtLeast(Role::Reader),
    rows: Rows::Every,
    programs: Programs::Never,
};

pub(crate) const READ_OWN: Permission = Permission {
    name: "sessions.read_own",
    summary: "See where one is signed in",
    holders: Holders::AtLeast(Role::Reader),
    rows: Rows::Every,
    programs: Programs::Never,
};

pub(crate) struct ReadOwnSessions;

impl Action for ReadOwnSessions {
    const PERMISSION: Permission = READ_OWN;
}

pub(crate) struct SignIn;

impl Action for SignIn {
    const PERMISSION: Permission = SIGN_IN;
}

pub(crate) struct SignOut;

impl Action for SignOut {
    const PERMISSION: Permission = SIGN_OUT;
}
