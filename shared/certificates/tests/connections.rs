//! Connections between processes of one installation, and with others.

use freehold_certificates::{
    Authority, CONTROL_NAME, Clients, Identity, KeyRequest, pinned_connector, process_name,
};
use freehold_clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

fn now() -> u64 {
    Clock::system().now().seconds()
}

fn authority() -> Authority {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Authority::load(&Authority::create(now()).expect("made")).expect("read")
}

fn process(authority: &Authority, id: &str, at: u64) -> Identity {
    let request = KeyRequest::generate().expect("a key");
    let name = process_name(id);
    let certificate = authority.certify(&name, &request.public_key(), at).expect("certified");
    request.certified(&certificate, authority.certificate())
}

/// Whether a byte gets through from the client to the server.
async fn meets(server: TlsAcceptor, client: TlsConnector, name: &str) -> bool {
    let (near, far) = duplex(64 * 1024);
    let accepting = tokio::spawn(async move {
        let mut stream = server.accept(far).await.inspect_err(|e| eprintln!("{e}")).ok()?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        Some(byte[0])
    });
    let name = name.to_owned().try_into().expect("a name");
    match client.connect(name, near).await {
        Ok(mut stream) => {
            // The server may have turned the client away.
            let _ = stream.write_all(&[7]).await;
            let _ = stream.flush().await;
            let mut end = Vec::new();
            let _ = stream.read_to_end(&mut end).await;
        }
        Err(error) => eprintln!("{error}"),
    }
    accepting.await.expect("no panic") == Some(7)
}

#[tokio::test]
async fn processes_of_one_installation_meet() {
    let authority = authority();
    let (worker, edge) = (process(&authority, "wrk_1", now()), process(&authority, "edg_1", now()));
    let acceptor = || worker.acceptor(Clients::Certified).expect("a server");
    let connector = || edge.connector().expect("a client");
    assert!(meets(acceptor(), connector(), &process_name("wrk_1")).await);
    assert!(!meets(acceptor(), connector(), &process_name("wrk_2")).await, "another name");
}

#[tokio::test]
async fn strangers_do_not_get_in() {
    let (ours, theirs) = (authority(), authority());
    let worker = process(&ours, "wrk_1", now());
    let acceptor = |clients| worker.acceptor(clients).expect("a server");
    let name = process_name("wrk_1");
    let stranger = process(&theirs, "edg_1", now());
    let connector = || stranger.connector().expect("a client");
    assert!(!meets(acceptor(Clients::Certified), connector(), &name).await);
    let pinned = || pinned_connector(&ours.fingerprint());
    assert!(!meets(acceptor(Clients::Certified), pinned(), &name).await, "no certificate");
    assert!(meets(acceptor(Clients::AlsoUncertified), pinned(), &name).await);
    let old = process(&ours, "edg_1", now() - 40 * 24 * 3_600);
    let expired = old.connector().expect("a client");
    assert!(!meets(acceptor(Clients::Certified), expired, &name).await, "expired");
}

#[tokio::test]
async fn a_joining_process_knows_the_authority_by_its_fingerprint() {
    let (ours, theirs) = (authority(), authority());
    let control = ours.identity(CONTROL_NAME, now()).expect("certified");
    let acceptor = || control.acceptor(Clients::AlsoUncertified).expect("a server");
    assert!(meets(acceptor(), pinned_connector(&ours.fingerprint()), CONTROL_NAME).await);
    assert!(!meets(acceptor(), pinned_connector(&theirs.fingerprint()), CONTROL_NAME).await);
    assert!(!meets(acceptor(), pinned_connector(&ours.fingerprint()), "other.internal").await);
}
