//! What the edge keeps of an upstream's answers, and when it stops using it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use freehold_clock::Clock;
use freehold_fleet::wire::{self, Sender};
use freehold_fleet::{
    CONTRACT_VERSION, ListenerMessage, VersionsMessage, verify_subscription, wants_versions,
};
use freehold_ids::TenantId;
use freehold_proxy::{Edge, EdgeConfig};
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::support::{HOST, Wire, config, edge, headers_of, key, soon, until};

/// What the upstream says at an address, and how often it was asked.
#[derive(Default)]
struct Script {
    answers: HashMap<&'static str, String>,
    asked: Vec<String>,
}

/// An upstream that answers by a script and lets a test push versions.
struct Worker {
    script: Arc<Mutex<Script>>,
    lines: mpsc::Receiver<UnixStream>,
    accepting: JoinHandle<()>,
    folder: tempfile::TempDir,
}

/// An open stream of versions, seen from the worker.
struct Line {
    sender: Sender<VersionsMessage>,
    hearing: JoinHandle<()>,
}

impl Worker {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("s")).expect("a socket");
        let script = Arc::new(Mutex::new(Script::default()));
        let (asked, lines) = mpsc::channel(10);
        let known = script.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, known.clone(), asked.clone()));
            }
        });
        Self { script, lines, accepting, folder }
    }

    async fn edge(&self) -> (Edge, u16) {
        self.edge_with(EdgeConfig { cache_bytes_max: 4 << 20, ..config() }).await
    }

    async fn edge_with(&self, config: EdgeConfig) -> (Edge, u16) {
        let socket = self.folder.path().join("s");
        // Leaked: a test has one.
        edge(Box::leak::<'static>(socket.into_boxed_path()) as &Path, config).await
    }

    /// The stream that the edge asks for, begun.
    async fn line(&mut self) -> Line {
        let stream = soon(self.lines.recv()).await.expect("a stream");
        let (mut sender, mut receiver) = wire::over::<_, ListenerMessage>(Box::new(stream));
        let begun = VersionsMessage::Begun { version: CONTRACT_VERSION };
        sender.send(&begun).await.expect("begun");
        let hearing = tokio::spawn(async move { while receiver.receive().await.is_ok() {} });
        Line { sender, hearing }
    }

    fn says(&self, path: &'static str, fields: &str, body: &str) {
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{fields}\r\n{body}");
        self.script.lock().answers.insert(path, answer);
    }

    /// The headers of requests since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().asked)
    }
}

impl Line {
    async fn moved(&mut self, version: u64) {
        let tenants = vec![(TenantId::from_random(1), version)];
        self.sender.send(&VersionsMessage::Moved { tenants }).await.expect("told");
    }
}

async fn serve(
    mut stream: UnixStream,
    script: Arc<Mutex<Script>>,
    lines: mpsc::Sender<UnixStream>,
) {
    loop {
        let Some(header) = request(&mut stream).await else { return };
        let path = header.split(' ').nth(1).unwrap_or_default().to_owned();
        let headers = headers_of(&header);
        if wants_versions(&path, &headers) {
            let now = Clock::system().now().seconds();
            verify_subscription(&headers, &key(), now).expect("an edge's own word");
            let upgraded = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n";
            stream.write_all(upgraded.as_bytes()).await.expect("answered");
            // The test is over when nobody takes it.
            let _ = lines.send(stream).await;
            return;
        }
        let answer = {
            let mut script = script.lock();
            script.asked.push(header.to_lowercase());
            script.answers.get(path.as_str()).cloned()
        };
        let answer = answer.unwrap_or("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into());
        let is_head = header.starts_with("HEAD ");
        let whole = if is_head { answer.split_inclusive("\r\n\r\n").next() } else { None };
        let sent = stream.write_all(whole.unwrap_or(&answer).as_bytes()).await;
        if sent.is_err() {
            return;
        }
    }
}

/// The next request's header; `None` when the edge has closed.
async fn request(stream: &mut UnixStream) -> Option<String> {
    let mut peeked = [0; 1];
    let read = tokio::io::AsyncReadExt::read(stream, &mut peeked).await.ok()?;
    if read == 0 {
        return None;
    }
    Some(format!("{}{}", char::from(peeked[0]), until(stream, "\r\n\r\n").await))
}

/// A client's request on a connection of its own; the answer in lower case.
async fn ask(port: u16, line: &str, fields: &str) -> String {
    let mut wire = Wire::connect(port).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{fields}\r\n"))
        .await;
    wire.rest().await.to_lowercase()
}

async fn get(port: u16, path: &str) -> String {
    ask(port, &format!("GET {path}"), "").await
}

/// Asks until the answer says this of the cache: the edge hears of the stream by itself.
async fn becomes(port: u16, path: &str, outcome: &str) -> String {
    soon(async {
        loop {
            let answer = get(port, path).await;
            if answer.contains(&format!("x-cache: {outcome}\r\n")) {
                return answer;
            }
        }
    })
    .await
}

const SHARED: &str = "X-Freehold-Shared: 1\r\nX-Freehold-Public-Version: 4\r\nETag: \"t\"\r\n";
const NEWER: &str = "X-Freehold-Shared: 1\r\nX-Freehold-Public-Version: 5\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_until_its_tenant_moves_on() {
    let mut worker = Worker::start();
    let (edge, port) = worker.edge().await;
    let mut line = worker.line().await;
    worker.says("/a", SHARED, "first");
    let kept = becomes(port, "/a", "hit").await;
    assert!(kept.ends_with("first") && kept.contains("age: 0"), "{kept}");
    assert!(!kept.contains("x-freehold"), "{kept}");
    worker.says("/a", NEWER, "second");
    assert!(get(port, "/a").await.ends_with("first"), "nobody said that it moved");
    worker.asked();
    line.moved(5).await;
    let fresh = becomes(port, "/a", "miss").await;
    assert!(fresh.ends_with("second"), "{fresh}");
    assert!(get(port, "/a").await.contains("x-cache: hit"));
    assert_eq!(worker.asked().len(), 1);
    // An answer that was on its way when the tenant moved is passed on and not kept.
    worker.says("/b", SHARED, "late");
    for _ in 0..2 {
        assert!(get(port, "/b").await.contains("x-cache: miss"));
    }
    // The answer to a write moves it too, before the client has it.
    worker.says("/w", "X-Freehold-Public-Version: 6\r\n", "done");
    let written = ask(port, "POST /w", "Content-Length: 0\r\n").await;
    assert!(written.ends_with("done") && written.contains("x-cache: bypass"), "{written}");
    assert!(get(port, "/a").await.contains("x-cache: miss"));
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_stream_ends_the_use_of_what_is_kept() {
    let mut worker = Worker::start();
    let (edge, port) = worker.edge().await;
    worker.says("/a", SHARED, "first");
    assert!(get(port, "/a").await.contains("x-cache: miss"));
    assert!(get(port, "/a").await.contains("x-cache: miss"), "nothing is kept before it begins");
    let line = worker.line().await;
    becomes(port, "/a", "hit").await;
    worker.says("/a", SHARED, "second");
    line.hearing.abort();
    drop(line);
    let fresh = becomes(port, "/a", "miss").await;
    assert!(fresh.ends_with("second"), "still answered, by the worker: {fresh}");
    let _again = worker.line().await;
    assert!(becomes(port, "/a", "hit").await.ends_with("second"));
    worker.accepting.abort();
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_is_a_broken_one() {
    let mut worker = Worker::start();
    let (edge, port) = worker.edge().await;
    worker.says("/a", SHARED, "first");
    let _silent = worker.line().await;
    becomes(port, "/a", "hit").await;
    becomes(port, "/a", "miss").await;
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_bypass_and_other_cookies_go_nowhere() {
    let mut worker = Worker::start();
    let (edge, port) = worker.edge().await;
    let _line = worker.line().await;
    worker.says("/a", SHARED, "all");
    becomes(port, "/a", "hit").await;
    for own in ["Authorization: Bearer x\r\n", "Cookie: a=b; __Host-freehold=x\r\n"] {
        worker.asked();
        let answer = ask(port, "GET /a", own).await;
        assert!(answer.contains("x-cache: bypass"), "{answer}");
        assert!(worker.asked()[0].contains(&own.to_lowercase()), "{own}");
    }
    let answer = ask(port, "GET /a", "Cookie: theme=dark\r\n").await;
    assert!(answer.contains("x-cache: hit"), "{answer}");
    worker.says("/b", SHARED, "all");
    worker.asked();
    ask(port, "GET /b", "Cookie: theme=dark\r\n").await;
    let asked = worker.asked();
    assert!(!asked[0].contains("cookie"), "{asked:?}");
    let head = ask(port, "HEAD /a", "").await;
    assert!(head.contains("x-cache: hit") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("content-length: 3"), "{head}");
    let same = ask(port, "GET /a", "If-None-Match: \"t\"\r\n").await;
    assert!(same.starts_with("http/1.1 304") && same.contains("etag: \"t\""), "{same}");
    assert!(same.ends_with("\r\n\r\n"), "{same}");
    let other = ask(port, "GET /a", "If-None-Match: \"u\"\r\n").await;
    assert!(other.starts_with("http/1.1 200") && other.ends_with("all"), "{other}");
    let form = ask(port, "GET /a", "Accept: text/html\r\n").await;
    assert!(form.contains("x-cache: miss"), "another form: {form}");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_for_everybody_or_too_large_is_not_kept() {
    let mut worker = Worker::start();
    let (edge, port) = worker.edge().await;
    let _line = worker.line().await;
    worker.says("/ready", SHARED, "x");
    becomes(port, "/ready", "hit").await;
    let large = "x".repeat((1 << 20) + 1);
    worker.says("/large", SHARED, &large);
    worker.says("/cookie", &format!("{SHARED}Set-Cookie: a=b\r\n"), "x");
    worker.says("/varies", &format!("{SHARED}Vary: Accept, Accept-Language\r\n"), "x");
    worker.says("/own", "X-Freehold-Public-Version: 4\r\n", "x");
    worker.says("/unsaid", "Cache-Control: public, max-age=60\r\n", "x");
    for path in ["/large", "/cookie", "/varies", "/own", "/unsaid", "/nothing"] {
        for _ in 0..2 {
            assert!(get(port, path).await.contains("x-cache: miss"), "{path}");
        }
    }
    worker.says("/varies", &format!("{SHARED}Vary: accept\r\n"), "x");
    becomes(port, "/varies", "hit").await;
    edge.stop(Duration::from_secs(5)).await;
    // Without bytes there is no cache.
    let worker = Worker::start();
    let (edge, port) = worker.edge_with(config()).await;
    worker.says("/a", SHARED, "x");
    assert!(get(port, "/a").await.contains("x-cache: bypass"));
    edge.stop(Duration::from_secs(5)).await;
}
