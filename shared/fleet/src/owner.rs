//! A worker's word about who owns a tenant that it is asked for under an older epoch.
//!
//! It goes with the refusal (421), so that an edge whose routes are behind can ask the right worker
//! at once. The worker vouches for it with the key of hand-overs to itself, for a few seconds; the
//! edge that asked verifies it, takes it off, and learns nothing lasting from it: that is the route
//! feed's.

use freehold_ids::TenantId;
use http::HeaderMap;

use crate::handover::read;
use crate::{HANDOVER_AGE_SECONDS_MAX, HandOverError, HandOverKey, UpstreamId};

/// Carries the hint next to a 421. Never reaches a client.
pub const OWNER_HEADER: &str = "x-freehold-owner";

/// Who owns a tenant, and since which epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerHint {
    /// Whose owner.
    pub tenant: TenantId,
    /// The epoch under which it does.
    pub epoch: u64,
    /// The worker that owns it.
    pub owner: UpstreamId,
}

impl OwnerHint {
    /// The value of [`OWNER_HEADER`], good for this second and a few more.
    pub fn sign(&self, key: &HandOverKey, unix_seconds: u64) -> String {
        let (epoch, at) = (self.epoch.to_string(), unix_seconds.to_string());
        let tag = key.tag(&words(&self.tenant.to_string(), &epoch, &self.owner.0, &at));
        format!("{epoch} {} {at} {}", self.owner.0, data_encoding::HEXLOWER.encode(&tag))
    }

    /// Reads and verifies what a worker said of a tenant that it was asked for.
    ///
    /// # Errors
    /// [`HandOverError`] says which part failed.
    pub fn verify(
        headers: &HeaderMap,
        key: &HandOverKey,
        tenant: TenantId,
        unix_seconds: u64,
    ) -> Result<Self, HandOverError> {
        let unreadable = || HandOverError::Header(OWNER_HEADER);
        let text: String = read(headers, OWNER_HEADER)?;
        let parts: Vec<&str> = text.split(' ').collect();
        let [epoch, owner, at, tag] = parts.as_slice() else { return Err(unreadable()) };
        let second: u64 = at.parse().map_err(|_| unreadable())?;
        if second.abs_diff(unix_seconds) > HANDOVER_AGE_SECONDS_MAX {
            return Err(HandOverError::Age);
        }
        let tag = data_encoding::HEXLOWER.decode(tag.as_bytes()).map_err(|_| unreadable())?;
        if !key.is_tag(&words(&tenant.to_string(), epoch, owner, at), &tag) {
            return Err(HandOverError::Mac);
        }
        let epoch = epoch.parse().map_err(|_| unreadable())?;
        Ok(Self { tenant, epoch, owner: UpstreamId((*owner).to_owned()) })
    }
}

fn words<'a>(tenant: &'a str, epoch: &'a str, owner: &'a str, at: &'a str) -> [&'a str; 5] {
    ["freehold-owner-1", tenant, epoch, owner, at]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn hint() -> OwnerHint {
        let owner = UpstreamId("wrk_00000000000000000000000001".into());
        OwnerHint { tenant: TenantId::from_random(7), epoch: 4, owner }
    }

    fn said(value: &str) -> HeaderMap {
        [(OWNER_HEADER.parse().expect("a name"), value.parse().expect("a value"))]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_hint_counts_for_its_tenant_now_and_from_who_knows_the_key() {
        let (key, tenant) = (HandOverKey::from_secret([1; 32]), hint().tenant);
        let headers = said(&hint().sign(&key, NOW));
        let verify = |key, tenant, now| OwnerHint::verify(&headers, key, tenant, now);
        assert_eq!(verify(&key, tenant, NOW + 5), Ok(hint()));
        assert_eq!(verify(&key, tenant, NOW + 6), Err(HandOverError::Age));
        assert_eq!(verify(&key, tenant, NOW - 6), Err(HandOverError::Age));
        assert_eq!(verify(&key, TenantId::from_random(8), NOW), Err(HandOverError::Mac));
        let other = HandOverKey::from_secret([2; 32]);
        assert_eq!(verify(&other, tenant, NOW), Err(HandOverError::Mac));
    }

    #[test]
    fn a_changed_or_doubled_hint_is_none() {
        let (key, tenant) = (HandOverKey::from_secret([1; 32]), hint().tenant);
        let good = hint().sign(&key, NOW);
        let refused = |headers: &HeaderMap| OwnerHint::verify(headers, &key, tenant, NOW).is_err();
        for wrong in [
            good.replacen('4', "5", 1),
            good.replacen("wrk_", "wrx_", 1),
            good.replace("1800000000", "1800000001"),
            good[..good.len() - 2].to_owned(),
            format!("{good} more"),
            "nothing".to_owned(),
        ] {
            assert!(refused(&said(&wrong)), "{wrong}");
        }
        let mut doubled = said(&good);
        doubled.append(OWNER_HEADER, good.parse().expect("a value"));
        assert!(refused(&doubled));
        assert!(refused(&HeaderMap::new()));
    }
}
