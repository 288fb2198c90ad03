//! Operators' commands over a running platform's API.

use std::process::ExitCode;

use freehold_config::Config;
use freehold_db::PostgresOptions;
use serde_json::{Value, json};

use super::upgrade;
use crate::arguments::{Db, Fleet, Operation, PageArguments, Secrets, Tenant};
use crate::client::Client;

/// Columns of a table: heading and path into a row.
pub(super) type Columns = &'static [(&'static str, &'static str)];

const WORKERS: Columns = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("REGION", "/region"),
    ("STATE", "/state"),
    ("TENANTS", "/tenants_assigned"),
    ("OPEN", "/tenants_open"),
];
const PROCESSES: Columns = &[
    ("ID", "/id"),
    ("ROLE", "/role"),
    ("NAME", "/name"),
    ("REGION", "/region"),
    ("STATE", "/state"),
    ("JOINED", "/joined_at"),
];
const TENANTS: Columns = &[
    ("ID", "/id"),
    ("SLUG", "/slug"),
    ("STATE", "/state"),
    ("ENGINE", "/engine"),
    ("QUARANTINE", "/quarantine/cause"),
    ("NAME", "/name"),
    ("URL", "/url"),
];
const HEAVIEST: Columns = &[
    ("TENANT", "/tenant_id"),
    ("REQUESTS", "/requests"),
    ("ANSWER BYTES", "/answer_bytes"),
    ("HANDLED", "/handled"),
    ("MICROSECONDS", "/handled_micros"),
];
const HOURS: Columns = &[
    ("HOUR", "/at"),
    ("REQUESTS", "/requests"),
    ("ANSWER BYTES", "/answer_bytes"),
    ("HANDLED", "/handled"),
    ("MICROSECONDS", "/handled_micros"),
];
const OPERATIONS: Columns = &[
    ("ID", "/id"),
    ("KIND", "/kind"),
    ("STATE", "/state"),
    ("SITE", "/site_id"),
    ("CREATED", "/created_at"),
];

pub(super) async fn fleet(
    config: &Config,
    token: Option<String>,
    command: Fleet,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let client = Client::new(config, token)?;
    match command {
        Fleet::Workers(page) => {
            let answer = client.get(&format!("/v1/fleet/workers?{}", query(&page))).await?;
            print_page(&answer, WORKERS, json);
        }
        Fleet::Processes(page) => {
            let answer = client.get(&format!("/v1/fleet/processes?{}", query(&page))).await?;
            print_page(&answer, PROCESSES, json);
        }
        Fleet::Token { role, uses, expires_in } => {
            let body = json!({ "role": role, "uses": uses, "expires_in_seconds": expires_in });
            print_one(&client.post("/v1/fleet/join-tokens", &body).await?, json);
        }
        Fleet::Cordon { worker } => {
            let path = format!("/v1/fleet/workers/{}/cordon", encode(&worker));
            print_one(&client.post(&path, &json!({})).await?, json);
        }
        Fleet::Uncordon { worker } => {
            let path = format!("/v1/fleet/workers/{}/uncordon", encode(&worker));
            print_one(&client.post(&path, &json!({})).await?, json);
        }
        Fleet::Rotate { process } => {
            let path = format!("/v1/fleet/processes/{}/rotate", encode(&process));
            print_one(&client.post(&path, &json!({})).await?, json);
        }
        Fleet::Remove { process } => {
            let path = format!("/v1/fleet/processes/{}", encode(&process));
            print_one(&client.delete(&path).await?, json);
        }
        Fleet::Upgrade(upgrade) => upgrade::run(&client, &upgrade, json).await?,
        Fleet::Usage { hours, by, limit } => {
            let path = format!("/v1/fleet/usage?hours={hours}&by={}&limit={limit}", encode(&by));
            print_rows(&client.get(&path).await?, "/tenants", HEAVIEST, json);
        }
        Fleet::Tenants { page, q } => {
            let q = q.map(|q| format!("&q={}", encode(&q))).unwrap_or_default();
            let answer = client.get(&format!("/v1/fleet/tenants?{}{q}", query(&page))).await?;
            print_page(&answer, TENANTS, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn tenant(
    config: &Config,
    token: Option<String>,
    command: Tenant,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let client = Client::new(config, token)?;
    let path = |tenant: &str| format!("/v1/fleet/tenants/{}", encode(tenant));
    let answer = match command {
        Tenant::Show { tenant } => client.get(&path(&tenant)).await?,
        Tenant::Usage { tenant, hours } => {
            let usage = client.get(&format!("{}/usage?hours={hours}", path(&tenant))).await?;
            print_rows(&usage, "/hours", HOURS, json);
            return Ok(ExitCode::SUCCESS);
        }
        Tenant::Check { tenant } => {
            client.post(&format!("{}/check", path(&tenant)), &json!({})).await?
        }
        Tenant::Release { tenant } => {
            client.post(&format!("{}/release", path(&tenant)), &json!({})).await?
        }
        Tenant::Suspend { tenant, reason } => {
            let path = format!("{}/suspend", path(&tenant));
            client.post(&path, &json!({ "reason": reason })).await?
        }
        Tenant::Convert { tenant, engine, database } => {
            let path = format!("{}/convert", path(&tenant));
            client.post(&path, &json!({ "engine": engine, "database": database })).await?
        }
        Tenant::RotateKey { tenant } => {
            client.post(&format!("{}/rotate-key", path(&tenant)), &json!({})).await?
        }
        Tenant::Resume { tenant } => {
            client.post(&format!("{}/resume", path(&tenant)), &json!({})).await?
        }
        Tenant::Work(work) => return super::tending::tend(&client, work, json).await,
    };
    print_one(&answer, json);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn secrets(
    config: &Config,
    token: Option<String>,
    command: Secrets,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let client = Client::new(config, token)?;
    let path = "/v1/fleet/master-key";
    let answer = match command {
        Secrets::Status => client.get(path).await?,
        Secrets::RotateMaster { retire: false } => {
            client.post(&format!("{path}/rotate"), &json!({})).await?
        }
        Secrets::RotateMaster { retire: true } => {
            client.post(&format!("{path}/retire"), &json!({})).await?
        }
    };
    print_one(&answer, json);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn db(
    config: &Config,
    token: Option<String>,
    command: Db,
    json: bool,
) -> anyhow::Result<ExitCode> {
    match command {
        Db::Backup => {
            let client = Client::new(config, token)?;
            print_one(&client.post("/v1/fleet/backups", &json!({})).await?, json);
        }
        Db::Restore { from } => {
            let database = config.control_database.clone().map(PostgresOptions::at);
            let (data, database) = (&config.data_dir, database.as_ref());
            let made_at = freehold_control_plane::restore_backup(&from, data, database).await?;
            let folder = config.data_dir.display().to_string();
            print_one(&json!({ "folder": folder, "made_at": made_at }), json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn operation(
    config: &Config,
    token: Option<String>,
    command: Operation,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let client = Client::new(config, token)?;
    match command {
        Operation::List(page) => {
            let answer = client.get(&format!("/v1/fleet/operations?{}", query(&page))).await?;
            print_page(&answer, OPERATIONS, json);
        }
        Operation::Show { id } => {
            let answer = client.get(&format!("/v1/operations/{}", encode(&id))).await?;
            print_one(&answer, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn query(page: &PageArguments) -> String {
    format!("page={}&page_size={}", page.page, page.page_size)
}

/// Percent-encodes what may stand in a path segment or a query value.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

pub(super) fn print_page(page: &Value, columns: Columns, json: bool) {
    let shown = print_rows(page, "/items", columns, json);
    if !json {
        println!("{shown} of {}", text(&page["total"]));
    }
}

/// Prints the rows at a place of an answer as a table, or the answer as it is; says how many.
pub(super) fn print_rows(answer: &Value, rows: &str, columns: Columns, json: bool) -> usize {
    if json {
        println!("{answer}");
        return 0;
    }
    let items = answer.pointer(rows).and_then(Value::as_array).cloned().unwrap_or_default();
    let cell = |row: &Value, path: &str| row.pointer(path).map_or_else(|| "-".to_owned(), text);
    let width = |(heading, path): &(&str, &str)| {
        let longest = items.iter().map(|row| cell(row, path).chars().count()).max();
        longest.unwrap_or_default().max(heading.len())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    line(columns.iter().map(|(heading, _)| (*heading).to_owned()).collect());
    for row in &items {
        line(columns.iter().map(|(_, path)| cell(row, path)).collect());
    }
    items.len()
}

pub(super) fn print_one(answer: &Value, json: bool) {
    if json {
        println!("{answer}");
        return;
    }
    for (key, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::Array(rows) => {
                println!("{key}:");
                for row in rows {
                    let cells: Vec<String> = match row {
                        Value::Object(cells) => cells.values().map(text).collect(),
                        other => vec![text(other)],
                    };
                    println!("  {}", cells.join("  "));
                }
            }
            Value::Object(parts) => {
                for (part, value) in parts {
                    println!("{:18} {}", format!("{key}.{part}"), text(value));
                }
            }
            other => println!("{key:18} {}", text(other)),
        }
    }
}
