//! Where objects lie, as the configuration says it.

use std::fmt;
use std::path::PathBuf;

/// A folder or a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectsPlace {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

/// A bucket that speaks the S3 API.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all keys start with; empty for nothing.
    pub prefix: String,
    /// The server's URL; `None` for that of AWS in the region.
    pub endpoint: Option<String>,
    /// The region, which requests are signed for.
    pub region: String,
    /// Who asks.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({}/{})", self.name, self.prefix)
    }
}

/// Why a text names no bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected s3://BUCKET or s3://BUCKET/PREFIX")]
pub struct InvalidPlace;

impl Bucket {
    /// The name and the prefix in `s3://BUCKET/PREFIX`.
    ///
    /// # Errors
    /// [`InvalidPlace`].
    pub fn parse_url(url: &str) -> Result<(String, String), InvalidPlace> {
        let rest = url.strip_prefix("s3://").ok_or(InvalidPlace)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = (3..=63).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        let prefix = prefix.trim_matches('/');
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !is_name || !(prefix.is_empty() || prefix.split('/').all(is_part)) {
            return Err(InvalidPlace);
        }
        Ok((name.to_owned(), prefix.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_read_from_its_url() {
        let parsed = |url| Bucket::parse_url(url).map(|(name, prefix)| format!("{name} {prefix}"));
        assert_eq!(parsed("s3://freehold"), Ok("freehold ".into()));
        assert_eq!(parsed("s3://my.bucket/eu/one/"), Ok("my.bucket eu/one".into()));
        for wrong in
            ["", "s3://", "s3://A", "https://bucket", "s3://bucket/../x", "s3://bucket/a//b"]
        {
            assert_eq!(parsed(wrong), Err(InvalidPlace), "{wrong}");
        }
    }
}
