//! Cuts one direction of an HTTP/2 connection into frames as the bytes go by.
//!
//! It keeps nine bytes of header and the first four of the payload, which is all that limits need
//! (RFC 9113 section 4.1). What frames mean for a connection is in [`crate::streams`].

const FRAME_HEADER_BYTES: usize = 9;

/// RFC 9113 section 6.
pub(crate) const DATA: u8 = 0x0;
pub(crate) const HEADERS: u8 = 0x1;
pub(crate) const RST_STREAM: u8 = 0x3;
pub(crate) const WINDOW_UPDATE: u8 = 0x8;
pub(crate) const CONTINUATION: u8 = 0x9;
pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) length: usize,
}

/// What the bytes seen last were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Some of a frame's header.
    Header,
    /// The end of a frame's header.
    Began(Frame),
    /// Some of a payload.
    Payload(Frame),
    /// The frame is whole; with the number that its payload begins with.
    Ended(Frame, u32),
}

/// Reads the frames of one direction.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    header: [u8; FRAME_HEADER_BYTES],
    header_filled: usize,
    start: [u8; 4],
    start_filled: usize,
    payload_left: usize,
}

impl FrameReader {
    /// Takes bytes up to the next thing to tell; `None` when there are no more.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Part> {
        if self.header_filled == FRAME_HEADER_BYTES {
            return self.next_of_payload(bytes);
        }
        if bytes.is_empty() {
            return None;
        }
        let (taken, rest) =
            bytes.split_at(bytes.len().min(FRAME_HEADER_BYTES - self.header_filled));
        self.header[self.header_filled..self.header_filled + taken.len()].copy_from_slice(taken);
        self.header_filled += taken.len();
        *bytes = rest;
        if self.header_filled < FRAME_HEADER_BYTES {
            return Some(Part::Header);
        }
        let frame = self.frame();
        (self.payload_left, self.start_filled, self.start) = (frame.length, 0, [0; 4]);
        Some(Part::Began(frame))
    }

    fn next_of_payload(&mut self, bytes: &mut &[u8]) -> Option<Part> {
        if self.payload_left == 0 {
            self.header_filled = 0;
            return Some(Part::Ended(self.frame(), u32::from_be_bytes(self.start)));
        }
        if bytes.is_empty() {
            return None;
        }
        let (taken, rest) = bytes.split_at(bytes.len().min(self.payload_left));
        let kept = taken.len().min(self.start.len() - self.start_filled);
        self.start[self.start_filled..self.start_filled + kept].copy_from_slice(&taken[..kept]);
        self.start_filled += kept;
        self.payload_left -= taken.len();
        *bytes = rest;
        Some(Part::Payload(self.frame()))
    }

    const fn frame(&self) -> Frame {
        let [a, b, c, kind, flags, s, t, u, v] = self.header;
        Frame {
            kind,
            flags,
            // The highest bit is reserved.
            stream: u32::from_be_bytes([s & 0x7f, t, u, v]),
            length: u32::from_be_bytes([0, a, b, c]) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(chunks: &[&[u8]]) -> Vec<Part> {
        let mut reader = FrameReader::default();
        let mut parts = Vec::new();
        for chunk in chunks {
            let mut bytes = *chunk;
            parts.extend(std::iter::from_fn(|| reader.next(&mut bytes)));
        }
        parts
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let bytes = [0, 0, 4, WINDOW_UPDATE, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        let update = Frame { kind: WINDOW_UPDATE, flags: 0, stream: 3, length: 4 };
        let settings = Frame { kind: 4, flags: 0, stream: 0, length: 0 };
        let together = parts(&[&bytes]);
        assert_eq!(
            together,
            [
                Part::Began(update),
                Part::Payload(update),
                Part::Ended(update, 256),
                Part::Began(settings),
                Part::Ended(settings, 0)
            ]
        );
        let dripped: Vec<&[u8]> = bytes.chunks(1).collect();
        let dripped = parts(&dripped);
        let told = |part: &&Part| !matches!(part, Part::Header | Part::Payload(_));
        assert!(dripped.iter().filter(told).eq(together.iter().filter(told)));
    }
}
