//! The generator behind a store's ids: milliseconds and a counter, never the same twice.
//!
//! A clock that steps back cannot repeat an id, because the sequence never falls below the
//! high-water mark that the store keeps, also across restarts.

/// Ids issued per millisecond before the sequence borrows from the next one: 2^22.
const COUNTER_BITS: u32 = 22;
/// 2024-01-01T00:00:00Z in Unix milliseconds; 41 bits from there last until 2093.
const EPOCH_UNIX_MS: i64 = 1_704_067_200_000;
/// How far ahead of the last id the stored mark runs, so that it is written once in this time.
const MARK_AHEAD_MS: i64 = 10_000;

/// Issues the ids of one store. Owned by the store's single writer.
#[derive(Debug)]
pub struct Sequence {
    last: i64,
    mark: i64,
}

/// One issued id and, now and then, the mark that must be stored in the same transaction.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Stamp {
    /// The new id's number.
    pub number: i64,
    /// When present, the store's high-water mark must become this before the id is committed.
    pub store_mark: Option<i64>,
}

impl Sequence {
    /// Continues after the high-water mark read from the store (0 for a new one).
    pub const fn after(mark: i64) -> Self {
        Self { last: mark, mark }
    }

    /// The next id at the given time.
    pub fn next(&mut self, unix_ms: i64) -> Stamp {
        let floor = (unix_ms - EPOCH_UNIX_MS).max(0) << COUNTER_BITS;
        self.last = floor.max(self.last + 1);
        let store_mark = (self.last >= self.mark).then(|| {
            self.mark = self.last + (MARK_AHEAD_MS << COUNTER_BITS);
            self.mark
        });
        Stamp { number: self.last, store_mark }
    }

    /// The high-water mark that is, or is about to be, stored.
    pub const fn mark(&self) -> i64 {
        self.mark
    }

    /// Forgets that a mark was stored, after the transaction that would have stored it failed.
    pub fn mark_lost(&mut self) {
        self.mark = self.last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = EPOCH_UNIX_MS + 43_200_000;

    #[test]
    fn grows_within_a_millisecond_and_when_the_clock_steps_back() {
        let mut sequence = Sequence::after(0);
        let times = [NOON, NOON, NOON + 5, NOON - 60_000, NOON - 60_000, 0];
        let issued: Vec<i64> = times.iter().map(|t| sequence.next(*t).number).collect();
        assert!(issued.windows(2).all(|pair| pair[0] < pair[1]), "{issued:?}");
    }

    #[test]
    fn a_restart_with_an_older_clock_stays_above_the_mark() {
        let mut first = Sequence::after(0);
        let stamp = first.next(NOON);
        let mark = stamp.store_mark.expect("the first id stores a mark");
        let last = (0..1_000).map(|_| first.next(NOON + 9_000).number).last().expect("issued");
        let mut second = Sequence::after(mark);
        assert!(second.next(NOON - 3_600_000).number > last);
    }

    #[test]
    fn stores_the_mark_once_in_a_while() {
        let mut sequence = Sequence::after(0);
        let marks = (0..20_000).filter(|ms| sequence.next(NOON + ms).store_mark.is_some()).count();
        assert!((2..=3).contains(&marks), "{marks}");
    }
}
