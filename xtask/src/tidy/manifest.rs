//! Rules about a crate's Cargo.toml: who may depend on an SQL library, and that
//! every crate takes part in the workspace's lints.

use serde::Deserialize;

use super::Finding;

/// The crate that speaks SQL; everyone else asks it.
const SQL_CRATE: &str = "freehold-db";
const SQL_LIBRARIES: [&str; 5] = ["libsqlite3-sys", "rusqlite", "sea-orm", "sea-query", "sqlx"];

/// The crate with calls into C, SQLite's among them; the one that may hold `unsafe`.
const FFI_CRATE: &str = "freehold-ffi";

/// The crate that measures our stores against the driver alone.
const BENCH_CRATE: &str = "freehold-tests";

/// The crate that runs platform jobs, in a jobs database of their own.
const JOBS_CRATE: &str = "freehold-control-plane";
const JOBS_LIBRARY: &str = "apalis-sqlite";

#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
    lints: Option<Lints>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Lints {
    #[serde(default)]
    workspace: bool,
}

/// Why the crate may not depend on the library, if it may not.
pub(super) fn sql(importer: &str, library: &str) -> Option<String> {
    let of_family = |name: &str| {
        let rest = library.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let owner = if library == JOBS_LIBRARY {
        JOBS_CRATE
    } else if SQL_LIBRARIES.iter().any(|name| of_family(name)) {
        SQL_CRATE
    } else {
        return None;
    };
    if [FFI_CRATE, BENCH_CRATE].contains(&importer) && owner == SQL_CRATE {
        return None;
    }
    (importer != owner).then(|| format!("only {owner} depends on {library}"))
}

/// The crate inherits the workspace's lints.
pub(super) fn lints(text: &str) -> Vec<Finding> {
    let manifest = match toml::from_str::<Manifest>(text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::new(1, error.message())],
    };
    // What the workspace forbids cannot be allowed by one crate that takes part.
    let is_exempt = manifest.package.is_some_and(|package| package.name == FFI_CRATE);
    if is_exempt || manifest.lints.is_some_and(|lints| lints.workspace) {
        return Vec::new();
    }
    let message = "add `[lints]` with `workspace = true`";
    vec![Finding::new(1, message)]
}

/// The line in which the manifest names the dependency; the first if it is not
/// found, for example because it was renamed.
pub(super) fn line_of(text: &str, dependency: &str) -> usize {
    let names_it = |line: &str| {
        let rest = line.trim_start().strip_prefix(dependency);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    text.lines().position(names_it).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::{line_of, lints, sql};

    #[test]
    fn sql_has_one_room() {
        assert_eq!(sql("freehold-db", "sqlx"), None);
        assert_eq!(sql("freehold-db", "sea-query-sqlx"), None);
        assert_eq!(sql("freehold-ffi", "sqlx"), None);
        assert!(sql("freehold-ffi", "apalis-sqlite").is_some());
        assert_eq!(sql("freehold-control-plane", "apalis-sqlite"), None);
        assert_eq!(sql("freehold-site", "apalis"), None);
        for library in ["sqlx", "sea-query", "sea-query-sqlx", "libsqlite3-sys"] {
            assert!(sql("freehold-control-plane", library).is_some(), "{library}");
        }
        let message = sql("freehold-worker", "apalis-sqlite").unwrap();
        assert_eq!(message, "only freehold-control-plane depends on apalis-sqlite");
    }

    #[test]
    fn every_crate_takes_part_in_the_lints() {
        assert_eq!(lints("[lints]\nworkspace = true\n"), []);
        assert_eq!(lints("[package]\nname = \"a\"\n").len(), 1);
        assert_eq!(lints("[lints.rust]\nunused = \"allow\"\n").len(), 1);
        assert_eq!(lints("not toml").len(), 1);
    }

    #[test]
    fn dependencies_are_found_in_the_manifest() {
        let text = "[dependencies]\nsqlx-core = \"1\"\nsqlx.workspace = true\n";
        assert_eq!(line_of(text, "sqlx"), 3);
        assert_eq!(line_of(text, "other"), 1);
    }
}
