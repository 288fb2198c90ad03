//! `freehold fleet upgrade`: the sweep that migrates the stores of the whole fleet.

use serde_json::{Map, Value, json};

use super::operate::{Columns, print_one, print_rows};
use crate::arguments::UpgradeArguments;
use crate::client::Client;

const WORKERS: Columns = &[
    ("WORKER", "/worker_id"),
    ("NAME", "/name"),
    ("ANSWERS", "/answers"),
    ("SCHEMA", "/schema_version"),
    ("TO MIGRATE", "/to_migrate"),
    ("MILLISECONDS", "/estimated_millis"),
];
const STORES: Columns = &[("SCHEMA VERSION", "/schema_version"), ("TENANTS", "/tenants")];
const MISSING: Columns =
    &[("VERSION", "/version"), ("MIGRATION", "/name"), ("CHANGES", "/changes")];

pub(super) async fn run(
    client: &Client,
    arguments: &UpgradeArguments,
    json: bool,
) -> anyhow::Result<()> {
    let answer = if arguments.plan {
        print_plan(&client.get("/v1/fleet/upgrade/plan").await?, json);
        return Ok(());
    } else if arguments.start {
        client.post("/v1/fleet/upgrade", &limits(arguments)).await?
    } else if arguments.halt {
        client.post("/v1/fleet/upgrade/halt", &json!({})).await?
    } else if arguments.resume {
        client.post("/v1/fleet/upgrade/resume", &json!({})).await?
    } else {
        client.get("/v1/fleet/upgrade").await?
    };
    print_one(&answer, json);
    Ok(())
}

fn limits(arguments: &UpgradeArguments) -> Value {
    let limits = [
        ("failures_max", arguments.failures_max),
        ("failures_percent_max", arguments.failures_percent_max),
    ];
    let given = limits.into_iter().filter_map(|(name, limit)| Some((name, limit?)));
    given.map(|(name, limit)| (name.to_owned(), limit.into())).collect::<Map<_, _>>().into()
}

fn print_plan(plan: &Value, json: bool) {
    print_rows(plan, "/workers", WORKERS, json);
    if json {
        return;
    }
    for worker in plan["workers"].as_array().into_iter().flatten() {
        println!("\n{}:", worker["name"].as_str().unwrap_or_default());
        print_rows(worker, "/stores", STORES, json);
        print_rows(worker, "/missing", MISSING, json);
    }
}
