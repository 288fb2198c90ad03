//! What a user is: pure values and rules.

use freehold_api::{ApiError, FieldError, Problems};
use freehold_credentials::HashError;
use freehold_ids::UserId;
use freehold_kernel::{Event, StoreError};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

const USERNAME_CHARS_MIN: usize = 2;
const USERNAME_CHARS_MAX: usize = 50;

const BIO_CHARS_MAX: usize = 500;
const WEBSITE_CHARS_MAX: usize = 200;

/// The status of a user who may sign in.
pub(crate) const ACTIVE: &str = "active";

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserStatus)]
pub(crate) enum Status {
    /// They may.
    Active,
    /// An administrator said that they may not.
    Suspended,
}

impl Status {
    /// The words, for lists.
    pub(crate) const WORDS: [&'static str; 2] = [ACTIVE, Self::Suspended.as_str()];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => ACTIVE,
            Self::Suspended => "suspended",
        }
    }
}

/// A user as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) username: String,
    /// The word of their role.
    pub(crate) role: String,
    pub(crate) status: String,
    pub(crate) password_hash: Option<String>,
    /// What they say of themselves.
    pub(crate) bio: Option<String>,
    /// Their own page elsewhere.
    pub(crate) website: Option<String>,
    /// Whether they come from the console, where their role is given.
    pub(crate) is_member: bool,
    pub(crate) created_at: i64,
}

impl Account {
    pub(crate) fn is_active(&self) -> bool {
        self.status == ACTIVE
    }
}

/// The name that a user is shown under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Username {
    pub(crate) shown: String,
    pub(crate) key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected {USERNAME_CHARS_MIN} to {USERNAME_CHARS_MAX} letters, digits, dots, hyphens or underscores"
)]
pub(crate) struct InvalidUsername;

impl Username {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidUsername> {
        // NFKC folds full-width and other look-alike forms of the same letters.
        let shown: String = text.nfkc().collect();
        let length = shown.chars().count();
        let fits = (USERNAME_CHARS_MIN..=USERNAME_CHARS_MAX).contains(&length);
        if !fits || !shown.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c)) {
            return Err(InvalidUsername);
        }
        let key = shown.to_lowercase();
        Ok(Self { shown, key })
    }

    /// A name from an e-mail address, with a suffix that makes it unlike any other.
    pub(crate) fn from_email(email: &str, suffix: Option<i64>) -> Self {
        let local = email.split('@').next().unwrap_or_default();
        let mut shown: String = local
            .chars()
            .filter(|c| c.is_alphanumeric() || ".-_".contains(*c))
            .take(USERNAME_CHARS_MAX - 21)
            .collect();
        if shown.chars().count() < USERNAME_CHARS_MIN {
            shown = "owner".to_owned();
        }
        if let Some(suffix) = suffix {
            shown = format!("{shown}-{suffix}");
        }
        let key = shown.to_lowercase();
        Self { shown, key }
    }
}

/// Reads what a user says of themselves; an empty text takes it back.
pub(crate) fn parse_bio(text: &str, problems: &mut Problems) -> Option<Option<String>> {
    let bio = text.trim();
    let fits = bio.chars().count() <= BIO_CHARS_MAX;
    if fits && !bio.chars().any(|c| c.is_control() && c != '\n') {
        return Some(Some(bio.to_owned()).filter(|bio| !bio.is_empty()));
    }
    problems.add("bio", "invalid", format!("expected at most {BIO_CHARS_MAX} characters"));
    None
}

/// Reads the address of a user's own page; an empty text takes it back.
pub(crate) fn parse_website(text: &str, problems: &mut Problems) -> Option<Option<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let uri = text.parse::<axum::http::Uri>().ok().filter(|_| text.len() <= WEBSITE_CHARS_MAX);
    let is_web = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if is_web {
        return Some(Some(text.to_owned()));
    }
    problems.add("website", "invalid", "expected an address that starts with https:// or http://");
    None
}

/// What an event says of a user whom somebody changed.
#[derive(Debug, Serialize)]
pub(super) struct UserFact {
    pub(super) user_id: UserId,
    pub(super) by: UserId,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct UserAdded(pub(super) UserFact);

impl Event for UserAdded {
    const NAME: &'static str = "user.added";

    fn subject(&self) -> String {
        self.0.user_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct UserRoleChanged(pub(super) UserFact);

impl Event for UserRoleChanged {
    const NAME: &'static str = "user.role_changed";

    fn subject(&self) -> String {
        self.0.user_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct UserStatusChanged(pub(super) UserFact);

impl Event for UserStatusChanged {
    const NAME: &'static str = "user.status_changed";

    fn subject(&self) -> String {
        self.0.user_id.to_string()
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct UserPasswordChanged(pub(super) UserFact);

impl Event for UserPasswordChanged {
    const NAME: &'static str = "user.password_changed";

    fn subject(&self) -> String {
        self.0.user_id.to_string()
    }
}

/// Why a user is not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    #[error("there is no such user")]
    NotFound,
    #[error("ask another administrator to change your own role or status")]
    Own,
    #[error("this user's role does not allow you to change them")]
    TooHigh(&'static str),
    #[error("expected the word of a role of this site")]
    UnknownRole,
    #[error("this role is given in the console, to the members of the site's account")]
    Member,
    #[error("an account with this e-mail address exists here already")]
    EmailTaken,
    #[error("this username is taken")]
    UsernameTaken,
    #[error("this is not your password")]
    WrongPassword,
    #[error("you have no password here; you come from the console")]
    NoPassword,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        let message = error.to_string();
        match error {
            UserError::NotFound => Self::not_found(),
            UserError::Own => Self::conflict("own_user", "id", &message),
            UserError::UnknownRole => Self::invalid(vec![FieldError {
                path: "role".to_owned(),
                code: "unknown_role".to_owned(),
                message,
            }]),
            UserError::TooHigh(field) => Self::role_too_high(field),
            UserError::Member => Self::conflict("console_member", "role", &message),
            UserError::EmailTaken => Self::conflict("email_taken", "email", &message),
            UserError::UsernameTaken => Self::conflict("username_taken", "username", &message),
            UserError::WrongPassword => Self::conflict("wrong_password", "old_password", &message),
            UserError::NoPassword => Self::conflict("no_password", "old_password", &message),
            UserError::Hash(error) => hash_error(error),
            UserError::Store(error) => error.into(),
        }
    }
}

/// What a caller hears when a password cannot be hashed or compared.
pub(crate) fn hash_error(error: HashError) -> ApiError {
    match error {
        HashError::Busy => ApiError::unavailable(2, "password hashing is busy"),
        HashError::Failed(message) => ApiError::internal(message.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alike_spellings_are_one_username() {
        let wide = Username::parse("Ａｄａ").expect("letters");
        assert_eq!(wide.key, Username::parse("ada").expect("letters").key);
    }

    #[test]
    fn refuses_what_is_no_username() {
        let long = "a".repeat(51);
        for text in ["", "a", "a b", "a\u{202e}b", "<b>", &long] {
            assert!(Username::parse(text).is_err(), "{text:?}");
        }
    }
}
