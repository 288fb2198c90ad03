//! Follows the frames of an HTTP/2 connection just far enough to know what is unfinished.
//!
//! Pingora bounds what a header block may hold, not how long it may take. This tracker sees the
//! client's bytes go by and says since when a frame or a header block has been open
//! (RFC 9113 sections 4.1 and 6.10). Bodies may take their time.

use tokio::time::Instant;

/// RFC 9113 section 3.4.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const FRAME_HEADER_BYTES: usize = 9;
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const CONTINUATION: u8 = 0x9;
const END_HEADERS: u8 = 0x4;

/// What is unfinished on the client's side of a connection.
#[derive(Debug)]
pub(crate) struct FrameTracker {
    preface_left: usize,
    header: [u8; FRAME_HEADER_BYTES],
    filled: usize,
    payload_left: usize,
    block_open: bool,
    open_since: Option<Instant>,
}

impl FrameTracker {
    /// A connection that begins with its preface.
    pub(crate) const fn new() -> Self {
        Self {
            preface_left: PREFACE.len(),
            header: [0; FRAME_HEADER_BYTES],
            filled: 0,
            payload_left: 0,
            block_open: false,
            open_since: None,
        }
    }

    /// Since when something that should be quick has been open.
    pub(crate) const fn open_since(&self) -> Option<Instant> {
        self.open_since
    }

    /// Takes the next bytes of the client.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], now: Instant) {
        let preface = self.preface_left.min(bytes.len());
        self.preface_left -= preface;
        bytes = &bytes[preface..];
        while !bytes.is_empty() {
            if self.filled < FRAME_HEADER_BYTES {
                self.open_since.get_or_insert(now);
                let wanted = (FRAME_HEADER_BYTES - self.filled).min(bytes.len());
                self.header[self.filled..self.filled + wanted].copy_from_slice(&bytes[..wanted]);
                self.filled += wanted;
                bytes = &bytes[wanted..];
                if self.filled == FRAME_HEADER_BYTES {
                    self.begin_payload();
                }
                continue;
            }
            let taken = self.payload_left.min(bytes.len());
            self.payload_left -= taken;
            bytes = &bytes[taken..];
            self.end_frame_if_complete();
        }
    }

    fn begin_payload(&mut self) {
        let length = [0, self.header[0], self.header[1], self.header[2]];
        self.payload_left = u32::from_be_bytes(length) as usize;
        if self.kind() == DATA && !self.block_open {
            self.open_since = None;
        }
        self.end_frame_if_complete();
    }

    fn end_frame_if_complete(&mut self) {
        if self.payload_left > 0 {
            return;
        }
        self.filled = 0;
        if matches!(self.kind(), HEADERS | CONTINUATION) {
            self.block_open = self.header[4] & END_HEADERS == 0;
        }
        if !self.block_open {
            self.open_since = None;
        }
    }

    const fn kind(&self) -> u8 {
        self.header[3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, 1];
        bytes.extend_from_slice(payload);
        bytes
    }

    fn fed(parts: &[&[u8]]) -> bool {
        let mut tracker = FrameTracker::new();
        tracker.feed(PREFACE, Instant::now());
        for part in parts {
            tracker.feed(part, Instant::now());
        }
        tracker.open_since().is_some()
    }

    #[test]
    fn whole_frames_leave_nothing_open() {
        let settings = frame(4, 0, &[]);
        let headers = frame(HEADERS, END_HEADERS, b"abc");
        let data = frame(DATA, 0, b"body");
        assert!(!fed(&[&settings, &headers, &data]));
        let together = [settings, headers, data].concat();
        assert!(!fed(&[&together]));
        let dripped: Vec<&[u8]> = together.chunks(1).collect();
        assert!(!fed(&dripped));
    }

    #[test]
    fn parts_of_frames_and_open_header_blocks_stay_open() {
        let headers = frame(HEADERS, END_HEADERS, b"abc");
        assert!(fed(&[&headers[..4]]));
        assert!(fed(&[&headers[..10]]));
        let open = frame(HEADERS, 0, b"abc");
        assert!(fed(&[&open]));
        assert!(fed(&[&open, &frame(CONTINUATION, 0, b"d")]));
        assert!(!fed(&[&open, &frame(CONTINUATION, END_HEADERS, b"d")]));
    }

    #[test]
    fn a_body_may_take_its_time() {
        let data = frame(DATA, 0, b"body");
        assert!(!fed(&[&data[..11]]));
    }
}
