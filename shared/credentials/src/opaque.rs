//! Opaque tokens: 256 random bits with a prefix that scanners recognise and a checksum that
//! tells a typing error from a stolen token. Stores keep only the hash.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Characters of the checksum.
const CHECKSUM_CHARS: usize = 8;

/// A token that means nothing to whoever holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Opaque {
    text: String,
}

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opaque(secret)")
    }
}

impl Opaque {
    /// A new token, `prefix_` and 72 hexadecimal digits.
    pub fn from_random(prefix: &str, random: [u8; 32]) -> Self {
        let body = format!("{prefix}_{}", HEXLOWER.encode(&random));
        let checksum = checksum(&body);
        Self { text: body + &checksum }
    }

    /// Reads a presented token; `None` when it cannot be one of ours.
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
        if digits.len() != 64 + CHECKSUM_CHARS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let (body, given) = text.split_at(text.len() - CHECKSUM_CHARS);
        (checksum(body) == given).then(|| Self { text: text.to_owned() })
    }

    /// The token, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What a store keeps: SHA-256 in hexadecimal. The token itself has 256 random bits, so no
    /// slower hash is needed.
    pub fn hash(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.text.as_bytes()))
    }
}

fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    HEXLOWER.encode(&digest[..CHECKSUM_CHARS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_its_own_and_no_other() {
        let token = Opaque::from_random("fhs", [7; 32]);
        let text = token.reveal().to_owned();
        assert_eq!(Opaque::parse("fhs", &text).map(|t| t.hash()), Some(token.hash()));
        assert_eq!(Opaque::parse("fhr", &text), None);
        let typo = text.replacen("07", "08", 1);
        assert_eq!(Opaque::parse("fhs", &typo), None);
        assert_eq!(Opaque::parse("fhs", "fhs_é"), None);
    }
}
