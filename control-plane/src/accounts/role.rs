//! Roles in an account, and the rights that each has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    Admin,
    Developer,
    Billing,
    Viewer,
}

/// What a role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    SitesRead,
    SitesWrite,
    SitesDelete,
    UsageRead,
    MembersRead,
    MembersWrite,
    KeysWrite,
    AccountWrite,
}

impl Permission {
    pub(crate) const ALL: [Self; 8] = [
        Self::SitesRead,
        Self::SitesWrite,
        Self::SitesDelete,
        Self::UsageRead,
        Self::MembersRead,
        Self::MembersWrite,
        Self::KeysWrite,
        Self::AccountWrite,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SitesRead => "sites.read",
            Self::SitesWrite => "sites.write",
            Self::SitesDelete => "sites.delete",
            Self::UsageRead => "usage.read",
            Self::MembersRead => "members.read",
            Self::MembersWrite => "members.write",
            Self::KeysWrite => "keys.write",
            Self::AccountWrite => "account.write",
        }
    }

    /// Whether only people hold it: a key that leaked makes no other keys and lets nobody in.
    pub(crate) const fn is_for_people(self) -> bool {
        matches!(self, Self::MembersWrite | Self::KeysWrite)
    }
}

impl Role {
    const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Developer, Self::Billing, Self::Viewer];

    /// The words of all roles, for lists.
    pub(crate) const WORDS: [&'static str; 5] = {
        let [a, b, c, d, e] = Self::ALL;
        [a.as_str(), b.as_str(), c.as_str(), d.as_str(), e.as_str()]
    };

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::Viewer => "viewer",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub(crate) const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::SitesRead | Permission::UsageRead | Permission::MembersRead => true,
            Permission::SitesWrite | Permission::KeysWrite => {
                matches!(self, Self::Owner | Self::Admin | Self::Developer)
            }
            Permission::SitesDelete | Permission::MembersWrite | Permission::AccountWrite => {
                matches!(self, Self::Owner | Self::Admin)
            }
        }
    }

    /// What who has this role is on the account's sites. Only an owner is one there, too.
    pub(crate) const fn on_sites(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin | Self::Developer => "admin",
            // They get no tickets.
            Self::Billing | Self::Viewer => "reader",
        }
    }

    /// Whether who has this role may give the other one away: it holds all that the other does,
    /// and only owners make owners.
    pub(crate) fn covers(self, other: Self) -> bool {
        let holds = |permission: &Permission| !other.may(*permission) || self.may(*permission);
        (other != Self::Owner || self == Self::Owner) && Permission::ALL.iter().all(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_gives_away_no_more_than_it_has() {
        let covered = |role: Role| Role::ALL.map(|other| role.covers(other));
        assert_eq!(covered(Role::Owner), [true; 5]);
        assert_eq!(covered(Role::Admin), [false, true, true, true, true]);
        assert_eq!(covered(Role::Developer), [false, false, true, true, true]);
        assert_eq!(covered(Role::Viewer), [false, false, false, true, true]);
    }
}
