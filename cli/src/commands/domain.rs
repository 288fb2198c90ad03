//! `freehold domain`: operators' commands over the domains of sites.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use freehold_config::Config;
use freehold_fleet::Hostname;
use serde_json::{Value, json};

use super::operate::{Columns, encode, print_one, print_page, query};
use crate::arguments::Domain;
use crate::client::Client;

const DOMAINS: Columns = &[
    ("ID", "/id"),
    ("HOSTNAME", "/hostname"),
    ("STATE", "/state"),
    ("CANONICAL", "/canonical"),
    ("SITE", "/site_id"),
];

pub(super) async fn run(
    config: &Config,
    token: Option<String>,
    command: Domain,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let client = Client::new(config, token)?;
    let answer = match command {
        Domain::List { page, tenant } => {
            let own = match tenant {
                Some(tenant) => format!("&site_id={}", site(&client, &tenant).await?),
                None => String::new(),
            };
            let path = format!("/v1/fleet/domains?{}{own}", query(&page));
            print_page(&client.get(&path).await?, DOMAINS, json);
            return Ok(ExitCode::SUCCESS);
        }
        Domain::Add { tenant, hostname } => {
            let path = format!("/v1/sites/{}/domains", site(&client, &tenant).await?);
            client.post(&path, &json!({ "hostname": hostname })).await?
        }
        Domain::Show { domain } => client.get(&find(&client, &domain).await?).await?,
        Domain::Check { domain } => {
            let path = format!("{}/check", find(&client, &domain).await?);
            client.post(&path, &json!({})).await?
        }
        Domain::Canonical { domain, off } => {
            let path = find(&client, &domain).await?;
            client.put(&path, &json!({ "canonical": !off })).await?
        }
        Domain::Remove { domain } => client.delete(&find(&client, &domain).await?).await?,
    };
    print_one(&answer, json);
    Ok(ExitCode::SUCCESS)
}

/// The id of a site that is named by its id or slug.
async fn site(client: &Client, tenant: &str) -> anyhow::Result<String> {
    let found = client.get(&format!("/v1/fleet/tenants/{}", encode(tenant))).await?;
    text(&found, "id")
}

/// The address of a domain that is named by its id or hostname.
async fn find(client: &Client, domain: &str) -> anyhow::Result<String> {
    let filter = match Hostname::parse(domain) {
        Ok(name) => format!("hostname={name}"),
        Err(_) => format!("id={}", encode(domain)),
    };
    let found = client.get(&format!("/v1/fleet/domains?{filter}")).await?;
    let Some(one) = found["items"].get(0) else { bail!("no site has the domain {domain}") };
    Ok(format!("/v1/sites/{}/domains/{}", text(one, "site_id")?, text(one, "id")?))
}

fn text(answer: &Value, key: &str) -> anyhow::Result<String> {
    let found = answer[key].as_str().map(ToOwned::to_owned);
    found.with_context(|| format!("the answer has no {key}"))
}
