//! Hostnames, normalised once: what the edge looks up and what every plane stores.
//!
//! Case, a trailing dot, a port and IDNA forms are one name (UTS 46, strict). Also the four
//! configured host families from which a site's own names are made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// RFC 1035 limit of a name in presentation form, without the trailing dot.
const HOSTNAME_BYTES_MAX: usize = 253;

/// A normalised hostname: lower-case ASCII, no port, no trailing dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hostname(String);

/// A text that is no hostname.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a hostname such as shop.example, at most 253 characters, with an optional port")]
pub struct InvalidHostname;

impl Hostname {
    /// Reads a hostname as it stands in a Host header, an authority or a form field.
    ///
    /// # Errors
    /// [`InvalidHostname`] for an empty, over-long or malformed name.
    pub fn parse(text: &str) -> Result<Self, InvalidHostname> {
        let name = without_port(text).ok_or(InvalidHostname)?;
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() || name.len() > HOSTNAME_BYTES_MAX * 4 {
            return Err(InvalidHostname);
        }
        if is_plain(name) {
            return Ok(Self(name.to_ascii_lowercase()));
        }
        let ascii = idna::domain_to_ascii_strict(name).map_err(|_| InvalidHostname)?;
        if is_plain(&ascii) { Ok(Self(ascii)) } else { Err(InvalidHostname) }
    }

    /// Reads a hostname that somebody wants to use from now on: as [`Hostname::parse`], and every
    /// label that claims to be IDNA must be what UTS 46 makes of the letters that it shows.
    ///
    /// # Errors
    /// [`InvalidHostname`], also for labels that no client would ever ask for.
    pub fn parse_strict(text: &str) -> Result<Self, InvalidHostname> {
        let name = Self::parse(text)?;
        match idna::domain_to_ascii_strict(name.as_str()) {
            Ok(ascii) if ascii == name.0 => Ok(name),
            _ => Err(InvalidHostname),
        }
    }

    /// Whether this is `family` or a name below it.
    pub fn is_within(&self, family: &Self) -> bool {
        let above = self.0.strip_suffix(family.as_str());
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Drops `:port`; `None` for a bracketed address or a port that is no number.
fn without_port(text: &str) -> Option<&str> {
    match text.split_once(':') {
        None => Some(text),
        Some((name, port)) => {
            let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            (digits && port.len() <= 5).then_some(name)
        }
    }
}

/// Whether a name is letters, digits and inner hyphens in labels of 1 to 63 bytes. A label that
/// claims to be IDNA goes through the slow path, which verifies it.
fn is_plain(name: &str) -> bool {
    name.len() <= HOSTNAME_BYTES_MAX
        && name.split('.').all(|label| {
            let bytes = label.as_bytes();
            (1..=63).contains(&bytes.len())
                && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
                && bytes[0] != b'-'
                && bytes[bytes.len() - 1] != b'-'
        })
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The four configured host families and how the outside reaches them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// The one name of the console and the control API.
    pub console: Hostname,
    /// Sites live at `<slug>.` below this.
    pub sites: Hostname,
    /// Admin surfaces live at `<slug>.` below this.
    pub admin: Hostname,
    /// Uploaded files are served from `<slug>.` below this.
    pub media: Hostname,
    /// `http` or `https`, as browsers see it.
    pub scheme: String,
    /// The port in public addresses; `None` for the scheme's own.
    pub port: Option<u16>,
}

impl Hosts {
    /// The site's own name for a slug.
    pub fn site(&self, slug: &str) -> Hostname {
        Hostname(format!("{slug}.{}", self.sites))
    }

    /// The admin's name for a slug.
    pub fn admin(&self, slug: &str) -> Hostname {
        Hostname(format!("{slug}.{}", self.admin))
    }

    /// The media host's name for a slug.
    pub fn media(&self, slug: &str) -> Hostname {
        Hostname(format!("{slug}.{}", self.media))
    }

    /// The public origin of a hostname, without a trailing slash.
    pub fn origin(&self, hostname: &Hostname) -> String {
        match self.port {
            Some(port) => format!("{}://{hostname}:{port}", self.scheme),
            None => format!("{}://{hostname}", self.scheme),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_all_its_spellings() {
        for text in ["shop.example", "SHOP.Example", "shop.example.", "shop.example:8080"] {
            assert_eq!(Hostname::parse(text).map(|h| h.0), Ok("shop.example".into()), "{text}");
        }
        assert_eq!(Hostname::parse("bücher.example"), Hostname::parse("xn--bcher-kva.example"));
    }

    #[test]
    fn new_names_are_what_their_letters_make() {
        for text in ["shop.example", "Bücher.example", "xn--bcher-kva.example"] {
            assert!(Hostname::parse_strict(text).is_ok(), "{text}");
        }
        // Punycode of nothing, of upper case, of plain letters, and hyphens that look like it.
        for text in ["xn--.example", "xn--a.example", "xn--Bcher-Kva2.example", "ab--cd.example"] {
            assert!(Hostname::parse_strict(text).is_err(), "{text}");
        }
    }

    #[test]
    fn families_hold_what_is_below_them() {
        let name = |text| Hostname::parse(text).expect("a name");
        for text in ["sites.example", "a.sites.example", "a.b.sites.example"] {
            assert!(name(text).is_within(&name("sites.example")), "{text}");
        }
        for text in ["mysites.example", "example", "sites.example.org"] {
            assert!(!name(text).is_within(&name("sites.example")), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = vec!["abcdefgh"; 40].join(".");
        for text in
            ["", ".", "a..b", "-a.example", "a_b.example", "a b", "[::1]:80", "a:b", &long, &longer]
        {
            assert!(Hostname::parse(text).is_err(), "{text}");
        }
    }
}
