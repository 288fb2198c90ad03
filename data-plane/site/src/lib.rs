//! The public pages of a site: the default theme, feed, sitemap, and what the admin host shows where
//! no application is embedded; and the API of what the admin is made of: settings, figures, saved views.
//!
//! Pages are rendered for readers, whoever asks: they carry no session and no personal data, so
//! that one rendering serves all. Only the account's pages know who is signed in.

mod account;
mod activity;
mod admin;
mod feeds;
mod frame;
mod options;
mod pages;
mod stats;
mod theme;
mod views;
mod words;

use std::sync::Arc;

use freehold_identity::api::Desk;
use freehold_kernel::{Action, Holders, Module, Permission, Programs, Rows, Scope};

pub use theme::{Theme, ThemeError};

/// What answers addresses that no module's route knows: a page for browsers, an error for others.
pub fn fallback(theme: Arc<Theme>) -> axum::routing::MethodRouter {
    axum::routing::any(pages::not_found).with_state(theme)
}

const READ: Permission = Permission {
    name: "pages.read",
    summary: "Read the site's pages",
    holders: Holders::Anyone,
    rows: Rows::Every,
    programs: Programs::From(Scope::Read),
};

pub(crate) struct ReadPages;

impl Action for ReadPages {
    const PERMISSION: Permission = READ;
}

/// The module.
pub fn module(theme: Arc<Theme>, desk: Desk) -> Module {
    let mut routes = pages::routes(theme.clone());
    routes.extend(feeds::routes(theme.clone()));
    routes.extend(account::routes(theme, desk));
    routes.extend(options::routes());
    routes.extend(stats::routes());
    routes.extend(views::routes());
    routes.extend(activity::routes());
    Module {
        name: "site",
        routes,
        subjects: &[views::SPEC],
        permissions: &[READ, options::MANAGE, stats::READ, views::MANAGE, activity::READ],
        tables: &["saved_views", activity::TABLE],
        jobs: vec![activity::handler()],
        subscribers: vec![activity::subscriber()],
        schedules: vec![activity::schedule()],
        ..Module::default()
    }
}
