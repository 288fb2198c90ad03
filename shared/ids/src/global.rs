//! 128-bit identifiers of the control plane and the fleet.
//!
//! They are random, so they tell nothing of their number or age and two installations never
//! collide when a site moves between them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::InvalidId;
use crate::kind::{Kind, decode, encode};

/// Base32 characters of 128 bits.
const DIGITS: usize = 26;

/// A 128-bit id of kind `K`, printed as `prefix_` and 26 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalId<K: Kind>(u128, PhantomData<K>);

impl<K: Kind> GlobalId<K> {
    /// An id from 128 random bits. The caller brings the randomness.
    pub const fn from_random(bits: u128) -> Self {
        Self(bits, PhantomData)
    }
}

impl<K: Kind> fmt::Display for GlobalId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, encode(self.0, DIGITS))
    }
}

impl<K: Kind> fmt::Debug for GlobalId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for GlobalId<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|digits| decode(digits, DIGITS))
            .map(Self::from_random)
            .ok_or(InvalidId { prefix: K::PREFIX, digits: DIGITS })
    }
}

impl<K: Kind> Serialize for GlobalId<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for GlobalId<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::{AccountId, TenantId};

    #[test]
    fn prints_and_reads_back_over_the_whole_range() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = TenantId::from_random(bits);
            let text = id.to_string();
            assert_eq!(text.len(), 30);
            assert_eq!(text.parse::<TenantId>(), Ok(id));
        }
    }

    #[test]
    fn refuses_other_kinds_lengths_and_overflow() {
        let account = AccountId::from_random(7).to_string();
        assert!(account.parse::<TenantId>().is_err());
        assert!("ten_0".parse::<TenantId>().is_err());
        assert!(format!("ten_{}", "z".repeat(26)).parse::<TenantId>().is_err());
        assert!(format!("ten_{}", "u".repeat(26)).parse::<TenantId>().is_err());
    }
}
