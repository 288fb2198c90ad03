//! What the admin host shows to a browser: where its API is and how a ticket is exchanged.

use axum::http::StatusCode;
use axum::response::Response;
use freehold_kernel::Ctx;

use crate::ReadPages;
use crate::frame::{self, PageError};
use crate::theme::Theme;

/// The admin host's one page.
pub(crate) async fn page(ctx: &Ctx<ReadPages>, theme: &Theme) -> Result<Response, PageError> {
    let context = frame::context(ctx, theme).await?;
    let title = format!("{} · admin", context.title);
    frame::html(theme, StatusCode::OK, "admin.html", context.with(&title, "", "/"))
}
