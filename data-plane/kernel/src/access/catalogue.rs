//! All that rules can be about: every permission and every subject that the modules declare.

use super::{Permission, SubjectSpec};

/// What the modules of this release declare.
#[derive(Debug, Default)]
pub struct Catalogue {
    permissions: Vec<Permission>,
    subjects: Vec<SubjectSpec>,
}

impl Catalogue {
    /// Of modules, in their order.
    pub fn of<'m>(modules: impl Iterator<Item = &'m crate::Module>) -> Self {
        let mut catalogue = Self::default();
        for module in modules {
            catalogue.permissions.extend_from_slice(module.permissions);
            catalogue.subjects.extend_from_slice(module.subjects);
        }
        catalogue
    }

    /// Every permission.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter()
    }

    /// The permission of this name.
    pub fn permission(&self, name: &str) -> Option<&Permission> {
        self.permissions.iter().find(|permission| permission.name == name)
    }

    /// The subject of this name, where rules may name its fields.
    pub fn subject(&self, name: &str) -> Option<&SubjectSpec> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}
