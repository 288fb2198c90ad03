//! What happened on a site, for its administrators: a row for each event of posts and users,
//! written by a subscriber of the outbox and forgotten after a while.

use freehold_api::{ApiError, Data, Method, Page, Route, Routes};
use freehold_clock::UnixMs;
use freehold_db::{Direction, Filter, Insert, Row, SqlValue};
use freehold_ids::EventId;
use freehold_kernel::jobs::{
    Attempt, Delivered, Handler, Job, JobError, Ordering, Schedule, Subscriber, Zone,
};
use freehold_kernel::{Action, Ctx, Holders, Permission, Programs, Role, Rows, Scope, StoreError};
use freehold_lists::{Field, FieldKind, IdForm, List, ListPolicy, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) const TABLE: &str = "activity";
/// How long what happened is told.
const KEPT_DAYS: u64 = 90;
const DAY_SECONDS: u64 = 24 * 3_600;

pub(crate) const READ: Permission = Permission {
    name: "activity.read",
    summary: "Read what happened on the site",
    holders: Holders::AtLeast(Role::Admin),
    rows: Rows::Every,
    programs: Programs::From(Scope::Admin),
};

struct ReadActivity;

impl Action for ReadActivity {
    const PERMISSION: Permission = READ;
}

const EVENTS: &[&str] = &[
    "post.created",
    "post.updated",
    "post.published",
    "post.unpublished",
    "post.trashed",
    "post.restored",
    "post.deleted",
    "user.registered",
    "user.signed_in",
    "user.added",
    "user.role_changed",
    "user.status_changed",
    "user.password_changed",
    "user.session_ended",
    "signing_key.rotated",
];

const EVENT: IdForm = IdForm {
    parse: |text| text.parse::<EventId>().ok().map(|id| SqlValue::Int(id.number())),
    print: |value| match value {
        SqlValue::Int(number) => EventId::from_number(*number).to_string(),
        _ => String::new(),
    },
};

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
struct ActivityView {
    #[schema(value_type = String)]
    id: EventId,
    /// What happened, such as `post.published`.
    name: String,
    /// The id of what it happened to.
    subject: String,
    /// What is known of it besides: of a post its `slug`, of a change its author in `by`.
    #[schema(value_type = Object)]
    details: Value,
    /// RFC 3339.
    created_at: String,
}

impl Listed for ActivityView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        table: TABLE,
        columns: &["id", "name", "subject", "payload", "created_at"],
        key: "id",
        fields: &[
            Field::new("id", FieldKind::Id(EVENT)).shown().filtered().sorted(),
            Field::new("name", FieldKind::Word(EVENTS)).shown().filtered().aggregated(),
            Field::new("subject", FieldKind::Text).shown().filtered(),
            Field::new("created_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
            Field::view("details"),
        ],
        searched: &[],
        order: &[("id", Direction::Descending)],
        includes: &[],
    };
}

fn view(row: &Row) -> Result<ActivityView, StoreError> {
    let payload: String = row.get("payload")?;
    Ok(ActivityView {
        id: EventId::from_number(row.get("id")?),
        name: row.get("name")?,
        subject: row.get("subject")?,
        details: serde_json::from_str(&payload).unwrap_or_default(),
        created_at: UnixMs(row.get("created_at")?).rfc3339(),
    })
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/admin/activity", list, |op| {
            op.summary("What happened on the site, newest first").returns_page_of::<ActivityView>()
        })
        .rows()
}

async fn list(
    ctx: Ctx<ReadActivity>,
    list: List<ActivityView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let mut read = ctx.snapshot().await?;
    let total = match list.total(Filter::everything()) {
        Some(count) => Some(read.count(&count).await?),
        None => None,
    };
    let rows = read.rows(&list.select(Filter::everything())).await?;
    let found = list.found(rows, total, view)?;
    Ok(Data::ok(found.frame.page(found.rows)?))
}

pub(crate) fn subscriber() -> Subscriber {
    Subscriber::new("site.activity", EVENTS, Ordering::Any, note)
}

/// Writes an event down, once however often it comes.
async fn note(attempt: Attempt, event: Delivered) -> Result<(), JobError> {
    let mut tx = attempt.begin().await?;
    let insert = Insert::into(TABLE)
        .set("id", event.id.number())
        .set("name", event.name)
        .set("subject", event.subject)
        .set("payload", event.payload)
        .set("created_at", event.at_ms)
        .or_keep(["id"]);
    tx.insert_with_commit(insert);
    attempt.complete(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Forgets what happened long ago.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Forget {}

impl Job for Forget {
    const NAME: &'static str = "site.forget_activity";
    const ATTEMPT_SECONDS_MAX: u64 = 600;
}

pub(crate) fn handler() -> Handler {
    Handler::of(|attempt: Attempt, _job: Forget| async move {
        let old = attempt.now().minus_seconds(KEPT_DAYS * DAY_SECONDS);
        attempt.forget(TABLE, "created_at", Filter::everything(), old).await
    })
}

pub(crate) fn schedule() -> Schedule {
    Schedule::of::<Forget>(Forget::NAME, "0 2 * * *", Zone::Site, 3_600)
}
