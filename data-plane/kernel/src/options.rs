//! A site's settings: what there are, what each may be, and their values as modules and pages read
//! them.
//!
//! A setting is declared here when something reads it, and not before.

use freehold_clock::TimeZoneName;
use freehold_db::{Delete, Filter, Insert, Select};
use serde_json::Value;

use crate::{Read, Role, StoreError, Tx};

const LANGUAGE_CHARS_MAX: usize = 35;

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// Text on one line.
    Text {
        /// Characters at least.
        chars_min: usize,
        /// Characters at most.
        chars_max: usize,
    },
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer {
        /// The smallest.
        minimum: u64,
        /// The largest.
        maximum: u64,
    },
    /// A language tag (BCP 47).
    Language,
    /// A time zone's name of the IANA database.
    TimeZone,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Why a value does not fit a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct InvalidOption(String);

impl OptionKind {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Boolean => "boolean",
            Self::Integer { .. } => "integer",
            Self::Language => "language",
            Self::TimeZone => "time_zone",
            Self::Choice(_) => "choice",
        }
    }

    /// Reads a value from the wire into what is stored.
    ///
    /// # Errors
    /// [`InvalidOption`] says what was expected.
    pub fn parse(self, value: &Value) -> Result<String, InvalidOption> {
        let text = || value.as_str().map(str::trim);
        let parsed = match self {
            Self::Text { chars_min, chars_max } => text().filter(|text| {
                (chars_min..=chars_max).contains(&text.chars().count())
                    && !text.chars().any(char::is_control)
            }),
            Self::Boolean => value.as_bool().map(|is| if is { "true" } else { "false" }),
            Self::Integer { minimum, maximum } => {
                let number = value.as_u64().filter(|number| (minimum..=maximum).contains(number));
                return number.map(|number| number.to_string()).ok_or_else(|| self.expected());
            }
            Self::Language => text().filter(|text| is_language(text)),
            Self::TimeZone => text().filter(|text| TimeZoneName::parse(text).is_some()),
            Self::Choice(words) => text().filter(|text| words.contains(text)),
        };
        parsed.map(ToOwned::to_owned).ok_or_else(|| self.expected())
    }

    /// A stored value on the wire.
    pub fn shown(self, stored: &str) -> Value {
        match self {
            Self::Boolean => Value::Bool(stored == "true"),
            Self::Integer { minimum, .. } => stored.parse().unwrap_or(minimum).into(),
            Self::Text { .. } | Self::Language | Self::TimeZone | Self::Choice(_) => stored.into(),
        }
    }

    fn expected(self) -> InvalidOption {
        InvalidOption(match self {
            Self::Text { chars_min, chars_max } => {
                format!("{chars_min} to {chars_max} characters on one line")
            }
            Self::Boolean => "true or false".to_owned(),
            Self::Integer { minimum, maximum } => {
                format!("a whole number from {minimum} to {maximum}")
            }
            Self::Language => "a language tag such as en or pt-BR".to_owned(),
            Self::TimeZone => "a time zone's name such as Europe/Paris".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
        })
    }
}

/// The form of a language tag: subtags of letters and digits, the first of letters (RFC 5646).
fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let first = subtags.next().unwrap_or_default();
    text.len() <= LANGUAGE_CHARS_MAX
        && (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// A setting.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Its name in stores and on the wire.
    pub key: &'static str,
    /// What it may be.
    pub kind: OptionKind,
    /// Its value where nobody set one, as it would be stored.
    pub default: &'static str,
    /// What it stands with.
    pub group: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Whether everybody may know it.
    pub is_public: bool,
}

/// Every setting, in the order in which they are shown.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: "site_title",
        kind: OptionKind::Text { chars_min: 1, chars_max: 100 },
        default: "Untitled",
        group: "general",
        label: "Title",
        description: "The site's name, at the top of each page and in feeds",
        is_public: true,
    },
    OptionSpec {
        key: "site_description",
        kind: OptionKind::Text { chars_min: 0, chars_max: 300 },
        default: "",
        group: "general",
        label: "Description",
        description: "One line on what the site is about, for search engines and feeds",
        is_public: true,
    },
    OptionSpec {
        key: "language",
        kind: OptionKind::Language,
        default: "en",
        group: "general",
        label: "Language",
        description: "The language that the site is written in",
        is_public: true,
    },
    OptionSpec {
        key: "timezone",
        kind: OptionKind::TimeZone,
        default: "UTC",
        group: "general",
        label: "Time zone",
        description: "In which dates on pages are told",
        is_public: true,
    },
    OptionSpec {
        key: "date_format",
        kind: OptionKind::Choice(&["long", "iso"]),
        default: "long",
        group: "general",
        label: "Dates",
        description: "How dates on pages are written: in words, or as 2027-01-31",
        is_public: true,
    },
    OptionSpec {
        key: "posts_per_page",
        kind: OptionKind::Integer { minimum: 1, maximum: 50 },
        default: "10",
        group: "reading",
        label: "Posts per page",
        description: "On the home page and in search results",
        is_public: true,
    },
    OptionSpec {
        key: "rss_items",
        kind: OptionKind::Integer { minimum: 1, maximum: 50 },
        default: "20",
        group: "reading",
        label: "Posts in the feed",
        description: "How many of the newest posts the feed holds",
        is_public: true,
    },
    OptionSpec {
        key: "indexable",
        kind: OptionKind::Boolean,
        default: "true",
        group: "reading",
        label: "Search engines",
        description: "Whether search engines may list the site",
        is_public: false,
    },
    OptionSpec {
        key: "registration_open",
        kind: OptionKind::Boolean,
        default: "true",
        group: "people",
        label: "Registration",
        description: "Whether visitors may register on the site",
        is_public: true,
    },
    OptionSpec {
        key: "default_role",
        kind: OptionKind::Choice(&["reader", "author"]),
        default: "reader",
        group: "people",
        label: "Role of who registers",
        description: "What somebody who registers may do from then on",
        is_public: false,
    },
    OptionSpec {
        key: "maintenance_mode",
        kind: OptionKind::Boolean,
        default: "false",
        group: "maintenance",
        label: "Maintenance",
        description: "Whether pages say that the site is being worked on; the API and the admin go on",
        is_public: true,
    },
    OptionSpec {
        key: "maintenance_message",
        kind: OptionKind::Text { chars_min: 0, chars_max: 300 },
        default: "",
        group: "maintenance",
        label: "Message during maintenance",
        description: "What visitors read meanwhile",
        is_public: true,
    },
];

/// The setting of this name.
pub fn option(key: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.key == key)
}

/// The values of a site's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteOptions(Vec<(String, String)>);

impl SiteOptions {
    /// Reads them all.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn load(read: &mut Read) -> Result<Self, StoreError> {
        let mut values = Vec::new();
        for row in read.rows(&Select::from("options", ["key", "value"])).await? {
            values.push((row.get("key")?, row.get("value")?));
        }
        Ok(Self(values))
    }

    /// A value as it is stored, or the setting's default.
    pub fn stored(&self, option: &'static OptionSpec) -> &str {
        let set = self.0.iter().find(|(key, _)| key == option.key);
        set.map_or(option.default, |(_, value)| value)
    }

    fn of(&self, key: &str) -> &str {
        option(key).map_or("", |option| self.stored(option))
    }

    fn number(&self, key: &str) -> u64 {
        let default = || option(key).and_then(|option| option.default.parse().ok());
        self.of(key).parse().ok().or_else(default).unwrap_or(1)
    }

    /// The site's name.
    pub fn title(&self) -> &str {
        self.of("site_title")
    }

    /// One line on what it is about; may be empty.
    pub fn description(&self) -> &str {
        self.of("site_description")
    }

    /// BCP 47 tag of the site's language.
    pub fn language(&self) -> &str {
        self.of("language")
    }

    /// In which dates on pages are told.
    pub fn time_zone(&self) -> TimeZoneName {
        TimeZoneName::parse(self.of("timezone")).unwrap_or_default()
    }

    /// Posts on one page of a list.
    pub fn posts_per_page(&self) -> u64 {
        self.number("posts_per_page")
    }

    /// Posts in the feed.
    pub fn feed_posts(&self) -> u64 {
        self.number("rss_items")
    }

    /// Whether search engines may list the site.
    pub fn is_indexable(&self) -> bool {
        self.of("indexable") == "true"
    }

    /// What somebody who registers may do. A word that this release does not know gives the least.
    pub fn default_role(&self) -> Role {
        match self.of("default_role") {
            "author" => Role::Author,
            _ => Role::Reader,
        }
    }

    /// Whether dates are written in figures, as `2027-01-31`, instead of in words.
    pub fn has_iso_dates(&self) -> bool {
        self.of("date_format") == "iso"
    }

    /// What visitors read while the site is being worked on, if it is; may be empty.
    pub fn maintenance(&self) -> Option<&str> {
        (self.of("maintenance_mode") == "true").then(|| self.of("maintenance_message"))
    }

    /// Whether visitors may register.
    pub fn is_registration_open(&self) -> bool {
        self.of("registration_open") == "true"
    }
}

/// Writes one setting. Pages show settings, so this changes what the public sees.
///
/// # Errors
/// Whatever the store says.
pub async fn write_option(tx: &mut Tx, key: &str, value: &str) -> Result<(), StoreError> {
    let insert =
        Insert::into("options").set("key", key).set("value", value).or_replace(["key"], ["value"]);
    tx.insert(&insert).await?;
    tx.publish_changed();
    Ok(())
}

/// Gives a setting its default again.
///
/// # Errors
/// Whatever the store says.
pub async fn reset_option(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.delete(&Delete::from("options", Filter::eq("key", key))).await?;
    tx.publish_changed();
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_fit_their_settings() {
        for option in OPTIONS {
            let shown = option.kind.shown(option.default);
            assert_eq!(option.kind.parse(&shown).as_deref(), Ok(option.default), "{}", option.key);
        }
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        let long = "x".repeat(101);
        for (key, value) in [
            ("site_title", json!("")),
            ("site_title", json!(7)),
            ("site_title", json!("two\nlines")),
            ("site_title", json!(long)),
            ("language", json!("english please")),
            ("language", json!("e")),
            ("timezone", json!("Mars/Olympus")),
            ("posts_per_page", json!(0)),
            ("posts_per_page", json!(51)),
            ("posts_per_page", json!("10")),
            ("posts_per_page", json!(1.5)),
            ("registration_open", json!("true")),
            ("registration_open", json!(null)),
        ] {
            let option = option(key).unwrap();
            assert!(option.kind.parse(&value).is_err(), "{key}: {value}");
        }
        for (key, value) in [
            ("language", json!("pt-BR")),
            ("language", json!("zh-Hans")),
            ("timezone", json!("Europe/Paris")),
        ] {
            assert!(option(key).unwrap().kind.parse(&value).is_ok(), "{key}: {value}");
        }
    }
}
