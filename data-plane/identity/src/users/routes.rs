//! A user as the API shows them, and what each sees of themselves.

use freehold_api::{ApiError, Data, Method, Route, Routes};
use freehold_clock::UnixMs;
use freehold_ids::UserId;
use freehold_kernel::Ctx;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::Status;
use super::{Account, ReadOwnUser, store};

/// A user as they and administrators see them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = String, example = "usr_0c1h2b3j4k5m6")]
    id: UserId,
    email: String,
    username: String,
    /// The word of their role: a built-in one or one of the site's own.
    role: String,
    #[schema(value_type = Status)]
    status: String,
    /// What they say of themselves.
    bio: Option<String>,
    /// Their own page elsewhere.
    website: Option<String>,
    /// Whether they are a member of the site's account, which gives them their role.
    from_console: bool,
    /// RFC 3339.
    created_at: String,
}

impl From<Account> for UserView {
    fn from(user: Account) -> Self {
        Self {
            id: user.id,
            email: user.email,
            username: user.username,
            role: user.role,
            status: user.status,
            bio: user.bio,
            website: user.website,
            from_console: user.is_member,
            created_at: UnixMs(user.created_at).rfc3339(),
        }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/users/me", me, |op| {
            op.summary("The signed-in user").returns::<UserView>(200)
        })
        .rows()
}

async fn me(ctx: Ctx<ReadOwnUser>) -> Result<Data<UserView>, ApiError> {
    let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
    let mut read = ctx.read().await?;
    let account = store::by_id(&mut read, user.id).await?.ok_or_else(ApiError::unauthorized)?;
    // Who looks as somebody of a lesser role is told that one.
    Ok(Data::ok(UserView { role: user.policy.slug().to_owned(), ..account.into() }))
}
