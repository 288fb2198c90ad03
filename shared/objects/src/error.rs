//! Why object storage did not do as asked, told apart by what helps.

/// Why object storage did not do as asked. The texts are for operators.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ObjectsError {
    /// It cannot be used as it is configured.
    #[error("object storage cannot be used as configured: {0}")]
    Settings(String),
    /// It cannot be reached, or is too slow; worth another try.
    #[error("object storage cannot be reached: {0}")]
    Away(String),
    /// It says no: the credentials, the bucket, a right.
    #[error("object storage refuses: {0}")]
    Refused(String),
    /// An object is not what was written there.
    #[error("the object {0} is not what was written: {1}")]
    Damaged(String, String),
}

impl From<object_store::Error> for ObjectsError {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as E;
        match error {
            E::NotFound { .. } | E::PermissionDenied { .. } | E::Unauthenticated { .. } => {
                Self::Refused(with_causes(&error))
            }
            _ => Self::Away(with_causes(&error)),
        }
    }
}

/// An error with those that led to it, which the library keeps apart.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text.push_str(": ");
            text.push_str(&reason);
        }
        cause = error.source();
    }
    text
}
