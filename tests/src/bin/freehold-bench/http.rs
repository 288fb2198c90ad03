//! A client that opens a connection for every call, and says when the answer came.
//!
//! Every name is this machine: the address is the served process's, the name only a header.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// How long a call may take before the measurement fails.
const CALL_SECONDS_MAX: u64 = 30;

/// An answer, and how long after the call began its header and its end were there.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) header_after: Duration,
    pub(crate) whole_after: Duration,
}

/// A client of one hostname, with or without a token.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) edge: SocketAddr,
    pub(crate) name: String,
    pub(crate) token: Option<String>,
}

impl Host {
    pub(crate) fn new(edge: SocketAddr, name: impl Into<String>) -> Self {
        Self { edge, name: name.into(), token: None }
    }

    pub(crate) fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// GET on a new connection.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, None).await
    }

    /// POST of JSON on a new connection.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let what = format!("{method} {path} of {}", self.name);
        let request = self.request(method, path, body)?;
        let called = tokio::time::timeout(Duration::from_secs(CALL_SECONDS_MAX), async {
            let started = Instant::now();
            let answer = connect(self.edge).await?.send_request(request).await?;
            let header_after = started.elapsed();
            let (parts, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes();
            let whole_after = started.elapsed();
            let (status, headers) = (parts.status, parts.headers);
            anyhow::Ok(Answer { status, headers, body, header_after, whole_after })
        });
        called.await.context("no answer in time").flatten().context(what)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, format!("{}:{}", self.name, self.edge.port()))
            .header(CONNECTION, "close");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        Ok(request.body(Full::new(body))?)
    }
}

impl Answer {
    /// The body, after checking the status.
    pub(crate) fn text(&self, status: u16) -> anyhow::Result<&str> {
        let text = std::str::from_utf8(&self.body)?;
        anyhow::ensure!(self.status == status, "expected {status}, got {}: {text}", self.status);
        Ok(text)
    }

    /// The envelope's data, after checking the status.
    pub(crate) fn data(&self, status: u16) -> anyhow::Result<Value> {
        let mut body: Value = serde_json::from_str(self.text(status)?)?;
        Ok(body["data"].take())
    }
}

/// A text in an answer's data.
pub(crate) fn text_at(data: &Value, pointer: &str) -> anyhow::Result<String> {
    let text = data.pointer(pointer).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no {pointer} in the answer"))?.to_owned())
}

/// Opens a connection.
pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // What goes wrong here is said to whoever sends.
        let _ = connection.await;
    });
    Ok(sender)
}
