//! The figures of a site's dashboard: how much there is, and what the last days brought.

use std::collections::HashMap;

use freehold_api::{ApiError, Data, Method, Route, Routes};
use freehold_clock::UnixMs;
use freehold_content::api as content;
use freehold_identity::api as identity;
use freehold_kernel::{Action, Ctx, Holders, Permission, Programs, Role, Rows, Scope, SiteOptions};
use serde::Serialize;
use utoipa::ToSchema;

/// Days that the dashboard looks back, today among them.
const DAYS: u64 = 30;
const DAY_SECONDS: u64 = 24 * 3_600;
/// Rows that are counted by day; what a site has beyond them in these days is missing from the days,
/// never from the totals.
const COUNTED_ROWS_MAX: u64 = 10_000;

pub(crate) const READ: Permission = Permission {
    name: "stats.read",
    summary: "Read the site's figures",
    holders: Holders::AtLeast(Role::Editor),
    rows: Rows::Every,
    programs: Programs::From(Scope::Read),
};

struct ReadStats;

impl Action for ReadStats {
    const PERMISSION: Permission = READ;
}

#[derive(Debug, Serialize, ToSchema)]
struct PostCounts {
    published: u64,
    drafts: u64,
    trashed: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct UserCounts {
    total: u64,
    suspended: u64,
}

/// What one day brought.
#[derive(Debug, Serialize, ToSchema)]
struct DayCounts {
    /// In the site's time zone, such as `2027-01-31`.
    day: String,
    /// Posts that were first published.
    posts: u64,
    /// Users who came.
    users: u64,
}

/// A site in figures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteStats)]
struct Stats {
    posts: PostCounts,
    users: UserCounts,
    /// The last thirty days, today last.
    days: Vec<DayCounts>,
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/admin/stats", stats, |op| {
            op.summary("The site in figures, with the last thirty days").returns::<Stats>(200)
        })
        .rows()
}

async fn stats(ctx: Ctx<ReadStats>) -> Result<Data<Stats>, ApiError> {
    let now = ctx.now();
    let mut read = ctx.snapshot().await?;
    let zone = SiteOptions::load(&mut read).await?.time_zone();
    let mut days: Vec<DayCounts> = Vec::new();
    for back in (0..DAYS).rev() {
        let day = now.minus_seconds(back * DAY_SECONDS).day(&zone);
        // A day of 23 or 25 hours is told once.
        if days.last().is_none_or(|last| last.day != day) {
            days.push(DayCounts { day, posts: 0, users: 0 });
        }
    }
    let since = now.minus_seconds(DAYS * DAY_SECONDS).0;
    let posts = content::figures(&mut read, since, COUNTED_ROWS_MAX).await?;
    let users = identity::figures(&mut read, since, COUNTED_ROWS_MAX).await?;
    let by_day = |instants: &[i64]| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for instant in instants {
            *counts.entry(UnixMs(*instant).day(&zone)).or_default() += 1;
        }
        counts
    };
    let (appeared, came) = (by_day(&posts.appeared), by_day(&users.came));
    for day in &mut days {
        day.posts = appeared.get(&day.day).copied().unwrap_or_default();
        day.users = came.get(&day.day).copied().unwrap_or_default();
    }
    Ok(Data::ok(Stats {
        posts: PostCounts {
            published: posts.published,
            drafts: posts.drafts,
            trashed: posts.trashed,
        },
        users: UserCounts { total: users.total, suspended: users.suspended },
        days,
    }))
}
