//! What an operation is: kinds, outcomes, steps, and how each looks on the wire.

use freehold_clock::UnixMs;
use freehold_ids::{AccountId, OperationId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationKind)]
pub(crate) enum Kind {
    CreateSite,
    SuspendSite,
    ResumeSite,
    DeleteSite,
    RestoreSite,
    ChangeSite,
    ConvertSite,
    RotateKey,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::CreateSite,
        Self::SuspendSite,
        Self::ResumeSite,
        Self::DeleteSite,
        Self::RestoreSite,
        Self::ChangeSite,
        Self::ConvertSite,
        Self::RotateKey,
    ];

    /// The words of all kinds, for lists.
    pub(crate) const WORDS: [&'static str; 8] = {
        let [a, b, c, d, e, f, g, h] = Self::ALL;
        let [a, b, c, d] = [a.as_str(), b.as_str(), c.as_str(), d.as_str()];
        [a, b, c, d, e.as_str(), f.as_str(), g.as_str(), h.as_str()]
    };

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CreateSite => "create_site",
            Self::SuspendSite => "suspend_site",
            Self::ResumeSite => "resume_site",
            Self::DeleteSite => "delete_site",
            Self::RestoreSite => "restore_site",
            Self::ChangeSite => "change_site",
            Self::ConvertSite => "convert_site",
            Self::RotateKey => "rotate_key",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationState)]
pub(crate) enum Outcome {
    Running,
    Succeeded,
    Failed,
}

impl Outcome {
    /// The words of all states, for lists.
    pub(crate) const WORDS: [&'static str; 3] =
        [Self::Running.as_str(), Self::Succeeded.as_str(), Self::Failed.as_str()];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepState {
    Running,
    Done,
    Failed,
}

/// A step of an operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    name: String,
    state: StepState,
    at: i64,
}

/// An operation as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: OperationId,
    pub(crate) account: AccountId,
    pub(crate) site: TenantId,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
    pub(crate) steps: Vec<Step>,
    pub(crate) error: Option<String>,
    pub(crate) owner: String,
    pub(crate) attempts: i64,
    pub(crate) created_at: i64,
}

impl Operation {
    /// Notes the newest state of a step.
    pub(crate) fn note(&mut self, name: &str, state: StepState, now: UnixMs) {
        match self.steps.iter_mut().find(|step| step.name == name) {
            Some(step) => (step.state, step.at) = (state, now.0),
            None => self.steps.push(Step { name: name.to_owned(), state, at: now.0 }),
        }
    }
}

/// A step on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperationStep)]
pub(crate) struct StepView {
    name: String,
    state: StepState,
    /// RFC 3339.
    at: String,
}

/// An operation on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operation)]
pub(crate) struct OperationView {
    #[schema(value_type = String)]
    id: OperationId,
    kind: Kind,
    state: Outcome,
    #[schema(value_type = String)]
    site_id: TenantId,
    steps: Vec<StepView>,
    /// What went wrong, for people.
    error: Option<String>,
    attempts: i64,
    /// RFC 3339.
    created_at: String,
}

impl From<&Operation> for OperationView {
    fn from(operation: &Operation) -> Self {
        let steps = operation.steps.iter().map(|step| StepView {
            name: step.name.clone(),
            state: step.state,
            at: UnixMs(step.at).rfc3339(),
        });
        Self {
            id: operation.id,
            kind: operation.kind,
            state: operation.outcome,
            site_id: operation.site,
            steps: steps.collect(),
            error: operation.error.clone(),
            attempts: operation.attempts,
            created_at: UnixMs(operation.created_at).rfc3339(),
        }
    }
}
