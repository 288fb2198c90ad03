//! One's own sessions: where one is signed in, and ending one or all others. What administrators see and
//! end of somebody else's is the same.

use freehold_api::{ApiError, Data, Method, Path, Route, Routes};
use freehold_clock::UnixMs;
use freehold_ids::{FamilyId, UserId};
use freehold_kernel::{Action, Ctx, Event, Read, StoreError, Tx, User};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::InForce;
use super::{ReadOwnSessions, SignOut, store};

/// Sessions that are shown; whoever has more ends these first.
const SESSIONS_SHOWN_MAX: u64 = 100;

/// A session in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenSession)]
pub(crate) struct OpenSessionView {
    #[schema(value_type = String)]
    id: FamilyId,
    /// Whether this request came with it.
    is_current: bool,
    /// How its user signed in: `register`, `password`, `password_change` or `ticket`, from the console.
    method: Option<String>,
    /// What the program that they signed in with says of itself.
    agent: Option<String>,
    /// The network address that they signed in from.
    address: Option<String>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339; when it last got a new access token. Null where it did not need one yet.
    last_used_at: Option<String>,
    /// RFC 3339; then its user is to sign in again.
    expires_at: String,
}

/// Somebody's sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenSessions)]
pub(crate) struct OpenSessionsView {
    /// Newest first.
    items: Vec<OpenSessionView>,
}

/// A session was ended by its user or by an administrator.
#[derive(Debug, Serialize)]
struct SessionEnded {
    user_id: UserId,
    /// The only one that was ended; all but the current one where none is named.
    session_id: Option<FamilyId>,
    by: UserId,
}

impl Event for SessionEnded {
    const NAME: &'static str = "user.session_ended";

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/auth/sessions", list, |op| {
            op.summary("Where one is signed in, newest first").returns::<OpenSessionsView>(200)
        })
        .add(Method::Delete, "/api/v1/auth/sessions", end_others, |op| {
            op.summary("Sign out everywhere else").returns_nothing(200)
        })
        .add(Method::Delete, "/api/v1/auth/sessions/{id}", end, |op| {
            op.summary("End one of one's own sessions; it is void at once").returns_nothing(200)
        })
        .rows()
}

impl OpenSessionView {
    fn new(session: InForce, current: Option<FamilyId>) -> Self {
        let time = |at: i64| UnixMs(at).rfc3339();
        Self {
            id: session.id,
            is_current: current == Some(session.id),
            method: session.method,
            agent: session.agent,
            address: session.address,
            created_at: time(session.created_at),
            last_used_at: session.last_used_at.map(time),
            expires_at: time(session.expires_at),
        }
    }
}

/// The sessions of a user that are in force.
pub(crate) async fn of_user(
    read: &mut Read,
    user: UserId,
    current: Option<FamilyId>,
    now: UnixMs,
) -> Result<OpenSessionsView, StoreError> {
    let sessions = store::in_force(read, user, now, SESSIONS_SHOWN_MAX).await?;
    let view = |session| OpenSessionView::new(session, current);
    Ok(OpenSessionsView { items: sessions.into_iter().map(view).collect() })
}

fn caller<P: Action>(ctx: &Ctx<P>) -> Result<User, ApiError> {
    ctx.actor().user().cloned().ok_or_else(ApiError::unauthorized)
}

async fn list(ctx: Ctx<ReadOwnSessions>) -> Result<Data<OpenSessionsView>, ApiError> {
    let user = caller(&ctx)?;
    let mut read = ctx.read().await?;
    Ok(Data::ok(of_user(&mut read, user.id, user.session, ctx.now()).await?))
}

async fn end_others(ctx: Ctx<SignOut>) -> Result<Data<()>, ApiError> {
    let user = caller(&ctx)?;
    let mut tx = ctx.begin().await?;
    store::revoke_families(&mut tx, user.id, user.session).await?;
    tx.emit(&SessionEnded { user_id: user.id, session_id: None, by: user.id })?;
    tx.commit().await?;
    Ok(Data::ok(()))
}

async fn end(ctx: Ctx<SignOut>, Path(id): Path<FamilyId>) -> Result<Data<()>, ApiError> {
    let user = caller(&ctx)?;
    let mut tx = ctx.begin().await?;
    if store::user_of_family(&mut tx, id, ctx.now()).await? != Some(user.id) {
        return Err(ApiError::not_found());
    }
    store::revoke_family(&mut tx, id).await?;
    tx.emit(&SessionEnded { user_id: user.id, session_id: Some(id), by: user.id })?;
    tx.commit().await?;
    Ok(Data::ok(()))
}

/// Ends every session of somebody else. The caller commits.
pub(crate) async fn end_of(tx: &mut Tx, user: UserId, by: UserId) -> Result<(), StoreError> {
    store::revoke_families(tx, user, None).await?;
    tx.emit(&SessionEnded { user_id: user, session_id: None, by })
}
