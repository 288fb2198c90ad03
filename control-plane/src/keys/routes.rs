//! HTTP over keys of accounts: listed without their tokens, made, revoked.
//!
//! A token leaves once, in the answer that makes it.

use axum::extract::State;
use freehold_api::{
    ApiError, Body, Command, Data, FieldError, Method, Page, Path, Problems, Route, Routes,
};
use freehold_clock::UnixMs;
use freehold_credentials::{Networks, Opaque};
use freehold_db::Direction;
use freehold_ids::{KeyId, MemberId};
use freehold_lists::{Field, FieldKind, List, ListPolicy, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::store::{self, COLUMNS, KEYS_PER_ACCOUNT_MAX, Key, PREFIX, TABLE};
use crate::accounts::Role;
use crate::call::{Call, CanWriteKeys};
use crate::sites::{Sites, parse_name};
use crate::store::{answer, id_form};

/// Characters of a token that are kept to tell it by, `fhk_` among them.
const PREFIX_CHARS: usize = 12;

/// A key, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
struct KeyView {
    #[schema(value_type = String)]
    id: KeyId,
    name: String,
    role: Role,
    /// What its token begins with.
    prefix: String,
    /// From where it may be used; from everywhere where none is named.
    networks: Vec<String>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339, exact to a minute.
    last_used_at: Option<String>,
    /// RFC 3339; null where it does not end.
    expires_at: Option<String>,
    /// The member who made it.
    #[schema(value_type = String)]
    created_by: MemberId,
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            role: key.role,
            prefix: key.prefix.clone(),
            networks: key.networks.texts(),
            created_at: UnixMs(key.created_at).rfc3339(),
            last_used_at: key.last_used_at.map(|at| UnixMs(at).rfc3339()),
            expires_at: key.expires_at.map(|at| UnixMs(at).rfc3339()),
            created_by: key.created_by,
        }
    }
}

impl Listed for KeyView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        table: TABLE,
        columns: &COLUMNS,
        key: "id",
        fields: &[
            Field::new("id", FieldKind::Id(id_form::<KeyId>())).shown().filtered().sorted(),
            Field::new("name", FieldKind::Text).shown().filtered().sorted(),
            Field::new("role", FieldKind::Word(&Role::WORDS)).shown().filtered().sorted(),
            Field::new("prefix", FieldKind::Text).shown().filtered(),
            Field::view("networks"),
            Field::new("created_at", FieldKind::Time).shown().filtered().sorted(),
            Field::new("last_used_at", FieldKind::Time).shown().filtered().sorted(),
            Field::new("expires_at", FieldKind::Time).shown().filtered().sorted(),
            Field::new("created_by", FieldKind::Id(id_form::<MemberId>())).shown().filtered(),
        ],
        searched: &["name"],
        order: &[("created_at", Direction::Descending)],
        includes: &[],
    };
}

/// A new key with its token, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct NewKey {
    #[serde(flatten)]
    key: KeyView,
    /// For `Authorization: Bearer`.
    token: String,
}

#[derive(Debug)]
struct CreateKey {
    name: String,
    role: Role,
    networks: Networks,
    expires_at: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateKey)]
struct CreateKeyBody {
    /// 1 to 100 characters.
    name: String,
    /// Your own, or one that may less.
    role: Role,
    /// Addresses and networks (CIDR) that it may be used from, at most 20; from everywhere when empty.
    #[serde(default)]
    networks: Vec<String>,
    /// RFC 3339, in the future; it does not end when absent.
    expires_at: Option<String>,
}

impl Command for CreateKey {
    type Wire = CreateKeyBody;

    fn parse(wire: CreateKeyBody, problems: &mut Problems) -> Option<Self> {
        let name = parse_name(&wire.name, "name", problems);
        let expires_at = match wire.expires_at.as_deref().map(UnixMs::parse_rfc3339) {
            None => None,
            Some(Some(at)) => Some(at.0),
            Some(None) => {
                problems.add(
                    "expires_at",
                    "invalid",
                    "expected a time such as 2027-01-31T00:00:00Z",
                );
                return None;
            }
        };
        let networks = Networks::parse(&wire.networks).map_err(|error| {
            let path = format!("networks[{}]", error.index);
            problems.add(&path, "invalid", error.to_string());
        });
        Some(Self { name: name?, role: wire.role, networks: networks.ok()?, expires_at })
    }
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/account/keys", list, |op| {
            op.summary("The account's keys, newest first").returns_page_of::<KeyView>()
        })
        .add(Method::Post, "/v1/account/keys", create, |op| {
            op.summary("Make a key; its token is shown this once").returns::<NewKey>(201)
        })
        .add(Method::Delete, "/v1/account/keys/{id}", delete, |op| {
            op.summary("Revoke a key, in force at once").returns_nothing(200)
        })
        .rows()
}

async fn list(
    call: Call<CanWriteKeys>,
    State(sites): State<Sites>,
    list: List<KeyView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let account = call.member()?.account;
    let found = store::list(&sites.db, account, &list).await.map_err(answer)?;
    let views = found.rows.iter().map(KeyView::from);
    Ok(Data::ok(found.frame.page(views)?))
}

async fn create(
    call: Call<CanWriteKeys>,
    State(sites): State<Sites>,
    Body(new): Body<CreateKey>,
) -> Result<Data<NewKey>, ApiError> {
    let caller = call.member()?;
    let now = sites.clock.now();
    if !caller.role.covers(new.role) {
        return Err(ApiError::role_too_high("role"));
    }
    if new.expires_at.is_some_and(|at| at <= now.0) {
        let (path, code) = ("expires_at".to_owned(), "out_of_range".to_owned());
        let message = "expected a time in the future".to_owned();
        return Err(ApiError::invalid(vec![FieldError { path, code, message }]));
    }
    let token = Opaque::from_random(PREFIX, sites.clock.random());
    let key = Key {
        id: KeyId::from_random(sites.clock.random_bits()),
        account: caller.account,
        name: new.name,
        role: new.role,
        prefix: token.reveal().chars().take(PREFIX_CHARS).collect(),
        networks: new.networks,
        created_by: caller.person()?.member,
        created_at: now.0,
        last_used_at: None,
        expires_at: new.expires_at,
    };
    let mut writer = sites.db.write().await.map_err(answer)?;
    if store::count(&mut writer, caller.account).await.map_err(answer)? >= KEYS_PER_ACCOUNT_MAX {
        let message = "the account has as many keys as it may have; revoke one first";
        return Err(ApiError::conflict("too_many_keys", "name", message));
    }
    store::insert(&mut writer, &key, &token).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    let token = token.reveal().to_owned();
    Ok(Data::created(NewKey { key: KeyView::from(&key), token }))
}

async fn delete(
    call: Call<CanWriteKeys>,
    State(sites): State<Sites>,
    Path(id): Path<KeyId>,
) -> Result<Data<()>, ApiError> {
    let caller = call.member()?;
    let mut writer = sites.db.write().await.map_err(answer)?;
    let key = store::by_id(&mut writer, caller.account, id).await.map_err(answer)?;
    if !caller.role.covers(key.ok_or_else(ApiError::not_found)?.role) {
        return Err(ApiError::role_too_high("role"));
    }
    store::delete(&mut writer, id).await.map_err(answer)?;
    writer.commit().await.map_err(answer)?;
    Ok(Data::ok(()))
}
