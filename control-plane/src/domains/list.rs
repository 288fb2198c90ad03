//! What may be asked of the list of a site's domains, and by operators of the list of all.

use freehold_db::Direction;
use freehold_ids::{AccountId, DomainId, TenantId};
use freehold_lists::{Field, FieldKind, ListPolicy, Listed};

use super::model::DomainState;
use super::store::{COLUMNS, TABLE};
use super::view::{DomainView, TenantDomainView};
use crate::store::id_form;

const STATE: FieldKind = FieldKind::Word(&DomainState::WORDS);

const ID: Field =
    Field::new("id", FieldKind::Id(id_form::<DomainId>())).shown().filtered().sorted();
const HOSTNAME: Field = Field::new("hostname", FieldKind::Text).shown().filtered().sorted();
const DOMAIN_STATE: Field = Field::new("state", STATE).shown().filtered().sorted().aggregated();
const CANONICAL: Field = Field::new("canonical", FieldKind::Bool).shown().filtered();
const URL: Field = Field::view("url");
const RECORDS: Field = Field::view("records");
const STEPS: Field = Field::view("steps");
const CREATED_AT: Field = Field::new("created_at", FieldKind::Time).shown().filtered().sorted();
const CHECKED_AT: Field = Field::new("checked_at", FieldKind::Time).shown().filtered();

const DOMAINS: ListPolicy = ListPolicy {
    table: TABLE,
    columns: &COLUMNS,
    key: "id",
    fields: &[ID, HOSTNAME, DOMAIN_STATE, CANONICAL, URL, RECORDS, STEPS, CREATED_AT, CHECKED_AT],
    searched: &["hostname"],
    order: &[("hostname", Direction::Ascending)],
    includes: &[],
};

impl Listed for DomainView {
    const POLICY: &'static ListPolicy = &DOMAINS;
}

impl Listed for TenantDomainView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        fields: &[
            ID,
            HOSTNAME,
            DOMAIN_STATE,
            CANONICAL,
            URL,
            RECORDS,
            STEPS,
            CREATED_AT,
            CHECKED_AT,
            Field::new("site_id", FieldKind::Id(id_form::<TenantId>()))
                .shown()
                .filtered()
                .aggregated(),
            Field::new("account_id", FieldKind::Id(id_form::<AccountId>()))
                .shown()
                .filtered()
                .aggregated(),
        ],
        ..DOMAINS
    };
}
