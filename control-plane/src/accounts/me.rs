//! Who calls, in which account and with which rights; and that account itself.

use std::sync::Arc;

use axum::extract::State;
use freehold_api::{ApiError, Body, Command, Data, Method, Problems, Route, Routes};
use freehold_ids::{AccountId, KeyId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::role::{Permission, Role};
use super::{AccountState, memberships, service, sessions, store};
use crate::call::{AsMember, AsPerson, Call, CanWriteAccount, MemberCaller, Who};
use crate::sites::{Sites, parse_name};
use crate::store::answer;

/// An account by its name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    #[schema(value_type = String)]
    id: AccountId,
    name: String,
}

/// One of the caller's accounts.
#[derive(Debug, Serialize, ToSchema)]
struct AccountOfMine {
    #[schema(value_type = String)]
    id: AccountId,
    name: String,
    role: Role,
}

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Null for a key.
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// Null for a person.
    #[schema(value_type = Option<String>)]
    key_id: Option<KeyId>,
    /// Null for a key.
    email: Option<String>,
    /// Whether the address was verified; of a key, the account's first owner's.
    verified: bool,
    /// In `account`.
    role: Role,
    /// The account that this session or key acts in.
    account: AccountView,
    /// All that the person is in; for a key the one.
    accounts: Vec<AccountOfMine>,
    /// What the caller may do in `account`, such as `sites.write`.
    rights: Vec<&'static str>,
}

#[derive(Debug)]
struct ChooseAccount(AccountId);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChoice)]
struct ChooseAccountBody {
    #[schema(value_type = String)]
    account_id: AccountId,
}

impl Command for ChooseAccount {
    type Wire = ChooseAccountBody;

    fn parse(wire: ChooseAccountBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.account_id))
    }
}

#[derive(Debug)]
struct ChangeAccount {
    name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
struct ChangeAccountBody {
    /// 1 to 100 characters.
    name: String,
}

impl Command for ChangeAccount {
    type Wire = ChangeAccountBody;

    fn parse(wire: ChangeAccountBody, problems: &mut Problems) -> Option<Self> {
        parse_name(&wire.name, "name", problems).map(|name| Self { name })
    }
}

pub(crate) fn routes(state: Arc<AccountState>) -> Vec<Route> {
    Routes::new(state)
        .add(Method::Get, "/v1/me", show, |op| {
            op.summary("Who calls, in which account, with which rights").returns::<Me>(200)
        })
        .add(Method::Post, "/v1/email/resend", resend, |op| {
            op.summary("Mail the link that verifies the address again").returns_nothing(202)
        })
        .add(Method::Post, "/v1/sessions/current/account", choose, |op| {
            op.summary("Go on in another account of the same person").returns::<Me>(200)
        })
        .add(Method::Patch, "/v1/account", change, |op| {
            op.summary("Change the account's name").returns::<AccountView>(200)
        })
        .rows()
}

async fn me(sites: &Sites, caller: &MemberCaller) -> Result<Me, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let name = store::account_name(&mut read, caller.account).await.map_err(answer)?;
    let account = AccountView { id: caller.account, name };
    let mut accounts = Vec::new();
    let (member_id, key_id, email, verified) = match &caller.who {
        Who::Person(person) => {
            for at in memberships::of_member(&mut read, person.member).await.map_err(answer)? {
                let name = store::account_name(&mut read, at.account).await.map_err(answer)?;
                accounts.push(AccountOfMine { id: at.account, name, role: at.role });
            }
            (Some(person.member), None, Some(person.email.clone()), person.verified)
        }
        Who::Key(key) => {
            let (id, name) = (account.id, account.name.clone());
            accounts.push(AccountOfMine { id, name, role: caller.role });
            drop(read);
            let owner = store::first_owner(&sites.db, caller.account).await.map_err(answer)?;
            (None, Some(*key), None, owner.is_some_and(|owner| owner.verified_at.is_some()))
        }
    };
    let rights = Permission::ALL.into_iter().filter(|permission| caller.may(*permission));
    let rights = rights.map(Permission::as_str).collect();
    Ok(Me { member_id, key_id, email, verified, role: caller.role, account, accounts, rights })
}

async fn show(
    call: Call<AsMember>,
    State(state): State<Arc<AccountState>>,
) -> Result<Data<Me>, ApiError> {
    Ok(Data::ok(me(&state.sites, call.member()?).await?))
}

async fn resend(
    call: Call<AsPerson>,
    State(state): State<Arc<AccountState>>,
) -> Result<Data<()>, ApiError> {
    let person = call.member()?.person()?;
    if person.verified {
        let message = "the address is verified already";
        return Err(ApiError::conflict("verified_already", "email", message));
    }
    state.limits.verifications.check(person.member.to_string())?;
    service::resend(&state.sites, person.member).await?;
    Ok(Data::accepted(()))
}

async fn choose(
    call: Call<AsPerson>,
    State(state): State<Arc<AccountState>>,
    Body(ChooseAccount(account)): Body<ChooseAccount>,
) -> Result<Data<Me>, ApiError> {
    let person = call.member()?.person()?;
    let mut writer = state.sites.db.write().await.map_err(answer)?;
    let found = memberships::find(&mut writer, account, person.member).await.map_err(answer)?;
    let role = found.ok_or_else(ApiError::not_found)?.role;
    sessions::go_on_in(&mut writer, person.session, account).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    let caller = MemberCaller { account, role, who: Who::Person(person.clone()) };
    Ok(Data::ok(me(&state.sites, &caller).await?))
}

async fn change(
    call: Call<CanWriteAccount>,
    State(state): State<Arc<AccountState>>,
    Body(ChangeAccount { name }): Body<ChangeAccount>,
) -> Result<Data<AccountView>, ApiError> {
    let id = call.member()?.account;
    let mut writer = state.sites.db.write().await.map_err(answer)?;
    store::rename_account(&mut writer, id, &name).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    Ok(Data::ok(AccountView { id, name }))
}
