//! From where a program's token may be used.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks of one token.
pub const NETWORKS_MAX: usize = 20;

/// The networks that a token may be used from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    /// Without any named, a token may be used from everywhere.
    are_named: bool,
    networks: Vec<IpNet>,
}

/// A text that names no network, by its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a network such as 203.0.113.0/24 or 2001:db8::/32")]
pub struct InvalidNetwork {
    /// Counted from 0.
    pub index: usize,
}

impl Networks {
    /// Reads addresses and networks (CIDR); none means everywhere.
    ///
    /// # Errors
    /// [`InvalidNetwork`] for the first that is none, or is one too many.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, InvalidNetwork> {
        if texts.len() > NETWORKS_MAX {
            return Err(InvalidNetwork { index: NETWORKS_MAX });
        }
        let networks = texts
            .iter()
            .enumerate()
            .map(|(index, text)| network(text.as_ref().trim()).ok_or(InvalidNetwork { index }));
        let networks = networks.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { are_named: !networks.is_empty(), networks })
    }

    /// Reads [`Networks::stored`] back. What cannot be read any more admits nobody.
    pub fn from_stored(stored: Option<&str>) -> Self {
        let Some(stored) = stored else { return Self::default() };
        let networks = stored.split_ascii_whitespace().filter_map(network).collect();
        Self { are_named: true, networks }
    }

    /// As it is stored: `None` for everywhere.
    pub fn stored(&self) -> Option<String> {
        self.are_named.then(|| self.texts().join(" "))
    }

    /// As people read them.
    pub fn texts(&self) -> Vec<String> {
        self.networks.iter().map(ToString::to_string).collect()
    }

    /// Whether a token may be used from this address.
    pub fn admit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !self.are_named || self.networks.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_from_where_it_may_be() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let networks = Networks::parse(&["203.0.113.7/24", "2001:db8::1"]).unwrap();
        let again = Networks::from_stored(networks.stored().as_deref());
        assert_eq!(again.texts(), ["203.0.113.0/24", "2001:db8::1/128"]);
        for (from, is_admitted) in [
            ("203.0.113.200", true),
            ("::ffff:203.0.113.200", true),
            ("203.0.114.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
        ] {
            assert_eq!(again.admit(address(from)), is_admitted, "{from}");
        }
        let everywhere = Networks::parse::<&str>(&[]).unwrap();
        assert!(everywhere.admit(address("192.0.2.1")) && everywhere.stored().is_none());
        assert!(!Networks::from_stored(Some("nonsense")).admit(address("192.0.2.1")));
        for (texts, index) in [(vec!["10.0.0.0/33"], 0), (vec!["10.0.0.1", "home"], 1)] {
            assert_eq!(Networks::parse(&texts), Err(InvalidNetwork { index }));
        }
        assert!(Networks::parse(&vec!["10.0.0.1"; 21]).is_err());
    }
}
