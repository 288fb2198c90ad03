//! Talks to a running platform's control API as an operator.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use freehold_config::Config;
use serde_json::Value;

use crate::platform;

/// How long a call may take.
const CALL_SECONDS_MAX: u64 = 30;

/// A client of the control API.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// A client for the platform that this configuration describes.
    pub(crate) fn new(config: &Config, token: Option<String>) -> anyhow::Result<Self> {
        let hosts = platform::hosts(&config.hosts, config.edge_listen.port())?;
        let file = config.data_dir.join("secrets/operator-token");
        let token = match token {
            Some(token) => token,
            None => std::fs::read_to_string(&file)
                .with_context(|| format!("{}: no operator token", file.display()))?,
        };
        let mut http = reqwest::Client::builder().timeout(Duration::from_secs(CALL_SECONDS_MAX));
        let console = hosts.console.as_str();
        if console == "localhost" || console.ends_with(".localhost") {
            // The system resolver need not know the names below localhost (RFC 6761).
            let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
            http = http.resolve(console, loopback);
        }
        let base = hosts.origin(&hosts.console);
        Ok(Self { http: http.no_proxy().build()?, base, token: token.trim().to_owned() })
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.bearer_auth(&self.token).send().await.with_context(|| {
            format!("{} cannot be reached; is the platform running?", self.base)
        })?;
        let status = answer.status();
        let body: Value = answer.json().await.context("the answer is not JSON")?;
        if !status.is_success() {
            let message = body["message"].as_str().unwrap_or("no message");
            let code = body["error"]["code"].as_str().unwrap_or("unknown");
            bail!("{message} ({}, {code})", status.as_u16());
        }
        Ok(body["data"].clone())
    }
}
