//! A second look at the raw HTTP/1 header, for what Pingora has tidied up before any filter.
//!
//! Messages whose end two parsers could see in different places are how requests are smuggled
//! (RFC 9112 section 11.2). They are refused, not repaired.

/// The largest header that is passed on.
pub(crate) const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The most fields that are passed on.
pub(crate) const HEADER_FIELDS_MAX: usize = 100;

/// Why a header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Two parsers could read it in two ways.
    Ambiguous,
    /// More bytes or fields than are passed on.
    TooLarge,
}

/// Looks at a raw header: request line, fields, empty line.
pub(crate) fn check(raw: &[u8]) -> Result<(), BadHeader> {
    if raw.len() > HEADER_BYTES_MAX {
        return Err(BadHeader::TooLarge);
    }
    let mut lengths: Vec<&[u8]> = Vec::new();
    let mut codings: Vec<&[u8]> = Vec::new();
    let mut fields = 0;
    for line in raw.split(|byte| *byte == b'\n').skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        // A folded line (RFC 9112 section 5.2) or a bare carriage return.
        if matches!(line[0], b' ' | b'\t') || line.contains(&b'\r') {
            return Err(BadHeader::Ambiguous);
        }
        fields += 1;
        let colon = line.iter().position(|byte| *byte == b':').ok_or(BadHeader::Ambiguous)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || name.iter().any(u8::is_ascii_whitespace) {
            return Err(BadHeader::Ambiguous);
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths.push(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            codings.push(value);
        }
    }
    if fields > HEADER_FIELDS_MAX {
        return Err(BadHeader::TooLarge);
    }
    let lengths_agree = lengths.iter().all(|value| {
        *value == lengths[0] && !value.is_empty() && value.iter().all(u8::is_ascii_digit)
    });
    let coding_is_plain = match codings.as_slice() {
        [] => true,
        [only] => only.eq_ignore_ascii_case(b"chunked"),
        _ => false,
    };
    let both = !lengths.is_empty() && !codings.is_empty();
    if both || !lengths_agree || !coding_is_plain { Err(BadHeader::Ambiguous) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fields: &str) -> Result<(), BadHeader> {
        check(format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes())
    }

    #[test]
    fn plain_messages_pass() {
        assert_eq!(with(""), Ok(()));
        assert_eq!(with("Content-Length: 3\r\n"), Ok(()));
        assert_eq!(with("Transfer-Encoding: Chunked\r\n"), Ok(()));
    }

    #[test]
    fn messages_with_two_readings_are_refused() {
        for fields in [
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 3\r\nContent-Length: 4\r\n",
            "Content-Length: 3, 3\r\n",
            "Content-Length: +3\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "X: a\r\n b\r\n",
            "X: a\rb\r\n",
            "no colon\r\n",
        ] {
            assert_eq!(with(fields), Err(BadHeader::Ambiguous), "{fields:?}");
        }
    }

    #[test]
    fn large_headers_are_refused() {
        assert_eq!(with(&"X: y\r\n".repeat(101)), Err(BadHeader::TooLarge));
        let long = format!("X: {}\r\n", "y".repeat(HEADER_BYTES_MAX));
        assert_eq!(with(&long), Err(BadHeader::TooLarge));
    }
}
