//! HTTP over posts: lists, one post, and changes guarded by its version.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Body, Data, FieldError, Method, Page, Path, Route, Routes};
use freehold_clock::UnixMs;
use freehold_idempotency::{Idempotent, KeptAnswer};
use freehold_identity::api as users;
use freehold_ids::{PostId, UserId};
use freehold_kernel::{Begun, Ctx, Grant, Read, Shown};
use freehold_lists::List;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{CreatePost, Post, Status, UpdatePost};
use super::versions::Keeping;
use super::{CreatePosts, DeletePosts, Posts, ReadPosts, UpdatePosts, service, store, trash};
use crate::text;

/// Who wrote a post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostAuthor)]
pub(crate) struct AuthorView {
    #[schema(value_type = String)]
    pub(super) id: UserId,
    pub(super) username: String,
}

/// A post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Post)]
pub(crate) struct PostView {
    #[schema(value_type = String, example = "pst_0c1h2b3j4k5m6")]
    id: PostId,
    slug: String,
    title: String,
    /// Markdown.
    content: String,
    /// Safe HTML made from the content; only where one post is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<String>,
    excerpt: String,
    status: Status,
    author: AuthorView,
    reading_minutes: i64,
    /// Grows with each change; also the entity tag of the answer to who is signed in.
    version: i64,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    updated_at: String,
    /// RFC 3339; null until it is first published.
    published_at: Option<String>,
}

impl PostView {
    fn new(post: Post, author: String, with_html: bool) -> Self {
        let excerpt = post.teaser().to_owned();
        Self {
            id: post.id,
            slug: post.slug,
            title: post.title,
            content_html: with_html.then(|| text::to_html(&post.content)),
            excerpt,
            reading_minutes: post.reading_minutes,
            content: post.content,
            status: post.status,
            author: AuthorView { id: post.author, username: author },
            version: post.version,
            created_at: UnixMs(post.created_at).rfc3339(),
            updated_at: UnixMs(post.updated_at).rfc3339(),
            published_at: post.published_at.map(|at| UnixMs(at).rfc3339()),
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/posts", list, |op| {
            op.summary("Posts that the caller may see, newest first")
                .returns_page_of::<PostView>()
                .shared()
        })
        .add(Method::Post, "/api/v1/posts", create, |op| {
            op.summary("Write a post").returns::<PostView>(201)
        })
        .add(Method::Get, "/api/v1/posts/{slug}", get, |op| {
            op.summary("One post").returns::<PostView>(200).shared()
        })
        .add(Method::Put, "/api/v1/posts/{slug}", update, |op| {
            op.summary("Change, publish or withdraw a post").returns::<PostView>(200)
        })
        .add(Method::Delete, "/api/v1/posts/{slug}", delete, |op| {
            op.summary("Move a post to the trash, for thirty days at least").returns_nothing(200)
        })
        .rows()
}

async fn list(ctx: Ctx<ReadPosts>, list: List<PostView>) -> Result<Data<Page<Value>>, ApiError> {
    let grant = ctx.grant::<Posts>();
    let list = list.within(|field| grant.may_compare(field))?;
    let mut read = ctx.snapshot().await?;
    let found = store::listed(&mut read, &grant, &list).await?;
    let views = views(&mut read, &grant, found.rows).await?;
    Ok(Data::ok(found.frame.page(views)?))
}

/// Adds the authors' names, each read once.
async fn views(
    read: &mut Read,
    grant: &Grant<Posts>,
    posts: Vec<Post>,
) -> Result<Vec<Shown<PostView>>, ApiError> {
    let mut names: HashMap<UserId, String> = HashMap::new();
    let mut views = Vec::with_capacity(posts.len());
    for post in posts {
        let name = match names.entry(post.author) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                unknown.insert(users::shown_name(read, post.author).await?).clone()
            }
        };
        let readable = grant.readable(&post);
        views.push(readable.shown(PostView::new(post, name, false))?);
    }
    Ok(views)
}

async fn get(ctx: Ctx<ReadPosts>, Path(slug): Path<String>) -> Result<Response, ApiError> {
    let grant = ctx.grant::<Posts>();
    let mut read = ctx.snapshot().await?;
    let post = store::by_slug(&mut read, &grant, &slug).await?.ok_or_else(ApiError::not_found)?;
    answer_one(&mut read, &grant, post).await
}

async fn create(
    ctx: Ctx<CreatePosts>,
    Idempotent { key, body: Body(command) }: Idempotent<Body<CreatePost>>,
) -> Result<KeptAnswer, ApiError> {
    let author = ctx.actor().user().ok_or_else(ApiError::unauthorized)?.id;
    let mut tx = match ctx.begin_once(key).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let grant = ctx.grant::<Posts>();
    let post = service::create(&mut tx, &grant, author, command).await?;
    let etag = etag(&post);
    let view = view_one(&mut tx, &grant, post).await?;
    let answer = KeptAnswer::new(StatusCode::CREATED, &view)?.with_etag(etag);
    Ok(tx.commit_answer(answer).await?)
}

async fn update(
    ctx: Ctx<UpdatePosts>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    Body(command): Body<UpdatePost>,
) -> Result<Response, ApiError> {
    let post = service::update(&ctx, &slug, if_match(&headers)?, command, Keeping::Merged).await?;
    answer_one(&mut ctx.read().await?, &ctx.grant(), post).await
}

async fn delete(
    ctx: Ctx<DeletePosts>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Data<()>, ApiError> {
    trash::throw(&ctx, &slug, if_match(&headers)?).await?;
    Ok(Data::ok(()))
}

pub(super) async fn answer_one(
    read: &mut Read,
    grant: &Grant<Posts>,
    post: Post,
) -> Result<Response, ApiError> {
    let tag = etag(&post);
    let mut response = Data::ok(view_one(read, grant, post).await?).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn view_one(
    read: &mut Read,
    grant: &Grant<Posts>,
    post: Post,
) -> Result<Shown<PostView>, ApiError> {
    let author = users::shown_name(read, post.author).await?;
    grant.readable(&post).shown(PostView::new(post, author, true))
}

fn etag(post: &Post) -> String {
    format!("\"{}\"", post.version)
}

/// The version that the caller insists on, from `If-Match`.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match version.and_then(|text| text.parse().ok()) {
        Some(version) => Ok(Some(version)),
        None => Err(ApiError::invalid(vec![FieldError {
            path: "If-Match".into(),
            code: "invalid".into(),
            message: "expected the entity tag of one version, such as \"3\"".into(),
        }])),
    }
}
