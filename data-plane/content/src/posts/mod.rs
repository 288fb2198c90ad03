//! Posts of the blog: written by authors, published for everybody.

pub(crate) mod api;
mod list;
mod model;
mod routes;
mod service;
mod store;

use freehold_db::Filter;
use freehold_fleet::Provision;
use freehold_kernel::{
    Action, Actor, Holders, Permission, Role, StoreError, Subject, Tx, write_option,
};

pub(crate) use routes::routes;

const READ: Permission = Permission {
    name: "posts.read",
    summary: "Read published posts, and one's own drafts",
    holders: Holders::Anyone,
};
const CREATE: Permission = Permission {
    name: "posts.create",
    summary: "Write posts",
    holders: Holders::AtLeast(Role::Author),
};
const UPDATE: Permission = Permission {
    name: "posts.update",
    summary: "Change and publish one's own posts; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
};
const DELETE: Permission = Permission {
    name: "posts.delete",
    summary: "Delete one's own posts; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
};

pub(crate) const PERMISSIONS: &[Permission] = &[READ, CREATE, UPDATE, DELETE];

pub(crate) struct ReadPosts;
impl Action for ReadPosts {
    const PERMISSION: Permission = READ;
}

pub(crate) struct CreatePosts;
impl Action for CreatePosts {
    const PERMISSION: Permission = CREATE;
}

pub(crate) struct UpdatePosts;
impl Action for UpdatePosts {
    const PERMISSION: Permission = UPDATE;
}

pub(crate) struct DeletePosts;
impl Action for DeletePosts {
    const PERMISSION: Permission = DELETE;
}

/// Who sees and changes which posts.
#[derive(Debug, Clone)]
pub struct Posts;

impl Subject for Posts {
    fn visible(actor: &Actor) -> Filter {
        let published = Filter::eq("status", model::Status::Published.as_str());
        match actor.user() {
            Some(user) if user.role >= Role::Editor => Filter::everything(),
            Some(user) => published.or(Filter::eq("author_id", user.id.number())),
            None => published,
        }
    }

    fn changeable(actor: &Actor) -> Filter {
        match actor.user() {
            Some(user) if user.role >= Role::Editor => Filter::everything(),
            Some(user) if user.role >= Role::Author => Filter::eq("author_id", user.id.number()),
            _ => Filter::nothing(),
        }
    }
}

/// A new site's title and first post, so that it has something to show at once.
pub(crate) async fn create_first(tx: &mut Tx, provision: &Provision) -> Result<(), StoreError> {
    write_option(tx, "site_title", &provision.name).await?;
    service::create_welcome(tx, &provision.name).await
}
