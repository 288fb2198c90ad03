//! What everybody may know of an installation before they sign up: its addresses.

use axum::extract::State;
use freehold_api::{ApiError, Data, Method, Route, Routes};
use freehold_fleet::Hosts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::{Anyone, Call};
use crate::sites::Sites;

/// What the platform is called.
pub(crate) const NAME: &str = "Freehold";

/// The platform's addresses.
#[derive(Debug, Serialize, ToSchema)]
struct Platform {
    name: &'static str,
    console_url: String,
    /// Back offices live at their site's slug below this address's host.
    admin_url: String,
    /// What follows a slug and a dot in a site's address, such as `sites.example.com`.
    site_suffix: String,
}

impl Platform {
    fn of(hosts: &Hosts) -> Self {
        let port = hosts.port.map(|port| format!(":{port}")).unwrap_or_default();
        Self {
            name: NAME,
            console_url: hosts.origin(&hosts.console),
            admin_url: hosts.origin(&hosts.admin),
            site_suffix: format!("{}{port}", hosts.sites),
        }
    }
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/platform", show, |op| {
            op.summary("The platform's name and addresses").returns::<Platform>(200)
        })
        .rows()
}

async fn show(_call: Call<Anyone>, State(sites): State<Sites>) -> Result<Data<Platform>, ApiError> {
    Ok(Data::ok(Platform::of(&sites.fleet.hosts)))
}
