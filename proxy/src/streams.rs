//! Watches the streams of an HTTP/2 connection for what Pingora does not bound.
//!
//! Header blocks that never end (RFC 9113 section 6.10), bodies that stall, and clients that open
//! streams only to reset them. A body counts as stalled only while the client may send: one that
//! waits for window because the worker is slow is not the client's fault.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, FrameReader, HEADERS, Part, RST_STREAM,
    WINDOW_UPDATE,
};
use crate::timeouts::Timeouts;

/// RFC 9113 section 3.4.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What either side may send at first (RFC 9113 section 6.9.2); Pingora announces nothing else.
const INITIAL_WINDOW_BYTES: i64 = 65_535;
/// Bodies that may be open at once, in the eyes of this watch: more than streams are allowed,
/// since a client may open a few before it has been refused.
const OPEN_BODIES_MAX: usize = 1_000;
/// Streams that a client may reset within [`RESET_WINDOW_SECONDS`].
const RESETS_MAX: u32 = 200;
const RESET_WINDOW_SECONDS: u64 = 10;

/// A request's body that is not over.
#[derive(Debug)]
struct Body {
    /// When it last moved, or could again.
    since: Instant,
    /// What the client may still send.
    window: i64,
}

/// What is unfinished on a connection.
#[derive(Debug)]
pub(crate) struct StreamWatch {
    preface_left: usize,
    client: FrameReader,
    server: FrameReader,
    block_open: bool,
    /// Since when a frame or a header block has been coming.
    header_since: Option<Instant>,
    window: i64,
    bodies: HashMap<u32, Body>,
    resets: u32,
    resets_since: Option<Instant>,
    is_flood: bool,
}

impl StreamWatch {
    /// A connection that begins with its preface.
    pub(crate) fn new() -> Self {
        Self {
            preface_left: PREFACE.len(),
            client: FrameReader::default(),
            server: FrameReader::default(),
            block_open: false,
            header_since: None,
            window: INITIAL_WINDOW_BYTES,
            bodies: HashMap::new(),
            resets: 0,
            resets_since: None,
            is_flood: false,
        }
    }

    /// When the client will have been too slow, if nothing more comes.
    pub(crate) fn deadline(&self, timeouts: &Timeouts) -> Option<Instant> {
        let header = self.header_since.map(|since| since + timeouts.header);
        let may_send = self.bodies.values().filter(|body| body.window > 0 && self.window > 0);
        let body = may_send.map(|body| body.since + timeouts.body_idle).min();
        header.into_iter().chain(body).min()
    }

    /// Whether the client opens and resets streams faster than anybody needs to.
    pub(crate) const fn is_flood(&self) -> bool {
        self.is_flood
    }

    /// Takes the next bytes of the client.
    pub(crate) fn received(&mut self, mut bytes: &[u8], now: Instant) {
        let preface = self.preface_left.min(bytes.len());
        self.preface_left -= preface;
        bytes = &bytes[preface..];
        while let Some(part) = self.client.next(&mut bytes) {
            match part {
                Part::Header => _ = self.header_since.get_or_insert(now),
                Part::Began(frame) => self.client_began(frame, now),
                Part::Payload(frame) => {
                    if let Some(body) = self.data_of(frame) {
                        body.since = now;
                    }
                }
                Part::Ended(frame, _) => self.client_ended(frame, now),
            }
        }
    }

    /// Takes the next bytes of the answers.
    pub(crate) fn sent(&mut self, mut bytes: &[u8], now: Instant) {
        while let Some(part) = self.server.next(&mut bytes) {
            let Part::Ended(frame, number) = part else { continue };
            let ends = matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0;
            if ends || frame.kind == RST_STREAM {
                self.bodies.remove(&frame.stream);
            } else if frame.kind == WINDOW_UPDATE {
                self.widen(frame.stream, i64::from(number & 0x7fff_ffff), now);
            }
        }
    }

    fn widen(&mut self, stream: u32, bytes: i64, now: Instant) {
        if stream == 0 {
            let was_closed = self.window <= 0;
            self.window += bytes;
            if was_closed && self.window > 0 {
                self.bodies.values_mut().for_each(|body| body.since = now);
            }
        } else if let Some(body) = self.bodies.get_mut(&stream) {
            let was_closed = body.window <= 0;
            body.window += bytes;
            if was_closed && body.window > 0 {
                body.since = now;
            }
        }
    }

    fn client_began(&mut self, frame: Frame, now: Instant) {
        if frame.kind == DATA && !self.block_open {
            // Its payload may take as long as bodies may.
            self.header_since = None;
        } else {
            self.header_since.get_or_insert(now);
        }
        if frame.kind == DATA {
            let bytes = i64::try_from(frame.length).unwrap_or(i64::MAX);
            self.window = self.window.saturating_sub(bytes);
            if let Some(body) = self.data_of(frame) {
                body.window = body.window.saturating_sub(bytes);
                // An empty frame is no progress; the payload of others is.
            }
        }
    }

    fn client_ended(&mut self, frame: Frame, now: Instant) {
        let ends = frame.flags & END_STREAM != 0;
        match frame.kind {
            HEADERS if ends => _ = self.bodies.remove(&frame.stream),
            HEADERS => self.open(frame.stream, now),
            DATA if ends => _ = self.bodies.remove(&frame.stream),
            RST_STREAM => {
                self.bodies.remove(&frame.stream);
                self.count_reset(now);
            }
            _ => {}
        }
        if matches!(frame.kind, HEADERS | CONTINUATION) {
            self.block_open = frame.flags & END_HEADERS == 0;
        }
        if !self.block_open {
            self.header_since = None;
        }
    }

    fn open(&mut self, stream: u32, now: Instant) {
        if self.bodies.len() >= OPEN_BODIES_MAX {
            self.is_flood = true;
            return;
        }
        let body = Body { since: now, window: INITIAL_WINDOW_BYTES };
        self.bodies.entry(stream).or_insert(body);
    }

    fn count_reset(&mut self, now: Instant) {
        let since = *self.resets_since.get_or_insert(now);
        if now - since > Duration::from_secs(RESET_WINDOW_SECONDS) {
            (self.resets, self.resets_since) = (0, Some(now));
        }
        self.resets += 1;
        self.is_flood |= self.resets > RESETS_MAX;
    }

    /// The open body that a frame belongs to.
    fn data_of(&mut self, frame: Frame) -> Option<&mut Body> {
        if frame.kind == DATA { self.bodies.get_mut(&frame.stream) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: u8 = 1;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, STREAM];
        bytes.extend_from_slice(payload);
        bytes
    }

    fn headers(flags: u8) -> Vec<u8> {
        frame(HEADERS, flags, b"abc")
    }

    fn watch(parts: &[&[u8]]) -> StreamWatch {
        let mut watch = StreamWatch::new();
        watch.received(PREFACE, Instant::now());
        for part in parts {
            watch.received(part, Instant::now());
        }
        watch
    }

    fn header_is_open(parts: &[&[u8]]) -> bool {
        watch(parts).header_since.is_some()
    }

    fn is_timed(watch: &StreamWatch) -> bool {
        watch.deadline(&Timeouts::default()).is_some()
    }

    #[test]
    fn whole_frames_leave_no_header_open() {
        let settings = frame(4, 0, &[]);
        let (headers, data) = (headers(END_HEADERS), frame(DATA, 0, b"body"));
        assert!(!header_is_open(&[&settings, &headers, &data]));
        let together = [settings, headers, data].concat();
        assert!(!header_is_open(&[&together]));
        let dripped: Vec<&[u8]> = together.chunks(1).collect();
        assert!(!header_is_open(&dripped));
        assert!(!header_is_open(&[&together, &frame(DATA, 0, b"body")[..11]]));
    }

    #[test]
    fn parts_of_frames_and_open_header_blocks_stay_open() {
        let whole = headers(END_HEADERS);
        assert!(header_is_open(&[&whole[..4]]));
        assert!(header_is_open(&[&whole[..10]]));
        let open = headers(0);
        assert!(header_is_open(&[&open]));
        assert!(header_is_open(&[&open, &frame(CONTINUATION, 0, b"d")]));
        assert!(!header_is_open(&[&open, &frame(CONTINUATION, END_HEADERS, b"d")]));
    }

    #[test]
    fn only_open_bodies_have_a_deadline() {
        let open = headers(END_HEADERS);
        assert!(!is_timed(&watch(&[])), "an idle connection");
        assert!(!is_timed(&watch(&[&headers(END_HEADERS | END_STREAM)])), "a long answer");
        assert!(is_timed(&watch(&[&open])));
        assert!(is_timed(&watch(&[&open, &frame(DATA, 0, b"body")])));
        assert!(!is_timed(&watch(&[&open, &frame(DATA, END_STREAM, b"body")])));
        assert!(!is_timed(&watch(&[&open, &headers(END_HEADERS | END_STREAM)])), "trailers");
        assert!(!is_timed(&watch(&[&open, &frame(RST_STREAM, 0, &[0; 4])])));
        for answered in [frame(RST_STREAM, 0, &[0; 4]), frame(DATA, END_STREAM, b"ok")] {
            let mut watch = watch(&[&open]);
            watch.sent(&answered, Instant::now());
            assert!(!is_timed(&watch), "the edge has ended it");
        }
    }

    #[test]
    fn progress_moves_the_deadline_and_empty_frames_do_not() {
        let start = Instant::now();
        let later = start + Duration::from_secs(20);
        let mut watch = StreamWatch::new();
        watch.received(&[PREFACE, &headers(END_HEADERS)].concat(), start);
        let first = watch.deadline(&Timeouts::default());
        watch.received(&frame(DATA, 0, b""), later);
        assert_eq!(watch.deadline(&Timeouts::default()), first);
        watch.received(&frame(DATA, 0, b"body")[..10], later);
        assert_eq!(
            watch.deadline(&Timeouts::default()),
            Some(later + Timeouts::default().body_idle)
        );
    }

    #[test]
    fn a_client_that_waits_for_window_is_not_stalled() {
        let mut watch = watch(&[&headers(END_HEADERS)]);
        for _ in 0..4 {
            watch.received(&frame(DATA, 0, &[0; 16_384]), Instant::now());
        }
        assert!(!is_timed(&watch), "it may send nothing");
        let widened = Instant::now() + Duration::from_secs(90);
        watch.sent(&frame(WINDOW_UPDATE, 0, &65_535_u32.to_be_bytes()), widened);
        assert!(!is_timed(&watch), "the connection's window is closed still");
        let mut connection = frame(WINDOW_UPDATE, 0, &65_535_u32.to_be_bytes());
        connection[8] = 0;
        watch.sent(&connection, widened);
        assert_eq!(
            watch.deadline(&Timeouts::default()),
            Some(widened + Timeouts::default().body_idle)
        );
    }

    #[test]
    fn resets_are_counted_in_a_window() {
        let reset = frame(RST_STREAM, 0, &[0; 4]);
        let (mut watch, start) = (watch(&[]), Instant::now());
        for minute in 0..10 {
            for _ in 0..RESETS_MAX {
                watch.received(&reset, start + Duration::from_secs(60 * minute));
            }
        }
        assert!(!watch.is_flood(), "an impatient reader");
        watch.received(&reset, start + Duration::from_secs(540));
        assert!(watch.is_flood());
    }
}
