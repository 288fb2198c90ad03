//! The use cases over posts, each in one transaction.

use freehold_identity::api as users;
use freehold_ids::UserId;
use freehold_kernel::{Ctx, Grant, StoreError, Tx};

use super::model::{
    CreatePost, Post, PostCreated, PostError, PostFact, PostPublished, PostUnpublished,
    PostUpdated, Slug, Status, UpdatePost,
};
use super::versions::Keeping;
use super::{Posts, UpdatePosts, store, versions};
use crate::text;

/// Numbers tried after a slug that is taken.
const SLUG_ATTEMPTS_MAX: u32 = 100;

/// Writes a new post, if the caller may write one like it. The caller commits.
pub(crate) async fn create(
    tx: &mut Tx,
    grant: &Grant<Posts>,
    author: UserId,
    command: CreatePost,
) -> Result<Post, PostError> {
    let fields = command.written();
    let post = compose(tx, author, command).await?;
    grant.accepts(None, &post, &fields).map_err(|error| PostError::Denied(Box::new(error)))?;
    add(tx, &post).await?;
    Ok(post)
}

/// Makes a post of a command.
async fn compose(tx: &mut Tx, author: UserId, command: CreatePost) -> Result<Post, PostError> {
    let slug = match command.slug {
        Some(slug) => slug,
        None => free_slug(tx, &Slug::from_title(&command.title)).await?,
    };
    let now = tx.now().0;
    Ok(Post {
        id: tx.issue(),
        slug: slug.as_str().to_owned(),
        title: command.title,
        summary: text::summary(&command.content),
        reading_minutes: text::reading_minutes(&command.content),
        content: command.content,
        excerpt: command.excerpt,
        status: command.status,
        author,
        editor: Some(author),
        version: 1,
        created_at: now,
        updated_at: now,
        published_at: (command.status == Status::Published).then_some(now),
    })
}

async fn add(tx: &mut Tx, post: &Post) -> Result<(), PostError> {
    store::insert(tx, post).await?;
    tx.emit(&PostCreated(PostFact::from(post)))?;
    if post.status == Status::Published {
        tx.emit(&PostPublished(PostFact::from(post)))?;
        tx.publish_changed();
    }
    Ok(())
}

/// The plain slug, or the first free one with a number. The store's writer is alone, so what is
/// free now is free at the insert.
pub(super) async fn free_slug(tx: &mut Tx, plain: &Slug) -> Result<Slug, PostError> {
    for attempt in 0..SLUG_ATTEMPTS_MAX {
        let slug = plain.numbered(attempt);
        if !store::slug_taken(tx, slug.as_str()).await? {
            return Ok(slug);
        }
    }
    let unique: freehold_ids::PostId = tx.issue();
    Ok(Slug::from_title(&format!("{} {unique}", plain.as_str())))
}

pub(crate) async fn update(
    ctx: &Ctx<UpdatePosts>,
    slug: &str,
    expected_version: Option<i64>,
    command: UpdatePost,
    keeping: Keeping,
) -> Result<Post, PostError> {
    let grant = ctx.grant::<Posts>();
    let mut tx = ctx.begin().await?;
    let before = store::by_slug(&mut tx, &grant, slug).await?.ok_or(PostError::NotFound)?;
    if expected_version.is_some_and(|expected| expected != before.version) {
        return Err(PostError::Changed);
    }
    let was = before.status;
    let editor = ctx.actor().user().map(|user| user.id);
    versions::keep(&mut tx, &before, editor, command.status, keeping).await?;
    let fields = command.written();
    let post = before.clone().change(command, editor, tx.now().0);
    let denied = |error| PostError::Denied(Box::new(error));
    grant.accepts(Some(&before), &post, &fields).map_err(denied)?;
    if !store::update(&mut tx, &grant, &post).await? {
        return Err(PostError::Forbidden);
    }
    tx.emit(&PostUpdated(PostFact::from(&post)))?;
    match (was, post.status) {
        (Status::Draft, Status::Published) => tx.emit(&PostPublished(PostFact::from(&post)))?,
        (Status::Published, Status::Draft) => tx.emit(&PostUnpublished(PostFact::from(&post)))?,
        _ => {}
    }
    if [was, post.status].contains(&Status::Published) {
        tx.publish_changed();
    }
    tx.commit().await?;
    Ok(post)
}

/// The first post of a new site.
pub(crate) async fn create_welcome(tx: &mut Tx, site_name: &str) -> Result<(), StoreError> {
    let Some(author) = users::first(tx).await? else { return Ok(()) };
    let command = CreatePost {
        title: format!("Welcome to {site_name}"),
        slug: Some(Slug::from_title("welcome")),
        content: WELCOME.to_owned(),
        excerpt: None,
        status: Status::Published,
    };
    let post = match compose(tx, author, command).await {
        Ok(post) => add(tx, &post).await,
        Err(error) => Err(error),
    };
    match post {
        Err(PostError::Store(error)) => Err(error),
        // The store is new: its only slug is this one.
        Err(_) | Ok(()) => Ok(()),
    }
}

const WELCOME: &str = "This site is live, and this is its first post.\n\n\
    Write the next one with a `POST` to `/api/v1/posts`, or change this one with a `PUT` to \
    `/api/v1/posts/welcome`. Posts are written in **Markdown**; a post with the status \
    `published` appears here, in the [feed](/feed.xml) and in the list at \
    [`/api/v1/posts`](/api/v1/posts) at once, a `draft` does not.\n";
