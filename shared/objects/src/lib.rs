//! Object storage: a folder of this machine, or a bucket that speaks the S3 API.
//!
//! Every object of a tenant lies below `tenants/<id>/`, by paths that are made of typed parts, so that one
//! tenant's path never names another's. What is fenced is created once and never replaced: that is
//! what a folder and every bucket can do alike.

mod claims;
mod error;
mod place;
mod store;

pub use claims::{ClaimError, Claimant};
pub use error::ObjectsError;
pub use place::{Bucket, InvalidPlace, ObjectsPlace};
pub use store::Objects;
