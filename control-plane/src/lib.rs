//! The control plane: accounts and their members, sites and their placement, operations, mail.
//!
//! It answers the console's hostname, through the edge like everything else, and no tenant's data
//! passes through it: it knows that a site exists, who owns it and where it lives.

mod accounts;
mod backup;
mod call;
mod domains;
mod faults;
mod fleet;
mod installation;
mod jobs;
mod keys;
mod mail;
mod master;
mod members;
mod once;
mod operations;
mod platform;
mod rebuild;
mod secrets;
mod server;
mod sites;
mod store;
mod upgrades;
mod usage;

pub use backup::{BackupConfig, BackupError, restore as restore_backup};
pub use domains::DomainsConfig;
pub use faults::arm as arm_fault;
pub use fleet::AfarConfig;
pub use mail::MailSender;
pub use rebuild::{RebuildError, Rebuilt, Refused, rebuild};
pub use secrets::{Secrets, SecretsError};
pub use server::{ControlConfig, ControlError, ControlPlane, JoinedWorker, console_document};
