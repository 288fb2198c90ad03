//! A sweep over the fleet, and how large its waves are.

use freehold_clock::UnixMs;
use freehold_ids::UpgradeId;

/// Tenants of the first wave after the canary.
const FIRST_WAVE_TENANTS: u64 = 16;
/// How much larger each wave is than the one before.
const GROWTH: u64 = 4;
/// Waves grow no further than this.
const WAVE_TENANTS_MAX: u64 = 4_096;

/// Where a sweep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeState {
    /// It goes on.
    Running,
    /// It stopped by itself, or was told to, and goes on when told to.
    Halted,
    /// Every tenant was seen to.
    Done,
}

impl UpgradeState {
    /// The word in stores and on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Halted => "halted",
            Self::Done => "done",
        }
    }

    /// Reads [`UpgradeState::as_str`] back.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Halted, Self::Done].into_iter().find(|state| state.as_str() == text)
    }
}

/// A sweep over the fleet.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    pub(crate) id: UpgradeId,
    pub(crate) state: UpgradeState,
    /// Why it halted.
    pub(crate) reason: Option<String>,
    /// The wave that runs; 0 is the canary.
    pub(crate) wave: i64,
    /// Tenants of one wave that may fail.
    pub(crate) failures_max: i64,
    /// The share of one wave that may fail.
    pub(crate) failures_percent_max: i64,
    /// The last tenant that a row was written for, while there are tenants without one.
    pub(super) prepared_after: Option<String>,
    pub(super) prepared: bool,
    /// Tenants of the first wave.
    pub(crate) canaries: i64,
    /// Tenants that it sees to.
    pub(crate) total: i64,
    /// Those that are migrated.
    pub(crate) done: i64,
    /// How long these took together.
    pub(crate) millis: i64,
    /// Stretches of work so far.
    pub(crate) round: i64,
    pub(crate) created_at: UnixMs,
    pub(crate) changed_at: UnixMs,
}

/// The wave of the tenant with this number among those that are no canaries.
pub(super) fn wave_of(mut number: u64) -> i64 {
    let (mut wave, mut size) = (1, FIRST_WAVE_TENANTS);
    while number >= size {
        number -= size;
        wave += 1;
        size = (size * GROWTH).min(WAVE_TENANTS_MAX);
    }
    wave
}

impl Upgrade {
    /// How many tenants the wave that runs has.
    pub(crate) fn wave_tenants(&self) -> u64 {
        if self.wave == 0 {
            return self.canaries.unsigned_abs();
        }
        let before: u64 = (1..self.wave).map(wave_size).sum();
        let others = self.total.saturating_sub(self.canaries).unsigned_abs();
        others.saturating_sub(before).min(wave_size(self.wave))
    }
}

/// How many tenants a wave after the canary has, where there are enough.
fn wave_size(wave: i64) -> u64 {
    let grown = (1..wave).try_fold(FIRST_WAVE_TENANTS, |size, _| {
        let next = size * GROWTH;
        (next < WAVE_TENANTS_MAX).then_some(next)
    });
    grown.unwrap_or(WAVE_TENANTS_MAX)
}

/// Why a wave is to halt the sweep, if it is.
pub(super) fn why_halt(upgrade: &Upgrade, failed: u64) -> Option<String> {
    let of = upgrade.wave_tenants();
    let (max, percent) = (upgrade.failures_max, upgrade.failures_percent_max);
    let is_over = failed > max.unsigned_abs() || failed * 100 > percent.unsigned_abs() * of.max(1);
    let wave = upgrade.wave;
    is_over.then(|| {
        format!("{failed} of {of} tenants of wave {wave} failed; {max} and {percent} % may")
    })
}

#[cfg(test)]
mod tests {
    use super::{WAVE_TENANTS_MAX, wave_of, wave_size};

    #[test]
    fn waves_grow_and_leave_nobody_out() {
        let mut sizes = std::collections::BTreeMap::new();
        for number in 0..20_000 {
            *sizes.entry(wave_of(number)).or_insert(0_u64) += 1;
        }
        let waves: Vec<i64> = sizes.keys().copied().collect();
        assert_eq!(waves[..4], [1, 2, 3, 4]);
        let last = *waves.last().expect("waves");
        for (wave, size) in sizes {
            assert!(wave == last || size == wave_size(wave), "wave {wave} has {size}");
        }
        assert_eq!(wave_size(40), WAVE_TENANTS_MAX);
    }
}
