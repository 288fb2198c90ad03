//! How mail leaves, as configured.
//!
//! Apart from the other settings, since the URL of a mail server may hold its password.

use std::fmt;

/// How mail leaves.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// Into files.
    Log,
    /// To a server.
    Smtp {
        /// The server's URL.
        url: String,
        /// The sender.
        from: String,
    },
}

/// By hand, so that the URL is in no log.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => f.write_str("Log"),
            Self::Smtp { from, .. } => {
                f.debug_struct("Smtp").field("from", from).finish_non_exhaustive()
            }
        }
    }
}
