//! What callers may ask of the list of posts. Everything named here is in the answer anyway, so no
//! filter, order or aggregate tells more than the rows that the caller may see.

use freehold_db::{Direction, SqlValue};
use freehold_ids::{PostId, UserId};
use freehold_lists::{Field, FieldKind, IdForm, ListPolicy, Listed};

use super::model::Status;
use super::routes::PostView;
use super::store::{COLUMNS, TABLE};

pub(super) const POST: IdForm = IdForm {
    parse: |text| text.parse::<PostId>().ok().map(|id| SqlValue::Int(id.number())),
    print: |value| match value {
        SqlValue::Int(number) => PostId::from_number(*number).to_string(),
        _ => String::new(),
    },
};

pub(super) const AUTHOR: IdForm = IdForm {
    parse: |text| text.parse::<UserId>().ok().map(|id| SqlValue::Int(id.number())),
    print: |value| match value {
        SqlValue::Int(number) => UserId::from_number(*number).to_string(),
        _ => String::new(),
    },
};

const STATUS: FieldKind = FieldKind::Word(&Status::WORDS);

const POLICY: ListPolicy = ListPolicy {
    table: TABLE,
    columns: &COLUMNS,
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Id(POST)).shown().filtered().sorted(),
        Field::new("slug", FieldKind::Text).shown().filtered().sorted(),
        Field::new("title", FieldKind::Text).shown().filtered().sorted(),
        Field::new("status", STATUS).shown().filtered().sorted().aggregated(),
        Field::new("author_id", FieldKind::Id(AUTHOR)).filtered().aggregated(),
        Field::new("version", FieldKind::Int).shown().filtered().sorted().aggregated(),
        Field::new("reading_minutes", FieldKind::Int).shown().filtered().sorted().aggregated(),
        Field::new("created_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
        Field::new("updated_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
        Field::new("published_at", FieldKind::Time).shown().filtered().sorted().aggregated(),
        Field::view("content"),
        // Shown as the author's words or the first of the content, hence from two columns.
        Field::view("excerpt"),
        Field::view("author"),
    ],
    searched: &["title", "content"],
    order: &[("published_at", Direction::Descending)],
    includes: &["author"],
};

impl Listed for PostView {
    const POLICY: &'static ListPolicy = &POLICY;
}
