//! A running server of one router: any kind of listener, until it is told to stop.

use std::fmt::Debug;
use std::future::Future;
use std::io;

use axum::Router;
use axum::serve::Listener;
use tokio::task::JoinHandle;

/// Answers requests until `stopped` is ready, then takes no more and ends what runs.
pub fn serve<L: Listener<Addr: Debug>>(
    listener: L,
    router: Router,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<io::Result<()>> {
    tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(stopped).into_future())
}
