//! Conditions mean the same in memory and to the store, for rows and conditions drawn from a fixed seed;
//! what cannot be read is refused by its path; nobody covers more than they hold.

use std::sync::Arc;

use freehold_api::Problems;
use freehold_db::{
    Catalog, Column, ColumnType, Database, DatabaseOptions, Insert, Migration, PostgresOptions,
    Row, SchemaChange, Select, SqlValue, Table,
};
use freehold_ids::UserId;
use freehold_scratch_postgres::ScratchDatabase;
use serde_json::{Map, Value, json};

use super::condition::Caller;
use super::*;

const FIELDS: &[SubjectField] = &[
    SubjectField::new("name", SubjectFieldKind::Text, &["name"]).written(),
    SubjectField::new("kind", SubjectFieldKind::Word(&["green", "black"]), &["kind"]).written(),
    SubjectField::new("price", SubjectFieldKind::Int, &["price"]),
    SubjectField::new("organic", SubjectFieldKind::Bool, &["organic"]),
    SubjectField::new("picked_at", SubjectFieldKind::Time, &["picked_at"]),
    SubjectField::new("owner_id", SubjectFieldKind::User, &["owner"]),
    SubjectField::new("notes", SubjectFieldKind::Text, &["notes"]).not_compared(),
];
const COLUMNS: [&str; 7] = ["id", "name", "kind", "price", "organic", "picked_at", "owner_id"];
const CALLER: Caller<'_> = Caller { id: 7, role: "green" };
const ROWS: i64 = 120;
const CONDITIONS: usize = 400;

fn changes() -> Vec<SchemaChange> {
    let column = |name, kind| Column { name, kind, nullable: name != "id" };
    vec![SchemaChange::CreateTable(Table {
        name: "teas",
        columns: vec![
            column("id", ColumnType::Int),
            column("name", ColumnType::Text),
            column("kind", ColumnType::Text),
            column("price", ColumnType::Int),
            column("organic", ColumnType::Bool),
            column("picked_at", ColumnType::Int),
            column("owner_id", ColumnType::Int),
        ],
        primary_key: &["id"],
        unique: vec![],
        foreign_keys: vec![],
    })]
}

const MIGRATIONS: [Migration; 1] = [Migration { version: 1, name: "teas", changes }];

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len() as u64) as usize].clone()
    }

    fn value(&mut self, field: &str) -> Value {
        match field {
            "name" => self.pick(&[json!("Öl"), json!("assam"), json!("茶"), json!("$user.role")]),
            "kind" => self.pick(&[json!("green"), json!("black"), json!("$user.role")]),
            "price" => self.pick(&[json!(-1), json!(0), json!(1), json!(i64::MAX)]),
            "organic" => self.pick(&[json!(true), json!(false)]),
            "picked_at" => {
                self.pick(&[json!("1970-01-01T00:00:00Z"), json!("1970-01-01T00:00:01Z")])
            }
            _ => {
                let other = UserId::from_number(8).to_string();
                self.pick(&[json!("$user.id"), json!(other)])
            }
        }
    }

    fn group(&mut self, depth: u64) -> Map<String, Value> {
        let mut group = Map::new();
        for _ in 0..=self.roll(2) {
            match self.roll(if depth < 3 { 8 } else { 5 }) {
                0..5 => {
                    let field = self.pick(&COLUMNS[1..]);
                    let value = self.comparison(field);
                    group.insert(field.to_owned(), value);
                }
                5 => {
                    group.insert("$not".to_owned(), Value::Object(self.group(depth + 1)));
                }
                _ => {
                    let members = (0..=self.roll(2)).map(|_| Value::Object(self.group(depth + 1)));
                    let members = members.collect();
                    group.insert(self.pick(&["$or", "$and"]).to_owned(), members);
                }
            }
        }
        group
    }

    fn comparison(&mut self, field: &str) -> Value {
        let is_ordered = matches!(field, "price" | "picked_at");
        let value = self.value(field);
        match self.roll(if is_ordered { 10 } else { 6 }) {
            0 => value,
            1 => json!({"$eq": value}),
            2 => json!({"$ne": value}),
            3 => json!({"$in": [value, self.value(field)]}),
            4 => json!({"$nin": [value, self.value(field)]}),
            5 => json!({"$null": self.roll(2) == 0}),
            6 => json!({"$lt": value}),
            7 => json!({"$lte": value}),
            8 => json!({"$gt": value}),
            _ => json!({"$gte": value, "$lt": self.value(field)}),
        }
    }
}

async fn fill(db: &Database, dice: &mut Dice) {
    db.migrate(&MIGRATIONS).await.expect("an answer");
    let mut writer = db.write().await.expect("an answer");
    for id in 0..ROWS {
        let insert = Insert::into("teas")
            .set("id", id)
            .set("name", dice.pick(&[None, Some("Öl"), Some("assam"), Some("茶"), Some("green")]))
            .set("kind", dice.pick(&[None, Some("green"), Some("black")]))
            .set("price", dice.pick(&[None, Some(-1), Some(0), Some(1), Some(i64::MAX)]))
            .set("organic", dice.pick(&[None, Some(true), Some(false)]))
            .set("picked_at", dice.pick(&[None, Some(0), Some(1_000)]))
            .set("owner_id", dice.pick(&[None, Some(7), Some(8)]));
        writer.insert(&insert).await.expect("an answer");
    }
    writer.commit().await.expect("an answer");
}

fn value_of(row: &Row, column: &str) -> SqlValue {
    let read = || match column {
        // SQLite keeps truth as a number.
        "organic" => row.get::<SqlValue>(column).map(|value| match value {
            SqlValue::Int(number) => SqlValue::Bool(number != 0),
            value => value,
        }),
        "name" | "kind" => row.get::<Option<String>>(column).map(SqlValue::from),
        _ => row.get::<Option<i64>>(column).map(SqlValue::from),
    };
    read().expect("a value")
}

async fn agree(db: &Database, mut dice: Dice) {
    let mut read = db.read().await.expect("an answer");
    let all = read.rows(&Select::from("teas", COLUMNS)).await.expect("rows");
    assert_eq!(all.len() as i64, ROWS);
    let (mut some, mut none) = (0, 0);
    for _ in 0..CONDITIONS {
        let written = dice.group(0);
        let condition = Condition::stored(written.clone());
        let mut problems = Problems::default();
        condition.check(FIELDS, "conditions", &mut problems);
        assert!(problems.finish().is_ok(), "{written:?}");
        let predicate = condition.bind(FIELDS, &CALLER);
        let held = all.iter().filter(|row| predicate.holds(&|column| value_of(row, column)));
        let mut held: Vec<i64> = held.map(|row| row.get("id").expect("an id")).collect();
        let select = Select::from("teas", ["id"]).filter(predicate.filter());
        let found = read.rows(&select).await.expect("rows");
        let mut found: Vec<i64> = found.iter().map(|row| row.get("id").expect("an id")).collect();
        held.sort_unstable();
        found.sort_unstable();
        assert_eq!(held, found, "{}", Value::Object(written));
        if held.is_empty() { none += 1 } else { some += 1 }
    }
    assert!(some > CONDITIONS / 4 && none > 0, "{some} conditions found rows, {none} none");
}

#[tokio::test]
async fn a_condition_finds_the_rows_for_which_it_holds_in_memory() {
    let catalog = Arc::new(Catalog::of(&MIGRATIONS));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("teas.db");
    let options = DatabaseOptions { path, create: true, readers_max: 1 };
    let sqlite = Database::open(&options, Arc::clone(&catalog)).expect("a store");
    let mut dice = Dice(20_261_124);
    fill(&sqlite, &mut dice).await;
    agree(&sqlite, dice).await;
    let Some(database) = ScratchDatabase::for_test() else { return };
    let postgres = Database::connect(&PostgresOptions::at(database.url()), catalog).await;
    let postgres = postgres.expect("a store");
    let mut dice = Dice(20_261_124);
    fill(&postgres, &mut dice).await;
    agree(&postgres, dice).await;
    postgres.close().await;
}

#[test]
fn what_a_condition_cannot_mean_is_refused_by_its_path() {
    let deep = json!({"$not": {"$not": {"$not": {"$not": {"$not": {"price": 1}}}}}});
    let cases = [
        (json!({"colour": "red"}), "c.colour"),
        (json!({"notes": "secret"}), "c.notes"),
        (json!({"price": "1"}), "c.price"),
        (json!({"price": {"$contains": 1}}), "c.price.$contains"),
        (json!({"name": {"$lt": "a"}}), "c.name.$lt"),
        (json!({"kind": "oolong"}), "c.kind"),
        (json!({"picked_at": "yesterday"}), "c.picked_at"),
        (json!({"owner_id": "$user.role"}), "c.owner_id"),
        (json!({"name": "$user.email"}), "c.name"),
        (json!({"price": {}}), "c.price"),
        (json!({"price": {"$in": []}}), "c.price.$in"),
        (json!({"price": {"$null": 1}}), "c.price.$null"),
        (json!({"$or": []}), "c.$or"),
        (json!({"$or": {"price": 1}}), "c.$or"),
        (json!({"$or": [1]}), "c.$or.0"),
        (deep, "c.$not.$not.$not.$not.$not"),
    ];
    for (written, path) in cases {
        let written = written.as_object().expect("an object").clone();
        let condition = Condition::stored(written.clone());
        let mut problems = Problems::default();
        condition.check(FIELDS, "c", &mut problems);
        let paths: Vec<&str> = problems.fields().iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, [path], "{written:?}");
        // What was stored by a release that knew more holds for nothing.
        assert_eq!(condition.bind(FIELDS, &CALLER), Predicate::nothing(), "{written:?}");
    }
}

const READ: Permission = Permission {
    name: "teas.read",
    summary: "Read teas",
    holders: Holders::Anyone,
    rows: Rows::OwnBelow(crate::Role::Editor),
    programs: Programs::From(Scope::Read),
};
const UPDATE: Permission =
    Permission { name: "teas.update", holders: Holders::AtLeast(crate::Role::Author), ..READ };
const KEEP: Permission = Permission {
    name: "cellar.manage",
    holders: Holders::AtLeast(crate::Role::Admin),
    rows: Rows::Every,
    ..READ
};

fn own(rules: Vec<Rule>) -> Policy {
    Policy::Own(Arc::new(OwnRole { slug: "taster".to_owned(), rules }))
}

fn rule(subject: &str, action: &str) -> Rule {
    let (subject, action) = (subject.to_owned(), action.to_owned());
    Rule { subject, action, fields: None, condition: None }
}

#[test]
fn a_role_covers_what_it_holds_whole_and_nothing_more() {
    use crate::Role;
    let permissions: &'static [Permission] = &[READ, UPDATE, KEEP];
    let module = crate::Module { permissions, ..crate::Module::default() };
    let catalogue = Catalogue::of(std::iter::once(&module));
    let covers = |one: &Policy, other: &Policy| one.covers(other, &catalogue);
    let built_in = Policy::BuiltIn;
    let mine = json!({"owner_id": "$user.id"}).as_object().cloned().map(Condition::stored);
    let some = Rule { condition: mine.clone(), ..rule("teas", "update") };
    let titles = Rule { fields: Some(vec!["name".to_owned()]), ..rule("teas", "update") };
    let both = Rule { condition: mine, ..titles.clone() };
    let every = own(vec![rule("*", "*")]);
    assert!(covers(&built_in(Role::Owner), &built_in(Role::Owner)));
    assert!(!covers(&built_in(Role::Admin), &built_in(Role::Owner)));
    assert!(covers(&built_in(Role::Admin), &every));
    assert!(!covers(&every, &built_in(Role::Owner)), "owners come from the account alone");
    assert!(covers(&every, &built_in(Role::Admin)));
    assert!(covers(&own(vec![]), &built_in(Role::Reader)), "that is what everybody has");
    assert!(!covers(&own(vec![some.clone()]), &built_in(Role::Author)));
    assert!(covers(&own(vec![rule("teas", "*")]), &built_in(Role::Editor)));
    assert!(!covers(&own(vec![rule("teas", "*")]), &built_in(Role::Admin)));
    // An editor changes every tea, an author their own only.
    assert!(covers(&built_in(Role::Editor), &own(vec![rule("teas", "update")])));
    assert!(!covers(&built_in(Role::Author), &own(vec![rule("teas", "update")])));
    assert!(!covers(&built_in(Role::Editor), &own(vec![rule("teas", "*")])), "later releases");
    for (one, other, is_covered) in [
        (&rule("teas", "update"), &some, true),
        (&rule("teas", "update"), &titles, true),
        (&rule("*", "update"), &rule("teas", "update"), true),
        (&rule("teas", "update"), &rule("*", "update"), false),
        (&some, &rule("teas", "update"), false),
        (&titles, &rule("teas", "update"), false),
        (&titles, &some, false),
        (&some, &both, true),
        (&titles, &both, true),
        (&both, &titles, false),
    ] {
        let covered = covers(&own(vec![one.clone()]), &own(vec![other.clone()]));
        assert_eq!(covered, is_covered, "{one:?} and {other:?}");
    }
}

#[test]
fn no_rule_takes_away_what_everybody_has() {
    let taster = own(vec![rule("teas", "update")]);
    assert!(taster.holds(&READ) && taster.holds(&UPDATE) && !taster.holds(&KEEP));
    assert_eq!(taster.reason(&READ), Some(Reason::Everybody));
    assert_eq!(taster.reason(&KEEP), None);
    let editor = Policy::BuiltIn(crate::Role::Editor);
    assert_eq!(editor.reason(&READ), Some(Reason::BuiltIn(Rows::Every)));
    let author = Policy::BuiltIn(crate::Role::Author);
    assert_eq!(author.reason(&READ), Some(Reason::Everybody));
    assert_eq!(author.reason(&UPDATE), Some(Reason::BuiltIn(UPDATE.rows)));
}
