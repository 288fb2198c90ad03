//! Counts the bytes of an HTTP/1 header while it arrives.
//!
//! Pingora takes up to a megabyte before any filter sees a header. This scan finds the end of a
//! header in the raw bytes, so that one over the limit is refused before it has been buffered.

use http::HeaderMap;

use crate::answers::Form;
use crate::framing::HEADER_BYTES_MAX;

/// Kept of a request line: enough to see whether an API is asked.
const START_BYTES: usize = 24;

/// One header as it arrives.
#[derive(Debug, Default)]
pub(crate) struct HeaderScan {
    bytes: usize,
    start: [u8; START_BYTES],
    start_filled: usize,
    after_newline: bool,
    has_ended: bool,
}

impl HeaderScan {
    /// Takes the next bytes; whether the header is still within the limit.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if self.has_ended {
                break;
            }
            self.bytes += 1;
            match byte {
                // Empty lines before a request line are skipped (RFC 9112 section 2.2).
                b'\r' => {}
                b'\n' if self.start_filled == 0 => {}
                b'\n' => {
                    self.has_ended = self.after_newline;
                    self.after_newline = true;
                }
                _ => {
                    self.after_newline = false;
                    if let Some(place) = self.start.get_mut(self.start_filled) {
                        *place = *byte;
                        self.start_filled += 1;
                    }
                }
            }
        }
        self.bytes <= HEADER_BYTES_MAX
    }

    /// The form of answer that suits the request.
    pub(crate) fn form(&self) -> Form {
        let line = String::from_utf8_lossy(&self.start[..self.start_filled]);
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        Form::of(&path, &HeaderMap::new(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_header_does_not_count() {
        let mut scan = HeaderScan::default();
        assert!(scan.take(b"\r\nPOST /api/v1/posts HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(scan.take(&[b'x'; HEADER_BYTES_MAX]));
        assert_eq!(scan.form(), Form::Envelope);
    }

    #[test]
    fn a_header_over_the_limit_is_seen_in_whatever_pieces_it_comes() {
        let header = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(HEADER_BYTES_MAX));
        for size in [1, 1_000, HEADER_BYTES_MAX * 2] {
            let mut scan = HeaderScan::default();
            assert!(!header.as_bytes().chunks(size).all(|chunk| scan.take(chunk)));
            assert_eq!(scan.form(), Form::Page);
        }
        let mut scan = HeaderScan::default();
        assert!(!scan.take(&b"\r\n".repeat(HEADER_BYTES_MAX)), "empty lines count too");
    }
}
