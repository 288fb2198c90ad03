//! A connected edge: it gets the upstreams and every route, then each change, and confirms them.

use freehold_fleet::wire::{ENTRIES_PER_MESSAGE_MAX, Receiver, Sender, WireError};
use freehold_fleet::{ControlMessage, ProcessMessage, RouteStream};
use tokio::sync::watch;

use super::server::{Ended, FleetServer, Introduced, next_message};

/// Serves an edge until its connection ends.
pub(super) async fn serve(server: &FleetServer, introduced: Introduced) -> Ended {
    let Introduced { id, mut sender, receiver, mut outbox, .. } = introduced;
    let upstreams = &server.sites.fleet.upstreams;
    let mut upstreams_changed = upstreams.watch();
    upstreams_changed.mark_unchanged();
    let all = ControlMessage::Upstreams { all: upstreams.all() };
    if let Err(error) = sender.send(&all).await {
        return error.into();
    }
    let mut stream = server.sites.fleet.feed.subscribe();
    if let Err(error) = send_snapshot(&mut sender, &mut stream).await {
        return error.into();
    }
    let RouteStream { mut changes, confirm, .. } = stream;
    let sending = async {
        loop {
            let message = tokio::select! {
                // An upstream is told of before a route that leads to it.
                biased;
                _ = upstreams_changed.changed() => ControlMessage::Upstreams { all: upstreams.all() },
                change = changes.recv() => match change {
                    Some(change) => ControlMessage::Change(change),
                    None => return Ended::Behind,
                },
                message = next_message(&mut outbox) => message,
            };
            if let Err(error) = sender.send(&message).await {
                return error.into();
            }
        }
    };
    tokio::select! {
        ended = sending => ended,
        error = confirmations(server, &id, receiver, &confirm) => error.into(),
    }
}

async fn send_snapshot(
    sender: &mut Sender<ControlMessage>,
    stream: &mut RouteStream,
) -> Result<(), WireError> {
    let revision = stream.revision;
    let mut routes = std::mem::take(&mut stream.snapshot);
    loop {
        let rest = routes.split_off(routes.len().min(ENTRIES_PER_MESSAGE_MAX));
        let last = rest.is_empty();
        sender.send(&ControlMessage::Routes { revision, part: routes, last }).await?;
        if last {
            return Ok(());
        }
        routes = rest;
    }
}

async fn confirmations(
    server: &FleetServer,
    id: &str,
    mut receiver: Receiver<ProcessMessage>,
    confirm: &watch::Sender<u64>,
) -> WireError {
    loop {
        match receiver.receive().await {
            Err(error) => return error,
            Ok(ProcessMessage::InForce { revision }) => {
                confirm.send_replace(revision);
            }
            Ok(ProcessMessage::Usage(report)) => server.keep_usage(id, report),
            Ok(_) => {}
        }
    }
}
