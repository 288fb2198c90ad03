//! What other modules may know of posts: the published ones, ready to show.

use freehold_identity::api as users;
use freehold_ids::PostId;
use freehold_kernel::{Grant, Read, StoreError};

use super::model::{Post, Status};
use super::store::{self, Criteria};
use super::trash::TRASHED;
use crate::text;

pub use super::Posts;

/// A published post, ready to show.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its id.
    pub id: PostId,
    /// The last part of its address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// A plain summary.
    pub excerpt: String,
    /// Safe HTML.
    pub html: String,
    /// The author's name.
    pub author: String,
    /// Unix milliseconds.
    pub published_at: i64,
    /// Unix milliseconds.
    pub updated_at: i64,
    /// How long a reader needs.
    pub reading_minutes: i64,
}

impl Published {
    fn new(post: Post, author: String) -> Self {
        let excerpt = post.teaser().to_owned();
        Self {
            id: post.id,
            slug: post.slug,
            title: post.title,
            excerpt,
            html: text::to_html(&post.content),
            author,
            published_at: post.published_at.unwrap_or(post.created_at),
            updated_at: post.updated_at,
            reading_minutes: post.reading_minutes,
        }
    }
}

/// One page of published posts and how many there are.
#[derive(Debug)]
pub struct PostPage {
    /// Newest first.
    pub posts: Vec<Published>,
    /// On all pages.
    pub total: u64,
}

/// Published posts that the caller may see, newest first.
///
/// # Errors
/// Whatever the store says.
pub async fn published(
    read: &mut Read,
    grant: &Grant<Posts>,
    q: Option<&str>,
    rows: u64,
    skip: u64,
) -> Result<PostPage, StoreError> {
    let criteria = Criteria { q: q.map(str::to_owned), status: Some(Status::Published) };
    let total = store::count(read, grant, &criteria).await?;
    let mut posts = Vec::new();
    for post in store::list(read, grant, &criteria, rows, skip).await? {
        let author = users::shown_name(read, post.author).await?;
        posts.push(Published::new(post, author));
    }
    Ok(PostPage { posts, total })
}

/// One published post with the ones before and after it, as (post, older, newer).
///
/// # Errors
/// Whatever the store says.
pub async fn published_by_slug(
    read: &mut Read,
    grant: &Grant<Posts>,
    slug: &str,
) -> Result<Option<(Published, Option<Published>, Option<Published>)>, StoreError> {
    let found = store::by_slug(read, grant, slug).await?;
    let Some(post) = found.filter(|post| post.status == Status::Published) else {
        return Ok(None);
    };
    let at = post.published_at.unwrap_or(post.created_at);
    let (older, newer) = store::neighbours(read, grant, at).await?;
    let author = users::shown_name(read, post.author).await?;
    let bare = |post| Published::new(post, String::new());
    Ok(Some((Published::new(post, author), older.map(bare), newer.map(bare))))
}

/// How many posts a site has.
#[derive(Debug)]
pub struct PostFigures {
    /// Everybody sees them.
    pub published: u64,
    /// Only their authors and editors see them.
    pub drafts: u64,
    /// In the trash.
    pub trashed: u64,
    /// When the newest of the published ones were first published, in Unix milliseconds, the last
    /// first.
    pub appeared: Vec<i64>,
}

/// How many posts there are, and when they appeared since an instant, at most so many.
///
/// # Errors
/// Whatever the store says.
pub async fn figures(read: &mut Read, since: i64, rows: u64) -> Result<PostFigures, StoreError> {
    let published = store::count_of(read, Status::Published.as_str()).await?;
    let drafts = store::count_of(read, Status::Draft.as_str()).await?;
    let trashed = store::count_of(read, TRASHED).await?;
    let appeared = store::appeared(read, since, rows).await?;
    Ok(PostFigures { published, drafts, trashed, appeared })
}

/// A published post by its title alone.
#[derive(Debug)]
pub struct Titled {
    /// The last part of its address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Unix milliseconds.
    pub published_at: i64,
    /// Unix milliseconds.
    pub updated_at: i64,
}

/// Titles of published posts and how many there are.
#[derive(Debug)]
pub struct TitlePage {
    /// Newest first.
    pub titles: Vec<Titled>,
    /// On all pages.
    pub total: u64,
}

/// Published posts by their titles, newest first: what lists of many need, without their texts.
///
/// # Errors
/// Whatever the store says.
pub async fn titles(
    read: &mut Read,
    grant: &Grant<Posts>,
    rows: u64,
    skip: u64,
) -> Result<TitlePage, StoreError> {
    let criteria = Criteria { q: None, status: Some(Status::Published) };
    let total = store::count(read, grant, &criteria).await?;
    let titles = store::titles(read, grant, &criteria, rows, skip).await?;
    Ok(TitlePage { titles, total })
}
