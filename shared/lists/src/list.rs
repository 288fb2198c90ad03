//! The extractor of a list, the statements that it makes, and the answer from what they found.
//!
//! It runs no statement itself: whoever owns the rows does, in their own store, and adds who may
//! see which.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use freehold_api::{ApiError, Argument, FieldError, Operation, Page, Problems};
use freehold_db::{DbError, Direction, Filter, Row, Select, SqlValue};
use serde::Serialize;
use serde_json::{Value, json};

use crate::aggregate::GROUPS_MAX;
use crate::cursor;
use crate::policy::{Field, FieldKind, ListPolicy, Listed};
use crate::request::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, Request, Window};

/// What a caller asks of the list of `T`.
#[derive(Debug)]
pub struct List<T: Listed> {
    query: String,
    request: Request,
    of: PhantomData<fn() -> T>,
}

impl<S: Send + Sync, T: Listed> FromRequestParts<S> for List<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl<T: Listed> List<T> {
    /// Reads a query string.
    ///
    /// # Errors
    /// 400 with every parameter that the list does not know or cannot read.
    pub fn parse(query: &str) -> Result<Self, ApiError> {
        let request = Request::parse(T::POLICY, query)?;
        Ok(Self { query: query.to_owned(), request, of: PhantomData })
    }

    /// Refuses what names a field that the caller may not compare rows by. Where the list's own order
    /// would, its key orders it: the order and the cursor would tell of the field.
    ///
    /// # Errors
    /// 403 with the fields.
    pub fn within(self, may_compare: impl Fn(&str) -> bool) -> Result<Self, ApiError> {
        let refused = self.request.compared.iter().filter(|name| !may_compare(name));
        let refused: Vec<FieldError> = refused
            .map(|name| FieldError {
                path: (*name).to_owned(),
                code: "forbidden_field".to_owned(),
                message: "your role does not allow comparing rows by this field".to_owned(),
            })
            .collect();
        if !refused.is_empty() {
            return Err(ApiError::forbidden_fields(refused));
        }
        if T::POLICY.order.iter().all(|(name, _)| may_compare(name)) {
            return Ok(self);
        }
        let by_key = ListPolicy { order: &[], ..*T::POLICY };
        let request = Request::parse(&by_key, &self.query)?;
        Ok(Self { request, ..self })
    }

    /// The statement that counts the rows on all pages, where that is asked for. `visible` are the
    /// rows that the caller may see.
    pub fn total(&self, visible: Filter) -> Option<Select> {
        let is_asked = !self.request.skip_total && self.request.groups.is_none();
        is_asked.then(|| {
            let count = Select::count(T::POLICY.table);
            count.filter(visible).filter(self.request.filter.clone())
        })
    }

    /// The statement that reads the rows, or their groups, and one more, which says that there are
    /// more. `visible` are the rows that the caller may see.
    pub fn select(&self, visible: Filter) -> Select {
        let (policy, request) = (T::POLICY, &self.request);
        let filter = visible.and(request.filter.clone());
        if let Some(groups) = &request.groups {
            return groups.select(policy.table, filter);
        }
        let mut select = Select::columns(policy.table, policy.columns).filter(filter);
        for key in &request.order {
            select = select.order(key.field.column, key.direction);
        }
        match &request.window {
            Window::Page { rows, skip, .. } => select.page(rows + 1, *skip),
            Window::Cursor { rows, after: None } => select.page(rows + 1, 0),
            Window::Cursor { rows, after: Some(last) } => {
                let order = request.order.iter().zip(last);
                let last: Vec<_> = order
                    .map(|(key, value)| (key.field.column, key.direction, value.clone()))
                    .collect();
                select.filter(Filter::after(&last)).page(rows + 1, 0)
            }
        }
    }

    /// Takes up what [`List::select`] and [`List::total`] found; `read` makes a row a value.
    ///
    /// # Errors
    /// What `read` says, or the store's when a column is not there.
    pub fn found<R, E: From<DbError>>(
        &self,
        mut rows: Vec<Row>,
        total: Option<u64>,
        read: impl Fn(&Row) -> Result<R, E>,
    ) -> Result<Found<R>, E> {
        if let Some(groups) = &self.request.groups {
            let is_whole = rows.len() as u64 <= GROUPS_MAX;
            let items: Vec<Value> =
                rows.iter().map(|row| groups.item(row)).collect::<Result<_, _>>()?;
            let total = (!self.request.skip_total).then_some(items.len() as u64);
            let frame = Frame { total, ..self.frame(None) };
            let frame = Frame { page_size: GROUPS_MAX, groups: Some((items, is_whole)), ..frame };
            return Ok(Found { rows: Vec::new(), frame });
        }
        let more = rows.len() as u64 > self.request.window.rows();
        if more {
            rows.pop();
        }
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| self.cursor_behind(row)).transpose()?;
        let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Found { rows, frame: Frame { total, ..self.frame(next) } })
    }

    fn cursor_behind(&self, row: &Row) -> Result<String, DbError> {
        let columns = self.request.order.iter().map(|key| row.get(key.field.column));
        let last: Vec<SqlValue> = columns.collect::<Result<_, _>>()?;
        Ok(cursor::write(T::POLICY.table, &self.request.sort(), last))
    }

    fn frame(&self, next: Option<String>) -> Frame {
        let page = match self.request.window {
            Window::Page { page, .. } if self.request.groups.is_none() => Some(page),
            Window::Page { .. } | Window::Cursor { .. } => None,
        };
        Frame {
            total: None,
            page,
            page_size: self.request.window.rows(),
            next,
            key: T::POLICY.key,
            fields: self.request.fields.clone(),
            groups: None,
        }
    }

    /// The same for rows that are in memory, of a list whose policy offers pages and fields only;
    /// `key` tells them apart and orders them.
    pub fn among<I>(&self, mut items: Vec<I>, key: impl Fn(&I) -> String) -> Found<I> {
        let is_down = self.request.order.iter().any(|key| key.direction == Direction::Descending);
        items.sort_by_cached_key(&key);
        if is_down {
            items.reverse();
        }
        let total = (!self.request.skip_total).then_some(items.len() as u64);
        let skip = match &self.request.window {
            Window::Page { skip, .. } => usize::try_from(*skip).unwrap_or(usize::MAX),
            Window::Cursor { after, .. } => match after.as_deref() {
                Some([SqlValue::Text(last)]) => items.partition_point(|item| {
                    if is_down { key(item) >= *last } else { key(item) <= *last }
                }),
                _ => 0,
            },
        };
        let size = usize::try_from(self.request.window.rows()).unwrap_or(usize::MAX);
        let more = items.len().saturating_sub(skip) > size;
        let rows: Vec<I> = items.into_iter().skip(skip).take(size).collect();
        let next = rows.last().filter(|_| more).map(|last| {
            cursor::write(T::POLICY.table, &self.request.sort(), vec![SqlValue::Text(key(last))])
        });
        Found { rows, frame: Frame { total, ..self.frame(next) } }
    }
}

/// What was found of a list: this page's rows, and the frame of the answer around them.
#[derive(Debug)]
pub struct Found<R> {
    /// The rows of this page; none where groups were asked for.
    pub rows: Vec<R>,
    /// For the answer.
    pub frame: Frame,
}

/// An answer without its items.
#[derive(Debug)]
pub struct Frame {
    total: Option<u64>,
    page: Option<u64>,
    page_size: u64,
    next: Option<String>,
    key: &'static str,
    fields: Option<Vec<&'static str>>,
    /// The groups, and whether these are all.
    groups: Option<(Vec<Value>, bool)>,
}

impl Frame {
    /// The answer, with the fields that the caller wants of each row.
    ///
    /// # Errors
    /// 400 when there are more groups than an answer holds.
    pub fn page<V: Serialize>(
        self,
        views: impl IntoIterator<Item = V>,
    ) -> Result<Page<Value>, ApiError> {
        let Self { total, page, page_size, next, key, fields, groups } = self;
        let items = match groups {
            Some((groups, true)) => groups,
            Some((_, false)) => return Err(too_many_groups()),
            None => {
                let items = views.into_iter().map(|view| {
                    let item = serde_json::to_value(view);
                    let item = item.map_err(|error| ApiError::internal(error.to_string()))?;
                    Ok(projected(item, key, fields.as_deref()))
                });
                items.collect::<Result<_, ApiError>>()?
            }
        };
        Ok(Page { items, total, page, page_size, next })
    }
}

fn too_many_groups() -> ApiError {
    let mut problems = Problems::default();
    let message = format!("expected at most {GROUPS_MAX} groups; filter the rows first");
    problems.add("group_by", "too_many", message.as_str());
    ApiError::invalid(problems.fields().to_vec())
}

fn projected(mut item: Value, key: &str, fields: Option<&[&str]>) -> Value {
    if let (Some(fields), Some(item)) = (fields, item.as_object_mut()) {
        item.retain(|name, _| name == key || fields.contains(&name.as_str()));
    }
    item
}

impl<T: Listed> Argument for List<T> {
    fn describe(operation: &mut Operation) {
        let policy = T::POLICY;
        let rows = json!({
            "type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": PAGE_ROWS_DEFAULT,
        });
        let text = json!({"type": "string"});
        let page = json!({"type": "integer", "minimum": 1});
        operation.add_parameter("page", "Page to show, counted from 1.", page);
        operation.add_parameter("page_size", "Rows per page.", rows.clone());
        operation.add_parameter(
            "after",
            "The `next` of an earlier answer; not with page.",
            text.clone(),
        );
        operation.add_parameter("limit", "Rows per page where `after` is used.", rows);
        let truth = json!({"type": "boolean"});
        operation.add_parameter("skip_total", "Do not count all rows; total is null.", truth);
        let names =
            |allowed: fn(&Field) -> bool| policy.names(allowed).collect::<Vec<_>>().join(", ");
        let meaning = format!("Only these fields, between commas: {}.", names(Field::is_shown));
        operation.add_parameter("fields", &meaning, text.clone());
        if policy.names(Field::is_sorted).next().is_some() {
            let names = names(Field::is_sorted);
            let meaning = format!("Keys to sort by, `-` before those from the largest: {names}.");
            operation.add_parameter("sort", &meaning, text.clone());
        }
        if !policy.searched.is_empty() {
            operation.add_parameter("q", "Only rows with this text, in any case.", text.clone());
        }
        if !policy.includes.is_empty() {
            let meaning = format!("Relations to show: {}.", policy.includes.join(", "));
            operation.add_parameter("include", &meaning, text.clone());
        }
        describe_conditions(policy, operation);
        describe_aggregates(policy, operation);
    }
}

fn describe_conditions(policy: &ListPolicy, operation: &mut Operation) {
    if policy.names(Field::is_filtered).next().is_none() {
        return;
    }
    let schema = |field: &Field| match field.kind {
        FieldKind::Text | FieldKind::Id(_) => json!({"type": "string"}),
        FieldKind::Int => json!({"type": "integer"}),
        FieldKind::Bool => json!({"type": "boolean"}),
        FieldKind::Time => json!({"type": "string", "format": "date-time"}),
        FieldKind::Word(words) => json!({"type": "string", "enum": words}),
    };
    for field in policy.fields.iter().filter(|field| field.is_filtered()) {
        let meaning = format!("Only rows whose {} is this.", field.name);
        operation.add_parameter(field.name, &meaning, schema(field));
    }
    let meaning = "Conditions, such as `filter[version][$gte]=2` or \
                   `filter[$or][0][title][$icontains]=tea`.";
    operation.add_keyed_parameter("filter", meaning, json!({"type": "object"}));
}

fn describe_aggregates(policy: &ListPolicy, operation: &mut Operation) {
    if policy.names(Field::is_aggregated).next().is_none() {
        return;
    }
    let names = policy.names(Field::is_aggregated).collect::<Vec<_>>().join(", ");
    let functions = ["count", "sum", "avg", "min", "max"];
    let schema = functions.map(|name| (name.to_owned(), json!({"type": "string"})));
    let schema = json!({"type": "object", "properties": serde_json::Map::from_iter(schema)});
    let meaning = "Measures of groups instead of rows: `aggregate[count]=*`, `aggregate[sum]=…`.";
    operation.add_keyed_parameter("aggregate", meaning, schema);
    let meaning = format!("Fields that make a group, between commas: {names}.");
    operation.add_parameter("group_by", &meaning, json!({"type": "string"}));
}
