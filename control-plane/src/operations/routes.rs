//! HTTP over operations: lists, one, and its course as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Data, Method, Page, Path, Route, Routes};
use freehold_ids::{AccountId, OperationId};
use freehold_lists::List;
use futures::StreamExt;
use serde_json::Value;
use tokio_stream::wrappers::WatchStream;

use super::model::{Operation, OperationView, Outcome};
use super::{Operations, store};
use crate::call::{AsOperator, Call, Caller, CanReadSites, OrOperator};
use crate::store::answer;

/// How often a silent stream says that it is alive.
const KEEP_ALIVE_SECONDS: u64 = 15;

pub(crate) fn routes(operations: Operations) -> Vec<Route> {
    Routes::new(operations)
        .add(Method::Get, "/v1/operations", list, |op| {
            op.summary("The account's operations, newest first").returns_page_of::<OperationView>()
        })
        .add(Method::Get, "/v1/operations/{id}", show, |op| {
            op.summary("One operation").returns::<OperationView>(200)
        })
        .add(Method::Get, "/v1/operations/{id}/events", events, |op| {
            op.summary("The operation each time it changes, until it is over")
                .returns_other(200, "text/event-stream")
        })
        .rows()
}

pub(crate) fn operator_routes(operations: Operations) -> Vec<Route> {
    Routes::new(operations)
        .add(Method::Get, "/v1/fleet/operations", list_all, |op| {
            op.summary("Operations of all accounts, newest first")
                .returns_page_of::<OperationView>()
        })
        .rows()
}

/// The operation, if the caller may know of it.
async fn find(
    operations: &Operations,
    caller: &Caller,
    id: OperationId,
) -> Result<Operation, ApiError> {
    let found = store::by_id(&operations.db, id).await.map_err(answer)?;
    let visible = found.filter(|operation| match caller {
        Caller::Operator => true,
        Caller::Member(member) => member.account == operation.account,
        Caller::Nobody => false,
    });
    visible.ok_or_else(ApiError::not_found)
}

async fn show(
    call: Call<OrOperator<CanReadSites>>,
    State(operations): State<Operations>,
    Path(id): Path<OperationId>,
) -> Result<Data<OperationView>, ApiError> {
    let operation = find(&operations, call.caller(), id).await?;
    // While it runs here, memory is ahead of the row.
    let live = operations.follow(id).map(|watch| watch.borrow().clone());
    Ok(Data::ok(OperationView::from(&live.unwrap_or(operation))))
}

async fn events(
    call: Call<OrOperator<CanReadSites>>,
    State(operations): State<Operations>,
    Path(id): Path<OperationId>,
) -> Result<Response, ApiError> {
    let followed = operations.follow(id);
    let operation = find(&operations, call.caller(), id).await?;
    let Some(watch) = followed else {
        let once = futures::stream::iter([event(&operation)]);
        return Ok(Sse::new(once).into_response());
    };
    // The stream ends with the watch, which ends after the last state was announced.
    let mut over = false;
    let course = WatchStream::new(watch)
        .take_while(move |operation| {
            let show = !over;
            over = operation.outcome != Outcome::Running;
            std::future::ready(show)
        })
        .map(|operation| event(&operation));
    let alive = KeepAlive::new().interval(Duration::from_secs(KEEP_ALIVE_SECONDS));
    Ok(Sse::new(course).keep_alive(alive).into_response())
}

fn event(operation: &Operation) -> Result<Event, Infallible> {
    let data = serde_json::to_string(&OperationView::from(operation)).unwrap_or_default();
    Ok(Event::default().event("operation").data(data))
}

async fn list(
    call: Call<CanReadSites>,
    State(operations): State<Operations>,
    list: List<OperationView>,
) -> Result<Data<Page<Value>>, ApiError> {
    listed(&operations, Some(call.member()?.account), &list).await
}

async fn list_all(
    _call: Call<AsOperator>,
    State(operations): State<Operations>,
    list: List<OperationView>,
) -> Result<Data<Page<Value>>, ApiError> {
    listed(&operations, None, &list).await
}

async fn listed(
    operations: &Operations,
    account: Option<AccountId>,
    list: &List<OperationView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = store::list(&operations.db, account, list).await.map_err(answer)?;
    let views = found.rows.iter().map(OperationView::from);
    Ok(Data::ok(found.frame.page(views)?))
}
