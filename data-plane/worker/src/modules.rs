//! The modules of a site, one line each.

use std::sync::Arc;

use freehold_api::{DocumentInfo, document};
use freehold_credentials::{HashError, PasswordHasher, VerifyingKey};
use freehold_identity::IdentityConfig;
use freehold_identity::api::Desk;
use freehold_kernel::{Module, jobs};
use freehold_site::Theme;
use serde_json::Value;

const INFO: DocumentInfo = DocumentInfo {
    title: "Freehold site API",
    description: "The API of one site, on its own host and its admin's. The host decides which site answers.",
};

/// Every module, in the order in which a new store is seeded.
pub(crate) fn all(identity: IdentityConfig, theme: Arc<Theme>) -> Vec<Module> {
    let desk = Desk::new(identity);
    vec![
        jobs::module(),
        freehold_identity::module(&desk),
        freehold_content::module(),
        freehold_site::module(theme, desk),
    ]
}

/// The OpenAPI document of a site's API.
pub(crate) fn describe(modules: &[Module]) -> Value {
    document(INFO, modules.iter().flat_map(|module| &module.routes))
}

/// The same document without a running worker, for the committed copy.
///
/// # Errors
/// When the theme or the password hasher cannot be made.
pub fn site_document() -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    let hasher = PasswordHasher::new().map_err(|error: HashError| error.to_string())?;
    let identity = IdentityConfig {
        hasher,
        ticket_key: VerifyingKey::from_bytes([0; 32]),
        rate_limits_enabled: true,
    };
    Ok(describe(&all(identity, Arc::new(Theme::new()?))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use freehold_api::Access;
    use freehold_db::{ColumnType, SchemaChange};

    use super::*;

    fn modules() -> Vec<Module> {
        let identity = IdentityConfig {
            hasher: PasswordHasher::new().expect("a hasher"),
            ticket_key: VerifyingKey::from_bytes([0; 32]),
            rate_limits_enabled: true,
        };
        all(identity, Arc::new(Theme::new().expect("the theme parses")))
    }

    #[test]
    fn every_table_has_exactly_one_owner() {
        let owned: Vec<&str> = modules().iter().flat_map(|module| module.tables).copied().collect();
        let unique: BTreeSet<&str> = owned.iter().copied().collect();
        assert_eq!(unique.len(), owned.len(), "two modules name one table: {owned:?}");
        let created: BTreeSet<&str> = freehold_migrations::TENANT
            .iter()
            .flat_map(|migration| (migration.changes)())
            .filter_map(|change| match change {
                SchemaChange::CreateTable(table) => Some(table.name),
                _ => None,
            })
            .collect();
        assert_eq!(created, unique);
    }

    #[test]
    fn what_is_sealed_is_bytes_in_a_table_of_its_module() {
        let tables: Vec<_> = freehold_migrations::TENANT
            .iter()
            .flat_map(|migration| (migration.changes)())
            .filter_map(|change| match change {
                SchemaChange::CreateTable(table) => Some(table),
                _ => None,
            })
            .collect();
        let modules = modules();
        assert!(modules.iter().any(|module| !module.secrets.is_empty()));
        for module in &modules {
            for secret in module.secrets {
                assert!(module.tables.contains(&secret.table), "{} is another's", secret.table);
                let table = tables.iter().find(|table| table.name == secret.table);
                let kind = |name: &str| {
                    let column = table?.columns.iter().find(|column| column.name == name)?;
                    Some(column.kind)
                };
                assert_eq!(kind(secret.key), Some(ColumnType::Text), "{secret:?}");
                assert_eq!(kind(secret.column), Some(ColumnType::Bytes), "{secret:?}");
            }
        }
    }

    #[test]
    fn what_is_followed_is_emitted_by_some_module_and_no_two_jobs_share_a_name() {
        let modules = modules();
        jobs::Plan::of(&modules).expect("a plan");
        let emitted: BTreeSet<&str> = modules.iter().flat_map(|m| m.events).copied().collect();
        for subscriber in modules.iter().flat_map(|module| &module.subscribers) {
            for event in subscriber.events {
                assert!(emitted.contains(event), "{} follows {event}", subscriber.name);
            }
        }
    }

    #[test]
    fn every_route_needs_a_declared_permission_or_is_open() {
        let modules = modules();
        let declared: BTreeSet<&str> =
            modules.iter().flat_map(|m| m.permissions).map(|p| p.name).collect();
        for route in modules.iter().flat_map(|module| &module.routes) {
            if let Access::Permission(name) = route.operation.access {
                assert!(declared.contains(name), "{} needs {name}", route.path);
            }
        }
    }
}
