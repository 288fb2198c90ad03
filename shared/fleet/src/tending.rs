//! What operators ask of the work of one tenant, and what they are told: names, states, times and
//! errors, never what a job or an event says, since that is the customer's.

use freehold_ids::{EventId, JobId};
use serde::{Deserialize, Serialize};

/// Rows of one answer at most.
pub const TENDED_ROWS_MAX: u64 = 100;
/// Jobs of one probe at most.
pub const PROBE_JOBS_MAX: u64 = 1_000;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It runs when it is due.
    Waiting,
    /// It waits for an earlier one of its line.
    Held,
    /// An attempt is under way.
    Running,
    /// It worked.
    Done,
    /// It was given up.
    Dead,
}

impl JobState {
    /// Every state.
    pub const ALL: &'static [Self] =
        &[Self::Waiting, Self::Held, Self::Running, Self::Done, Self::Dead];

    /// The word in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// Reads [`JobState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Tending {
    /// Its jobs and deliveries, newest first.
    Jobs {
        /// Only those in this state.
        state: Option<JobState>,
        /// Only those older than this one.
        before: Option<JobId>,
        /// At most so many.
        rows: u64,
    },
    /// Its events, newest first.
    Events {
        /// Only those older than this one.
        before: Option<EventId>,
        /// At most so many.
        rows: u64,
    },
    /// How its work stands as a whole.
    Work,
    /// Run a job again that was given up.
    Retry {
        /// Which.
        job: JobId,
    },
    /// Deliver events again.
    Replay {
        /// To whom.
        subscriber: String,
        /// Those after this one.
        after: Option<EventId>,
        /// Committed at this moment or later.
        from_ms: i64,
        /// Committed before this moment.
        to_ms: i64,
    },
    /// Enqueue jobs that do nothing but count.
    Probe {
        /// How many.
        jobs: u64,
        /// How many of them fail the first time.
        failing: u64,
    },
    /// What became of the jobs of a probe.
    Probed {
        /// The first of them.
        first: JobId,
        /// The last of them.
        last: JobId,
    },
    /// From a newer release; refused.
    #[serde(other)]
    Unknown,
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Tended {
    /// Jobs and deliveries.
    Jobs {
        /// Some of them.
        items: Vec<JobFacts>,
    },
    /// Events.
    Events {
        /// Some of them.
        items: Vec<EventFacts>,
    },
    /// How the work stands.
    Work(WorkFacts),
    /// It runs again.
    Retried,
    /// Deliveries were enqueued.
    Replayed {
        /// How many.
        events: u64,
        /// Where to go on, when there are more.
        next: Option<EventId>,
    },
    /// The jobs of a probe are enqueued.
    Probing {
        /// The first of them.
        first: JobId,
        /// The last of them.
        last: JobId,
    },
    /// How far a probe is.
    Probed(ProbeFacts),
    /// There is no such job, or it is in another state; or no such subscriber.
    NotFound,
    /// From a newer release.
    #[serde(other)]
    Unknown,
}

/// A job or a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobFacts {
    /// Its id.
    pub id: JobId,
    /// Its kind; of a delivery, the subscriber.
    pub name: String,
    /// Where it stands.
    pub state: JobState,
    /// The event that is delivered.
    pub event: Option<EventId>,
    /// Attempts so far.
    pub attempts: i64,
    /// Those of them that failed, since it was last given up.
    pub failures: i64,
    /// Those of them that ended with their process.
    pub cut_offs: i64,
    /// When the next attempt is due, or was.
    pub due_at_ms: i64,
    /// When it was enqueued.
    pub created_at_ms: i64,
    /// When the last attempt began.
    pub started_at_ms: Option<i64>,
    /// When it was done or given up.
    pub finished_at_ms: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// An event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventFacts {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// The wire id of what it is about.
    pub subject: String,
    /// When it was committed.
    pub created_at_ms: i64,
}

/// How the work of a tenant stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkFacts {
    /// Jobs and deliveries, for each state that some are in.
    pub jobs: Vec<JobCount>,
    /// Who follows its events.
    pub subscribers: Vec<SubscriberFacts>,
    /// What comes again.
    pub schedules: Vec<ScheduleFacts>,
}

/// How many jobs and deliveries are in one state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobCount {
    /// Which.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}

/// Who follows events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubscriberFacts {
    /// Its name.
    pub name: String,
    /// The names of the events that it follows.
    pub events: Vec<String>,
    /// Whether those of one subject are delivered one after the other.
    pub in_order: bool,
    /// Events that are not deliveries yet.
    pub behind: u64,
}

/// What comes again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScheduleFacts {
    /// Its name.
    pub name: String,
    /// Minute, hour, day of the month, month and day of the week.
    pub cron: String,
    /// Whether these are meant in the site's zone, not in UTC.
    pub in_site_zone: bool,
    /// When it comes next, where the store knows it already.
    pub next_at_ms: Option<i64>,
}

/// How far a probe is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProbeFacts {
    /// Jobs that are done.
    pub done: u64,
    /// Jobs that were given up.
    pub dead: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// From the first job's enqueueing to the end of the last one that is done.
    pub elapsed_ms: u64,
    /// Effects of all probes of the tenant so far: one for each job that is done.
    pub effects: u64,
}
