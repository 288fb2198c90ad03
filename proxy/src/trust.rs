//! Whose word about a client is believed: that of configured proxies, in one configured form.
//!
//! A proxy in front of the edge hides the client's address. It can tell it by PROXY protocol v2 or
//! in one header; from anybody else neither is believed, so that no client can choose the address
//! that its limits are counted for.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use proxy_header::{ParseConfig, Protocol, ProxyHeader};

/// The longest PROXY header that is read: addresses and what a proxy tells of TLS.
pub(crate) const PROXY_HEADER_BYTES_MAX: usize = 4 * 1024;

/// Which scheme a trusted proxy's client used.
const FORWARDED_SCHEME: &str = "x-forwarded-proto";

/// How trusted proxies tell who their client is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxySource {
    /// They do not: a connection's address is its client's.
    #[default]
    None,
    /// In a PROXY protocol v2 header at the start of each connection, which must be there.
    ProxyV2,
    /// In this header of each request, such as `x-forwarded-for`.
    Header(HeaderName),
}

impl ProxySource {
    /// The header of this name, if it can be one.
    pub fn header(name: &str) -> Option<Self> {
        name.parse().ok().map(Self::Header)
    }
}

/// The proxies in front of this edge. The default trusts nobody.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    /// The networks that they connect from.
    pub networks: Vec<IpNet>,
    /// How they tell who their client is.
    pub source: ProxySource,
}

/// Who sends a request, as far as the edge can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

/// What may come before the first request of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Preamble {
    /// A header of so many bytes, and who it names.
    Whole(Client, usize),
    /// Only a part of it has arrived.
    Part,
    /// Something else: the connection cannot be used.
    Wrong,
}

impl TrustedProxies {
    /// Whether a connection's other end is one of the proxies.
    pub(crate) fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.networks.iter().any(|network| network.contains(&peer))
    }

    /// Whether a connection must begin with a PROXY header.
    pub(crate) fn wants_preamble(&self, peer: IpAddr) -> bool {
        self.source == ProxySource::ProxyV2 && self.contains(peer)
    }

    /// Whether a connection carries requests of many clients.
    pub(crate) fn is_shared(&self, peer: IpAddr) -> bool {
        matches!(self.source, ProxySource::Header(_)) && self.contains(peer)
    }

    /// The header that clients may not set, if one is configured.
    pub(crate) const fn header(&self) -> Option<&HeaderName> {
        match &self.source {
            ProxySource::Header(name) => Some(name),
            ProxySource::None | ProxySource::ProxyV2 => None,
        }
    }

    /// Who sent a request that came over a connection.
    pub(crate) fn client(&self, connection: Client, headers: &HeaderMap) -> Client {
        let Some(name) = self.header().filter(|_| self.contains(connection.address)) else {
            return connection;
        };
        let scheme = match last_value(headers, FORWARDED_SCHEME) {
            Some("https") => "https",
            Some("http") => "http",
            _ => connection.scheme,
        };
        let address = self.nearest_client(headers, name).unwrap_or(connection.address);
        Client { address, scheme }
    }

    /// The address that the proxy nearest to the client put down: from the end of the list, the
    /// first one that is not a proxy's. What stands before it is the client's own claim.
    fn nearest_client(&self, headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
        let values: Vec<&str> =
            headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let mut nearest = None;
        for entry in values.iter().flat_map(|value| value.split(',')).rev() {
            let Some(address) = address(entry.trim()) else { break };
            nearest = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        nearest
    }
}

/// Reads a PROXY protocol v2 header from the first bytes of a connection.
pub(crate) fn preamble(bytes: &[u8], peer: SocketAddr) -> Preamble {
    let config = ParseConfig { include_tlvs: true, allow_v1: false, allow_v2: true };
    let (header, length) = match ProxyHeader::parse(bytes, config) {
        Ok(found) => found,
        Err(proxy_header::Error::BufferTooShort) if bytes.len() < PROXY_HEADER_BYTES_MAX => {
            return Preamble::Part;
        }
        Err(_) => return Preamble::Wrong,
    };
    let address = match header.proxied_address() {
        Some(proxied) if proxied.protocol == Protocol::Stream => proxied.source.ip(),
        Some(_) => return Preamble::Wrong,
        // The proxy speaks for itself, as in its health checks.
        None => peer.ip(),
    };
    let is_tls = header.ssl().is_some_and(|tls| tls.client_ssl());
    let client =
        Client { address: address.to_canonical(), scheme: if is_tls { "https" } else { "http" } };
    Preamble::Whole(client, length)
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let parsed = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(IpAddr::to_canonical(&parsed))
}

/// The last value of a header that may be a list.
fn last_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let last = values.next_back().and_then(|value| value.to_str().ok())?;
    last.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxy_header::ProxiedAddress;

    const PEER: [u8; 4] = [10, 0, 0, 1];

    fn trusted(header: &'static str) -> TrustedProxies {
        TrustedProxies {
            networks: vec!["10.0.0.0/8".parse().expect("a network")],
            source: ProxySource::Header(HeaderName::from_static(header)),
        }
    }

    fn connection(address: [u8; 4]) -> Client {
        Client { address: address.into(), scheme: "http" }
    }

    fn seen(peer: [u8; 4], fields: &[(&'static str, &'static str)]) -> (String, &'static str) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().expect("a value"));
        }
        let client = trusted("x-forwarded-for").client(connection(peer), &headers);
        (client.address.to_string(), client.scheme)
    }

    fn read(bytes: &[u8]) -> Preamble {
        preamble(bytes, SocketAddr::from((PEER, 9)))
    }

    #[test]
    fn only_proxies_are_believed_and_only_the_entry_that_they_added() {
        let forged = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-proto", "https")];
        assert_eq!(seen([203, 0, 113, 5], &forged), ("203.0.113.5".to_owned(), "http"));
        assert_eq!(seen(PEER, &forged), ("192.0.2.9".to_owned(), "https"));
        for (value, expected) in [
            ("198.51.100.1, 192.0.2.9", "192.0.2.9"),
            ("198.51.100.1, 192.0.2.9, 10.2.3.4", "192.0.2.9"),
            ("192.0.2.9:4711", "192.0.2.9"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:192.0.2.9", "192.0.2.9"),
            ("192.0.2.9, nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(seen(PEER, &[("x-forwarded-for", value)]).0, expected, "{value:?}");
        }
        let twice = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.9")];
        assert_eq!(seen(PEER, &twice).0, "192.0.2.9");
        assert_eq!(seen(PEER, &[]).0, "10.0.0.1");
    }

    #[test]
    fn a_proxy_header_names_the_client_and_its_scheme() {
        let source: SocketAddr = "192.0.2.9:5".parse().expect("an address");
        let mut bytes = Vec::new();
        let header = ProxyHeader::with_address(ProxiedAddress::stream(source, source));
        header.encode_v2(&mut bytes).expect("encoded");
        let whole = bytes.len();
        bytes.extend_from_slice(b"GET / HTTP/1.1\r\n");
        assert_eq!(read(&bytes), Preamble::Whole(connection([192, 0, 2, 9]), whole));
        for cut in 0..whole {
            assert_eq!(read(&bytes[..cut]), Preamble::Part, "{cut} bytes");
        }
        let tls = proxy_header::SslInfo::new(true, false, false, 0);
        let header = ProxyHeader::with_tlvs(
            Some(ProxiedAddress::stream(source, source)),
            [proxy_header::Tlv::Ssl(tls)],
        );
        let mut bytes = Vec::new();
        header.encode_v2(&mut bytes).expect("encoded");
        let client = Client { scheme: "https", ..connection([192, 0, 2, 9]) };
        assert_eq!(read(&bytes), Preamble::Whole(client, bytes.len()));
    }

    #[test]
    fn a_proxy_may_speak_for_itself_and_nothing_else_passes() {
        let mut local = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut local).expect("encoded");
        assert_eq!(read(&local), Preamble::Whole(connection(PEER), local.len()));
        for wrong in [
            b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            b"PROXY TCP4 192.0.2.9 192.0.2.9 1 2\r\n",
            b"\r\n\r\n\x00\r\nQUIT\n\x31\x11\x00\x00",
            b"\r\n\r\n\x00\r\nquit\n\x21\x11\x00\x0c",
        ] {
            assert_eq!(read(wrong), Preamble::Wrong, "{wrong:?}");
        }
        let mut endless = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff".to_vec();
        endless.resize(PROXY_HEADER_BYTES_MAX, 0);
        assert_eq!(read(&endless), Preamble::Wrong);
    }
}
