//! The content of a site. So far: the blog's posts.

mod posts;
mod text;

use freehold_kernel::Module;

/// What other modules may use. Rows that somebody sees are asked for with a grant over them:
///
/// ```
/// use freehold_content::api::{Posts, titles};
/// use freehold_kernel::{Grant, Read};
/// async fn look(read: &mut Read, grant: &Grant<Posts>) {
///     let _ = titles(read, grant, 1, 0).await;
/// }
/// ```
/// ```compile_fail
/// use freehold_content::api::titles;
/// use freehold_kernel::Read;
/// async fn look(read: &mut Read) {
///     let _ = titles(read, 1, 0).await;
/// }
/// ```
pub mod api {
    pub use crate::posts::WRITE as WRITE_POSTS;
    pub use crate::posts::api::{
        PostFigures, PostPage, Posts, Published, TitlePage, Titled, figures, published,
        published_by_slug, titles,
    };
}

/// The module.
pub fn module() -> Module {
    Module {
        name: "content",
        routes: posts::routes(),
        permissions: posts::PERMISSIONS,
        subjects: &[posts::SPEC],
        tables: &["posts", "post_versions"],
        events: &[
            "post.created",
            "post.updated",
            "post.published",
            "post.unpublished",
            "post.trashed",
            "post.restored",
            "post.deleted",
        ],
        seed: Some(|tx, provision, _clock| Box::pin(posts::create_first(tx, provision))),
        jobs: vec![posts::trash::empty_trash()],
        schedules: vec![posts::trash::trash_schedule()],
        ..Module::default()
    }
}
