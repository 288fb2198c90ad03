//! The worker: composition root of the data plane.
//!
//! It mounts the modules, admits hand-overs of the edge and nothing else, and takes orders from
//! the control plane through its link. It opens no public port.

mod admin;
mod admission;
mod cache;
mod link;
mod member;
mod modules;
mod public;
mod runner;
mod server;
mod versions;

pub use link::LocalLink;
pub use member::Told;
pub use modules::site_document;
pub use server::{Worker, WorkerConfig, WorkerError};
