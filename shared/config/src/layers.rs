//! The layers that a value may come from, merged key by key with the origin kept.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use toml::{Table, Value};

use crate::{DEFAULTS, Problem};

/// Variables that start with `FREEHOLD_` and are no settings.
const OTHER_VARIABLES: &[&str] = &[
    "FREEHOLD_CACHE",
    "FREEHOLD_CONFIG",
    "FREEHOLD_FAULT_AT",
    "FREEHOLD_TEST_LONG",
    "FREEHOLD_TEST_POSTGRES",
    "FREEHOLD_TEST_TENANTS",
    "FREEHOLD_TOKEN",
];

/// What may override the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A configuration file.
    pub file: Option<PathBuf>,
    /// Variables of the environment, all of them; others than Freehold's are ignored.
    pub environment: Vec<(String, String)>,
    /// `key = value` pairs from the command line.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// The process's own environment; the file that `FREEHOLD_CONFIG` names, if any.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process() -> Self {
        // A variable that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = std::env::var_os("FREEHOLD_CONFIG").map(PathBuf::from);
        Self { file, environment, flags: Vec::new() }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The compiled-in defaults.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// This variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// One setting with its value and origin.
#[derive(Debug, Clone)]
pub struct Setting {
    /// `section.key`.
    pub key: String,
    /// The value in force.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Merges all layers over the defaults.
pub(crate) fn merge(sources: &Sources) -> (Vec<Setting>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut settings = defaults();
    let index: BTreeMap<String, usize> =
        settings.iter().enumerate().map(|(at, setting)| (setting.key.clone(), at)).collect();
    let mut put = |key: &str, value: Given, origin: Origin, problems: &mut Vec<Problem>| {
        let Some(setting) = index.get(key).map(|at| &mut settings[*at]) else {
            problems.push(problem(key, &origin, "there is no such setting".to_owned()));
            return;
        };
        match value.like(&setting.value) {
            Some(value) => (setting.value, setting.origin) = (value, origin),
            None => {
                let message = format!("expected {}", kind(&setting.value));
                problems.push(problem(key, &origin, message));
            }
        }
    };
    for (key, value) in read_file(sources, &mut problems) {
        let origin = Origin::File(sources.file.clone().unwrap_or_default());
        put(&key, Given::Typed(value), origin, &mut problems);
    }
    for (name, value) in &sources.environment {
        let ours = name.starts_with("FREEHOLD_") && !OTHER_VARIABLES.contains(&name.as_str());
        if ours {
            let key = index.keys().find(|key| variable(key) == *name);
            let key = key.map_or(name.as_str(), String::as_str);
            let origin = Origin::Environment(name.clone());
            put(key, Given::Text(value.clone()), origin, &mut problems);
        }
    }
    for (key, value) in &sources.flags {
        put(key, Given::Text(value.clone()), Origin::Flag, &mut problems);
    }
    (settings, problems)
}

fn problem(key: &str, origin: &Origin, message: String) -> Problem {
    Problem { key: key.to_owned(), origin: origin.to_string(), message }
}

fn defaults() -> Vec<Setting> {
    let table: Table = DEFAULTS.parse().unwrap_or_default();
    flatten(table)
        .into_iter()
        .map(|(key, value)| Setting { key, value, origin: Origin::Default })
        .collect()
}

fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (section, value) in table {
        match value {
            Value::Table(keys) => {
                flat.extend(
                    keys.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)),
                );
            }
            other => flat.push((section, other)),
        }
    }
    flat
}

fn read_file(sources: &Sources, problems: &mut Vec<Problem>) -> Vec<(String, Value)> {
    let Some(path) = &sources.file else { return Vec::new() };
    let origin = Origin::File(path.clone());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(problem("--config", &origin, error.to_string()));
            return Vec::new();
        }
    };
    match text.parse::<Table>() {
        Ok(table) => flatten(table),
        Err(error) => {
            problems.push(problem("--config", &origin, error.message().to_owned()));
            Vec::new()
        }
    }
}

/// `edge.listen` is `FREEHOLD_EDGE_LISTEN`.
fn variable(key: &str) -> String {
    format!("FREEHOLD_{}", key.replace('.', "_").to_uppercase())
}

enum Given {
    Typed(Value),
    Text(String),
}

impl Given {
    /// The given value as the same type as the default.
    fn like(self, default: &Value) -> Option<Value> {
        match (self, default) {
            (Self::Typed(value), _) => value.same_type(default).then_some(value),
            (Self::Text(text), Value::String(_)) => Some(Value::String(text)),
            (Self::Text(text), Value::Integer(_)) => text.parse().ok().map(Value::Integer),
            (Self::Text(text), Value::Boolean(_)) => text.parse().ok().map(Value::Boolean),
            (Self::Text(text), Value::Array(_)) => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                Some(Value::Array(entries.map(Value::from).collect()))
            }
            (Self::Text(_), _) => None,
        }
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        _ => "another type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_parse_and_have_sections_only() {
        let settings = defaults();
        assert!(settings.len() > 15, "{settings:?}");
        assert!(settings.iter().all(|setting| setting.key.contains('.')));
    }

    #[test]
    fn later_layers_win_and_every_mistake_is_told() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let sources = Sources {
            file: None,
            environment: vec![
                pair("FREEHOLD_EDGE_LISTEN", "127.0.0.1:1"),
                pair("FREEHOLD_HOSTS_PORT", "x"),
                pair("FREEHOLD_NONSENSE", "1"),
                pair("FREEHOLD_TOKEN", "secret"),
                pair("PATH", "/bin"),
            ],
            flags: vec![pair("edge.listen", "127.0.0.1:2"), pair("edge.nonsense", "1")],
        };
        let (settings, problems) = merge(&sources);
        let listen = settings.iter().find(|s| s.key == "edge.listen").expect("known");
        assert_eq!((listen.value.as_str(), &listen.origin), (Some("127.0.0.1:2"), &Origin::Flag));
        let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["hosts.port", "FREEHOLD_NONSENSE", "edge.nonsense"]);
    }
}
