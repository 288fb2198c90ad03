//! The edge: from a socket on the outside to the process that owns a hostname.
//!
//! An accept loop of ours guards each connection below Pingora, which proxies; a route table fed
//! by the control plane says whose request it is; every request that passes carries a hand-over.
//! The edge opens no database and knows no tenant's data.

mod accept;
mod answers;
mod cache;
mod cached;
mod frames;
mod framing;
mod guard;
mod handover;
mod header_scan;
mod in_flight;
mod limits;
mod member;
mod misdirected;
mod pulse;
mod rate;
mod redirect;
mod refusal;
mod replies;
mod server;
mod service;
mod streams;
mod table;
mod tenants;
mod timeouts;
mod trust;
mod upstream;
mod versions;

pub use limits::CONNECTIONS_MAX;
pub use member::Told;
pub use server::{ControlSource, Draining, Edge, EdgeConfig, EdgeError, RouteSource, bind};
pub use timeouts::Timeouts;
pub use trust::{ProxySource, TrustedProxies};
