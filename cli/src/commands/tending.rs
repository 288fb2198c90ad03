//! Operators' commands over the work of one tenant.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::{Value, json};

use super::operate::{Columns, encode, print_one, print_rows};
use crate::arguments::{TenantJobs, TenantWork};
use crate::client::Client;

const JOBS: Columns = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("STATE", "/state"),
    ("ATTEMPTS", "/attempts"),
    ("DUE", "/due_at"),
    ("ERROR", "/error"),
];
const EVENTS: Columns =
    &[("ID", "/id"), ("NAME", "/name"), ("SUBJECT", "/subject"), ("AT", "/created_at")];
const COUNTS: Columns = &[("STATE", "/state"), ("JOBS", "/jobs")];
const SUBSCRIBERS: Columns = &[
    ("SUBSCRIBER", "/name"),
    ("EVENTS", "/events"),
    ("IN ORDER", "/in_order"),
    ("BEHIND", "/behind"),
];
const SCHEDULES: Columns =
    &[("SCHEDULE", "/name"), ("TIMES", "/cron"), ("ZONE", "/zone"), ("NEXT", "/next_at")];
/// How often a probe is asked after.
const PROBE_PAUSE_MS: u64 = 200;

pub(super) async fn tend(
    client: &Client,
    command: TenantWork,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let path = |tenant: &str| format!("/v1/fleet/tenants/{}", encode(tenant));
    match command {
        TenantWork::Work { tenant } => {
            let work = client.get(&format!("{}/work", path(&tenant))).await?;
            print_rows(&work, "/jobs", COUNTS, json);
            if !json {
                print_rows(&work, "/subscribers", SUBSCRIBERS, json);
                print_rows(&work, "/schedules", SCHEDULES, json);
            }
        }
        TenantWork::Jobs { tenant, command: Some(TenantJobs::Retry { job }), .. } => {
            let path = format!("{}/jobs/{}/retry", path(&tenant), encode(&job));
            print_one(&client.post(&path, &json!({})).await?, json);
        }
        TenantWork::Jobs { tenant, state, before, limit, .. } => {
            let state = state.as_ref().map(|state| format!("&state={}", encode(state)));
            let before = before.as_ref().map(|before| format!("&before={}", encode(before)));
            let (state, before) = (state.unwrap_or_default(), before.unwrap_or_default());
            let path = format!("{}/jobs?limit={limit}{state}{before}", path(&tenant));
            print_rows(&client.get(&path).await?, "/items", JOBS, json);
        }
        TenantWork::Events { tenant, before, limit } => {
            let before = before.as_ref().map(|before| format!("&before={}", encode(before)));
            let before = before.unwrap_or_default();
            let path = format!("{}/events?limit={limit}{before}", path(&tenant));
            print_rows(&client.get(&path).await?, "/items", EVENTS, json);
        }
        TenantWork::Replay { tenant, subscriber, from, to } => {
            let path = format!("{}/replay", path(&tenant));
            let mut body = json!({"subscriber": subscriber, "from": from, "to": to});
            let mut events = 0;
            loop {
                let answer = client.post(&path, &body).await?;
                events += answer["events"].as_u64().unwrap_or_default();
                if answer["next"].is_null() {
                    break;
                }
                body["after"] = answer["next"].clone();
            }
            print_one(&json!({"events": events}), json);
        }
        TenantWork::Probe { tenant, jobs, fail, wait } => {
            let wait = Duration::from_secs(wait);
            let facts = probe(client, &path(&tenant), (jobs, fail), wait).await?;
            print_one(&facts, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn probe(
    client: &Client,
    path: &str,
    (jobs, failing): (u64, u64),
    wait: Duration,
) -> anyhow::Result<Value> {
    let begun = Instant::now();
    let path = format!("{path}/probe");
    let probe = client.post(&path, &json!({"jobs": jobs, "failing": failing})).await?;
    let part = |name: &str| encode(probe[name].as_str().unwrap_or_default());
    let path = format!("{path}?first={}&last={}", part("first"), part("last"));
    loop {
        let facts = client.get(&path).await?;
        let count = |name: &str| facts[name].as_u64().unwrap_or_default();
        if count("done") + count("dead") >= jobs {
            return Ok(facts);
        }
        if begun.elapsed() >= wait {
            bail!("{} of {jobs} jobs ran within {} s", count("done"), wait.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(PROBE_PAUSE_MS)).await;
    }
}
