//! How a tenant's store is kept, in one word on the wire and in manifests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A database's name is this long at most.
const DATABASE_CHARS_MAX: usize = 40;

/// What keeps a tenant's rows. Written `sqlite` or `postgres:<database>`; `mysql:<database>` will
/// join them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Engine {
    /// A file of its own on the worker.
    #[default]
    Sqlite,
    /// A schema of its own in one of the Postgres databases that the worker knows by name.
    Postgres {
        /// The name in the worker's configuration.
        database: String,
    },
}

impl Engine {
    /// Whether it is what a release assumes that does not know of others.
    pub fn is_sqlite(&self) -> bool {
        *self == Self::Sqlite
    }

    /// The engine alone, without where it runs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => f.write_str("sqlite"),
            Self::Postgres { database } => write!(f, "postgres:{database}"),
        }
    }
}

/// A text that names no engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected sqlite or postgres:<database>")]
pub struct UnknownEngine;

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, UnknownEngine> {
        if text == "sqlite" {
            return Ok(Self::Sqlite);
        }
        let database = text.strip_prefix("postgres:").filter(|name| is_database_name(name));
        let database = database.ok_or(UnknownEngine)?.to_owned();
        Ok(Self::Postgres { database })
    }
}

/// Whether a text may name a database: lower-case letters, digits, `-` and `_`, 1 to 40 of them.
pub fn is_database_name(text: &str) -> bool {
    (1..=DATABASE_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

impl Serialize for Engine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Engine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_words() {
        for text in ["sqlite", "postgres:main", "postgres:eu-1_b"] {
            let engine: Engine = text.parse().expect(text);
            assert_eq!(engine.to_string(), text);
            let wire = serde_json::to_string(&engine).expect("written");
            assert_eq!(serde_json::from_str::<Engine>(&wire).expect("read"), engine);
        }
        let long = format!("postgres:{}", "a".repeat(41));
        for text in ["", "mysql:a", "postgres", "postgres:", "postgres:A", "postgres:a b", &long] {
            assert_eq!(text.parse::<Engine>(), Err(UnknownEngine), "{text}");
        }
    }
}
