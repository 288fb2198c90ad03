//! What whole-product tests start from: a real platform on free ports, in this process or as one
//! of its own, and clients that speak to it as anybody would.
//!
//! Everything goes through the edge's socket. Failures panic with what was expected, because a
//! test has no better use for them.

mod api;
mod fleet;
mod planes;
mod process;
mod waiting;

pub use api::{Answer, Api};
pub use fleet::{Fleet, PASSWORD, SignedUp, sign_up_body};
pub use planes::{Planes, log_says};
pub use process::Process;
pub use waiting::{until, until_answered};
