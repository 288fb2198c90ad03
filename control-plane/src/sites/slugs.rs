//! Whether an address can still be had, asked while somebody types it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use freehold_api::{ApiError, Data, Method, Path, RateLimit, Route, Routes, network_key};
use freehold_db::{DbError, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{InvalidSlug, Slug};
use super::{Sites, previous_slugs, store};
use crate::call::{Anyone, Call};
use crate::store::answer;

const CHECKS_PER_MINUTE_AND_NETWORK_MAX: u32 = 120;
/// Numbers that are tried behind a slug to suggest another one.
const SUGGESTED_NUMBER_MAX: u32 = 9;

#[derive(Debug)]
struct SlugState {
    sites: Sites,
    checks: RateLimit,
}

/// Why an address cannot be had.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Unavailable {
    Taken,
    Reserved,
    Invalid,
}

/// Whether an address can be had.
#[derive(Debug, Serialize, ToSchema)]
struct SlugCheck {
    slug: String,
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Unavailable>,
    /// The reason, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// A similar address that can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

pub(crate) fn routes(sites: Sites, limited: bool) -> Vec<Route> {
    let (calls, minute) = (CHECKS_PER_MINUTE_AND_NETWORK_MAX, Duration::from_secs(60));
    let checks = RateLimit::new(limited, "slug-checks", calls, minute);
    Routes::new(Arc::new(SlugState { sites, checks }))
        .add(Method::Get, "/v1/slugs/{slug}", check, |op| {
            op.summary("Whether an address can still be had").returns::<SlugCheck>(200)
        })
        .rows()
}

async fn check(
    call: Call<Anyone>,
    State(state): State<Arc<SlugState>>,
    Path(slug): Path<String>,
) -> Result<Data<SlugCheck>, ApiError> {
    state.checks.check(network_key(call.client()))?;
    let mut read = state.sites.db.read().await.map_err(answer)?;
    let (reason, message) = match Slug::parse(&slug) {
        Ok(valid) if is_free(&mut read, &valid).await.map_err(answer)? => {
            let (reason, message, suggestion) = (None, None, None);
            let free = SlugCheck { slug, available: true, reason, message, suggestion };
            return Ok(Data::ok(free));
        }
        Ok(_) => (Unavailable::Taken, "this address is taken".to_owned()),
        Err(error @ InvalidSlug::Form) => (Unavailable::Invalid, error.to_string()),
        Err(error @ InvalidSlug::Reserved) => (Unavailable::Reserved, error.to_string()),
    };
    let suggestion = suggest(&mut read, &slug).await.map_err(answer)?;
    let (reason, message) = (Some(reason), Some(message));
    Ok(Data::ok(SlugCheck { slug, available: false, reason, message, suggestion }))
}

async fn is_free(read: &mut Reader, slug: &Slug) -> Result<bool, DbError> {
    let taken = store::by_slug(read, slug.as_str()).await?.is_some()
        || previous_slugs::holder(read, slug.as_str()).await?.is_some();
    Ok(!taken)
}

/// The slug that was probably meant, or the same with a number behind it.
async fn suggest(read: &mut Reader, text: &str) -> Result<Option<String>, DbError> {
    let base = plain(text);
    let numbered = (2..=SUGGESTED_NUMBER_MAX).map(|number| format!("{base}-{number}"));
    for candidate in std::iter::once(base.clone()).chain(numbered) {
        let Ok(slug) = Slug::parse(&candidate) else { continue };
        if is_free(read, &slug).await? {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// What is left of a text when everything that no slug has is a hyphen.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    // Room for a number behind it.
    let joined: String = words.collect::<Vec<_>>().join("-").chars().take(38).collect();
    joined.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_was_meant_is_left() {
        for (text, meant) in [("My Shop!", "my-shop"), ("--a__b--", "a-b"), ("é", "")] {
            assert_eq!(plain(text), meant);
        }
        assert_eq!(plain(&"a".repeat(300)).len(), 38);
    }
}
