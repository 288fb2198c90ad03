//! What members may ask of the list of their sites, and operators of the list of tenants.
//!
//! A failed site's slug is filtered and sorted as it is stored, with its id behind it, since its
//! name is free again and may be another site's.

use freehold_db::Direction;
use freehold_ids::{AccountId, TenantId, WorkerId};
use freehold_lists::{Field, FieldKind, ListPolicy, Listed};

use super::model::{SiteState, SiteView};
use super::store::{COLUMNS, TABLE};
use crate::store::id_form;

const STATE: FieldKind = FieldKind::Word(&SiteState::WORDS);

const ID: Field =
    Field::new("id", FieldKind::Id(id_form::<TenantId>())).shown().filtered().sorted();
const NAME: Field = Field::new("name", FieldKind::Text).shown().filtered().sorted();
const SLUG: Field = Field::new("slug", FieldKind::Text).shown().filtered().sorted();
const SITE_STATE: Field = Field::new("state", STATE).shown().filtered().sorted().aggregated();
const REASON: Field = Field::new("reason", FieldKind::Text).shown().filtered();
const REGION: Field =
    Field::new("region", FieldKind::Text).shown().filtered().sorted().aggregated();
const CREATED_AT: Field =
    Field::new("created_at", FieldKind::Time).shown().filtered().sorted().aggregated();
const RESTORABLE_UNTIL: Field = Field::new("restorable_until", FieldKind::Time)
    .stored_as("erase_at")
    .shown()
    .filtered()
    .sorted();
const URL: Field = Field::view("url");
const ADMIN_URL: Field = Field::view("admin_url");

const SITES: ListPolicy = ListPolicy {
    table: TABLE,
    columns: &COLUMNS,
    key: "id",
    fields: &[
        ID,
        NAME,
        SLUG,
        SITE_STATE,
        REASON,
        REGION,
        CREATED_AT,
        RESTORABLE_UNTIL,
        URL,
        ADMIN_URL,
    ],
    searched: &["slug", "name"],
    order: &[("created_at", Direction::Descending)],
    includes: &[],
};

impl Listed for SiteView {
    const POLICY: &'static ListPolicy = &SITES;
}

/// The policy of tenants: what members may ask of sites, and what the fleet adds.
pub(crate) const TENANTS: ListPolicy = ListPolicy {
    fields: &[
        ID,
        NAME,
        SLUG,
        SITE_STATE,
        REASON,
        REGION,
        CREATED_AT,
        RESTORABLE_UNTIL,
        URL,
        ADMIN_URL,
        Field::new("account_id", FieldKind::Id(id_form::<AccountId>()))
            .shown()
            .filtered()
            .aggregated(),
        Field::new("worker_id", FieldKind::Id(id_form::<WorkerId>()))
            .shown()
            .filtered()
            .aggregated(),
        Field::new("epoch", FieldKind::Int).shown().filtered().sorted(),
        Field::view("engine"),
        Field::view("schema_version"),
        Field::view("quarantine"),
    ],
    ..SITES
};
