//! Roles of a site: the built-in ones and the site's own, whose rules say who may do what, with which
//! rows and fields.
//!
//! Nobody makes, changes or gives a role that allows more than their own; nobody changes their own.

mod mine;
mod model;
mod routes;
mod service;
mod store;

use std::collections::HashMap;
use std::sync::Arc;

use freehold_api::Route;
use freehold_kernel::{
    Action, Compiled, Holders, OwnRole, Permission, Policy, Programs, Role, Rows, Scope,
    StoreError, Tenant,
};

pub(crate) const MANAGE: Permission = Permission {
    name: "roles.manage",
    summary: "See, make and change roles, and ask why somebody may do something",
    holders: Holders::AtLeast(Role::Admin),
    rows: Rows::Every,
    programs: Programs::From(Scope::Admin),
};

struct ManageRoles;

impl Action for ManageRoles {
    const PERMISSION: Permission = MANAGE;
}

pub(crate) use store::TABLES;

/// A site's own roles, read once.
#[derive(Debug, Default)]
struct Roles(HashMap<String, Arc<OwnRole>>);

impl Compiled for Roles {
    fn bytes(&self) -> usize {
        let each = self.0.values().map(|role| role.bytes() + size_of::<(String, usize)>());
        size_of::<Self>() + each.sum::<usize>()
    }
}

/// What the role of this name allows, if there is one.
pub(crate) async fn find(tenant: &Tenant, slug: &str) -> Result<Option<Policy>, StoreError> {
    if let Some(role) = Role::parse(slug) {
        return Ok(Some(Policy::BuiltIn(role)));
    }
    let roles: Arc<Roles> = tenant.compiled(store::load(tenant)).await?;
    Ok(roles.0.get(slug).cloned().map(Policy::Own))
}

/// The same; a role that this release does not know, or that is gone, allows the least.
pub(crate) async fn policy(tenant: &Tenant, slug: &str) -> Result<Policy, StoreError> {
    Ok(find(tenant, slug).await?.unwrap_or(Policy::BuiltIn(Role::Reader)))
}

pub(crate) fn routes() -> Vec<Route> {
    let mut rows = routes::routes();
    rows.extend(mine::routes());
    rows
}
