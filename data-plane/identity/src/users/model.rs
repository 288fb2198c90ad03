//! What a user is: pure values and rules.

use freehold_ids::UserId;
use freehold_kernel::Role;
use unicode_normalization::UnicodeNormalization;

const USERNAME_CHARS_MIN: usize = 2;
const USERNAME_CHARS_MAX: usize = 50;

/// The status of a user who may sign in.
pub(crate) const ACTIVE: &str = "active";

/// A user as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) role: Role,
    pub(crate) status: String,
    pub(crate) password_hash: Option<String>,
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
