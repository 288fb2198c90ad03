//! An edge and a control plane that a test plays: messages twice, out of order, cut short.
//!
//! Which routes are in force shows in the edge's own answers, so no upstream is needed.

use std::path::Path;

use freehold_fleet::wire::{self, Receiver, Sender};
use freehold_fleet::{
    Address, CONTRACT_VERSION, ControlMessage, Hostname, Introduction, JoinSecret, Member,
    Membership, PersistedCopy, ProcessMessage, ProcessRole, Route, RouteChange, RouteState,
    Surface, Unread, UpstreamId, Welcome, Whole,
};
use freehold_ids::TenantId;
use freehold_proxy::{ControlSource, Edge, RouteSource, Told};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

use crate::support::{Wire, config, soon};

/// The control plane's end of a connection.
struct Control {
    sender: Sender<ControlMessage>,
    receiver: Receiver<ProcessMessage>,
}

impl Control {
    /// The edge's next connection, welcomed.
    async fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = soon(listener.accept()).await.expect("a connection");
        let (sender, receiver) = wire::over(Box::new(stream));
        let mut control = Self { sender, receiver };
        let membership =
            Membership { id: "edg_1".into(), credential: "secret".into(), identity: None };
        match soon(control.receiver.receive()).await.expect("an introduction") {
            ProcessMessage::Join { .. } => {
                control.send(ControlMessage::Joined { membership }).await
            }
            ProcessMessage::Hello { membership: known, .. } => assert_eq!(known, membership),
            other => panic!("no introduction: {other:?}"),
        }
        let welcome = Welcome {
            version: CONTRACT_VERSION,
            hosts: config().hosts,
            handover_key: None,
            ticket_key: None,
            certified: None,
            unread: Unread::default(),
        };
        control.send(ControlMessage::Welcome(welcome)).await;
        control
    }

    async fn send(&mut self, message: ControlMessage) {
        soon(self.sender.send(&message)).await.expect("sent");
    }

    async fn snapshot(&mut self, revision: u64, routes: Vec<Route>) {
        self.send(ControlMessage::Routes { revision, part: all(routes), last: true }).await;
        self.confirmed(revision).await;
    }

    async fn change(&mut self, revision: u64, put: Vec<Route>) {
        let version = CONTRACT_VERSION;
        let change = RouteChange { version, revision, put: all(put), remove: Vec::new() };
        self.send(ControlMessage::Change(change)).await;
    }

    /// Waits until the edge says that a revision is in force.
    async fn confirmed(&mut self, wanted: u64) {
        loop {
            match soon(self.receiver.receive()).await.expect("the edge is there") {
                ProcessMessage::InForce { revision } if revision == wanted => return,
                ProcessMessage::InForce { revision } => panic!("{revision} is in force"),
                _ => {}
            }
        }
    }

    /// Whether the edge ends the connection.
    async fn ended(mut self) -> bool {
        loop {
            match soon(self.receiver.receive()).await {
                Ok(ProcessMessage::InForce { revision }) => panic!("{revision} is in force"),
                Ok(_) => {}
                Err(_) => return true,
            }
        }
    }
}

fn all(routes: Vec<Route>) -> Vec<Whole<Route>> {
    routes.into_iter().map(Whole::from).collect()
}

fn route(host: &str, state: RouteState) -> Route {
    Route {
        hostname: Hostname::parse(host).expect("a name"),
        surface: Surface::Site,
        tenant: Some(TenantId::from_random(1)),
        upstream: UpstreamId("nobody".into()),
        epoch: 1,
        state,
        alias_of: None,
        redirect_to: None,
    }
}

/// The status that the edge answers a host with.
async fn status(port: u16, host: &str) -> u16 {
    let mut wire = Wire::connect(port).await;
    wire.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
    let answer = wire.rest().await;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

/// An edge that is, or becomes, a member of the fleet; returns its port too.
async fn start(folder: &Path) -> (Edge, u16) {
    let listener = freehold_proxy::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let member = Member {
        controls: vec![Address::Unix(folder.join("control"))],
        introduction: Introduction {
            version: CONTRACT_VERSION,
            role: ProcessRole::Edge,
            name: "north".into(),
            region: "local".into(),
            address: None,
            public_key: None,
            databases: Vec::new(),
            wrapping_key: None,
        },
        folder: folder.to_owned(),
        join_token: Some(JoinSecret("fhj_test".into())),
    };
    let told = Told::load(folder).expect("a copy or none");
    let source = ControlSource { member, told, connected: None };
    (Edge::start(listener, config(), RouteSource::Control(Box::new(source))), port)
}

#[tokio::test]
async fn messages_twice_and_out_of_order_do_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("control")).expect("a socket");
    let (_edge, port) = start(folder.path()).await;
    let mut control = Control::accept(&listener).await;
    control.snapshot(10, vec![route("a.localhost", RouteState::Suspended)]).await;
    assert_eq!((status(port, "a.localhost").await, status(port, "b.localhost").await), (402, 404));
    control.change(11, vec![route("b.localhost", RouteState::Maintenance)]).await;
    control.confirmed(11).await;
    assert_eq!(status(port, "b.localhost").await, 503);
    // The same revision again, and an older one, whatever they say.
    control.change(11, vec![route("b.localhost", RouteState::Suspended)]).await;
    control.change(9, vec![route("a.localhost", RouteState::Maintenance)]).await;
    control.change(12, vec![route("c.localhost", RouteState::Suspended)]).await;
    control.confirmed(12).await;
    assert_eq!((status(port, "a.localhost").await, status(port, "b.localhost").await), (402, 503));
    // A change is missing: the edge asks for the whole truth and serves what it has meanwhile.
    control.change(14, vec![route("a.localhost", RouteState::Maintenance)]).await;
    assert!(control.ended().await);
    assert_eq!(status(port, "a.localhost").await, 402);
    let mut control = Control::accept(&listener).await;
    control.snapshot(14, vec![route("a.localhost", RouteState::Maintenance)]).await;
    assert_eq!((status(port, "a.localhost").await, status(port, "b.localhost").await), (503, 404));
}

#[tokio::test]
async fn a_message_cut_short_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("control")).expect("a socket");
    let (_edge, port) = start(folder.path()).await;
    let mut control = Control::accept(&listener).await;
    control.snapshot(1, vec![route("a.localhost", RouteState::Suspended)]).await;
    // Half of a snapshot, and then nothing more.
    let part = vec![route("a.localhost", RouteState::Maintenance)];
    control.send(ControlMessage::Routes { revision: 2, part: all(part), last: false }).await;
    drop(control);
    // Half of a frame, from a control plane that does not even welcome.
    let (mut stream, _) = soon(listener.accept()).await.expect("a connection");
    stream.write_all(&[0, 0, 1, 0, b'{']).await.expect("sent");
    drop(stream);
    // Something that is no message.
    let (mut stream, _) = soon(listener.accept()).await.expect("a connection");
    stream.write_all(&[0, 0, 0, 2, b'[', b']']).await.expect("sent");
    let mut control = Control::accept(&listener).await;
    assert_eq!(status(port, "a.localhost").await, 402);
    control.snapshot(3, vec![route("a.localhost", RouteState::Maintenance)]).await;
    assert_eq!(status(port, "a.localhost").await, 503);
}

#[tokio::test]
async fn an_edge_comes_up_with_what_it_was_told_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("control")).expect("a socket");
    let (edge, _) = start(folder.path()).await;
    let mut control = Control::accept(&listener).await;
    control.snapshot(1, vec![route("a.localhost", RouteState::Suspended)]).await;
    control.change(2, vec![route("b.localhost", RouteState::Suspended)]).await;
    control.confirmed(2).await;
    let version = CONTRACT_VERSION;
    let remove = vec![Hostname::parse("a.localhost").expect("a name")];
    let change = RouteChange { version, revision: 3, put: Vec::new(), remove };
    control.send(ControlMessage::Change(change)).await;
    control.confirmed(3).await;
    drop((control, listener));
    edge.stop(std::time::Duration::from_secs(5)).await;
    let (edge, port) = start(folder.path()).await;
    assert!(edge.readiness()(), "there is nobody to wait for");
    assert_eq!((status(port, "a.localhost").await, status(port, "b.localhost").await), (404, 402));
}

/// What is in the edge's copy, once it says this.
async fn copy_saying(folder: &Path, text: &str) -> String {
    soon(async {
        loop {
            let copy = std::fs::read_to_string(folder.join("routes")).unwrap_or_default();
            if copy.contains(text) {
                return copy;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn what_a_newer_release_wrote_is_still_there_after_this_one_rewrote_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("control")).expect("a socket");
    let mut records = Vec::new();
    let hosts = config().hosts;
    records.push(json!({"welcome": {"version": 1, "hosts": hosts, "mood": 1}}));
    let mut known = json!(route("a.localhost", RouteState::Suspended));
    known["mood"] = json!({"deep": [1, null]});
    records.push(json!({"route": known}));
    records.push(json!({"song": {"verse": 7}}));
    PersistedCopy::rewrite(&folder.path().join("routes"), records).expect("written");
    let (edge, port) = start(folder.path()).await;
    assert_eq!(status(port, "a.localhost").await, 402);
    let mut control = Control::accept(&listener).await;
    let key = "07".repeat(32);
    let entry = json!({"id": "one", "address": {"unix": "/x"}, "key": key, "mood": "upstream"});
    let all = vec![serde_json::from_value(entry).expect("an upstream")];
    control.send(ControlMessage::Upstreams { all }).await;
    // Rewritten, as nothing was written by this process yet.
    let copy = copy_saying(folder.path(), "\"mood\":\"upstream\"").await;
    assert!(copy.contains("\"mood\":{\"deep\":[1,null]}"), "{copy}");
    assert!(copy.contains("{\"song\":{\"verse\":7}}"), "{copy}");
    edge.stop(std::time::Duration::from_secs(5)).await;
    // A record of a known kind that does not read is no unknown one: the copy is of no use.
    let wrong = [json!({"route": {"hostname": "a.localhost"}})];
    PersistedCopy::rewrite(&folder.path().join("routes"), wrong).expect("written");
    drop(control);
    let (_edge, port) = start(folder.path()).await;
    // Who comes before it was told anything waits, and is not told that there is no such site.
    let mut early = Wire::connect(port).await;
    early.send("GET / HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n").await;
    let mut control = Control::accept(&listener).await;
    control.snapshot(1, vec![route("a.localhost", RouteState::Suspended)]).await;
    let answer = early.rest().await;
    assert!(answer.starts_with("HTTP/1.1 402 "), "{answer}");
}
