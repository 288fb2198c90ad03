//! E-mail addresses: what is accepted, and the form under which two of them are one.
//!
//! The local part is what practice uses of RFC 5321 (no quoted strings, no comments); the domain
//! is normalised with IDNA. Upper case makes no second address.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// RFC 5321 section 4.5.3.1.3, less the angle brackets.
const EMAIL_BYTES_MAX: usize = 254;
/// RFC 5321 section 4.5.3.1.1.
const LOCAL_PART_BYTES_MAX: usize = 64;

/// An address that mail can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
}

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address such as ada@example.org, at most {EMAIL_BYTES_MAX} characters")]
pub struct InvalidEmail;

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// [`InvalidEmail`] for anything that no mail server would take.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local_fits = (1..=LOCAL_PART_BYTES_MAX).contains(&local.len())
            && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom));
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail)?;
        let shown = format!("{local}@{domain}");
        if !local_fits
            || !domain.contains('.') && domain != "localhost"
            || shown.len() > EMAIL_BYTES_MAX
        {
            return Err(InvalidEmail);
        }
        let key = shown.to_lowercase();
        Ok(Self { shown, key })
    }

    /// As the person wrote it, with the domain in ASCII.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The same for every spelling of one address.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// RFC 5322 atext, and letters and digits of any script (RFC 6531).
fn is_atom(letter: char) -> bool {
    letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_in_all_its_spellings() {
        let keys: Vec<_> = ["Ada@Example.org", " ada@EXAMPLE.ORG ", "ada@example.org"]
            .iter()
            .map(|text| Email::parse(text).expect("an address").key)
            .collect();
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long = format!("{}@example.org", "a".repeat(300));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "ada@ex_ample.org",
            "a@b@",
            ".a@example.org",
            "a..b@example.org",
            "ada@example",
            "ada\n@example.org",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
