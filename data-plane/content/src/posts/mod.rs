//! Posts of the blog: written by authors, published for everybody.

pub(crate) mod api;
mod list;
mod model;
mod routes;
mod service;
mod store;
pub(crate) mod trash;
mod versions;

use freehold_api::Route;
use freehold_db::Filter;
use freehold_fleet::Provision;
use freehold_kernel::{
    Action, Actor, Holders, Permission, Programs, Role, Scope, StoreError, Subject, Tx, User,
    write_option,
};

const READ: Permission = Permission {
    name: "posts.read",
    summary: "Read published posts, and one's own drafts",
    holders: Holders::Anyone,
    programs: Programs::From(Scope::Read),
};
const CREATE: Permission = Permission {
    name: "posts.create",
    summary: "Write posts",
    holders: Holders::AtLeast(Role::Author),
    programs: Programs::From(Scope::Write),
};
const UPDATE: Permission = Permission {
    name: "posts.update",
    summary: "Change and publish one's own posts; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
    programs: Programs::From(Scope::Write),
};
const DELETE: Permission = Permission {
    name: "posts.delete",
    summary: "Move one's own posts to the trash, back, and delete them; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
    programs: Programs::From(Scope::Write),
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
            Some(user) if user.role >= Role::Editor => not_trashed(),
            Some(user) => published.or(own(user).and(not_trashed())),
            None => published,
        }
    }

    fn changeable(actor: &Actor) -> Filter {
        changeable(actor).and(not_trashed())
    }
}

/// Posts in the trash, seen by whoever may change them.
#[derive(Debug, Clone)]
struct TrashedPosts;

impl Subject for TrashedPosts {
    fn visible(actor: &Actor) -> Filter {
        changeable(actor).and(Filter::eq("status", trash::TRASHED))
    }

    fn changeable(actor: &Actor) -> Filter {
        Self::visible(actor)
    }
}

fn changeable(actor: &Actor) -> Filter {
    match actor.user() {
        Some(user) if user.role >= Role::Editor => Filter::everything(),
        Some(user) if user.role >= Role::Author => own(user),
        _ => Filter::nothing(),
    }
}

fn own(user: User) -> Filter {
    Filter::eq("author_id", user.id.number())
}

fn not_trashed() -> Filter {
    Filter::ne("status", trash::TRASHED)
}

pub(crate) fn routes() -> Vec<Route> {
    let mut rows = routes::routes();
    rows.extend(versions::routes());
    rows.extend(trash::routes());
    rows
}

/// A new site's title and first post, so that it has something to show at once.
pub(crate) async fn create_first(tx: &mut Tx, provision: &Provision) -> Result<(), StoreError> {
    write_option(tx, "site_title", &provision.name).await?;
    service::create_welcome(tx, &provision.name).await
}
