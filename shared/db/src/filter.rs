//! Conditions on rows, over bound values and column names from the code.
//!
//! No value counts as the smallest value, on every engine: in orders as in [`Filter::after`].

use sea_query::extension::sqlite::SqliteExpr;
use sea_query::{Condition, Expr, ExprTrait, Func};

use crate::pattern::{Place, any_case, exact};
use crate::{Direction, SqlValue};

/// A condition on rows.
#[derive(Debug, Clone)]
pub struct Filter(Condition);

impl Filter {
    /// Every row.
    pub fn everything() -> Self {
        Self(Condition::all())
    }

    /// No row at all.
    pub fn nothing() -> Self {
        Self(Condition::all().add(Expr::val(1).eq(0)))
    }

    /// Column equals value; null matches nothing.
    pub fn eq(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).eq(bound(value)))
    }

    /// Column differs from value; null matches nothing.
    pub fn ne(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).ne(bound(value)))
    }

    /// Column is less than value.
    pub fn lt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).lt(bound(value)))
    }

    /// Column is at most value.
    pub fn lte(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).lte(bound(value)))
    }

    /// Column is greater than value.
    pub fn gt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).gt(bound(value)))
    }

    /// Column is at least value.
    pub fn gte(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).gte(bound(value)))
    }

    /// Column is at least the first and at most the last value.
    pub fn between(
        column: &'static str,
        first: impl Into<SqlValue>,
        last: impl Into<SqlValue>,
    ) -> Self {
        Self::of(Expr::col(column).between(bound(first), bound(last)))
    }

    /// Column equals one of the values; null matches nothing.
    pub fn one_of(column: &'static str, values: impl IntoIterator<Item = SqlValue>) -> Self {
        Self::of(Expr::col(column).is_in(values.into_iter().map(bound)))
    }

    /// Column has no value.
    pub fn is_null(column: &'static str) -> Self {
        Self::of(Expr::col(column).is_null())
    }

    /// Column has a value.
    pub fn is_not_null(column: &'static str) -> Self {
        Self::of(Expr::col(column).is_not_null())
    }

    /// Column contains exactly this text; wildcards in it have no meaning.
    pub fn contains(column: &'static str, text: &str) -> Self {
        Self::like(column, exact(text, Place::Anywhere))
    }

    /// Column begins with exactly this text; wildcards in it have no meaning.
    pub fn starts_with(column: &'static str, text: &str) -> Self {
        Self::like(column, exact(text, Place::Start))
    }

    /// Column ends with exactly this text; wildcards in it have no meaning.
    pub fn ends_with(column: &'static str, text: &str) -> Self {
        Self::like(column, exact(text, Place::End))
    }

    /// Column contains this text with letters of any script in any case; wildcards in it have no
    /// meaning. Callers bound its length: engines refuse patterns of more than 50,000 bytes, and
    /// a letter takes up to 14.
    pub fn contains_any_case(column: &'static str, text: &str) -> Self {
        Self::like(column, any_case(text))
    }

    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        Self(Condition::all().add(self.0).add(other.0))
    }

    /// Either condition.
    pub fn or(self, other: Self) -> Self {
        Self(Condition::any().add(self.0).add(other.0))
    }

    /// Every row for which the condition does not hold, rows among them for which it is unknown
    /// because a column has no value.
    pub fn negated(self) -> Self {
        let holds = Func::coalesce([Expr::from(self.0), Expr::val(false)]);
        Self::of(Expr::from(holds).not())
    }

    /// The rows that come after the one with these values, in this order.
    pub fn after(last: &[(&'static str, Direction, SqlValue)]) -> Self {
        let mut any = Condition::any().add(Expr::val(1).eq(0));
        for (place, (column, direction, value)) in last.iter().enumerate() {
            let mut all = Condition::all().add(beyond(column, *direction, value).0);
            for (column, _, value) in &last[..place] {
                all = all.add(same(column, value).0);
            }
            any = any.add(all);
        }
        Self(any)
    }

    fn like(column: &'static str, pattern: String) -> Self {
        Self::of(Expr::col(column).glob(pattern))
    }

    fn of(expr: Expr) -> Self {
        Self(Condition::all().add(expr))
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.0
    }
}

/// A value, bound.
pub(crate) fn bound(value: impl Into<SqlValue>) -> Expr {
    Expr::val(sea_query::Value::from(value.into()))
}

fn same(column: &'static str, value: &SqlValue) -> Filter {
    match value {
        SqlValue::Null => Filter::is_null(column),
        value => Filter::eq(column, value.clone()),
    }
}

fn beyond(column: &'static str, direction: Direction, value: &SqlValue) -> Filter {
    match (direction, value) {
        (Direction::Ascending, SqlValue::Null) => Filter::is_not_null(column),
        (Direction::Ascending, value) => Filter::gt(column, value.clone()),
        (Direction::Descending, SqlValue::Null) => Filter::nothing(),
        (Direction::Descending, value) => {
            Filter::lt(column, value.clone()).or(Filter::is_null(column))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Catalog, Column, ColumnType, Database, DatabaseOptions, Insert, Measure, Migration,
        SchemaChange, Select, Table,
    };

    const WORDS: [Option<&str>; 8] = [
        None,
        Some("Öl"),
        Some("ÖL-FARBE"),
        Some("öl*"),
        Some("a[b]?_%"),
        Some("茶の湯"),
        Some("Straße"),
        Some(""),
    ];

    fn schema() -> Vec<SchemaChange> {
        let column = |name, kind, nullable| Column { name, kind, nullable };
        vec![SchemaChange::CreateTable(Table {
            name: "words",
            columns: vec![
                column("id", ColumnType::Int, false),
                column("word", ColumnType::Text, true),
                column("length", ColumnType::Int, true),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        })]
    }

    /// A store with [`WORDS`], numbered from 0, and the lengths of those that are words.
    async fn store(folder: &tempfile::TempDir) -> Database {
        let options =
            DatabaseOptions { path: folder.path().join("words.db"), create: true, readers_max: 1 };
        let migrations = [Migration { version: 1, name: "words", changes: schema }];
        let db = Database::open(&options, Arc::new(Catalog::of(&migrations))).unwrap();
        db.migrate(&migrations).await.unwrap();
        let mut writer = db.write().await.unwrap();
        for (id, word) in WORDS.iter().enumerate() {
            let length = word.map(|word| word.chars().count() as i64);
            let insert = Insert::into("words").set("id", id as i64).set("word", *word);
            writer.insert(&insert.set("length", length)).await.unwrap();
        }
        writer.commit().await.unwrap();
        db
    }

    async fn found(db: &Database, filter: Filter) -> Vec<i64> {
        let select = Select::columns("words", &["id"]).filter(filter);
        let select = select.order("id", Direction::Ascending);
        let rows = db.read().await.unwrap().rows(&select).await.unwrap();
        rows.iter().map(|row| row.get("id").unwrap()).collect()
    }

    #[tokio::test]
    async fn conditions_find_what_they_say() {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let numbers = |all: &[i64]| all.iter().map(|n| SqlValue::Int(*n)).collect::<Vec<_>>();
        let none: &[i64] = &[];
        let cases = [
            (Filter::contains("word", "öl"), &[3][..]),
            (Filter::contains("word", "*"), &[3]),
            (Filter::contains("word", "%"), &[4]),
            (Filter::contains("word", "[b]?"), &[4]),
            (Filter::contains("word", "の"), &[5]),
            (Filter::starts_with("word", "Ö"), &[1, 2]),
            (Filter::ends_with("word", "*"), &[3]),
            (Filter::contains_any_case("word", "öL"), &[1, 2, 3]),
            (Filter::contains_any_case("word", "STRAẞE"), &[6]),
            (Filter::contains_any_case("word", "茶"), &[5]),
            (Filter::contains("word", "Öl").negated(), &[0, 2, 3, 4, 5, 6, 7]),
            (Filter::eq("word", "Öl").negated(), &[0, 2, 3, 4, 5, 6, 7]),
            (Filter::eq("word", "Öl").or(Filter::is_null("word")).negated(), &[2, 3, 4, 5, 6, 7]),
            (Filter::everything().negated(), none),
            (Filter::nothing().negated(), &[0, 1, 2, 3, 4, 5, 6, 7]),
            (Filter::gte("length", 6), &[2, 4, 6]),
            (Filter::between("length", 2, 3), &[1, 3, 5]),
            (Filter::one_of("id", numbers(&[7, 1, 99])), &[1, 7]),
            (Filter::one_of("id", []), none),
            (Filter::is_not_null("word"), &[1, 2, 3, 4, 5, 6, 7]),
            (Filter::after(&[]), none),
        ];
        for (filter, expected) in cases {
            let text = format!("{filter:?}");
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found(&db, filter).await, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn what_comes_after_a_row_is_what_the_order_puts_there() {
        use Direction::{Ascending, Descending};
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        for (first, second) in [
            (Ascending, Ascending),
            (Ascending, Descending),
            (Descending, Ascending),
            (Descending, Descending),
        ] {
            let ordered = || {
                let select = Select::columns("words", &["length", "id"]);
                select.order("length", first).order("id", second)
            };
            let all = db.read().await.unwrap().rows(&ordered()).await.unwrap();
            let ids: Vec<i64> = all.iter().map(|row| row.get("id").unwrap()).collect();
            for (place, row) in all.iter().enumerate() {
                let last = [
                    ("length", first, row.get::<SqlValue>("length").unwrap()),
                    ("id", second, row.get::<SqlValue>("id").unwrap()),
                ];
                let rest = ordered().filter(Filter::after(&last));
                let rest = db.read().await.unwrap().rows(&rest).await.unwrap();
                let rest: Vec<i64> = rest.iter().map(|row| row.get("id").unwrap()).collect();
                assert_eq!(rest, ids[place + 1..], "after row {place}, {first:?} {second:?}");
            }
        }
    }

    #[tokio::test]
    async fn groups_are_measured() {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let measures = [
            (Measure::Rows, "n"),
            (Measure::Values("word"), "words"),
            (Measure::Sum("id"), "sum"),
            (Measure::Average("id"), "mean"),
            (Measure::Least("word"), "least"),
            (Measure::Greatest("length"), "most"),
        ];
        let all = Select::groups("words", &[], &measures);
        let row = db.read().await.unwrap().optional(&all).await.unwrap().unwrap();
        let get = |name: &str| row.get::<SqlValue>(name).unwrap();
        assert_eq!((get("n"), get("words")), (SqlValue::Int(8), SqlValue::Int(7)));
        assert_eq!((get("sum"), get("mean")), (SqlValue::Int(28), SqlValue::Float(3.5)));
        assert_eq!((get("least"), get("most")), (SqlValue::from(""), SqlValue::Int(8)));
        let by = Select::groups("words", &["length"], &measures).filter(Filter::lte("length", 3));
        let rows = db.read().await.unwrap().rows(&by).await.unwrap();
        let counts: Vec<(i64, i64)> =
            rows.iter().map(|row| (row.get("length").unwrap(), row.get("n").unwrap())).collect();
        assert_eq!(counts, [(0, 1), (2, 1), (3, 2)]);
    }
}
