//! TLS between the processes of one installation: its certificate authority and what it certifies.
//!
//! Nothing here is for browsers. The control plane is the authority; every process gets a
//! certificate over its id, presents it, and accepts only peers that present one. A process that
//! joins knows the authority by a fingerprint that stands in its join token.

mod authority;
mod identity;
mod listener;
mod pinned;

pub use authority::{Authority, CERTIFICATE_DAYS};
pub use identity::{Clients, Identity, KeyRequest};
pub use listener::{Presented, TlsListener};
pub use pinned::pinned_connector;

/// The name in the control plane's certificate.
pub const CONTROL_NAME: &str = "control.freehold.internal";

/// The name in a process's certificate.
pub fn process_name(id: &str) -> String {
    // Underscores are not for host names (RFC 1123 section 2.1).
    format!("{}.freehold.internal", id.replace('_', "-"))
}

/// Why a certificate or a connection with one cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The key or the certificate cannot be made or read.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take it.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A text that is not what it should be.
    #[error("expected {0}")]
    Malformed(&'static str),
}
