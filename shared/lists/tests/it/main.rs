//! Lists over a real store: what is refused and under which name, and walks by cursor that must
//! find what pages find, for orders, filters and missing values drawn from a fixed seed.

use std::sync::Arc;

use freehold_api::{ApiError, Page};
use freehold_db::{
    Catalog, Column, ColumnType, Database, DatabaseOptions, DbError, Direction, Filter, Insert,
    Migration, PostgresOptions, Row, SchemaChange, SqlValue, Table,
};
use freehold_lists::{Field, FieldKind, IdForm, List, ListPolicy, Listed};
use freehold_scratch_postgres::ScratchDatabase;
use serde_json::{Value, json};

const ID: IdForm = IdForm {
    parse: |text| text.strip_prefix("tea_")?.parse().ok().map(SqlValue::Int),
    print: |value| format!("tea_{value:?}"),
};

#[derive(Debug)]
struct Tea;

const POLICY: ListPolicy = ListPolicy {
    table: "teas",
    columns: &["id", "name", "kind", "price", "organic", "picked_at"],
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Id(ID)).shown().filtered().sorted(),
        Field::new("name", FieldKind::Text).shown().filtered().sorted(),
        Field::new("kind", FieldKind::Word(&["green", "black"]))
            .shown()
            .filtered()
            .sorted()
            .aggregated(),
        Field::new("price", FieldKind::Int).shown().filtered().sorted().aggregated(),
        Field::new("organic", FieldKind::Bool).shown().filtered().sorted().aggregated(),
        Field::new("picked", FieldKind::Time)
            .stored_as("picked_at")
            .shown()
            .filtered()
            .sorted()
            .aggregated(),
    ],
    searched: &["name"],
    order: &[("picked", Direction::Descending)],
    includes: &["grower"],
};

impl Listed for Tea {
    const POLICY: &'static ListPolicy = &POLICY;
}

fn schema() -> Vec<SchemaChange> {
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
        ],
        primary_key: &["id"],
        unique: vec![],
        foreign_keys: vec![],
    })]
}

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len() as u64) as usize]
    }
}

const MIGRATIONS: [Migration; 1] = [Migration { version: 1, name: "teas", changes: schema }];

/// Runs a test on the same rows in a store of each engine.
async fn on_every_engine(rows: i64, seed: u64, test: impl AsyncFn(&Database, Dice)) {
    let catalog = Arc::new(Catalog::of(&MIGRATIONS));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("teas.db");
    let options = DatabaseOptions { path, create: true, readers_max: 1 };
    let sqlite = Database::open(&options, Arc::clone(&catalog)).expect("a store");
    let dice = fill(&sqlite, rows, Dice(seed)).await;
    test(&sqlite, dice).await;
    let Some(database) = ScratchDatabase::for_test() else { return };
    let options = PostgresOptions::at(database.url());
    let postgres = Database::connect(&options, catalog).await.expect("a store");
    let dice = fill(&postgres, rows, Dice(seed)).await;
    test(&postgres, dice).await;
    postgres.close().await;
}

async fn fill(db: &Database, rows: i64, mut dice: Dice) -> Dice {
    db.migrate(&MIGRATIONS).await.expect("an answer");
    let mut writer = db.write().await.expect("an answer");
    for id in 0..rows {
        let name =
            dice.pick(&[None, Some("Öl"), Some("öl*"), Some("茶"), Some("Assam"), Some("assam")]);
        let insert = Insert::into("teas")
            .set("id", id)
            .set("name", name)
            .set("kind", dice.pick(&[Some("green"), Some("black"), None]))
            .set(
                "price",
                dice.pick(&[None, Some(-1), Some(0), Some(1), Some(i64::MAX), Some(i64::MIN)]),
            )
            .set("organic", dice.pick(&[Some(true), Some(false), None]))
            .set("picked_at", dice.pick(&[None, Some(0), Some(1_000), Some(2_000)]));
        writer.insert(&insert).await.expect("an answer");
    }
    writer.commit().await.expect("an answer");
    dice
}

fn view(row: &Row) -> Result<Value, DbError> {
    Ok(json!({
        "id": row.get::<i64>("id")?,
        "name": row.get::<Option<String>>("name")?,
        "price": row.get::<Option<i64>>("price")?,
    }))
}

/// Among the rows that are not number 0, which nobody may see.
async fn ask(db: &Database, query: &str) -> Result<Page<Value>, ApiError> {
    let list = List::<Tea>::parse(query)?;
    let visible = Filter::ne("id", 0);
    let mut read = db.read().await.expect("an answer");
    let total = match list.total(visible.clone()) {
        Some(count) => Some(read.count(&count).await.expect("an answer")),
        None => None,
    };
    let rows = read.rows(&list.select(visible)).await.expect("an answer");
    let found = list.found(rows, total, view).expect("rows");
    found.frame.page(found.rows)
}

async fn ids(db: &Database, query: &str) -> Vec<i64> {
    let page = ask(db, query).await.unwrap_or_else(|e| panic!("{query}: {}", e.message()));
    page.items.iter().map(|item| item["id"].as_i64().expect("a number")).collect()
}

/// Every id in the order of the pages.
async fn by_pages(db: &Database, query: &str) -> Vec<i64> {
    let mut all = Vec::new();
    for page in 1.. {
        let more = ids(db, &format!("{query}&page={page}&page_size=7")).await;
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    all
}

async fn by_cursor(db: &Database, query: &str, limit: u64) -> Vec<i64> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = ask(db, &format!("{query}&limit={limit}{after}")).await.expect("an answer");
        assert_eq!(page.page, None);
        all.extend(page.items.iter().map(|item| item["id"].as_i64().expect("a number")));
        let Some(next) = page.next else { return all };
        assert_eq!(page.items.len() as u64, limit, "a page before the last is full");
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn a_walk_by_cursor_finds_what_pages_find() {
    on_every_engine(90, 7, async |db, mut dice| {
        let filters = [
            "",
            "filter[kind][$ne]=green",
            "filter[$or][0][price][$null]=true&filter[$or][1][price][$lte]=0",
            "q=ÖL",
        ];
        for round in 0..60 {
            let mut names = vec!["id", "name", "kind", "price", "organic", "picked"];
            let keys = 1 + dice.roll(4);
            let mut sort = Vec::new();
            for _ in 0..keys {
                let name = names.remove(dice.roll(names.len() as u64) as usize);
                sort.push(match dice.roll(3) {
                    0 => format!("-{name}"),
                    1 => format!("{name}:desc"),
                    _ => name.to_owned(),
                });
            }
            let query = format!("sort={}&{}", sort.join(","), filters[round % filters.len()]);
            let pages = by_pages(db, &query).await;
            let limit = 1 + dice.roll(12);
            assert_eq!(by_cursor(db, &query, limit).await, pages, "{query} by {limit}");
            assert!(!pages.contains(&0) && !pages.is_empty(), "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_hands_over_to_the_cursor() {
    on_every_engine(30, 1, async |db, _| {
        let all = by_pages(db, "sort=-price").await;
        let first =
            ask(db, "sort=-price&page=2&page_size=5&skip_total=true").await.expect("an answer");
        assert_eq!((first.total, first.page, first.page_size), (None, Some(2), 5));
        let next = first.next.expect("more");
        assert_eq!(ids(db, &format!("sort=-price&limit=100&after={next}")).await, all[10..]);
        let last = ask(db, "page_size=100").await.expect("an answer");
        assert_eq!((last.total, last.next), (Some(29), None));
        let other = ask(db, &format!("sort=price&after={next}")).await.unwrap_err();
        assert!(other.message().starts_with("after: "), "{}", other.message());
    })
    .await;
}

#[tokio::test]
async fn conditions_mean_what_they_say() {
    on_every_engine(90, 3, async |db, _| {
    let everything = ids(db, "limit=100&sort=id").await;
    let whole = |a: &[i64], b: &[i64]| {
        let mut both = [a, b].concat();
        both.sort_unstable();
        assert_eq!(both, everything);
    };
    for (one, other) in [
        ("filter[name]=Öl", "filter[name][$ne]=Öl"),
        ("filter[name][$in]=Öl,茶", "filter[name][$nin][0]=Öl&filter[name][$nin][1]=茶"),
        ("filter[price][$null]=true", "filter[price][$null]=false"),
        ("filter[price][$gt]=0", "filter[$not][price][$gt]=0"),
        (
            "filter[picked][$between]=1970-01-01T00:00:00Z,1970-01-01T00:00:01Z",
            "filter[$not][$and][0][picked][$lte]=1970-01-01T00:00:01Z&filter[$not][$and][1][picked][$gte]=1970-01-01T00:00:00Z",
        ),
        ("kind=green", "filter[$or][0][kind]=black&filter[$or][1][kind][$null]=true"),
        ("organic=true", "filter[organic][$ne]=true"),
        (
            "filter%5Bname%5D%5B%24icontains%5D=%C3%96L",
            "filter[$not][$not][$not][name][$icontains]=öl",
        ),
        ("filter[name][$starts_with]=a", "filter[$not][name]=assam"),
        ("filter[name][$ends_with]=*", "filter[$not][name][$contains]=*"),
    ] {
        let found = ids(db, &format!("limit=100&{one}")).await;
        assert!(!found.is_empty(), "{one}");
        whole(&found, &ids(db, &format!("limit=100&{other}")).await);
    }
    let only = ask(db, "filter[id]=tea_5&fields=name").await.expect("an answer");
    assert_eq!(
        only.items[0].as_object().expect("an item").keys().collect::<Vec<_>>(),
        ["id", "name"]
    );
    assert!(ids(db, "filter[id]=tea_0").await.is_empty(), "what is not visible stays so");
    assert!(ids(db, "filter[$or][0][id]=tea_0&filter[$or][1][id]=tea_0").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn groups_are_measured() {
    on_every_engine(60, 5, async |db, _| {
    let query =
        "aggregate[count]=*&aggregate[max]=picked,organic&group_by=kind&filter[kind][$null]=false";
    let page = ask(db, query).await.expect("an answer");
    assert_eq!((page.total, page.page, page.next), (Some(2), None, None));
    assert_eq!(page.items[0]["kind"], "black");
    assert_eq!(page.items[0]["max_picked"], "1970-01-01T00:00:02.000Z");
    assert_eq!(page.items[0]["max_organic"], true);
    let counts: i64 = page.items.iter().map(|item| item["count"].as_i64().expect("a number")).sum();
    assert_eq!(counts, ids(db, "filter[kind][$null]=false&limit=100").await.len() as i64);
    let none = ask(db, "aggregate[sum]=price&aggregate[count]=*&filter[id]=tea_0")
        .await
        .expect("an answer");
    assert_eq!(none.items, [json!({"sum_price": null, "count": 0})]);
    })
    .await;
}

#[test]
fn what_a_list_does_not_know_is_refused_by_name() {
    let many = (0..33).map(|n| format!("filter[$or][{n}][price]=1")).collect::<Vec<_>>().join("&");
    let deep = "filter[$not][$not][$not][$not][$not][price]=1";
    let values = format!("filter[price][$in]={}", vec!["1"; 101].join(","));
    let long = format!("q={}", "a".repeat(201));
    let cases = [
        ("page=0", "page"),
        ("page_size=101", "page_size"),
        ("limit=0", "limit"),
        ("limit=%2B5", "limit"),
        ("page=1&after=x", "page"),
        ("limit=5&page_size=5", "page_size"),
        ("after=nonsense", "after"),
        ("page=1&page=2", "page"),
        ("nonsense=1", "nonsense"),
        ("sort=nonsense", "sort"),
        ("sort=price,-price", "sort"),
        ("sort=id,name,kind,price,organic", "sort"),
        ("sort=", "sort"),
        ("sort=price:up", "sort"),
        ("fields=id,secret", "fields"),
        ("include=grower,owner", "include"),
        ("skip_total=yes", "skip_total"),
        ("filter=1", "filter"),
        ("filter[secret]=1", "filter[secret]"),
        ("filter%5Bprice%5D%5B%24gte%5D=ten", "filter[price][$gte]"),
        ("filter[price][$regex]=1", "filter[price][$regex]"),
        ("filter[price][$contains]=1", "filter[price][$contains]"),
        ("filter[kind][$gt]=green", "filter[kind][$gt]"),
        ("filter[kind]=white", "filter[kind]"),
        ("kind=white", "kind"),
        ("filter[organic]=1", "filter[organic]"),
        ("filter[picked][$lt]=yesterday", "filter[picked][$lt]"),
        ("filter[id]=5", "filter[id]"),
        ("filter[price][$between]=1", "filter[price][$between]"),
        ("filter[price][$null]=1", "filter[price][$null]"),
        ("filter[name]=a%00b", "filter[name]"),
        ("filter[$or]=1", "filter[$or]"),
        ("filter[$or][x][price]=1", "filter[$or][x][price]"),
        ("filter[$nor][0][price]=1", "filter[$nor][0][price]"),
        ("filter[price][$eq][0]=1", "filter[price][$eq][0]"),
        ("filter[price]=1&filter[price]=1", "filter[price]"),
        (deep, "filter[$not][$not][$not][$not][$not][price]"),
        (&many, "filter[$or][32][price]"),
        (&values, "filter[price][$in]"),
        (&long, "q"),
        ("aggregate[sum]=name", "aggregate[sum]"),
        ("aggregate[sum]=kind", "aggregate[sum]"),
        ("aggregate[median]=price", "aggregate[median]"),
        ("aggregate=price", "aggregate"),
        ("group_by=kind", "group_by"),
        ("aggregate[count]=*&group_by=name", "group_by"),
        ("aggregate[count]=*&fields=id", "fields"),
        ("aggregate[count]=*&limit=5", "limit"),
    ];
    for (query, path) in cases {
        let error = List::<Tea>::parse(query).expect_err(query);
        let said = error.message().to_owned();
        assert!(said.starts_with(&format!("{path}: ")), "{query}: {said}");
        assert!(error.fields().iter().any(|field| field.path == path), "{query}");
    }
    let all = List::<Tea>::parse("page=0&nonsense=1&filter[price][$gte]=x&sort=y").unwrap_err();
    assert_eq!(all.fields().len(), 4, "every problem is told at once");
}
