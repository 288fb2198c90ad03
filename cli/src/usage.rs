//! Closes what a process counts at the end of each minute, and at its own end.

use std::path::Path;
use std::time::Duration;

use freehold_clock::{Clock, UnixMs};
use freehold_fleet::{CopyError, Meter};
use tokio::task::JoinHandle;

/// How often it looks whether the minute is over.
const LOOK_SECONDS: u64 = 1;

/// Counts for a process, minute by minute.
#[derive(Debug)]
pub(crate) struct Minutes {
    meter: Meter,
    clock: Clock,
    task: JoinHandle<()>,
}

impl Minutes {
    /// Goes on with what is kept in a folder.
    pub(crate) fn start(folder: &Path, clock: &Clock) -> Result<Self, CopyError> {
        let meter = Meter::open(folder)?;
        let task = tokio::spawn(run(meter.clone(), clock.clone()));
        Ok(Self { meter, clock: clock.clone(), task })
    }

    /// What counts.
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Closes the minute that is not over; it is reported after the next start.
    pub(crate) fn stop(self) {
        self.task.abort();
        let now = self.clock.now();
        self.meter.close(minute(now), now.0);
    }
}

async fn run(meter: Meter, clock: Clock) {
    let mut counted = minute(clock.now());
    loop {
        tokio::time::sleep(Duration::from_secs(LOOK_SECONDS)).await;
        let now = clock.now();
        if minute(now) != counted {
            meter.close(counted, now.0);
            counted = minute(now);
        }
    }
}

const fn minute(now: UnixMs) -> i64 {
    now.0 / 60_000
}
