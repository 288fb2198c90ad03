//! Views of the admin's lists that somebody saved: a name for a query, one's own or everybody's.

use freehold_api::{
    ApiError, Body, Command, Data, Method, Params, Path, Problems, QueryParams, Route, Routes,
};
use freehold_clock::UnixMs;
use freehold_db::{Delete, Direction, Filter, Insert, Row, Select, SqlValue, Update};
use freehold_ids::{UserId, ViewId};
use freehold_kernel::{
    Action, Ctx, Grant, Holders, Permission, Predicate, Programs, Role, Rows, Scope, StoreError,
    Subject, SubjectSpec, Tx,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TABLE: &str = "saved_views";
const COLUMNS: [&str; 7] = ["id", "owner_id", "resource", "name", "query", "shared", "created_at"];
/// Views of one user.
const VIEWS_PER_USER_MAX: u64 = 100;
/// Views that one answer lists; those of others come after one's own.
const VIEWS_LISTED_MAX: u64 = 500;
const NAME_CHARS_MAX: usize = 60;
const RESOURCE_CHARS_MAX: usize = 60;
const QUERY_CHARS_MAX: usize = 2_000;

pub(crate) const MANAGE: Permission = Permission {
    name: "views.manage",
    summary: "Save views of lists, and use shared ones; administrators change anybody's shared ones",
    holders: Holders::AtLeast(Role::Author),
    rows: Rows::OwnBelow(Role::Admin),
    programs: Programs::From(Scope::Write),
};

struct ManageViews;

impl Action for ManageViews {
    const PERMISSION: Permission = MANAGE;
}

/// Who sees and changes which views.
struct Views;

/// What rules may say of views: nothing but that one has them.
pub(crate) const SPEC: SubjectSpec = SubjectSpec { name: "views", fields: &[] };

impl Subject for Views {
    type Row = ();

    const SPEC: SubjectSpec = SPEC;
    const READ: Permission = MANAGE;

    // Nobody sees what another keeps to themselves.
    fn within(user: Option<UserId>) -> Predicate {
        user.map_or_else(Predicate::nothing, |user| Self::own(user).or(Self::public()))
    }

    fn public() -> Predicate {
        Predicate::eq("shared", true)
    }

    fn own(user: UserId) -> Predicate {
        Predicate::eq("owner_id", user.number())
    }

    fn value((): &(), _column: &str) -> SqlValue {
        SqlValue::Null
    }
}

/// A saved view.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedView)]
struct View {
    #[schema(value_type = String)]
    id: ViewId,
    /// The list that it is of, such as `posts`.
    resource: String,
    name: String,
    /// A query string, as it stands in the list's address.
    query: String,
    /// Whether everybody who works on the site sees it.
    shared: bool,
    /// Whether it is the caller's.
    own: bool,
    /// RFC 3339.
    created_at: String,
}

fn view(row: &Row, caller: UserId) -> Result<View, StoreError> {
    Ok(View {
        id: ViewId::from_number(row.get("id")?),
        resource: row.get("resource")?,
        name: row.get("name")?,
        query: row.get("query")?,
        shared: row.get("shared")?,
        own: UserId::from_number(row.get("owner_id")?) == caller,
        created_at: UnixMs(row.get("created_at")?).rfc3339(),
    })
}

/// Saved views.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedViews)]
struct ViewsView {
    /// By name.
    items: Vec<View>,
}

#[derive(Debug, Deserialize)]
struct OfResource {
    resource: Option<String>,
}

impl QueryParams for OfResource {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("resource", "Only views of this list, such as posts.")];
}

#[derive(Debug)]
struct SaveView {
    resource: String,
    name: String,
    query: String,
    shared: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SaveView)]
struct SaveViewBody {
    /// The list that it is of, such as `posts`; lower-case letters, digits, hyphens and dots.
    resource: String,
    /// 1 to 60 characters.
    name: String,
    /// A query string without its question mark; at most 2,000 characters.
    query: String,
    /// Whether everybody who works on the site sees it.
    #[serde(default)]
    shared: bool,
}

impl Command for SaveView {
    type Wire = SaveViewBody;

    fn parse(wire: SaveViewBody, problems: &mut Problems) -> Option<Self> {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        let length = wire.resource.chars().count();
        if !(1..=RESOURCE_CHARS_MAX).contains(&length) || !wire.resource.chars().all(is_word) {
            problems.add("resource", "invalid", "expected the word of a list, such as posts");
        }
        let name = wire.name.trim().to_owned();
        let length = name.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&length) || name.chars().any(char::is_control) {
            let message = format!("expected 1 to {NAME_CHARS_MAX} characters on one line");
            problems.add("name", "invalid", message);
        }
        if wire.query.chars().count() > QUERY_CHARS_MAX || wire.query.chars().any(char::is_control)
        {
            let message = format!("expected at most {QUERY_CHARS_MAX} characters on one line");
            problems.add("query", "invalid", message);
        }
        let SaveViewBody { resource, query, shared, .. } = wire;
        problems.is_empty().then_some(Self { resource, name, query, shared })
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/admin/views", list, |op| {
            op.summary("Saved views, one's own and shared ones").returns::<ViewsView>(200)
        })
        .add(Method::Post, "/api/v1/admin/views", create, |op| {
            op.summary("Save a view of a list").returns::<View>(201)
        })
        .add(Method::Put, "/api/v1/admin/views/{id}", change, |op| {
            op.summary("Replace a saved view").returns::<View>(200)
        })
        .add(Method::Delete, "/api/v1/admin/views/{id}", delete, |op| {
            op.summary("Forget a saved view").returns_nothing(200)
        })
        .rows()
}

fn caller(ctx: &Ctx<ManageViews>) -> Result<UserId, ApiError> {
    Ok(ctx.actor().user().ok_or_else(ApiError::unauthorized)?.id)
}

async fn list(
    ctx: Ctx<ManageViews>,
    Params(of): Params<OfResource>,
) -> Result<Data<ViewsView>, ApiError> {
    let caller = caller(&ctx)?;
    let mut filter = ctx.grant::<Views>().visible();
    if let Some(resource) = of.resource {
        filter = filter.and(Filter::eq("resource", resource));
    }
    let select = Select::from(TABLE, COLUMNS)
        .filter(filter)
        .order("name", Direction::Ascending)
        .order("id", Direction::Ascending)
        .page(VIEWS_LISTED_MAX, 0);
    let rows = ctx.read().await?.rows(&select).await?;
    let items = rows.iter().map(|row| view(row, caller)).collect::<Result<_, _>>()?;
    Ok(Data::ok(ViewsView { items }))
}

async fn create(
    ctx: Ctx<ManageViews>,
    Body(command): Body<SaveView>,
) -> Result<Data<View>, ApiError> {
    let caller = caller(&ctx)?;
    let mut tx = ctx.begin().await?;
    let count = Select::count(TABLE).filter(Filter::eq("owner_id", caller.number()));
    if tx.count(&count).await? >= VIEWS_PER_USER_MAX {
        let message = format!("a user has at most {VIEWS_PER_USER_MAX} views; forget one first");
        return Err(ApiError::conflict("too_many_views", "name", &message));
    }
    let (id, now): (ViewId, _) = (tx.issue(), tx.now().0);
    let insert = Insert::into(TABLE)
        .set("id", id.number())
        .set("owner_id", caller.number())
        .set("resource", command.resource)
        .set("name", command.name)
        .set("query", command.query)
        .set("shared", command.shared)
        .set("created_at", now)
        .set("updated_at", now);
    tx.insert(&insert).await?;
    let written = find(&mut tx, &ctx.grant(), id, caller).await?;
    tx.commit().await?;
    Ok(Data::created(written))
}

async fn change(
    ctx: Ctx<ManageViews>,
    Path(id): Path<ViewId>,
    Body(command): Body<SaveView>,
) -> Result<Data<View>, ApiError> {
    let (caller, grant) = (caller(&ctx)?, ctx.grant::<Views>());
    let mut tx = ctx.begin().await?;
    let known = find(&mut tx, &grant, id, caller).await?;
    if !known.own && !command.shared {
        // It would be nobody's who can see it here.
        return Err(ApiError::forbidden());
    }
    let update = Update::table(TABLE)
        .set("resource", command.resource)
        .set("name", command.name)
        .set("query", command.query)
        .set("shared", command.shared)
        .set("updated_at", tx.now().0)
        .filter(Filter::eq("id", id.number()))
        .filter(grant.changeable());
    if tx.update(&update).await? == 0 {
        return Err(ApiError::forbidden());
    }
    let written = find(&mut tx, &grant, id, caller).await?;
    tx.commit().await?;
    Ok(Data::ok(written))
}

async fn delete(ctx: Ctx<ManageViews>, Path(id): Path<ViewId>) -> Result<Data<()>, ApiError> {
    let (caller, grant) = (caller(&ctx)?, ctx.grant::<Views>());
    let mut tx = ctx.begin().await?;
    find(&mut tx, &grant, id, caller).await?;
    let filter = Filter::eq("id", id.number()).and(grant.changeable());
    if tx.delete(&Delete::from(TABLE, filter)).await? == 0 {
        return Err(ApiError::forbidden());
    }
    tx.commit().await?;
    Ok(Data::ok(()))
}

async fn find(
    tx: &mut Tx,
    grant: &Grant<Views>,
    id: ViewId,
    caller: UserId,
) -> Result<View, ApiError> {
    let filter = grant.visible().and(Filter::eq("id", id.number()));
    let row = tx.optional(&Select::from(TABLE, COLUMNS).filter(filter)).await?;
    Ok(view(&row.ok_or_else(ApiError::not_found)?, caller)?)
}
