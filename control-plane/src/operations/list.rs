//! What members may ask of the list of their operations, and operators of all.

use freehold_db::Direction;
use freehold_ids::{OperationId, TenantId};
use freehold_lists::{Field, FieldKind, ListPolicy, Listed};

use super::model::{Kind, OperationView, Outcome};
use super::store::{COLUMNS, TABLE};
use crate::store::id_form;

const KIND: FieldKind = FieldKind::Word(&Kind::WORDS);
const STATE: FieldKind = FieldKind::Word(&Outcome::WORDS);

const POLICY: ListPolicy = ListPolicy {
    table: TABLE,
    columns: &COLUMNS,
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Id(id_form::<OperationId>())).shown().filtered().sorted(),
        Field::new("kind", KIND).shown().filtered().sorted().aggregated(),
        Field::new("state", STATE).shown().filtered().sorted().aggregated(),
        Field::new("site_id", FieldKind::Id(id_form::<TenantId>())).shown().filtered().aggregated(),
        Field::new("error", FieldKind::Text).shown().filtered(),
        Field::new("attempts", FieldKind::Int).shown().filtered().sorted().aggregated(),
        Field::new("created_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
        Field::view("steps"),
    ],
    searched: &[],
    order: &[("created_at", Direction::Descending)],
    includes: &[],
};

impl Listed for OperationView {
    const POLICY: &'static ListPolicy = &POLICY;
}
