//! What administrators may ask of the list of users.

use freehold_db::{Direction, SqlValue};
use freehold_ids::UserId;
use freehold_lists::{Field, FieldKind, IdForm, ListPolicy, Listed};

use super::model::Status;
use super::routes::UserView;
use super::store::{COLUMNS, TABLE};

const USER: IdForm = IdForm {
    parse: |text| text.parse::<UserId>().ok().map(|id| SqlValue::Int(id.number())),
    print: |value| match value {
        SqlValue::Int(number) => UserId::from_number(*number).to_string(),
        _ => String::new(),
    },
};

const POLICY: ListPolicy = ListPolicy {
    table: TABLE,
    columns: &COLUMNS,
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Id(USER)).shown().filtered().sorted(),
        Field::new("email", FieldKind::Text).shown().filtered().sorted(),
        Field::new("username", FieldKind::Text).shown().filtered().sorted(),
        Field::new("role", FieldKind::Text).shown().filtered().sorted().aggregated(),
        Field::new("status", FieldKind::Word(&Status::WORDS))
            .shown()
            .filtered()
            .sorted()
            .aggregated(),
        Field::new("created_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
        Field::view("bio"),
        Field::view("website"),
        Field::view("from_console"),
    ],
    searched: &["email", "username"],
    order: &[("created_at", Direction::Descending)],
    includes: &[],
};

impl Listed for UserView {
    const POLICY: &'static ListPolicy = &POLICY;
}
