//! Time and randomness, passed in: nothing else in the workspace asks the system for either.
//!
//! Tests bring a clock that they advance, so that an expiring ticket needs no waiting.

mod cron;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rand::TryRng;

pub use cron::{Cron, InvalidCron};

/// Milliseconds since 1970-01-01T00:00:00Z, as stores keep times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// Whole seconds, never negative.
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// This moment and `seconds` later.
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let ms = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000) * 1_000;
        Self(self.0.saturating_add(ms))
    }

    /// This moment, `seconds` earlier.
    pub fn minus_seconds(self, seconds: u64) -> Self {
        let ms = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000) * 1_000;
        Self(self.0.saturating_sub(ms))
    }

    /// Reads RFC 3339; `None` for anything else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|time| Self(time.as_millisecond()))
    }

    /// RFC 3339 in UTC with milliseconds, as every API prints times.
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => format!("{time:.3}"),
            Err(_) => "9999-12-30T22:00:00.000Z".to_owned(),
        }
    }

    /// The day there, as `2026-11-22`.
    pub fn day(self, zone: &TimeZoneName) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|time| time.to_zoned(zone.0.clone()).date().to_string())
            .unwrap_or_default()
    }

    /// The day there in words: in English or Chinese; in other languages (BCP 47 tags) in figures.
    pub fn written_day(self, zone: &TimeZoneName, language: &str) -> String {
        match primary(language) {
            "en" => self.formatted(zone, "%-d %B %Y"),
            "zh" => self.formatted(zone, "%Y年%-m月%-d日"),
            _ => self.day(zone),
        }
    }

    /// The month there, likewise: `November 2026`.
    pub fn written_month(self, zone: &TimeZoneName, language: &str) -> String {
        match primary(language) {
            "en" => self.formatted(zone, "%B %Y"),
            "zh" => self.formatted(zone, "%Y年%-m月"),
            _ => self.formatted(zone, "%Y-%m"),
        }
    }

    fn formatted(self, zone: &TimeZoneName, pattern: &str) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|time| time.to_zoned(zone.0.clone()).strftime(pattern).to_string())
            .unwrap_or_default()
    }

    /// RFC 2822, as feeds want it.
    pub fn rfc2822(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
            .unwrap_or_default()
    }
}

/// The language of a tag, without its region and script.
fn primary(language: &str) -> &str {
    language.split('-').next().unwrap_or(language)
}

/// A time zone of the IANA database, which is part of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName(jiff::tz::TimeZone);

impl Default for TimeZoneName {
    /// UTC.
    fn default() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
}

impl TimeZoneName {
    /// The zone of this name, such as `Europe/Paris`.
    pub fn parse(name: &str) -> Option<Self> {
        jiff::tz::TimeZone::get(name).ok().map(Self)
    }
}

/// Where time and randomness come from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The operating system's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at the system's time and then only moves when told to.
    pub fn manual() -> Self {
        let now = Self::system().now();
        Self(Source::Manual(Arc::new(AtomicI64::new(now.0))))
    }

    /// The present moment.
    pub fn now(&self) -> UnixMs {
        match &self.0 {
            Source::System => UnixMs(system_ms()),
            Source::Manual(ms) => UnixMs(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on; a system clock goes its own way.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Source::Manual(ms) = &self.0 {
            ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
        }
    }

    /// Bytes that nobody can guess, from the operating system.
    ///
    /// # Panics
    /// When the operating system has no randomness, which no caller could mend.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if let Err(error) = rand::rngs::SysRng.try_fill_bytes(&mut bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
        bytes
    }

    /// 128 bits that nobody can guess, for a new id.
    pub fn random_bits(&self) -> u128 {
        u128::from_be_bytes(self.random())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_times_as_apis_pages_and_feeds_want_them() {
        let time = UnixMs(1_795_305_600_123);
        assert_eq!(time.rfc3339(), "2026-11-22T00:00:00.123Z");
        let zone = TimeZoneName::default();
        for (language, day, month) in [
            ("en-GB", "22 November 2026", "November 2026"),
            ("zh-Hans", "2026年11月22日", "2026年11月"),
            ("de", "2026-11-22", "2026-11"),
        ] {
            assert_eq!(time.written_day(&zone, language), day);
            assert_eq!(time.written_month(&zone, language), month);
        }
        assert_eq!(time.rfc2822(), "Sun, 22 Nov 2026 00:00:00 +0000");
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance_seconds(61);
        assert_eq!(clock.now(), before.plus_seconds(61));
    }
}
