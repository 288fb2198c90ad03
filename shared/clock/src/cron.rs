//! Times that come again, as the five fields of cron say them, in a zone.
//!
//! A time that a change to summer time leaves out comes right after the gap, one that happens twice
//! comes once.

use std::str::FromStr as _;

use crate::{TimeZoneName, UnixMs};

/// When something comes again.
#[derive(Debug, Clone)]
pub struct Cron(croner::Cron);

/// A text that is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no cron expression: {reason}")]
pub struct InvalidCron {
    text: String,
    reason: String,
}

impl Cron {
    /// Reads minute, hour, day of the month, month and day of the week.
    ///
    /// # Errors
    /// [`InvalidCron`] says what does not read.
    pub fn parse(text: &str) -> Result<Self, InvalidCron> {
        croner::Cron::from_str(text)
            .map(Self)
            .map_err(|error| InvalidCron { text: text.to_owned(), reason: error.to_string() })
    }

    /// The first time after this moment; `None` where there is none.
    pub fn next_after(&self, moment: UnixMs, zone: &TimeZoneName) -> Option<UnixMs> {
        let moment = jiff::Timestamp::from_millisecond(moment.0).ok()?.to_zoned(zone.0.clone());
        let next = self.0.find_next_occurrence(&moment, false).ok()?;
        Some(UnixMs(next.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_again_in_the_zone_it_is_meant_in() {
        let daily = Cron::parse("30 2 * * *").expect("a cron expression");
        let paris = TimeZoneName::parse("Europe/Paris").expect("a zone");
        let next = |after: &str, zone: &TimeZoneName| {
            let after = UnixMs::parse_rfc3339(after).expect("a time");
            daily.next_after(after, zone).expect("a next time").rfc3339()
        };
        let utc = TimeZoneName::default();
        assert_eq!(next("2027-01-01T02:30:00Z", &utc), "2027-01-02T02:30:00.000Z");
        assert_eq!(next("2027-01-01T01:30:00Z", &paris), "2027-01-02T01:30:00.000Z");
        // 2027-03-28 has no half past two there, 2027-10-31 has two.
        assert_eq!(next("2027-03-27T12:00:00Z", &paris), "2027-03-28T01:00:00.000Z");
        assert_eq!(next("2027-10-30T12:00:00Z", &paris), "2027-10-31T00:30:00.000Z");
        assert_eq!(next("2027-10-31T00:30:00Z", &paris), "2027-11-01T01:30:00.000Z");
        assert!(Cron::parse("every day").is_err());
    }
}
