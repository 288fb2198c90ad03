//! The work of all modules of a release: who runs what, who follows which events, what comes again.

use std::collections::{HashMap, HashSet};

use freehold_clock::{Cron, InvalidCron};

use super::{Handler, Schedule, Subscriber};
use crate::Module;

/// A schedule whose expression was read.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) schedule: Schedule,
    pub(crate) cron: Cron,
}

/// The work of all modules.
#[derive(Debug, Default)]
pub struct Plan {
    handlers: HashMap<&'static str, Handler>,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) schedules: Vec<Planned>,
}

/// Why modules do not go together.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Two have work of the same name.
    #[error("two jobs, subscribers or schedules are called {0}")]
    Twice(&'static str),
    /// A schedule's times do not read.
    #[error(transparent)]
    Cron(#[from] InvalidCron),
}

impl Plan {
    /// The work of these modules.
    ///
    /// # Errors
    /// [`PlanError`] says what does not go together.
    pub fn of(modules: &[Module]) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        let mut schedules = HashSet::new();
        for module in modules {
            let delivering = module.subscribers.iter().map(|subscriber| &subscriber.handler);
            for handler in module.jobs.iter().chain(delivering) {
                if plan.handlers.insert(handler.name, handler.clone()).is_some() {
                    return Err(PlanError::Twice(handler.name));
                }
            }
            plan.subscribers.extend(module.subscribers.iter().cloned());
            for schedule in &module.schedules {
                if !schedules.insert(schedule.name) {
                    return Err(PlanError::Twice(schedule.name));
                }
                let cron = Cron::parse(schedule.cron)?;
                plan.schedules.push(Planned { schedule: *schedule, cron });
            }
        }
        Ok(plan)
    }

    pub(crate) fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name)
    }

    pub(crate) fn subscriber(&self, name: &str) -> Option<&Subscriber> {
        self.subscribers.iter().find(|subscriber| subscriber.name == name)
    }

    /// The names of all events that somebody follows.
    pub(crate) fn followed(&self) -> HashSet<&'static str> {
        self.subscribers.iter().flat_map(|subscriber| subscriber.events).copied().collect()
    }

    /// What a tenant that was looked into under another plan must be looked into for again.
    pub(crate) fn outline(&self) -> String {
        let subscribers =
            self.subscribers.iter().map(|s| format!("{}:{}", s.name, s.events.join(",")));
        let schedules = self.schedules.iter().map(|planned| {
            let Schedule { name, cron, zone, spread_seconds, .. } = planned.schedule;
            format!("{name}:{cron}:{zone:?}:{spread_seconds}")
        });
        subscribers.chain(schedules).collect::<Vec<_>>().join(";")
    }
}
