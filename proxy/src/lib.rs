//! The edge: from a socket on the outside to the process that owns a hostname.
//!
//! An accept loop of ours guards each connection below Pingora, which proxies; a route table fed
//! by the control plane says whose request it is; every request that passes carries a hand-over.
//! The edge opens no database and knows no tenant's data.

mod answers;
mod frames;
mod framing;
mod guard;
mod limits;
mod member;
mod server;
mod service;
mod table;

pub use member::Told;
pub use server::{Edge, EdgeConfig, EdgeError, RouteSource, bind};
