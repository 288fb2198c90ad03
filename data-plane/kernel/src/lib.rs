//! Tenancy, once: the only door to a tenant's store, who calls, what they may, and how a change
//! is written together with its events.
//!
//! Modules are built on [`Ctx`], [`Grant`], [`Read`] and [`Tx`]; none of them can name a tenant,
//! open a file, or build SQL over user-visible rows without a grant.
//!
//! # What does not compile
//!
//! A view of a store comes from a tenant, and from nowhere else:
//!
//! ```
//! async fn look(tenant: &freehold_kernel::Tenant) -> Result<(), freehold_kernel::StoreError> {
//!     tenant.read_as_system("an example").await.map(drop)
//! }
//! ```
//! ```compile_fail
//! fn look(reader: freehold_db::Reader, tenant: freehold_kernel::Tenant) -> freehold_kernel::Read {
//!     freehold_kernel::Read::new(reader, tenant)
//! }
//! ```
//!
//! Who works without a caller says so. A request's own view and transaction come from its `Ctx`:
//!
//! ```compile_fail
//! async fn look(tenant: &freehold_kernel::Tenant) -> Result<(), freehold_kernel::StoreError> {
//!     tenant.read().await.map(drop)
//! }
//! ```
//! ```compile_fail
//! async fn write(tenant: &freehold_kernel::Tenant) -> Result<(), freehold_kernel::StoreError> {
//!     tenant.begin(freehold_clock::UnixMs(0)).await.map(drop)
//! }
//! ```
//!
//! A `Ctx` is proof that the caller holds the right to its action. Nobody can make one for another:
//!
//! ```
//! use freehold_kernel::{Action, Ctx};
//! fn narrowed<P: Action, Q: Action>(ctx: &Ctx<P>) -> Option<Ctx<Q>> {
//!     ctx.act::<Q>().ok()
//! }
//! ```
//! ```compile_fail
//! use freehold_kernel::{Action, Admission, Ctx};
//! fn made<P: Action>(admission: Admission) -> Ctx<P> {
//!     Ctx { admission, action: std::marker::PhantomData }
//! }
//! ```
//!
//! A grant is of one subject. One over other rows does not do:
//!
//! ```
//! use freehold_kernel::{Action, Ctx, Grant, Subject};
//! fn seen<P: Action, S: Subject>(ctx: &Ctx<P>) -> Grant<S> {
//!     ctx.grant::<S>()
//! }
//! ```
//! ```compile_fail
//! use freehold_kernel::{Action, Ctx, Grant, Subject};
//! fn seen<P: Action, S: Subject, T: Subject>(ctx: &Ctx<P>) -> Grant<S> {
//!     ctx.grant::<T>()
//! }
//! ```

mod access;
mod actor;
mod ctx;
mod error;
pub mod jobs;
mod module;
mod options;
mod public;
mod tenants;
mod tx;

pub use access::{Action, Grant, Holders, Permission, Programs, Scope, Subject};
pub use actor::{Actor, Role, User};
pub use ctx::{Admission, Begun, Ctx};
pub use error::StoreError;
pub use module::{Module, SeedFuture, Seeding};
pub use options::{
    InvalidOption, OPTIONS, OptionKind, OptionSpec, SiteOptions, option, reset_option, write_option,
};
pub use public::PublicVersions;
pub use tenants::{
    Compiled, OPEN_TENANTS_MAX_DEFAULT, OPEN_WAIT_SECONDS_MAX, Tenant, Tenants, TenantsConfig,
};
pub use tx::{Event, Read, Tx};
