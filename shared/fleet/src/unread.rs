//! Fields that this release does not know: read, kept, and written again as they were.
//!
//! A copy on disk may have been written by the next release, and be read by it again after this one
//! has rewritten it. What it said must still be there.

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a newer release says besides; flattened into the type that carries it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Unread(Option<Box<Map<String, Value>>>);

impl From<Map<String, Value>> for Unread {
    fn from(fields: Map<String, Value>) -> Self {
        // There are as many of these as there are routes, and hardly ever anything in one.
        Self((!fields.is_empty()).then(|| Box::new(fields)))
    }
}

impl From<Unread> for Map<String, Value> {
    fn from(unread: Unread) -> Self {
        unread.0.map(|fields| *fields).unwrap_or_default()
    }
}

impl Unread {
    /// A record of a kind that this release does not know, to be kept as it is; `None` where it is
    /// one of `known`, which should have been read.
    pub fn unless(self, known: &[&str]) -> Option<Self> {
        let is_known = |fields: &Map<String, Value>| known.iter().any(|k| fields.contains_key(*k));
        (!self.0.as_deref().is_none_or(is_known)).then_some(self)
    }
}

/// A value that many make by hand, with what a newer release says of it besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole<T> {
    #[serde(flatten)]
    value: T,
    #[serde(flatten)]
    unread: Unread,
}

impl<T> From<T> for Whole<T> {
    fn from(value: T) -> Self {
        Self { value, unread: Unread::default() }
    }
}

impl<T> Deref for Whole<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
