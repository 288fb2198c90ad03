//! Work to do, who follows the outbox and how far, what comes again; and the feed of what happened.

use freehold_db::{Column, Index, Migration, SchemaChange, Table, Unique};

use crate::{int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 4, name: "jobs, subscribers, schedules, activity", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        table(
            "jobs",
            vec![
                int("id"),
                text("name"),
                text("state"),
                // While it waits; no other one with the same key waits beside it.
                maybe_text("unique_key"),
                // Those of one line run one after the other, in the order of their events.
                maybe_text("line"),
                maybe_int("event_id"),
                text("payload"),
                // Claims so far. The number of the newest is the proof of having it.
                int("attempts"),
                int("attempts_max"),
                int("failures"),
                // Claims whose process ended before the attempt did.
                int("cut_offs"),
                int("due_at"),
                int("created_at"),
                maybe_int("started_at"),
                maybe_int("finished_at"),
                maybe_text("error"),
            ],
            &["id"],
            vec![Unique { name: "jobs_unique_key", columns: &["unique_key"] }],
        ),
        index("jobs_due", "jobs", &["state", "due_at", "id"]),
        index("jobs_finished", "jobs", &["state", "finished_at"]),
        index("jobs_line", "jobs", &["line", "state", "event_id"]),
        table("subscribers", vec![text("name"), int("event_id")], &["name"], vec![]),
        table(
            "schedules",
            vec![text("name"), text("pattern"), int("tick_at"), int("next_at")],
            &["name"],
            vec![],
        ),
        table(
            "activity",
            vec![int("id"), text("name"), text("subject"), text("payload"), int("created_at")],
            &["id"],
            vec![],
        ),
        index("activity_age", "activity", &["created_at"]),
    ]
}

fn table(
    name: &'static str,
    columns: Vec<Column>,
    primary_key: &'static [&'static str],
    unique: Vec<Unique>,
) -> SchemaChange {
    SchemaChange::CreateTable(Table { name, columns, primary_key, unique, foreign_keys: vec![] })
}

fn index(
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
) -> SchemaChange {
    SchemaChange::CreateIndex(Index { name, table, columns })
}
