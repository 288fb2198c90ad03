//! The fleet as the control plane sees it: processes that join and connect, placement of tenants,
//! and operators' calls over them.

mod afar;
mod edge;
mod keys;
mod members;
mod processes;
mod routes;
mod server;
mod tending;
mod work;
mod worker;
mod workers;

pub use afar::AfarConfig;
pub(crate) use afar::{Afar, NotListening};
pub(crate) use keys::routes as key_routes;
pub(crate) use members::routes as member_routes;
pub(crate) use processes::addresses;
pub(crate) use routes::{TenantRef, find_tenant, routes};
pub(crate) use server::{Connections, FleetServer};
pub(crate) use tending::routes as tending_routes;
pub(crate) use work::routes as work_routes;
pub(crate) use workers::{Line, NoWorker, Workers};
