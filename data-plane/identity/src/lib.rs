//! Who is who on one site: users, their credentials, sessions and signing keys.
//!
//! Every site has users, keys and tokens of its own; a token of one site is nothing to another.

mod authenticate;
mod keys;
mod roles;
mod sessions;
mod tokens;
mod users;

use freehold_credentials::{PasswordHasher, VerifyingKey};
use freehold_kernel::{Module, Permission};

pub use authenticate::authenticate;

/// What other modules may use.
pub mod api {
    pub use crate::sessions::pages::{Desk, PageSession, Profile};
    pub use crate::users::store::{UserFigures, figures, first, shown_name};
}

/// What the module needs from the worker.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// Verifies the control plane's sign-in tickets.
    pub ticket_key: VerifyingKey,
    /// Whether calls are limited.
    pub rate_limits_enabled: bool,
}

const PERMISSIONS: &[Permission] = &[
    sessions::SIGN_IN,
    sessions::SIGN_OUT,
    sessions::READ_OWN,
    users::READ_OWN,
    users::CHANGE_OWN,
    users::MANAGE,
    tokens::MANAGE_OWN,
    keys::READ_PUBLIC,
    keys::MANAGE,
    roles::MANAGE,
];

/// The module.
pub fn module(desk: &api::Desk) -> Module {
    let mut routes = sessions::routes(desk.state());
    routes.extend(users::routes(desk.state()));
    routes.extend(tokens::routes());
    routes.extend(keys::routes());
    routes.extend(roles::routes());
    Module {
        name: "identity",
        routes,
        permissions: PERMISSIONS,
        tables: &[
            "users",
            "signing_keys",
            "token_families",
            "refresh_tokens",
            "tickets",
            "page_sessions",
            "api_tokens",
            roles::TABLES[0],
            roles::TABLES[1],
        ],
        secrets: &[keys::SECRET],
        events: &[
            "user.registered",
            "user.signed_in",
            "user.added",
            "user.role_changed",
            "user.status_changed",
            "user.password_changed",
            "user.session_ended",
            "signing_key.rotated",
            "role.created",
            "role.updated",
            "role.deleted",
        ],
        seed: Some(|tx, provision, clock| {
            Box::pin(async move {
                keys::create(tx, clock).await?;
                users::create_owner(tx, provision).await
            })
        }),
        jobs: vec![sessions::store::sweep(), keys::tend()],
        schedules: vec![sessions::store::sweep_schedule(), keys::tend_schedule()],
        ..Module::default()
    }
}
