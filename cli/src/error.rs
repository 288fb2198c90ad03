//! Why a process of the platform cannot start, with the setting that does not work.

use std::net::SocketAddr;
use std::path::PathBuf;

use freehold_control_plane::{ControlError, SecretsError};
use freehold_credentials::HashError;
use freehold_fleet::{ConnectError, CopyError};
use freehold_proxy::EdgeError;
use freehold_worker::WorkerError;

/// Why the platform cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// A host name that is none.
    #[error("hosts.{0}: expected a hostname such as sites.example")]
    Host(&'static str),
    /// The data folder cannot be used.
    #[error("data.dir {path}: {error}", path = .0.display(), error = .1)]
    Data(PathBuf, std::io::Error),
    /// The data folder's path is too long for sockets below it.
    #[error("data.dir {path}: the path is too long for the sockets below it", path = .0.display())]
    SocketPath(PathBuf),
    /// Another process uses the folder.
    #[error("data.dir {path}: another process uses it", path = .0.display())]
    InUse(PathBuf),
    /// The private address cannot be bound.
    #[error("metrics.listen {0}: {1}")]
    Private(SocketAddr, std::io::Error),
    /// A secret cannot be read or made.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The worker's wrapping key cannot be read or made.
    #[error(transparent)]
    WrappingKey(#[from] freehold_sealing::KeyFileError),
    /// Object storage cannot be used.
    #[error("objects.url: {0}")]
    ObjectsUrl(String),
    /// Object storage cannot be used as configured.
    #[error(transparent)]
    Objects(#[from] freehold_objects::ObjectsError),
    /// Passwords cannot be hashed on this machine.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// The linked SQLite is too old, or the like.
    #[error(transparent)]
    Database(#[from] freehold_db::DbError),
    /// The fleet cannot be joined.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A certificate is of no use.
    #[error(transparent)]
    Certificate(#[from] freehold_certificates::CertificateError),
    /// What was kept of the control plane's words cannot be used.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The control plane said something that this release does not understand.
    #[error("the control plane did not say {0}")]
    Welcome(&'static str),
    /// The edge cannot start.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The worker cannot start.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The control plane cannot start.
    #[error(transparent)]
    Control(#[from] ControlError),
}
