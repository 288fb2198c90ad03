//! What a post is: pure values, rules and commands.

use crate::text;
use freehold_api::{ApiError, Command, Problems};
use freehold_ids::{PostId, UserId};
use freehold_kernel::{Event, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TITLE_CHARS_MAX: usize = 200;
const SLUG_CHARS_MAX: usize = 120;
const EXCERPT_CHARS_MAX: usize = 1_000;
const CONTENT_BYTES_MAX: usize = 512 * 1024;

/// Whether everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PostStatus)]
pub(crate) enum Status {
    /// Only its author and editors see it.
    Draft,
    /// Everybody sees it.
    Published,
}

impl Status {
    /// The words, for lists and rules.
    pub(crate) const WORDS: [&'static str; 2] = [Self::Draft.as_str(), Self::Published.as_str()];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Published].into_iter().find(|status| status.as_str() == text)
    }
}

/// The last part of a post's address. Kept when the title changes, so that links stay whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected at most {SLUG_CHARS_MAX} lower-case letters and digits, with single hyphens between them"
)]
pub(crate) struct InvalidSlug;

impl Slug {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidSlug> {
        let slug = Self::from_title(text);
        if slug.0 == text { Ok(slug) } else { Err(InvalidSlug) }
    }

    /// Letters and digits of any script; everything else becomes a hyphen.
    pub(crate) fn from_title(title: &str) -> Self {
        let mut slug = String::new();
        let mut length = 0;
        for letter in title.chars().flat_map(char::to_lowercase) {
            if length >= SLUG_CHARS_MAX {
                break;
            }
            if letter.is_alphanumeric() {
                slug.push(letter);
                length += 1;
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
                length += 1;
            }
        }
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { "post".to_owned() } else { slug.to_owned() })
    }

    /// The `attempt`-th slug to try: the plain one, then with a number.
    pub(crate) fn numbered(&self, attempt: u32) -> Self {
        match attempt {
            0 => self.clone(),
            _ => Self(format!("{}-{}", self.0, attempt + 1)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A post as the store has it.
#[derive(Debug, Clone)]
pub struct Post {
    pub(crate) id: PostId,
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) excerpt: Option<String>,
    /// Made from the content when it is written, so that lists need not parse it.
    pub(crate) summary: String,
    /// Likewise.
    pub(crate) reading_minutes: i64,
    pub(crate) status: Status,
    pub(crate) author: UserId,
    /// Who wrote this version, where it is known.
    pub(crate) editor: Option<UserId>,
    pub(crate) version: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) published_at: Option<i64>,
}

impl Post {
    /// Applies a change; the moment of first publication is kept for good.
    pub(crate) fn change(mut self, change: UpdatePost, editor: Option<UserId>, now: i64) -> Self {
        if let Some(title) = change.title {
            self.title = title;
        }
        if let Some(content) = change.content {
            self.content = content;
            self.summary = text::summary(&self.content);
            self.reading_minutes = text::reading_minutes(&self.content);
        }
        if let Some(excerpt) = change.excerpt {
            self.excerpt = excerpt;
        }
        if let Some(status) = change.status {
            self.status = status;
        }
        if self.status == Status::Published && self.published_at.is_none() {
            self.published_at = Some(now);
        }
        self.editor = editor;
        self.updated_at = now;
        self.version += 1;
        self
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("there is no such post")]
    NotFound,
    #[error("a post with this slug exists already")]
    SlugTaken,
    #[error("your role does not allow changing this post")]
    Forbidden,
    #[error("the post was changed by somebody else meanwhile")]
    Changed,
    #[error("your role does not allow this")]
    Denied(Box<ApiError>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        let message = error.to_string();
        match error {
            PostError::NotFound => Self::not_found(),
            PostError::Forbidden => Self::forbidden(),
            PostError::Denied(error) => *error,
            PostError::SlugTaken => Self::conflict("slug_taken", "slug", &message),
            PostError::Changed => {
                Self::new(axum::http::StatusCode::PRECONDITION_FAILED, "version_mismatch", message)
            }
            PostError::Store(error) => error.into(),
        }
    }
}

impl Post {
    /// What lists and feeds show of it: the author's own words, or the first of the content.
    pub(crate) fn teaser(&self) -> &str {
        self.excerpt.as_deref().unwrap_or(&self.summary)
    }
}

/// What an event says of a post.
#[derive(Debug, Serialize)]
pub(crate) struct PostFact {
    pub(crate) post_id: PostId,
    pub(crate) slug: String,
}

impl From<&Post> for PostFact {
    fn from(post: &Post) -> Self {
        Self { post_id: post.id, slug: post.slug.clone() }
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostCreated(pub(crate) PostFact);

impl Event for PostCreated {
    const NAME: &'static str = "post.created";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostUpdated(pub(crate) PostFact);

impl Event for PostUpdated {
    const NAME: &'static str = "post.updated";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostPublished(pub(crate) PostFact);

impl Event for PostPublished {
    const NAME: &'static str = "post.published";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostUnpublished(pub(crate) PostFact);

impl Event for PostUnpublished {
    const NAME: &'static str = "post.unpublished";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostTrashed(pub(crate) PostFact);

impl Event for PostTrashed {
    const NAME: &'static str = "post.trashed";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostRestored(pub(crate) PostFact);

impl Event for PostRestored {
    const NAME: &'static str = "post.restored";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PostDeleted(pub(crate) PostFact);

impl Event for PostDeleted {
    const NAME: &'static str = "post.deleted";

    fn subject(&self) -> String {
        self.0.post_id.to_string()
    }
}

#[derive(Debug)]
pub(crate) struct CreatePost {
    pub(crate) title: String,
    pub(crate) slug: Option<Slug>,
    pub(crate) content: String,
    pub(crate) excerpt: Option<String>,
    pub(crate) status: Status,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePostBody {
    /// 1 to 200 characters.
    title: String,
    /// Markdown.
    content: String,
    /// Made from the title when absent.
    slug: Option<String>,
    /// Made from the content when absent.
    excerpt: Option<String>,
    /// `draft` when absent.
    status: Option<Status>,
}

impl CreatePost {
    /// The fields that it says something of; a draft is what every post begins as.
    pub(crate) fn written(&self) -> Vec<&'static str> {
        let said = [
            ("title", true),
            ("content", !self.content.is_empty()),
            ("excerpt", self.excerpt.is_some()),
            ("status", self.status != Status::Draft),
        ];
        said.into_iter().filter_map(|(name, is_said)| is_said.then_some(name)).collect()
    }
}

impl Command for CreatePost {
    type Wire = CreatePostBody;

    fn parse(wire: CreatePostBody, problems: &mut Problems) -> Option<Self> {
        let slug = wire.slug.map(|slug| problems.take("slug", Slug::parse(&slug)));
        let title = title(wire.title, problems);
        let content = content(wire.content, problems);
        let excerpt = excerpt(wire.excerpt, problems);
        let slug = match slug {
            None => None,
            Some(parsed) => Some(parsed?),
        };
        let status = wire.status.unwrap_or(Status::Draft);
        Some(Self { title: title?, slug, content: content?, excerpt: excerpt?, status })
    }
}

#[derive(Debug)]
pub(crate) struct UpdatePost {
    pub(crate) title: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) excerpt: Option<Option<String>>,
    pub(crate) status: Option<Status>,
}

/// Absent fields stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePostBody {
    title: Option<String>,
    content: Option<String>,
    /// Empty to have it made from the content again.
    excerpt: Option<String>,
    status: Option<Status>,
}

impl UpdatePost {
    /// The fields that it says something of.
    pub(crate) fn written(&self) -> Vec<&'static str> {
        let said = [
            ("title", self.title.is_some()),
            ("content", self.content.is_some()),
            ("excerpt", self.excerpt.is_some()),
            ("status", self.status.is_some()),
        ];
        said.into_iter().filter_map(|(name, is_said)| is_said.then_some(name)).collect()
    }
}

impl Command for UpdatePost {
    type Wire = UpdatePostBody;

    fn parse(wire: UpdatePostBody, problems: &mut Problems) -> Option<Self> {
        let title = match wire.title {
            None => None,
            Some(text) => Some(title(text, problems)?),
        };
        let content = match wire.content {
            None => None,
            Some(text) => Some(content(text, problems)?),
        };
        let excerpt = match wire.excerpt {
            None => None,
            Some(text) => Some(excerpt(Some(text), problems)?),
        };
        Some(Self { title, content, excerpt, status: wire.status })
    }
}

fn title(text: String, problems: &mut Problems) -> Option<String> {
    let title = text.trim().to_owned();
    let length = title.chars().count();
    if (1..=TITLE_CHARS_MAX).contains(&length) && !title.chars().any(char::is_control) {
        return Some(title);
    }
    let message = format!("expected 1 to {TITLE_CHARS_MAX} characters on one line");
    problems.add("title", "invalid", message);
    None
}

fn content(text: String, problems: &mut Problems) -> Option<String> {
    if text.len() <= CONTENT_BYTES_MAX && !text.contains('\0') {
        return Some(text);
    }
    problems.add(
        "content",
        "invalid",
        format!("expected at most {CONTENT_BYTES_MAX} bytes of text"),
    );
    None
}

fn excerpt(text: Option<String>, problems: &mut Problems) -> Option<Option<String>> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_none_or(|text| text.chars().count() <= EXCERPT_CHARS_MAX) {
        return Some(text);
    }
    problems.add("excerpt", "too_long", format!("expected at most {EXCERPT_CHARS_MAX} characters"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_titles_of_any_script() {
        let cases = [
            ("Hello, World!", "hello-world"),
            ("  --  ", "post"),
            ("Öl & Wasser", "öl-wasser"),
            ("你好 世界", "你好-世界"),
        ];
        for (title, slug) in cases {
            assert_eq!(Slug::from_title(title).as_str(), slug);
        }
        assert!(Slug::from_title(&"a".repeat(500)).as_str().len() <= SLUG_CHARS_MAX);
    }

    #[test]
    fn refuses_what_is_no_slug() {
        for text in ["", "A", "a b", "a--b", "-a", "a/b", "../x"] {
            assert!(Slug::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_moment_of_first_publication_stays() {
        let draft = Post {
            id: PostId::from_number(1),
            slug: "a".into(),
            title: "A".into(),
            content: String::new(),
            excerpt: None,
            summary: String::new(),
            reading_minutes: 1,
            status: Status::Draft,
            author: UserId::from_number(1),
            editor: None,
            version: 1,
            created_at: 1,
            updated_at: 1,
            published_at: None,
        };
        let to =
            |status| UpdatePost { title: None, content: None, excerpt: None, status: Some(status) };
        let published = draft.change(to(Status::Published), None, 10);
        let again =
            published.change(to(Status::Draft), None, 20).change(to(Status::Published), None, 30);
        assert_eq!((again.published_at, again.updated_at, again.version), (Some(10), 30, 4));
    }
}
