//! Who may import whom among the workspace's own crates. This table is the shape
//! of the product: `shared` below, the planes beside each other, the binary above
//! them, the tests on top. A new crate is an error until it has its row here.

use cargo_metadata::DependencyKind;

/// The crates that a crate may import.
enum Reach {
    /// These and no others.
    Only(&'static [&'static str]),
    /// Any crate: it stands on top.
    Everything,
}

/// The test kit; any crate may use it for its tests.
const TESTKIT: &str = "freehold-testkit";
/// Servers for tests, which xtask starts and any crate may use for its tests.
const SCRATCH: &str = "freehold-scratch-postgres";
/// A server of the S3 API for tests.
const SCRATCH_OBJECTS: &str = "freehold-scratch-objects";

const ALLOWED: &[(&str, Reach)] = &[
    // shared
    ("freehold-api", Reach::Only(&["freehold-ids"])),
    ("freehold-certificates", Reach::Only(&["freehold-clock"])),
    ("freehold-clock", Reach::Only(&[])),
    ("freehold-config", Reach::Only(&[])),
    ("freehold-credentials", Reach::Only(&[])),
    ("freehold-db", Reach::Only(&["freehold-ffi"])),
    ("freehold-ffi", Reach::Only(&[])),
    (
        "freehold-fleet",
        Reach::Only(&[
            "freehold-certificates",
            "freehold-credentials",
            "freehold-ids",
            "freehold-sealing",
        ]),
    ),
    ("freehold-idempotency", Reach::Only(&["freehold-api", "freehold-clock", "freehold-db"])),
    ("freehold-ids", Reach::Only(&[])),
    ("freehold-lists", Reach::Only(&["freehold-api", "freehold-db"])),
    ("freehold-objects", Reach::Only(&["freehold-clock", "freehold-ids"])),
    ("freehold-sealing", Reach::Only(&[])),
    ("freehold-telemetry", Reach::Only(&[])),
    ("freehold-web-app", Reach::Only(&[])),
    ("freehold-migrations", Reach::Only(&["freehold-db"])),
    // data plane
    (
        "freehold-kernel",
        Reach::Only(&[
            "freehold-api",
            "freehold-clock",
            "freehold-db",
            "freehold-fleet",
            "freehold-idempotency",
            "freehold-ids",
            "freehold-migrations",
            "freehold-objects",
            "freehold-sealing",
        ]),
    ),
    (
        "freehold-identity",
        Reach::Only(&[
            "freehold-api",
            "freehold-clock",
            "freehold-credentials",
            "freehold-db",
            "freehold-fleet",
            "freehold-idempotency",
            "freehold-ids",
            "freehold-kernel",
            "freehold-lists",
        ]),
    ),
    (
        "freehold-content",
        Reach::Only(&[
            "freehold-api",
            "freehold-clock",
            "freehold-db",
            "freehold-fleet",
            "freehold-idempotency",
            "freehold-identity",
            "freehold-ids",
            "freehold-kernel",
            "freehold-lists",
        ]),
    ),
    (
        "freehold-site",
        Reach::Only(&[
            "freehold-api",
            "freehold-clock",
            "freehold-content",
            "freehold-credentials",
            "freehold-db",
            "freehold-fleet",
            "freehold-identity",
            "freehold-ids",
            "freehold-kernel",
            "freehold-lists",
        ]),
    ),
    (
        "freehold-worker",
        Reach::Only(&[
            "freehold-api",
            "freehold-certificates",
            "freehold-clock",
            "freehold-content",
            "freehold-credentials",
            "freehold-db",
            "freehold-fleet",
            "freehold-identity",
            "freehold-ids",
            "freehold-kernel",
            "freehold-migrations",
            "freehold-objects",
            "freehold-sealing",
            "freehold-site",
            "freehold-web-app",
        ]),
    ),
    // edge
    (
        "freehold-proxy",
        Reach::Only(&[
            "freehold-certificates",
            "freehold-clock",
            "freehold-fleet",
            "freehold-ids",
            "freehold-telemetry",
        ]),
    ),
    // control plane
    (
        "freehold-control-plane",
        Reach::Only(&[
            "freehold-api",
            "freehold-certificates",
            "freehold-clock",
            "freehold-credentials",
            "freehold-db",
            "freehold-fleet",
            "freehold-idempotency",
            "freehold-ids",
            "freehold-lists",
            "freehold-migrations",
            "freehold-sealing",
            "freehold-telemetry",
            "freehold-web-app",
        ]),
    ),
    // the binary
    (
        "freehold-cli",
        Reach::Only(&[
            "freehold-api",
            "freehold-certificates",
            "freehold-clock",
            "freehold-config",
            "freehold-control-plane",
            "freehold-credentials",
            "freehold-db",
            "freehold-fleet",
            "freehold-ids",
            "freehold-migrations",
            "freehold-objects",
            "freehold-proxy",
            "freehold-sealing",
            "freehold-telemetry",
            "freehold-worker",
        ]),
    ),
    // tests and tools
    (
        TESTKIT,
        Reach::Only(&[
            "freehold-api",
            "freehold-cli",
            "freehold-clock",
            "freehold-config",
            "freehold-control-plane",
            "freehold-fleet",
            "freehold-ids",
            "freehold-proxy",
            "freehold-worker",
            SCRATCH,
        ]),
    ),
    (SCRATCH, Reach::Only(&[])),
    (SCRATCH_OBJECTS, Reach::Only(&[])),
    ("freehold-tests", Reach::Everything),
    ("xtask", Reach::Only(&[SCRATCH])),
];

/// Why the crate cannot be judged, if it has no row.
pub(super) fn row(importer: &str) -> Option<String> {
    let missing = reach(importer).is_none();
    missing.then(|| format!("{importer} has no row in xtask/src/tidy/imports.rs"))
}

/// Why the crate may not import the other one, if it may not.
pub(super) fn check(importer: &str, imported: &str, kind: DependencyKind) -> Option<String> {
    let allowed = match reach(importer) {
        Some(Reach::Only(names)) => names.contains(&imported),
        Some(Reach::Everything) | None => true,
    };
    let for_tests = kind == DependencyKind::Development
        && [TESTKIT, SCRATCH, SCRATCH_OBJECTS].contains(&imported);
    if allowed || for_tests {
        return None;
    }
    Some(format!("{importer} may not import {imported}"))
}

fn reach(importer: &str) -> Option<&'static Reach> {
    let row = ALLOWED.iter().find(|(name, _)| *name == importer);
    row.map(|(_, reach)| reach)
}

#[cfg(test)]
mod tests {
    use cargo_metadata::DependencyKind::{Build, Development, Normal};

    use super::{check, row};

    #[test]
    fn imports_go_along_the_declared_direction() {
        assert_eq!(check("freehold-site", "freehold-content", Normal), None);
        assert_eq!(check("freehold-tests", "freehold-worker", Normal), None);
        assert!(check("freehold-content", "freehold-site", Normal).is_some());
        assert!(check("freehold-proxy", "freehold-db", Normal).is_some());
        assert!(check("freehold-proxy", "freehold-db", Development).is_some());
        assert!(check("freehold-control-plane", "freehold-kernel", Build).is_some());
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        assert_eq!(check("freehold-site", "freehold-testkit", Development), None);
        assert_eq!(check("freehold-tests", "freehold-testkit", Normal), None);
        assert!(check("freehold-site", "freehold-testkit", Normal).is_some());
        assert_eq!(check("freehold-db", "freehold-scratch-postgres", Development), None);
        assert!(check("freehold-db", "freehold-scratch-postgres", Normal).is_some());
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        assert_eq!(row("freehold-ids"), None);
        let message = row("freehold-search").unwrap();
        assert!(message.contains("no row"), "{message}");
    }
}
