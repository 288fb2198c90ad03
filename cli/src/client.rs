//! Talks to a running platform's control API as an operator: through the control plane's own socket
//! where that is on this host, through the edge elsewhere.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;
use freehold_clock::Clock;
use freehold_config::Config;
use freehold_fleet::{HandOver, HandOverKey, Hostname, RequestLine, Surface, UpstreamId};
use serde_json::Value;

use crate::layout;

/// How long a call may take.
const CALL_SECONDS_MAX: u64 = 30;

/// A client of the control API.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    /// Set where the control plane runs on this host, under this data folder.
    local: Option<Local>,
}

/// What it takes to speak to the control plane's own socket, without an edge.
#[derive(Debug)]
struct Local {
    key: HandOverKey,
    console: Hostname,
}

impl Local {
    /// Whoever can read the secrets is the operator of this host.
    fn find(config: &Config, console: &Hostname) -> Option<(Self, PathBuf)> {
        let socket = config.data_dir.join("run/control.sock");
        let text = std::fs::read_to_string(config.data_dir.join("secrets/handover-key")).ok()?;
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).ok()?.try_into().ok()?;
        let key = HandOverKey::derive(&bytes, &UpstreamId::control());
        socket.exists().then(|| (Self { key, console: console.clone() }, socket))
    }

    /// The hand-over that an edge would make for this request.
    fn sign(&self, request: &mut reqwest::Request) -> anyhow::Result<()> {
        let handover = HandOver {
            tenant: None,
            epoch: 0,
            surface: Surface::Console,
            host: self.console.clone(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            scheme: "http".to_owned(),
        };
        let url = request.url();
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let method = request.method().clone();
        let line = RequestLine { method: method.as_str(), path_and_query: &target };
        let now = Clock::system().now().seconds();
        for (name, value) in handover.sign(&self.key, line, now) {
            request.headers_mut().insert(name, value.parse()?);
        }
        Ok(())
    }
}

impl Client {
    /// A client for the platform that this configuration describes.
    pub(crate) fn new(config: &Config, token: Option<String>) -> anyhow::Result<Self> {
        let hosts = layout::hosts(&config.hosts, config.edge_listen.port())?;
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
        let mut local = None;
        if let Some((found, socket)) = Local::find(config, &hosts.console) {
            http = http.unix_socket(socket);
            local = Some(found);
        }
        let base = hosts.origin(&hosts.console);
        Ok(Self { http: http.no_proxy().build()?, base, token: token.trim().to_owned(), local })
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Replaces.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.http.put(format!("{}{path}", self.base)).json(body)).await
    }

    /// Removes.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.http.delete(format!("{}{path}", self.base))).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let mut request = request.bearer_auth(&self.token).build()?;
        if let Some(local) = &self.local {
            local.sign(&mut request)?;
        }
        let answer = self.http.execute(request).await.with_context(|| {
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
