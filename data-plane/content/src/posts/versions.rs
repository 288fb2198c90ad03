//! The history of a post: what it was before it was changed, who wrote that, and the way back.
//!
//! Saving often does not fill it: what the same person changes again within a few minutes is one version.
//! The first version stays for good.

use axum::http::HeaderMap;
use axum::response::Response;
use freehold_api::{ApiError, Data, Method, Path, PathPair, Route, Routes};
use freehold_clock::UnixMs;
use freehold_db::{Delete, Direction, Filter, Insert, Row, Select};
use freehold_identity::api as users;
use freehold_ids::{PostId, UserId};
use freehold_kernel::{Ctx, Read, Shown, StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Post, PostError, Status, UpdatePost};
use super::routes::{AuthorView, PostView, answer_one, if_match};
use super::{Posts, UpdatePosts, service, store};

const TABLE: &str = "post_versions";
/// Kept versions of one post.
const VERSIONS_PER_POST_MAX: u64 = 100;
/// Changes of one person within this time are one version.
const SAME_VERSION_SECONDS: u64 = 300;
const COLUMNS: [&str; 8] =
    ["version", "editor_id", "title", "content", "excerpt", "status", "written_at", "kept_at"];

/// What a post was.
#[derive(Debug, Clone)]
struct Version {
    version: i64,
    editor: Option<UserId>,
    title: String,
    content: String,
    excerpt: Option<String>,
    status: Status,
    written_at: i64,
    kept_at: i64,
}

fn version(row: &Row) -> Result<Version, StoreError> {
    let status: String = row.get("status")?;
    Ok(Version {
        version: row.get("version")?,
        editor: row.get::<Option<i64>>("editor_id")?.map(UserId::from_number),
        title: row.get("title")?,
        content: row.get("content")?,
        excerpt: row.get("excerpt")?,
        status: Status::parse(&status).unwrap_or(Status::Draft),
        written_at: row.get("written_at")?,
        kept_at: row.get("kept_at")?,
    })
}

/// What a post was, without its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostVersion)]
struct VersionView {
    version: i64,
    title: String,
    status: Status,
    /// Who wrote it; null where that is not known.
    editor: Option<AuthorView>,
    /// RFC 3339.
    written_at: String,
}

/// The history of a post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostVersions)]
struct VersionsView {
    /// Newest first; what the post is now is not among them.
    #[schema(value_type = Vec<VersionView>)]
    items: Vec<Shown<VersionView>>,
}

/// What a post was, whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholePostVersion)]
struct WholeVersionView {
    #[serde(flatten)]
    about: VersionView,
    /// Markdown.
    content: String,
    excerpt: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/posts/{slug}/versions", list, |op| {
            op.summary("What a post was before, the newest first").returns::<VersionsView>(200)
        })
        .add(Method::Get, "/api/v1/posts/{slug}/versions/{version}", get, |op| {
            op.summary("What a post was, whole").returns::<WholeVersionView>(200)
        })
        .add(Method::Post, "/api/v1/posts/{slug}/versions/{version}/restore", restore, |op| {
            op.summary("Make a post's words what they were; whether it is published stays")
                .returns::<PostView>(200)
        })
        .rows()
}

/// When what a post is gets a place in its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Whatever was kept before.
    Always,
    /// Unless it is one version with what was kept last.
    Merged,
}

/// Keeps what a post is before it is changed.
pub(super) async fn keep(
    tx: &mut Tx,
    before: &Post,
    editor: Option<UserId>,
    status: Option<Status>,
    keeping: Keeping,
) -> Result<(), StoreError> {
    let newest = Select::from(TABLE, COLUMNS)
        .filter(of(before.id))
        .order("version", Direction::Descending)
        .page(1, 0);
    let newest = tx.optional(&newest).await?.as_ref().map(version).transpose()?;
    let now = tx.now();
    let is_same_version = newest.is_some_and(|newest| {
        let recent = newest.kept_at > now.minus_seconds(SAME_VERSION_SECONDS).0;
        recent && before.editor == editor && status.is_none_or(|status| status == before.status)
    });
    if is_same_version && keeping == Keeping::Merged {
        return Ok(());
    }
    let insert = Insert::into(TABLE)
        .set("post_id", before.id.number())
        .set("version", before.version)
        .set("editor_id", before.editor.map(UserId::number))
        .set("title", before.title.as_str())
        .set("content", before.content.as_str())
        .set("excerpt", before.excerpt.clone())
        .set("status", before.status.as_str())
        .set("written_at", before.updated_at)
        .set("kept_at", now.0)
        .or_keep(["post_id", "version"]);
    tx.insert(&insert).await?;
    forget_oldest(tx, before.id).await
}

/// Makes room where there is none left; the first version stays.
async fn forget_oldest(tx: &mut Tx, post: PostId) -> Result<(), StoreError> {
    if tx.count(&Select::count(TABLE).filter(of(post))).await? <= VERSIONS_PER_POST_MAX {
        return Ok(());
    }
    let second = Select::from(TABLE, ["version"])
        .filter(of(post))
        .order("version", Direction::Ascending)
        .page(1, 1);
    if let Some(row) = tx.optional(&second).await? {
        let old = of(post).and(Filter::eq("version", row.get::<i64>("version")?));
        tx.delete(&Delete::from(TABLE, old)).await?;
    }
    Ok(())
}

fn of(post: PostId) -> Filter {
    Filter::eq("post_id", post.number())
}

/// A post that the caller may change.
async fn changeable(
    ctx: &Ctx<UpdatePosts>,
    read: &mut Read,
    slug: &str,
) -> Result<Post, PostError> {
    let grant = ctx.grant::<Posts>();
    let found = store::by_slug(read, &grant, slug).await?.ok_or(PostError::NotFound)?;
    // Readers of a published post see what it is, not what it was.
    if !store::may_change(read, &grant, found.id).await? {
        return Err(PostError::Forbidden);
    }
    Ok(found)
}

async fn view(read: &mut Read, version: &Version) -> Result<VersionView, StoreError> {
    let editor = match version.editor {
        Some(id) => Some(AuthorView { id, username: users::shown_name(read, id).await? }),
        None => None,
    };
    Ok(VersionView {
        version: version.version,
        title: version.title.clone(),
        status: version.status,
        editor,
        written_at: UnixMs(version.written_at).rfc3339(),
    })
}

async fn list(
    ctx: Ctx<UpdatePosts>,
    Path(slug): Path<String>,
) -> Result<Data<VersionsView>, ApiError> {
    let grant = ctx.grant::<Posts>();
    let mut read = ctx.snapshot().await?;
    let post = changeable(&ctx, &mut read, &slug).await?;
    let select = Select::from(TABLE, COLUMNS)
        .filter(of(post.id))
        .order("version", Direction::Descending)
        .page(VERSIONS_PER_POST_MAX, 0);
    let readable = grant.readable(&post);
    let mut items = Vec::new();
    for row in read.rows(&select).await? {
        let view = view(&mut read, &version(&row)?).await?;
        items.push(readable.shown(view)?);
    }
    Ok(Data::ok(VersionsView { items }))
}

async fn find(read: &mut Read, post: PostId, number: i64) -> Result<Version, PostError> {
    let filter = of(post).and(Filter::eq("version", number));
    let row = read.optional(&Select::from(TABLE, COLUMNS).filter(filter)).await?;
    Ok(version(&row.ok_or(PostError::NotFound)?)?)
}

async fn get(
    ctx: Ctx<UpdatePosts>,
    PathPair(slug, number): PathPair<String, i64>,
) -> Result<Data<Shown<WholeVersionView>>, ApiError> {
    let mut read = ctx.snapshot().await?;
    let post = changeable(&ctx, &mut read, &slug).await?;
    let found = find(&mut read, post.id, number).await?;
    let about = view(&mut read, &found).await?;
    let Version { content, excerpt, .. } = found;
    let whole = WholeVersionView { about, content, excerpt };
    Ok(Data::ok(ctx.grant::<Posts>().readable(&post).shown(whole)?))
}

async fn restore(
    ctx: Ctx<UpdatePosts>,
    PathPair(slug, number): PathPair<String, i64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let expected = if_match(&headers)?;
    let mut read = ctx.snapshot().await?;
    let post = changeable(&ctx, &mut read, &slug).await?;
    let was = find(&mut read, post.id, number).await?;
    drop(read);
    let command = UpdatePost {
        title: Some(was.title),
        content: Some(was.content),
        excerpt: Some(was.excerpt),
        status: None,
    };
    let post = service::update(&ctx, &slug, expected, command, Keeping::Always).await?;
    answer_one(&mut ctx.read().await?, &ctx.grant(), post).await
}
