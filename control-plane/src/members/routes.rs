//! HTTP over members and invitations.
//!
//! What is asked with an invitation's token is open to anyone, with the token in the body, where no log has
//! it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use freehold_api::{
    ApiError, Body, Data, Method, Page, Path, RateLimit, Route, Routes, network_key,
};
use freehold_credentials::PasswordHasher;
use freehold_lists::{Field, List, ListPolicy, Listed};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{Accept, ChangeRole, Invite, Look, MemberRef, MemberView};
use super::service;
use crate::accounts::{Role, SignInAnswer, signed_in};
use crate::call::{Anyone, AsPerson, Call, CanReadMembers, CanWriteMembers};
use crate::sites::Sites;

const INVITATIONS_PER_HOUR_AND_ACCOUNT_MAX: u32 = 60;
const TOKENS_PER_MINUTE_AND_NETWORK_MAX: u32 = 20;

/// What the routes share.
#[derive(Debug)]
pub(crate) struct MemberState {
    sites: Sites,
    hasher: PasswordHasher,
    invitations: RateLimit,
    tokens: RateLimit,
}

impl MemberState {
    pub(crate) fn new(sites: Sites, hasher: PasswordHasher, limited: bool) -> Self {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
        let invitations = INVITATIONS_PER_HOUR_AND_ACCOUNT_MAX;
        let tokens = TOKENS_PER_MINUTE_AND_NETWORK_MAX;
        Self {
            sites,
            hasher,
            invitations: RateLimit::new(limited, "invitations", invitations, hour),
            tokens: RateLimit::new(limited, "invitation-tokens", tokens, minute),
        }
    }
}

/// Members are few and in two tables: pages and fields, nothing else.
impl Listed for MemberView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        table: "memberships",
        columns: &[],
        key: "id",
        fields: &[
            Field::view("id"),
            Field::view("email"),
            Field::view("role"),
            Field::view("state"),
            Field::view("invited_at"),
            Field::view("expires_at"),
            Field::view("created_at"),
            Field::view("you"),
        ],
        searched: &[],
        order: &[],
        includes: &[],
    };
}

/// What an invitation is to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
struct InvitationView {
    account_name: String,
    email: String,
    role: Role,
    /// Whether the address is a person's who signs in with their own password.
    known: bool,
}

pub(crate) fn routes(state: MemberState) -> Vec<Route> {
    const ALL: &str = "/v1/account/members";
    const ONE: &str = "/v1/account/members/{id}";
    Routes::new(Arc::new(state))
        .add(Method::Get, ALL, list, |op| {
            op.summary("The account's members and who is invited").returns_page_of::<MemberView>()
        })
        .add(Method::Post, ALL, invite, |op| {
            op.summary("Invite somebody by mail, or mail it again").returns::<MemberView>(201)
        })
        .add(Method::Patch, ONE, change, |op| {
            op.summary("Change somebody's role").returns::<MemberView>(200)
        })
        .add(Method::Delete, ONE, remove, |op| {
            op.summary("Remove a member, leave, or withdraw an invitation").returns_nothing(200)
        })
        .add(Method::Post, "/v1/invitations/look", look, |op| {
            op.summary("What a mailed invitation is to").returns::<InvitationView>(200)
        })
        .add(Method::Post, "/v1/invitations/accept", accept, |op| {
            op.summary("Join an account with a mailed token, and be signed in")
                .returns::<SignInAnswer>(201)
        })
        .rows()
}

async fn list(
    call: Call<CanReadMembers>,
    State(state): State<Arc<MemberState>>,
    list: List<MemberView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let views = service::all(&state.sites, call.member()?).await?;
    let found = list.among(views, |view| view.id.clone());
    Ok(Data::ok(found.frame.page(found.rows)?))
}

async fn invite(
    call: Call<CanWriteMembers>,
    State(state): State<Arc<MemberState>>,
    Body(command): Body<Invite>,
) -> Result<Data<MemberView>, ApiError> {
    let caller = call.member()?;
    state.invitations.check(caller.account.to_string())?;
    Ok(Data::created(service::invite(&state.sites, caller, command).await?))
}

async fn change(
    call: Call<CanWriteMembers>,
    State(state): State<Arc<MemberState>>,
    Path(id): Path<MemberRef>,
    Body(ChangeRole(role)): Body<ChangeRole>,
) -> Result<Data<MemberView>, ApiError> {
    Ok(Data::ok(service::change_role(&state.sites, call.member()?, id, role).await?))
}

async fn remove(
    call: Call<AsPerson>,
    State(state): State<Arc<MemberState>>,
    Path(id): Path<MemberRef>,
) -> Result<Data<()>, ApiError> {
    service::remove(&state.sites, call.member()?, id).await?;
    Ok(Data::ok(()))
}

async fn look(
    call: Call<Anyone>,
    State(state): State<Arc<MemberState>>,
    Body(Look(token)): Body<Look>,
) -> Result<Data<InvitationView>, ApiError> {
    state.tokens.check(network_key(call.client()))?;
    let (account_name, invitation, known) = service::look(&state.sites, token.as_ref()).await?;
    let (email, role, known) = (invitation.email, invitation.role, known.is_some());
    Ok(Data::ok(InvitationView { account_name, email, role, known }))
}

async fn accept(
    call: Call<Anyone>,
    State(state): State<Arc<MemberState>>,
    Body(command): Body<Accept>,
) -> Result<Response, ApiError> {
    state.tokens.check(network_key(call.client()))?;
    let joined = service::accept(&state.sites, &state.hasher, call.caller(), command).await?;
    Ok(signed_in(&joined))
}
