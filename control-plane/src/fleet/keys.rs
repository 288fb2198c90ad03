//! HTTP for operators: the master key, and the keys of tenants.

use axum::extract::State;
use freehold_api::{ApiError, Data, Method, Path, Route, Routes};
use freehold_idempotency::{Idempotent, Nothing};
use serde::Serialize;
use utoipa::ToSchema;

use super::routes::{TenantRef, TenantView, answer_started, find_tenant};
use crate::call::{AsOperator, Call};
use crate::mail;
use crate::once::Once;
use crate::sites::{Sites, keys};
use crate::store::answer;

/// The master key as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MasterKey)]
struct MasterKeyView {
    /// The name of the one that is in use.
    id: String,
    /// The names of those before it that are still needed, the newest first.
    older: Vec<String>,
    /// Tenants whose keys do not lie under the one in use yet, in the database or beside their stores.
    tenants_waiting: u64,
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/master-key", show, |op| {
            op.summary("The master key by its name, and what does not lie under it yet")
                .returns::<MasterKeyView>(200)
        })
        .add(Method::Post, "/v1/fleet/master-key/rotate", rotate_master, |op| {
            op.summary("Make a new master key; all tenants' keys are brought under it")
                .returns::<MasterKeyView>(200)
        })
        .add(Method::Post, "/v1/fleet/master-key/retire", retire, |op| {
            op.summary("Forget older master keys, once nothing lies under them")
                .returns::<MasterKeyView>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/rotate-key", rotate, |op| {
            op.summary("Give a tenant a new key and seal its secrets under it")
                .returns::<TenantView>(200)
        })
        .rows()
}

async fn view(sites: &Sites) -> Result<Data<MasterKeyView>, ApiError> {
    let mut names = sites.fleet.master.ids().into_iter().map(|id| id.to_string());
    Ok(Data::ok(MasterKeyView {
        id: names.next().unwrap_or_default(),
        older: names.collect(),
        tenants_waiting: keys::waiting(sites).await.map_err(answer)?,
    }))
}

async fn show(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<MasterKeyView>, ApiError> {
    view(&sites).await
}

async fn rotate_master(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<MasterKeyView>, ApiError> {
    let master = &sites.fleet.master;
    if master.ids().len() > 1 {
        let message = "an older master key is still there; retire it first";
        return Err(ApiError::conflict("not_retired", "older", message));
    }
    let _held = master.hold().await;
    master.renew().map_err(|error| ApiError::internal(format!("the master key: {error}")))?;
    tracing::info!("made a new master key");
    keys::note_all(&sites).await.map_err(answer)?;
    mail::reseal(&sites.db, master).await.map_err(answer)?;
    view(&sites).await
}

async fn retire(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<MasterKeyView>, ApiError> {
    let master = &sites.fleet.master;
    let _held = master.hold().await;
    let waiting = keys::waiting(&sites).await.map_err(answer)?;
    if waiting > 0 {
        let message = format!("the keys of {waiting} tenants do not lie under the newest one yet");
        return Err(ApiError::conflict("still_needed", "older", &message));
    }
    mail::reseal(&sites.db, master).await.map_err(answer)?;
    master.retire().map_err(|error| ApiError::internal(format!("the master key: {error}")))?;
    tracing::info!("retired the older master keys");
    view(&sites).await
}

async fn rotate(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Idempotent { key, body: Nothing }: Idempotent<Nothing>,
) -> Result<Data<TenantView>, ApiError> {
    let id = find_tenant(&sites, tenant).await?.id;
    let started = keys::rotate(&sites, id, &Once::new("operator", key)).await?;
    answer_started(&sites, &started).await
}
