//! Lists: what callers may ask of them, and what nobody learns from them.

use std::collections::BTreeSet;

use freehold_testkit::{Api, Fleet};
use serde_json::{Value, json};

/// 30 posts over the welcome post: every third a draft, with titles of several scripts.
async fn garden(fleet: &Fleet) -> Api {
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    for number in 0..30 {
        fleet.clock().advance_seconds(10);
        let title = match number % 5 {
            0 => format!("Öl auf Leinwand {number}"),
            1 => format!("ÖLFARBE {number}"),
            2 => format!("茶の湯 {number}"),
            3 => format!("100% a*b [c] {number}"),
            _ => format!("Plain {number}"),
        };
        let status = if number % 3 == 0 { "draft" } else { "published" };
        let body = json!({"title": title, "content": "Text.", "status": status});
        owner.post("/api/v1/posts", body).await.data(201);
    }
    owner
}

async fn list(api: &Api, query: &str) -> Value {
    api.get(&format!("/api/v1/posts?{query}")).await.data(200)
}

fn slugs(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["slug"].as_str().expect("a slug").to_owned()).collect()
}

async fn walk(api: &Api, path: &str, limit: u64) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}limit={limit}{after}")).await.data(200);
        assert_eq!(page["page"], Value::Null);
        let items = page["items"].as_array().expect("items");
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { return ids };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn a_walk_by_cursor_is_a_walk_by_pages() {
    let fleet = Fleet::start().await;
    let owner = garden(&fleet).await;
    for sort in ["-published_at", "status,-title", "published_at:asc,version:desc", "title", "-id"]
    {
        let mut pages = Vec::new();
        for page in 1..=5 {
            let found = list(&owner, &format!("sort={sort}&page={page}&page_size=7")).await;
            assert_eq!((&found["total"], &found["page"]), (&json!(31), &json!(page)));
            assert_eq!(found["next"].is_null(), page == 5);
            let items = found["items"].as_array().expect("items");
            pages.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        }
        assert_eq!(pages.iter().collect::<BTreeSet<_>>().len(), 31);
        let path = format!("/api/v1/posts?sort={sort}&");
        assert_eq!(walk(&owner, &path, 4).await, pages, "{sort}");
    }
}

#[tokio::test]
async fn conditions_narrow_the_list_down() {
    let fleet = Fleet::start().await;
    let owner = garden(&fleet).await;
    let cases = [
        ("status=draft", 10),
        ("filter[status][$ne]=draft", 21),
        ("filter[title]=Plain%204", 1),
        ("filter[title][$icontains]=%C3%B6l", 12),
        ("filter%5Btitle%5D%5B%24icontains%5D=%C3%96L", 12),
        ("filter[title][$contains]=%C3%96L", 6),
        ("filter[title][$contains]=%E8%8C%B6", 6),
        ("filter[title][$contains]=a*b", 6),
        ("filter[title][$contains]=*", 6),
        ("filter[title][$contains]=?", 0),
        ("filter[title][$contains]=[c]", 6),
        ("filter[title][$starts_with]=100%25", 6),
        ("filter[title][$ends_with]=Plain", 0),
        ("filter[title][$ends_with]=9", 3),
        ("filter[slug][$in]=plain-4,welcome", 2),
        ("filter[slug][$in][0]=plain-4&filter[slug][$in][1]=welcome", 2),
        ("filter[slug][$nin]=plain-4,welcome", 29),
        ("filter[published_at][$null]=true", 10),
        ("filter[version][$gte]=1&filter[version][$lt]=2", 31),
        ("filter[version][$gt]=1", 0),
        ("filter[version][$lte]=0", 0),
        ("filter[version][$between]=1,1", 31),
        ("filter[created_at][$gt]=2001-01-01T00:00:00Z", 31),
        ("filter[$or][0][slug]=welcome&filter[$or][1][title][$starts_with]=Plain", 7),
        ("filter[$not][title][$starts_with]=Plain", 25),
        ("filter[$and][0][status]=draft&filter[$and][1][title][$icontains]=PLAIN", 2),
        ("q=plain", 6),
        ("q=%25&status=published", 4),
    ];
    for (query, total) in cases {
        let found = list(&owner, &format!("{query}&page_size=100")).await;
        assert_eq!(found["total"], total, "{query}: {:?}", slugs(&found));
        assert_eq!(found["items"].as_array().expect("items").len(), total, "{query}");
    }
    let me = owner.get("/api/v1/users/me").await.data(200);
    let id = me["id"].as_str().expect("an id");
    assert_eq!(list(&owner, &format!("author_id={id}")).await["total"], 31);
}

#[tokio::test]
async fn callers_choose_fields_totals_and_aggregates() {
    let fleet = Fleet::start().await;
    let owner = garden(&fleet).await;
    let page = list(&owner, "fields=title,author&include=author&skip_total=true").await;
    assert_eq!(page["total"], Value::Null);
    let item = page["items"][0].as_object().expect("an item");
    assert_eq!(item.keys().collect::<Vec<_>>(), ["id", "title", "author"]);
    let all = "id,slug,title,content,excerpt,status,author,reading_minutes,version,created_at,\
               updated_at,published_at";
    let page = list(&owner, &format!("fields={all}&limit=1")).await;
    assert_eq!(page["items"][0].as_object().expect("an item").len(), 12);
    let query = "aggregate[count]=*&aggregate[sum]=version&aggregate[avg]=version&group_by=status";
    let groups = list(&owner, query).await;
    assert_eq!(
        groups["items"],
        json!([
            {"status": "draft", "count": 10, "sum_version": 10, "avg_version": 1.0},
            {"status": "published", "count": 21, "sum_version": 21, "avg_version": 1.0},
        ])
    );
    let newest = list(&owner, "sort=-created_at&limit=1").await["items"][0]["created_at"].clone();
    let most = list(&owner, "aggregate[max]=created_at&group_by=author_id").await;
    assert_eq!(most["items"][0]["max_created_at"], newest);
    let author = most["items"][0]["author_id"].as_str().expect("an id");
    assert!(author.starts_with("usr_"), "{author}");
}

#[tokio::test]
async fn what_does_not_fit_is_named_as_it_was_sent() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let site = fleet.site("acme");
    let next = list(&site, "limit=1").await;
    assert_eq!(next["next"], Value::Null, "one post, nothing behind it");
    for (query, path, code) in [
        ("filter%5Bversion%5D%5B%24gte%5D=ten", "filter[version][$gte]", "wrong_type"),
        ("filter[content][$contains]=x", "filter[content][$contains]", "unknown_field"),
        ("filter[title][$regex]=x", "filter[title][$regex]", "unknown_operator"),
        ("sort=content", "sort", "unknown_field"),
        ("fields=password", "fields", "unknown_field"),
        ("include=comments", "include", "unknown_field"),
        ("page=1&limit=5", "page", "conflict"),
        ("after=bm9uc2Vuc2U", "after", "invalid_cursor"),
        ("status=draft&status=published", "status", "duplicate"),
        ("aggregate[sum]=title", "aggregate[sum]", "unknown_field"),
        ("tenant=other", "tenant", "unknown_parameter"),
    ] {
        let answer = site.get(&format!("/api/v1/posts?{query}")).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.field(path), code, "{query}");
    }
}

#[tokio::test]
async fn nobody_learns_of_drafts_from_a_list() {
    let fleet = Fleet::start().await;
    let owner = garden(&fleet).await;
    let site = fleet.site("acme");
    let cursor = list(&owner, "sort=status&limit=2").await["next"].as_str().map(str::to_owned);
    let cursor = cursor.expect("a cursor among the drafts");
    for query in [
        "page_size=100".to_owned(),
        "page_size=100&sort=status,-title".to_owned(),
        format!("sort=status&limit=100&after={cursor}"),
        "page_size=100&filter[status][$ne]=published".to_owned(),
        "page_size=100&status=draft".to_owned(),
        "page_size=100&filter[$or][0][status]=draft&filter[$or][1][status]=published".to_owned(),
        "page_size=100&filter[$not][status]=published".to_owned(),
        "page_size=100&filter[published_at][$null]=true".to_owned(),
        "page_size=100&q=leinwand".to_owned(),
    ] {
        let found = list(&site, &query).await;
        let items = found["items"].as_array().expect("items");
        assert!(items.iter().all(|item| item["status"] == "published"), "{query}: {found}");
        if !query.contains("after") {
            assert_eq!(found["total"], items.len(), "{query}");
        }
    }
    let groups = list(&site, "aggregate[count]=*&group_by=status").await;
    assert_eq!(groups["items"], json!([{"status": "published", "count": 21}]));
    let none = list(&site, "aggregate[count]=*&aggregate[max]=created_at&status=draft").await;
    assert_eq!(none["items"], json!([{"count": 0, "max_created_at": null}]));
}

#[tokio::test]
async fn the_consoles_lists_follow_the_same_rules() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    fleet.sign_up("other").await;
    let member = fleet.console().with_token(&account.session);
    for (name, slug) in [("Öl", "shop-oel"), ("Tee", "shop-tee"), ("Brot", "shop-brot")] {
        fleet.clock().advance_seconds(1);
        let body = json!({"name": name, "slug": slug});
        let answer = member.post("/v1/sites", body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    let get = async |api: &Api, path: &str| api.get(path).await.data(200);
    assert_eq!(get(&member, "/v1/sites?q=%C3%B6L&fields=name").await["items"][0]["name"], "Öl");
    assert_eq!(get(&member, "/v1/sites?filter[name][$in]=Tee,Brot").await["total"], 2);
    assert_eq!(walk(&member, "/v1/sites?sort=name&", 2).await.len(), 4);
    let counts = get(&member, "/v1/sites?aggregate[count]=*&group_by=state").await;
    assert_eq!(counts["items"], json!([{"state": "ready", "count": 4}]));
    let foreign = format!("/v1/sites?filter[account_id]={}", account.site);
    member.get(&foreign).await.refused(400, "invalid_request");
    let own = get(&member, "/v1/operations?kind=create_site").await;
    assert_eq!((&own["total"], &own["items"][0]["state"]), (&json!(4), &json!("succeeded")));
    let operator = fleet.operator();
    assert_eq!(get(&operator, "/v1/fleet/operations?skip_total=true").await["total"], Value::Null);
    assert_eq!(walk(&operator, "/v1/fleet/operations?", 2).await.len(), 5);
    let tenants = get(&operator, "/v1/fleet/tenants?sort=-slug&limit=1").await;
    assert_eq!(tenants["items"][0]["slug"], "shop-tee");
    let owner = tenants["items"][0]["account_id"].as_str().expect("an id");
    assert_eq!(get(&operator, &format!("/v1/fleet/tenants?account_id={owner}")).await["total"], 4);
    let workers = get(&operator, "/v1/fleet/workers?limit=1&fields=state").await;
    assert_eq!((&workers["total"], &workers["next"]), (&json!(1), &Value::Null));
    assert_eq!(workers["items"][0]["state"], "ready");
    operator.get("/v1/fleet/workers?sort=name").await.refused(400, "invalid_request");
}
