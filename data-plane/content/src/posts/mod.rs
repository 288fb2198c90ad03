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
use freehold_db::SqlValue;
use freehold_fleet::Provision;
use freehold_ids::UserId;
use freehold_kernel::{
    Action, Holders, Permission, Predicate, Programs, Role, Rows, Scope, StoreError, Subject,
    SubjectField, SubjectFieldKind, SubjectSpec, Tx, write_option,
};

use model::{Post, Status};

const READ: Permission = Permission {
    name: "posts.read",
    summary: "Read published posts, and one's own drafts",
    holders: Holders::Anyone,
    rows: Rows::OwnBelow(Role::Editor),
    programs: Programs::From(Scope::Read),
};
const CREATE: Permission = Permission {
    name: "posts.create",
    summary: "Write posts",
    holders: Holders::AtLeast(Role::Author),
    rows: Rows::Every,
    programs: Programs::From(Scope::Write),
};
const UPDATE: Permission = Permission {
    name: "posts.update",
    summary: "Change and publish one's own posts; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
    rows: Rows::OwnBelow(Role::Editor),
    programs: Programs::From(Scope::Write),
};
const DELETE: Permission = Permission {
    name: "posts.delete",
    summary: "Move one's own posts to the trash, back, and delete them; editors anybody's",
    holders: Holders::AtLeast(Role::Author),
    rows: Rows::OwnBelow(Role::Editor),
    programs: Programs::From(Scope::Write),
};

pub(crate) const PERMISSIONS: &[Permission] = &[READ, CREATE, UPDATE, DELETE];

pub(crate) struct ReadPosts;
impl Action for ReadPosts {
    const PERMISSION: Permission = READ;
}

/// The right to write posts.
pub const WRITE: Permission = CREATE;

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

/// What rules may say of posts. A post's address is shown to whoever sees the post.
pub(crate) const SPEC: SubjectSpec = SubjectSpec {
    name: "posts",
    fields: &[
        SubjectField::new("title", SubjectFieldKind::Text, &["title"]).written(),
        // What is made of the content tells of it.
        SubjectField::new(
            "content",
            SubjectFieldKind::Text,
            &["content", "content_html", "excerpt", "reading_minutes"],
        )
        .not_compared()
        .written(),
        SubjectField::new("excerpt", SubjectFieldKind::Text, &["excerpt"]).not_compared().written(),
        SubjectField::new("status", SubjectFieldKind::Word(&Status::WORDS), &["status"]).written(),
        SubjectField::new("author_id", SubjectFieldKind::User, &["author", "author_id"]),
        SubjectField::new("created_at", SubjectFieldKind::Time, &["created_at"]),
        SubjectField::new("updated_at", SubjectFieldKind::Time, &["updated_at"]),
        SubjectField::new("published_at", SubjectFieldKind::Time, &["published_at"]),
    ],
};

impl Subject for Posts {
    type Row = Post;

    const SPEC: SubjectSpec = SPEC;
    const READ: Permission = READ;

    fn within(_user: Option<UserId>) -> Predicate {
        Predicate::ne("status", trash::TRASHED)
    }

    fn public() -> Predicate {
        Predicate::eq("status", Status::Published.as_str())
    }

    fn own(user: UserId) -> Predicate {
        own(user)
    }

    fn value(post: &Post, column: &str) -> SqlValue {
        match column {
            "status" => SqlValue::from(post.status.as_str()),
            column => value(post, column),
        }
    }
}

/// Posts in the trash, seen by whoever may delete them.
#[derive(Debug, Clone)]
struct TrashedPosts;

impl Subject for TrashedPosts {
    type Row = Post;

    const SPEC: SubjectSpec = SPEC;
    const READ: Permission = DELETE;

    fn within(_user: Option<UserId>) -> Predicate {
        Predicate::eq("status", trash::TRASHED)
    }

    fn own(user: UserId) -> Predicate {
        own(user)
    }

    fn value(post: &Post, column: &str) -> SqlValue {
        match column {
            "status" => SqlValue::from(trash::TRASHED),
            column => value(post, column),
        }
    }
}

fn own(user: UserId) -> Predicate {
    Predicate::eq("author_id", user.number())
}

fn value(post: &Post, column: &str) -> SqlValue {
    match column {
        "title" => SqlValue::from(post.title.as_str()),
        "author_id" => SqlValue::Int(post.author.number()),
        "created_at" => SqlValue::Int(post.created_at),
        "updated_at" => SqlValue::Int(post.updated_at),
        "published_at" => SqlValue::from(post.published_at),
        _ => SqlValue::Null,
    }
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
