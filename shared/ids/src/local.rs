//! 63-bit identifiers inside one tenant's store.
//!
//! They grow with time, so that a primary-key index is appended to, and they are kept when a
//! site is cloned or imported.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::InvalidId;
use crate::kind::{Kind, decode, encode};

/// Base32 characters of 63 bits.
const DIGITS: usize = 13;

/// A 63-bit id of kind `K`, printed as `prefix_` and 13 characters, stored as an integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId<K: Kind>(i64, PhantomData<K>);

impl<K: Kind> LocalId<K> {
    /// An id from the number that a store holds or a [`crate::Sequence`] issued.
    /// The sign bit is dropped: ids are never negative.
    pub const fn from_number(number: i64) -> Self {
        Self(number & i64::MAX, PhantomData)
    }

    /// The number that a store holds.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl<K: Kind> fmt::Display for LocalId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, encode(self.0 as u128, DIGITS))
    }
}

impl<K: Kind> fmt::Debug for LocalId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for LocalId<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|digits| decode(digits, DIGITS))
            .and_then(|value| i64::try_from(value).ok())
            .map(Self::from_number)
            .ok_or(InvalidId { prefix: K::PREFIX, digits: DIGITS })
    }
}

impl<K: Kind> Serialize for LocalId<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for LocalId<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::{PostId, UserId};

    #[test]
    fn prints_and_reads_back_over_the_whole_range() {
        for number in [0, 1, i64::MAX] {
            let id = PostId::from_number(number);
            assert_eq!(id.to_string().parse::<PostId>(), Ok(id));
            assert!(id.to_string().parse::<UserId>().is_err());
        }
        assert!("pst_zzzzzzzzzzzzz".parse::<PostId>().is_err(), "65 bits do not fit");
    }
}
