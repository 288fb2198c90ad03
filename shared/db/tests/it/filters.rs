//! Conditions, orders and measures mean the same on every engine.

use freehold_db::{
    Column, ColumnType, Database, Direction, Filter, Insert, Measure, Migration, SchemaChange,
    Select, SqlValue, Table,
};

use crate::on_every_engine;

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

const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "words", changes: schema }];

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

/// Fills a store with [`WORDS`], numbered from 0, and the lengths of those that are words.
async fn fill(db: &Database) {
    let mut writer = db.write().await.unwrap();
    for (id, word) in WORDS.iter().enumerate() {
        let length = word.map(|word| word.chars().count() as i64);
        let insert = Insert::into("words").set("id", id as i64).set("word", *word);
        writer.insert(&insert.set("length", length)).await.unwrap();
    }
    writer.commit().await.unwrap();
}

async fn found(db: &Database, filter: Filter) -> Vec<i64> {
    let select = Select::columns("words", &["id"]).filter(filter);
    let select = select.order("id", Direction::Ascending);
    let rows = db.read().await.unwrap().rows(&select).await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

#[tokio::test]
async fn conditions_find_what_they_say() {
    on_every_engine(MIGRATIONS, async |db| {
        fill(&db).await;
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
            (Filter::lt("word", "a"), &[6, 7]),
            (Filter::contains("word", ""), &[1, 2, 3, 4, 5, 6, 7]),
            (Filter::contains_any_case("word", ""), &[1, 2, 3, 4, 5, 6, 7]),
            (Filter::contains_any_case("word", "A[B]?_%"), &[4]),
            (Filter::contains_any_case("word", "."), none),
            (Filter::contains("word", r"\\"), none),
            (Filter::ne("word", SqlValue::Null), none),
            (Filter::eq("length", SqlValue::Null), none),
            (Filter::one_of("length", [SqlValue::Null, SqlValue::Int(2)]), &[1]),
            (Filter::between("length", 3, SqlValue::Null), none),
            (Filter::eq("word", "Öl\0"), none),
            (Filter::ne("word", "Öl\0"), &[1, 2, 3, 4, 5, 6, 7]),
            (Filter::lt("word", "Öl\0x"), &[1, 2, 4, 6, 7]),
            (Filter::gte("word", "Öl\0"), &[3, 5]),
            (Filter::contains("word", "\0"), none),
            (Filter::contains_any_case("word", "l\0"), none),
            (Filter::one_of("word", [SqlValue::from("\0"), SqlValue::from("")]), &[7]),
        ];
        for (filter, expected) in cases {
            let text = format!("{filter:?}");
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found(&db, filter).await, expected, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_comes_after_a_row_is_what_the_order_puts_there() {
    on_every_engine(MIGRATIONS, async |db| {
        fill(&db).await;
        use Direction::{Ascending, Descending};
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
    })
    .await;
}

#[tokio::test]
async fn groups_are_measured() {
    on_every_engine(MIGRATIONS, async |db| {
        fill(&db).await;
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
    })
    .await;
}

#[tokio::test]
async fn text_is_ordered_by_its_bytes() {
    on_every_engine(MIGRATIONS, async |db| {
        fill(&db).await;
        let select = Select::from("words", ["id"]).order("word", Direction::Ascending);
        let rows = db.read().await.unwrap().rows(&select).await.unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row.get("id").unwrap()).collect();
        assert_eq!(ids, [0, 7, 6, 4, 2, 1, 3, 5]);
        let greatest = Select::groups("words", &[], &[(Measure::Greatest("word"), "last")]);
        let row = db.read().await.unwrap().optional(&greatest).await.unwrap().unwrap();
        assert_eq!(row.get::<String>("last").unwrap(), "茶の湯");
    })
    .await;
}
