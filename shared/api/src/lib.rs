//! The conventions of every HTTP API of the platform: envelope, errors, bodies, pages and the
//! route table from which routers and OpenAPI documents are made.
//!
//! Both planes that answer JSON (control and worker) use these and nothing else, so that a client
//! learns one set of rules.

mod answer;
mod body;
mod error;
mod form;
mod openapi;
mod params;
mod rate;
mod route;
mod serve;

pub use answer::{Data, Page, finish_answers};
pub use body::{BODY_BYTES_MAX, Body, Command, Problems};
pub use error::{ApiError, FieldError};
pub use form::{FORM_BYTES_MAX, Form};
pub use openapi::{DocumentInfo, document};
pub use params::{Params, Path, PathPair, QueryParams};
pub use rate::{RateLimit, network_key};
pub use route::{Access, Argument, Arguments, Method, Operation, Route, Routes, SameForEverybody};
pub use serve::serve;
