//! The posts table. Every function over rows that users see takes a grant.

use freehold_db::{Direction, Filter, Insert, Row, Select, Update};
use freehold_ids::{PostId, UserId};
use freehold_kernel::{Grant, Read, StoreError, Tx};
use freehold_lists::{Found, List, Listed};

use super::Posts;
use super::api::Titled;
use super::model::{Post, PostError, Status};

pub(crate) const TABLE: &str = "posts";
pub(crate) const COLUMNS: [&str; 14] = [
    "id",
    "slug",
    "title",
    "content",
    "excerpt",
    "summary",
    "reading_minutes",
    "status",
    "author_id",
    "editor_id",
    "version",
    "created_at",
    "updated_at",
    "published_at",
];

/// Which posts a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Criteria {
    /// Text in the title or the content.
    pub(crate) q: Option<String>,
    /// Only this status.
    pub(crate) status: Option<Status>,
}

impl Criteria {
    fn filter(&self) -> Filter {
        let mut filter = Filter::everything();
        if let Some(q) = &self.q {
            filter = filter.and(found(q));
        }
        if let Some(status) = self.status {
            filter = filter.and(Filter::eq("status", status.as_str()));
        }
        filter
    }
}

fn found(q: &str) -> Filter {
    Filter::contains_any_case("title", q).or(Filter::contains_any_case("content", q))
}

pub(super) fn post(row: &Row) -> Result<Post, StoreError> {
    let status: String = row.get("status")?;
    Ok(Post {
        id: PostId::from_number(row.get("id")?),
        slug: row.get("slug")?,
        title: row.get("title")?,
        content: row.get("content")?,
        excerpt: row.get("excerpt")?,
        summary: row.get("summary")?,
        reading_minutes: row.get("reading_minutes")?,
        // A status that this release does not know is not shown to everybody.
        status: Status::parse(&status).unwrap_or(Status::Draft),
        author: UserId::from_number(row.get("author_id")?),
        editor: row.get::<Option<i64>>("editor_id")?.map(UserId::from_number),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        published_at: row.get("published_at")?,
    })
}

/// The posts that a caller's list asks for, among those that the caller may see.
pub(crate) async fn listed<T: Listed>(
    read: &mut Read,
    grant: &Grant<Posts>,
    list: &List<T>,
) -> Result<Found<Post>, StoreError> {
    let total = match list.total(grant.visible()) {
        Some(count) => Some(read.count(&count).await?),
        None => None,
    };
    let rows = read.rows(&list.select(grant.visible())).await?;
    list.found(rows, total, post)
}

pub(crate) async fn list(
    read: &mut Read,
    grant: &Grant<Posts>,
    criteria: &Criteria,
    rows: u64,
    skip: u64,
) -> Result<Vec<Post>, StoreError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(grant.visible())
        .filter(criteria.filter())
        .order("published_at", Direction::Descending)
        .order("id", Direction::Descending)
        .page(rows, skip);
    read.rows(&select).await?.iter().map(post).collect()
}

/// The same by their titles alone.
pub(super) async fn titles(
    read: &mut Read,
    grant: &Grant<Posts>,
    criteria: &Criteria,
    rows: u64,
    skip: u64,
) -> Result<Vec<Titled>, StoreError> {
    let columns = ["slug", "title", "created_at", "published_at", "updated_at"];
    let select = Select::from(TABLE, columns)
        .filter(grant.visible())
        .filter(criteria.filter())
        .order("published_at", Direction::Descending)
        .order("id", Direction::Descending)
        .page(rows, skip);
    let found = read.rows(&select).await?;
    let titled = |row: &Row| {
        let published: Option<i64> = row.get("published_at")?;
        Ok(Titled {
            slug: row.get("slug")?,
            title: row.get("title")?,
            published_at: published.map_or_else(|| row.get("created_at"), Ok)?,
            updated_at: row.get("updated_at")?,
        })
    };
    found.iter().map(titled).collect()
}

pub(crate) async fn count(
    read: &mut Read,
    grant: &Grant<Posts>,
    criteria: &Criteria,
) -> Result<u64, StoreError> {
    let select = Select::count(TABLE).filter(grant.visible()).filter(criteria.filter());
    read.count(&select).await
}

pub(crate) async fn by_slug(
    read: &mut Read,
    grant: &Grant<Posts>,
    slug: &str,
) -> Result<Option<Post>, StoreError> {
    let select =
        Select::from(TABLE, COLUMNS).filter(grant.visible()).filter(Filter::eq("slug", slug));
    read.optional(&select).await?.as_ref().map(post).transpose()
}

/// Whether the caller may change a post.
pub(super) async fn may_change(
    read: &mut Read,
    grant: &Grant<Posts>,
    post: PostId,
) -> Result<bool, StoreError> {
    let filter = grant.changeable().and(Filter::eq("id", post.number()));
    Ok(read.count(&Select::count(TABLE).filter(filter)).await? > 0)
}

/// The posts published just before and just after one, as (older, newer).
pub(crate) async fn neighbours(
    read: &mut Read,
    grant: &Grant<Posts>,
    published_at: i64,
) -> Result<(Option<Post>, Option<Post>), StoreError> {
    let visible = |filter, direction| {
        Select::from(TABLE, COLUMNS)
            .filter(grant.visible())
            .filter(Filter::eq("status", Status::Published.as_str()))
            .filter(filter)
            .order("published_at", direction)
            .page(1, 0)
    };
    let older = visible(Filter::lt("published_at", published_at), Direction::Descending);
    let newer = visible(Filter::gt("published_at", published_at), Direction::Ascending);
    let older = read.optional(&older).await?.as_ref().map(post).transpose()?;
    let newer = read.optional(&newer).await?.as_ref().map(post).transpose()?;
    Ok((older, newer))
}

/// Whether a slug is taken, by a visible post or another.
pub(crate) async fn slug_taken(tx: &mut Tx, slug: &str) -> Result<bool, StoreError> {
    Ok(tx.count(&Select::count(TABLE).filter(Filter::eq("slug", slug))).await? > 0)
}

pub(crate) async fn insert(tx: &mut Tx, post: &Post) -> Result<(), PostError> {
    let insert = Insert::into(TABLE)
        .set("id", post.id.number())
        .set("slug", post.slug.as_str())
        .set("title", post.title.as_str())
        .set("content", post.content.as_str())
        .set("excerpt", post.excerpt.clone())
        .set("summary", post.summary.as_str())
        .set("reading_minutes", post.reading_minutes)
        .set("status", post.status.as_str())
        .set("author_id", post.author.number())
        .set("editor_id", post.editor.map(UserId::number))
        .set("version", post.version)
        .set("created_at", post.created_at)
        .set("updated_at", post.updated_at)
        .set("published_at", post.published_at);
    match tx.insert(&insert).await {
        Err(error) if error.is_conflict_on("posts_slug_key") => Err(PostError::SlugTaken),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Writes a changed post, if the caller may change it.
pub(crate) async fn update(
    tx: &mut Tx,
    grant: &Grant<Posts>,
    post: &Post,
) -> Result<bool, StoreError> {
    let update = Update::table(TABLE)
        .set("title", post.title.as_str())
        .set("content", post.content.as_str())
        .set("excerpt", post.excerpt.clone())
        .set("summary", post.summary.as_str())
        .set("reading_minutes", post.reading_minutes)
        .set("status", post.status.as_str())
        .set("editor_id", post.editor.map(UserId::number))
        .set("version", post.version)
        .set("updated_at", post.updated_at)
        .set("published_at", post.published_at)
        .filter(Filter::eq("id", post.id.number()))
        .filter(grant.changeable());
    Ok(tx.update(&update).await? > 0)
}

/// How many posts have a status, for figures.
pub(super) async fn count_of(read: &mut Read, status: &str) -> Result<u64, StoreError> {
    read.count(&Select::count(TABLE).filter(Filter::eq("status", status))).await
}

/// When published posts first appeared since an instant, the last first, for figures.
pub(super) async fn appeared(
    read: &mut Read,
    since: i64,
    rows: u64,
) -> Result<Vec<i64>, StoreError> {
    let select = Select::from(TABLE, ["published_at"])
        .filter(Filter::eq("status", Status::Published.as_str()))
        .filter(Filter::gte("published_at", since))
        .order("published_at", Direction::Descending)
        .page(rows, 0);
    read.rows(&select).await?.iter().map(|row| Ok(row.get("published_at")?)).collect()
}
