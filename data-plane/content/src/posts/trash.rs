//! The trash of posts: what is thrown away lies here until somebody wants it back, deletes it for good,
//! or its time is over.
//!
//! A post in the trash gives its slug up, so that the name is free; it comes back under it, or with a
//! number behind where another post has it by then.

use axum::response::Response;
use freehold_api::{ApiError, Data, Method, Page, Path, Route, Routes};
use freehold_clock::UnixMs;
use freehold_db::{Delete, Direction, Filter, Row, Select, Update};
use freehold_identity::api as users;
use freehold_ids::PostId;
use freehold_kernel::jobs::{Attempt, Handler, Job, Schedule, Zone};
use freehold_kernel::{Ctx, Grant, StoreError, Tx};
use freehold_lists::{Field, FieldKind, List, ListPolicy, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::list::{AUTHOR, POST};
use super::model::{
    Post, PostDeleted, PostError, PostFact, PostRestored, PostTrashed, Slug, Status,
};
use super::routes::{AuthorView, answer_one};
use super::service::free_slug;
use super::store::{self, TABLE};
use super::{DeletePosts, Posts, TrashedPosts};

/// The status of what lies in the trash, which is none of a post that somebody works on.
pub(super) const TRASHED: &str = "trashed";
/// How long it lies there at least; it goes in the night after.
const KEPT_SECONDS: u64 = 30 * 24 * 3_600;
/// Those of a post, and those of the trash.
const COLUMNS: [&str; 16] = {
    let mut columns = ["trashed_from"; 16];
    let mut at = 0;
    while at < store::COLUMNS.len() {
        columns[at] = store::COLUMNS[at];
        at += 1;
    }
    columns[store::COLUMNS.len() + 1] = "trashed_at";
    columns
};

/// A post in the trash.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrashedPost)]
struct TrashedView {
    #[schema(value_type = String)]
    id: PostId,
    slug: String,
    title: String,
    author: AuthorView,
    /// What it was, and is again when it is restored.
    status: Status,
    /// RFC 3339.
    trashed_at: String,
    /// RFC 3339; it is kept until then at least.
    kept_until: String,
}

impl Listed for TrashedView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        table: TABLE,
        columns: &COLUMNS,
        key: "id",
        fields: &[
            Field::new("id", FieldKind::Id(POST)).shown().filtered().sorted(),
            Field::new("title", FieldKind::Text).shown().filtered().sorted(),
            Field::new("author_id", FieldKind::Id(AUTHOR)).filtered(),
            Field::new("trashed_at", FieldKind::Time).shown().filtered().sorted(),
            // Stored with its id behind it.
            Field::view("slug"),
            Field::view("author"),
            Field::view("status"),
            Field::view("kept_until"),
        ],
        searched: &["title"],
        order: &[("trashed_at", Direction::Descending)],
        includes: &[],
    };
}

/// A row of the trash: the post as it was, and since when it lies here.
struct Trashed {
    post: Post,
    at: i64,
}

fn trashed(row: &Row) -> Result<Trashed, StoreError> {
    let post = store::post(row)?;
    let from: Option<String> = row.get("trashed_from")?;
    // Its address ends with its id here, so that another post can have the address meanwhile.
    let slug = post.slug.split('!').next().unwrap_or_default().to_owned();
    let status = from.as_deref().and_then(Status::parse).unwrap_or(Status::Draft);
    let at = row.get::<Option<i64>>("trashed_at")?.unwrap_or_default();
    Ok(Trashed { post: Post { slug, status, ..post }, at })
}

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/trash/posts", list, |op| {
            op.summary("Posts in the trash that the caller may bring back, the last first")
                .returns_page_of::<TrashedView>()
        })
        .add(Method::Post, "/api/v1/trash/posts/{id}/restore", restore, |op| {
            op.summary("Bring a post back as it was").returns::<super::routes::PostView>(200)
        })
        .add(Method::Delete, "/api/v1/trash/posts/{id}", delete, |op| {
            op.summary("Delete a post for good, with its history").returns_nothing(200)
        })
        .rows()
}

async fn list(
    ctx: Ctx<DeletePosts>,
    list: List<TrashedView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let grant = ctx.grant::<TrashedPosts>();
    let list = list.within(|field| grant.may_compare(field))?;
    let visible = grant.visible();
    let mut read = ctx.snapshot().await?;
    let total = match list.total(visible.clone()) {
        Some(count) => Some(read.count(&count).await?),
        None => None,
    };
    let rows = read.rows(&list.select(visible)).await?;
    let found = list.found(rows, total, trashed)?;
    let mut views = Vec::with_capacity(found.rows.len());
    for Trashed { post, at } in found.rows {
        let username = users::shown_name(&mut read, post.author).await?;
        let readable = grant.readable(&post);
        views.push(readable.shown(TrashedView {
            id: post.id,
            slug: post.slug,
            title: post.title,
            author: AuthorView { id: post.author, username },
            status: post.status,
            trashed_at: UnixMs(at).rfc3339(),
            kept_until: UnixMs(at).plus_seconds(KEPT_SECONDS).rfc3339(),
        })?);
    }
    Ok(Data::ok(found.frame.page(views)?))
}

/// Moves a post to the trash.
pub(super) async fn throw(
    ctx: &Ctx<DeletePosts>,
    slug: &str,
    expected_version: Option<i64>,
) -> Result<(), PostError> {
    let grant = ctx.grant::<Posts>();
    let mut tx = ctx.begin().await?;
    let post = store::by_slug(&mut tx, &grant, slug).await?.ok_or(PostError::NotFound)?;
    if expected_version.is_some_and(|expected| expected != post.version) {
        return Err(PostError::Changed);
    }
    let update = Update::table(TABLE)
        .set("slug", format!("{}!{}", post.slug, post.id))
        .set("status", TRASHED)
        .set("trashed_from", post.status.as_str())
        .set("trashed_at", tx.now().0)
        .filter(Filter::eq("id", post.id.number()))
        .filter(grant.changeable());
    if tx.update(&update).await? == 0 {
        return Err(PostError::Forbidden);
    }
    tx.emit(&PostTrashed(PostFact::from(&post)))?;
    if post.status == Status::Published {
        tx.publish_changed();
    }
    tx.commit().await?;
    Ok(())
}

/// Deletes what has lain in the trash for long enough.
#[derive(Debug, Default, Serialize, Deserialize)]
struct EmptyTrash {}

impl Job for EmptyTrash {
    const NAME: &'static str = "content.empty_trash";
    const ATTEMPT_SECONDS_MAX: u64 = 600;
}

pub(crate) fn empty_trash() -> Handler {
    Handler::of(|attempt: Attempt, _job: EmptyTrash| async move {
        let over = attempt.now().minus_seconds(KEPT_SECONDS);
        attempt.forget(TABLE, "trashed_at", Filter::eq("status", TRASHED), over).await
    })
}

pub(crate) fn trash_schedule() -> Schedule {
    Schedule::of::<EmptyTrash>(EmptyTrash::NAME, "0 2 * * *", Zone::Site, 3_600)
}

async fn find(tx: &mut Tx, grant: &Grant<TrashedPosts>, id: PostId) -> Result<Post, PostError> {
    let filter = grant.changeable().and(Filter::eq("id", id.number()));
    let row = tx.optional(&Select::from(TABLE, COLUMNS).filter(filter)).await?;
    Ok(trashed(&row.ok_or(PostError::NotFound)?)?.post)
}

async fn restore(ctx: Ctx<DeletePosts>, Path(id): Path<PostId>) -> Result<Response, ApiError> {
    let post = bring_back(&ctx, id).await?;
    answer_one(&mut ctx.read().await?, &ctx.grant(), post).await
}

async fn bring_back(ctx: &Ctx<DeletePosts>, id: PostId) -> Result<Post, PostError> {
    let grant = ctx.grant::<TrashedPosts>();
    let mut tx = ctx.begin().await?;
    let post = find(&mut tx, &grant, id).await?;
    let slug = free_slug(&mut tx, &Slug::from_title(&post.slug)).await?;
    let post = Post { slug: slug.as_str().to_owned(), ..post };
    let update = Update::table(TABLE)
        .set("slug", post.slug.as_str())
        .set("status", post.status.as_str())
        .set("trashed_from", None::<String>)
        .set("trashed_at", None::<i64>)
        .filter(Filter::eq("id", id.number()))
        .filter(grant.changeable());
    tx.update(&update).await?;
    tx.emit(&PostRestored(PostFact::from(&post)))?;
    if post.status == Status::Published {
        tx.publish_changed();
    }
    tx.commit().await?;
    Ok(post)
}

async fn delete(ctx: Ctx<DeletePosts>, Path(id): Path<PostId>) -> Result<Data<()>, ApiError> {
    delete_for_good(&ctx, id).await?;
    Ok(Data::ok(()))
}

async fn delete_for_good(ctx: &Ctx<DeletePosts>, id: PostId) -> Result<(), PostError> {
    let grant = ctx.grant::<TrashedPosts>();
    let mut tx = ctx.begin().await?;
    let post = find(&mut tx, &grant, id).await?;
    let filter = Filter::eq("id", id.number()).and(grant.changeable());
    tx.delete(&Delete::from(TABLE, filter)).await?;
    tx.emit(&PostDeleted(PostFact::from(&post)))?;
    tx.commit().await?;
    Ok(())
}
