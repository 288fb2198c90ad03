//! Which hostnames can be a site's own domain: public names that one customer can hold.

use std::net::IpAddr;

use freehold_fleet::{Hostname, Hosts};
use unicode_security::MixedScript as _;
use unicode_security::confusable_detection::skeleton;

/// Top-level names that nobody can register (RFC 2606, RFC 6761).
const RESERVED: [&str; 4] = ["example", "invalid", "localhost", "test"];

/// Why a text cannot be a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidName {
    #[error(
        "expected a hostname such as www.example.org: labels of letters, digits and inner hyphens, \
         valid as IDNA, at most 253 characters, without scheme, port and path"
    )]
    Form,
    #[error("an IP address cannot be a domain")]
    Address,
    #[error("add each name by itself: wildcards are not taken")]
    Wildcard,
    #[error("expected a name with at least two labels, such as www.example.org")]
    SingleLabel,
    #[error("names are registered below this one by anybody; add a name below it")]
    PublicSuffix,
    #[error("this name is the platform's own")]
    Platform,
    #[error("a label mixes letters of several scripts, as names that imitate others do")]
    MixedScripts,
    #[error("this name looks like one of the platform's own")]
    Imitation,
}

impl InvalidName {
    /// The word for programs.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Form => "invalid",
            Self::Address => "ip_address",
            Self::Wildcard => "wildcard",
            Self::SingleLabel => "single_label",
            Self::PublicSuffix => "public_suffix",
            Self::Platform => "reserved",
            Self::MixedScripts => "mixed_scripts",
            Self::Imitation => "imitation",
        }
    }
}

/// Reads a hostname that somebody wants for their site.
pub(crate) fn parse(text: &str) -> Result<Hostname, InvalidName> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return Err(InvalidName::Address);
    }
    if text.split('.').any(|label| label == "*") {
        return Err(InvalidName::Wildcard);
    }
    if text.contains(':') {
        return Err(InvalidName::Form);
    }
    let name = Hostname::parse_strict(text).map_err(|_| InvalidName::Form)?;
    let (_, last) = name.as_str().rsplit_once('.').ok_or(InvalidName::SingleLabel)?;
    // What browsers take for an IPv4 address: the last label is a number, in hex too.
    let digits = last.strip_prefix("0x").unwrap_or(last);
    if last.bytes().all(|b| b.is_ascii_digit())
        || (digits.len() < last.len() && digits.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Err(InvalidName::Address);
    }
    if psl::suffix_str(name.as_str()) == Some(name.as_str()) {
        return Err(InvalidName::PublicSuffix);
    }
    // The letters as people see them (UTS 39 section 5.1; Japanese and Korean mix scripts by right).
    if shown(&name).split('.').any(|label| !label.is_single_script()) {
        return Err(InvalidName::MixedScripts);
    }
    Ok(name)
}

/// A name in the letters that people see.
fn shown(name: &Hostname) -> String {
    idna::domain_to_unicode(name.as_str()).0
}

/// Refuses names of the platform: its host families, all below them, what they are below of, and what
/// people take for one of these (UTS 39 section 4). `own` is the site's own name where anybody may use what
/// is below it, since nothing there is proved anyway.
pub(crate) fn check_not_platform(
    name: &Hostname,
    hosts: &Hosts,
    own: Option<&Hostname>,
) -> Result<(), InvalidName> {
    if own.is_some_and(|own| name != own && name.is_within(own)) {
        return Ok(());
    }
    let families = [&hosts.console, &hosts.sites, &hosts.admin, &hosts.media];
    if families.into_iter().any(|family| name.is_within(family) || family.is_within(name)) {
        return Err(InvalidName::Platform);
    }
    let look = look(name);
    // `localhost` and the like: whatever ends so is told by its letters alone.
    let public = families.into_iter().filter(|family| family.as_str().contains('.'));
    let imitates = public.map(self::look).any(|family| {
        look == family
            || look.ends_with(&format!(".{family}"))
            || family.ends_with(&format!(".{look}"))
    });
    if imitates { Err(InvalidName::Imitation) } else { Ok(()) }
}

/// One form for names that look alike.
fn look(name: &Hostname) -> String {
    shown(name)
        .split('.')
        .map(|label| skeleton(label).collect::<String>())
        .collect::<Vec<_>>()
        .join(".")
}

/// Whether nobody can register this name.
pub(crate) fn is_reserved(name: &Hostname) -> bool {
    name.as_str().rsplit('.').next().is_some_and(|last| RESERVED.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_all_its_spellings() {
        for (text, name) in [
            ("www.acme.test", "www.acme.test"),
            (" WWW.Acme.TEST. ", "www.acme.test"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("shop.acme.co.uk", "shop.acme.co.uk"),
            ("яндекс.test", "xn--d1acpjx3f.test"),
            ("東京タワー.test", "xn--5ck2eqb538s34z.test"),
            ("acme.github.io", "acme.github.io"),
            ("1.acme.test", "1.acme.test"),
        ] {
            assert_eq!(parse(text).map(|name| name.to_string()), Ok(name.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_a_domain() {
        use InvalidName::{Address, Form, MixedScripts, PublicSuffix, SingleLabel, Wildcard};
        let long = format!("{}.acme.test", vec!["abcdefgh"; 28].join("."));
        let label = format!("{}.acme.test", "a".repeat(64));
        for (text, error) in [
            ("", Form),
            (".", Form),
            ("a..b", Form),
            ("-a.test", Form),
            ("a_b.test", Form),
            ("a b.test", Form),
            ("http://acme.test", Form),
            ("acme.test/", Form),
            ("acme.test:80", Form),
            ("xn--a.test", Form),
            ("xn--.test", Form),
            ("ab--cd.test", Form),
            (long.as_str(), Form),
            (label.as_str(), Form),
            ("127.0.0.1", Address),
            ("::1", Address),
            ("[::1]", Address),
            ("1.2.3", Address),
            ("0x7f.1", Address),
            ("1.0x7f", Address),
            ("*.acme.test", Wildcard),
            ("www.*.test", Wildcard),
            ("acme", SingleLabel),
            ("localhost", SingleLabel),
            ("pаypal.test", MixedScripts),
            ("www.gοοgle.test", MixedScripts),
            ("co.uk", PublicSuffix),
            ("github.io", PublicSuffix),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_platforms_names_are_its_own() {
        let name = |text: &str| Hostname::parse(text).expect("a name");
        let hosts = Hosts {
            console: name("console.freehold.example"),
            sites: name("sites.freehold-sites.example"),
            admin: name("admin.freehold.example"),
            media: name("media.freehold-sites.example"),
            scheme: "https".to_owned(),
            port: None,
        };
        for text in [
            "console.freehold.example",
            "a.console.freehold.example",
            "acme.sites.freehold-sites.example",
            "admin.freehold.example",
            "x.media.freehold-sites.example",
            "freehold.example",
        ] {
            assert_eq!(
                check_not_platform(&name(text), &hosts, None),
                Err(InvalidName::Platform),
                "{text}"
            );
        }
        for text in ["www.freehold.example", "notadmin.freehold-x.example", "acme.test"] {
            assert_eq!(check_not_platform(&name(text), &hosts, None), Ok(()), "{text}");
        }
        // Cyrillic letters that look like Latin ones, a whole label of them, and digits for letters.
        for text in
            ["аdmin.freehold.example", "console.frееhоld.example", "console.freeho1d.example"]
        {
            assert_eq!(
                check_not_platform(&name(text), &hosts, None),
                Err(InvalidName::Imitation),
                "{text}"
            );
        }
        let own = name("acme.sites.freehold-sites.example");
        let below = name("www.acme.sites.freehold-sites.example");
        assert_eq!(check_not_platform(&below, &hosts, Some(&own)), Ok(()));
        let other = name("www.other.sites.freehold-sites.example");
        for taken in [&own, &other] {
            let refused = check_not_platform(taken, &hosts, Some(&own));
            assert_eq!(refused, Err(InvalidName::Platform), "{taken}");
        }
    }

    #[test]
    fn reserved_names_are_told_by_their_last_label() {
        let is_reserved = |text: &str| is_reserved(&Hostname::parse(text).expect("a name"));
        assert!(is_reserved("www.acme.test") && is_reserved("a.localhost"));
        assert!(!is_reserved("test.acme.com") && !is_reserved("contest"));
    }
}
