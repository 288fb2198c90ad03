//! What Freehold's edge is compared with: a bare Pingora that passes everything on to an axum
//! handler with a fixed answer. No routes, no limits, no metrics, no logs.
//!
//! Both live in one process, as edge and worker do in `freehold up`. Each has as many threads
//! as the machine has cores, so the baseline is not held back by a default of one.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::serve::ListenerExt;
use bytes::Bytes;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;

use crate::machine;

/// How often, and with which pause between, it is looked whether the pass-through listens.
const LOOKS_MAX: u32 = 1_000;
const LOOK_PAUSE_MS: u64 = 10;

/// Everything goes to one address.
struct PassThrough {
    upstream: SocketAddr,
}

#[async_trait]
impl ProxyHttp for PassThrough {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(
        &self,
        _session: &mut Session,
        _ctx: &mut (),
    ) -> pingora::Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream, false, String::new())))
    }
}

/// Serves until the process is killed; prints where, once both parts listen.
pub(crate) fn serve(body: &Path, content_type: &str) -> anyhow::Result<()> {
    let body = Bytes::from(std::fs::read(body).context("the body cannot be read")?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let upstream = listener.local_addr()?;
    let content_type = content_type.to_owned();
    thread::spawn(move || {
        if let Err(error) = answer(listener, body, content_type) {
            eprintln!("the handler ended: {error:#}");
        }
    });
    // Pingora binds by itself and does not say where: take a port that was free just now.
    let edge = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    thread::spawn(move || announce(edge, upstream));
    let conf = ServerConf { threads: machine::cores(), ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, PassThrough { upstream });
    service.add_tcp(&edge.to_string());
    server.add_service(service);
    server.run_forever()
}

/// The handler: the same bytes to everyone.
fn answer(listener: TcpListener, body: Bytes, content_type: String) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
            // A connection that is gone already needs no option.
            let _ = stream.set_nodelay(true);
        });
        let handler = move || {
            let answer = ([(CONTENT_TYPE, content_type.clone())], body.clone());
            std::future::ready(answer)
        };
        axum::serve(listener, Router::new().fallback(handler)).await?;
        Ok(())
    })
}

fn announce(edge: SocketAddr, upstream: SocketAddr) {
    for _ in 0..LOOKS_MAX {
        if TcpStream::connect(edge).is_ok() {
            println!("upstream {upstream}");
            println!("edge {edge}");
            return;
        }
        // not synchronisation: a pause between two looks at the state that is waited for
        thread::sleep(Duration::from_millis(LOOK_PAUSE_MS));
    }
    eprintln!("the pass-through does not listen at {edge}");
    std::process::exit(1);
}
