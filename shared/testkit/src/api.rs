//! A client of one host of the platform.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// How long a call may take before the test fails.
const CALL_SECONDS_MAX: u64 = 60;

/// Every name is this machine.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _name: Name) -> Resolving {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Box::pin(std::future::ready(Ok(Box::new(std::iter::once(address)) as Addrs)))
    }
}

/// A client that finds every name on this machine and follows no redirect.
pub(crate) fn client() -> reqwest::Client {
    builder().build().expect("a client")
}

fn builder() -> reqwest::ClientBuilder {
    // The second test of one process finds a provider installed; that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .dns_resolver(Arc::new(Loopback))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(CALL_SECONDS_MAX))
}

/// A client of one host, with or without a token.
#[derive(Debug, Clone)]
pub struct Api {
    pub(crate) http: reqwest::Client,
    pub(crate) origin: String,
    pub(crate) token: Option<String>,
}

impl Api {
    /// The same host, with a bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same host, with a connection of its own for each request.
    pub fn with_new_connections(&self) -> Self {
        Self {
            http: builder().pool_max_idle_per_host(0).build().expect("a client"),
            ..self.clone()
        }
    }

    /// Another host behind the same port.
    pub fn at(&self, hostname: &str) -> Self {
        let port = self.origin.rsplit(':').next().unwrap_or_default();
        Self { origin: format!("http://{hostname}:{port}"), ..self.clone() }
    }

    /// The token that it sends.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The origin, such as `http://shop.localhost:4711`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A request to be refined.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Sends a request and reads the whole answer.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.expect("a whole body");
        Self { status, headers, text }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The envelope's data, after checking the status.
    pub fn data(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let mut body = self.json();
        assert_eq!(body["code"], 0, "{body}");
        body["data"].take()
    }

    /// Checks that this is an error with this status and word.
    pub fn refused(&self, status: u16, code: &str) -> &Self {
        let body = self.json();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(body["error"]["code"], code, "{body}");
        assert_eq!(body["code"], u64::from(status) * 100, "{body}");
        assert_eq!(body["data"], Value::Null, "{body}");
        let id = body["error"]["request_id"].as_str().unwrap_or_default();
        assert_eq!(id.len(), 32, "a request id: {body}");
        self
    }

    /// Checks that one of the named fields is this path, and returns its word.
    pub fn field(&self, path: &str) -> String {
        let body = self.json();
        let fields = body["error"]["fields"].as_array().cloned().unwrap_or_default();
        let found = fields.iter().find(|field| field["path"] == path);
        let found = found.unwrap_or_else(|| panic!("no field {path}: {body}"));
        found["code"].as_str().unwrap_or_default().to_owned()
    }
}
