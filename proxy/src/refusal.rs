//! The end of a connection whose header is too large: an answer, then nothing more is kept.
//!
//! Pingora has no request to answer yet, so the bytes are written here. What the client still
//! sends is read and dropped for a while: closing with unread bytes would reset the connection,
//! and the client would never see why.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use data_encoding::HEXLOWER;
use freehold_clock::Clock;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

use crate::answers::{self, Answer, Form};

/// What is read from a refused client before the connection is closed in any case.
const DROPPED_BYTES_MAX: usize = 1024 * 1024;
const READ_BYTES: usize = 4 * 1024;

/// An answer on its way out.
pub(crate) struct Refusal {
    answer: Bytes,
    is_shut: bool,
    dropped: usize,
}

impl Refusal {
    /// 431 in the given form.
    pub(crate) fn new(form: Form, clock: &Clock) -> Self {
        metrics::counter!("freehold_edge_headers_refused_total").increment(1);
        let request_id = HEXLOWER.encode(&clock.random::<16>());
        tracing::info!(target: "freehold::edge::access", request_id, status = 431);
        let answer = answers::write_http1(Answer::HeaderTooLarge, form, &request_id);
        // A message that could not be made leaves the closing of the connection.
        Self { answer: answer.unwrap_or_default(), is_shut: false, dropped: 0 }
    }

    /// Ready when the connection can be closed.
    pub(crate) fn poll(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<()> {
        while !self.answer.is_empty() {
            match ready!(Pin::new(&mut *stream).poll_write(context, &self.answer)) {
                Ok(written) if written > 0 => self.answer.advance(written),
                _ => return Poll::Ready(()),
            }
        }
        if !self.is_shut {
            // The client may have gone already.
            let _ = ready!(Pin::new(&mut *stream).poll_shutdown(context));
            self.is_shut = true;
        }
        let mut room = [0; READ_BYTES];
        while self.dropped < DROPPED_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut room);
            let read = ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            self.dropped += buffer.filled().len();
        }
        Poll::Ready(())
    }
}
