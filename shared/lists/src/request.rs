//! A whole query string, read by a policy: every problem is found before anything is refused.

use freehold_api::{ApiError, Problems};
use freehold_db::{Direction, Filter, SqlValue};

use crate::aggregate::{self, Groups};
use crate::cursor::{self, InvalidCursor};
use crate::filter;
use crate::param::{self, Param};
use crate::policy::{Field, ListPolicy, expected, literal, truth};

/// Rows of a page when the caller does not say.
pub(crate) const PAGE_ROWS_DEFAULT: u64 = 25;
/// Rows of a page at most.
pub(crate) const PAGE_ROWS_MAX: u64 = 100;
/// How far into a list page numbers reach; beyond that one walks by cursor.
const PAGE_OFFSET_MAX: u64 = 1_000_000;
/// Keys to sort by.
const SORT_KEYS_MAX: usize = 4;

/// Parameters without keys that every list knows.
const PLAIN: [&str; 9] =
    ["page", "page_size", "after", "limit", "sort", "fields", "skip_total", "group_by", "q"];
/// What cannot be said of groups.
const ROWS_ONLY: [&str; 7] = ["page", "page_size", "after", "limit", "sort", "fields", "include"];

/// One field to order by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) field: &'static Field,
    pub(crate) direction: Direction,
}

/// Which rows to answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Window {
    /// A numbered page.
    Page { page: u64, rows: u64, skip: u64 },
    /// From the start, or from behind the row with these sort values.
    Cursor { rows: u64, after: Option<Vec<SqlValue>> },
}

impl Window {
    pub(crate) const fn rows(&self) -> u64 {
        match self {
            Self::Page { rows, .. } | Self::Cursor { rows, .. } => *rows,
        }
    }
}

/// What a caller asks of a list.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) window: Window,
    pub(crate) order: Vec<Key>,
    pub(crate) filter: Filter,
    pub(crate) fields: Option<Vec<&'static str>>,
    pub(crate) skip_total: bool,
    pub(crate) groups: Option<Groups>,
    /// The fields that rows are chosen, put in order or measured by, because the caller says so.
    pub(crate) compared: Vec<&'static str>,
}

impl Request {
    /// Reads a query string.
    ///
    /// # Errors
    /// 400 with every parameter that is wrong.
    pub(crate) fn parse(policy: &ListPolicy, query: &str) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        let request = Self::read(policy, query, &mut problems);
        problems.finish()?;
        Ok(request)
    }

    pub(crate) fn read(policy: &ListPolicy, query: &str, problems: &mut Problems) -> Self {
        let params = param::read(query, problems);
        for param in params.iter().filter(|param| !is_known(policy, param)) {
            problems.add(&param.name, "unknown_parameter", "this list has no such parameter");
        }
        let mut reading = Reading { policy, params: &params, problems };
        let order = reading.order();
        let window = reading.window(&order);
        let fields = reading.fields();
        reading.includes();
        let skip_total = reading.take("skip_total", truth).unwrap_or(false);
        let searched = reading.searched();
        let filter = filter::read(policy, &params, problems).and(searched);
        let groups = aggregate::read(policy, &params, problems);
        let is_plain = |param: &&Param| param.keys.is_empty();
        for param in params.iter().filter(is_plain).filter(|_| groups.is_some()) {
            if ROWS_ONLY.contains(&param.head.as_str()) {
                problems.add(&param.name, "conflict", "expected without aggregate");
            }
        }
        let compared = compared(policy, &params);
        Self { window, order, filter, fields, skip_total, groups, compared }
    }

    /// The order as a cursor remembers it: `-created_at,id`.
    pub(crate) fn sort(&self) -> String {
        sort_text(&self.order)
    }
}

/// Every field that a parameter names but to show it.
fn compared(policy: &ListPolicy, params: &[Param]) -> Vec<&'static str> {
    let mut named = Vec::new();
    for param in params {
        let keys = param.keys.iter().map(String::as_str).chain([param.head.as_str()]);
        let is_list = matches!(param.head.as_str(), "sort" | "group_by" | "aggregate");
        let values = param.value.split(',').filter(|_| is_list);
        let values =
            values.map(|word| word.trim_start_matches('-').split(':').next().unwrap_or(word));
        for word in keys.chain(values) {
            named.extend(policy.fields.iter().map(|field| field.name).filter(|name| *name == word));
        }
        if param.head == "q" {
            named.extend(policy.searched);
        }
    }
    named
}

fn sort_text(order: &[Key]) -> String {
    let keys = order.iter().map(|key| match key.direction {
        Direction::Ascending => key.field.name.to_owned(),
        Direction::Descending => format!("-{}", key.field.name),
    });
    keys.collect::<Vec<_>>().join(",")
}

fn is_known(policy: &ListPolicy, param: &Param) -> bool {
    let head = param.head.as_str();
    if !param.keys.is_empty() {
        return head == "filter" || head == "aggregate";
    }
    match head {
        "q" => !policy.searched.is_empty(),
        "include" => !policy.includes.is_empty(),
        _ => PLAIN.contains(&head) || policy.field(head, Field::is_filtered).is_some(),
    }
}

struct Reading<'r> {
    policy: &'r ListPolicy,
    params: &'r [Param],
    problems: &'r mut Problems,
}

impl Reading<'_> {
    fn find(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|param| param.head == name && param.keys.is_empty());
        found.map(|param| param.value.as_str())
    }

    /// A parameter's value, if it is there and can be read.
    fn take<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.find(name)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problems.add(name, "wrong_type", message);
                None
            }
        }
    }

    /// A number from 1 to `most`.
    fn number(&mut self, name: &str, most: u64) -> Option<u64> {
        let text = self.find(name)?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_number && (1..=most).contains(number));
        if number.is_none() {
            let code = if is_number { "out_of_range" } else { "wrong_type" };
            self.problems.add(name, code, format!("expected a number from 1 to {most}"));
        }
        number
    }

    fn window(&mut self, order: &[Key]) -> Window {
        let by_cursor = self.find("after").is_some() || self.find("limit").is_some();
        if !by_cursor {
            return self.page();
        }
        for name in ["page", "page_size"] {
            if self.find(name).is_some() {
                self.problems.add(name, "conflict", "expected without after and limit");
            }
        }
        let rows = self.number("limit", PAGE_ROWS_MAX).unwrap_or(PAGE_ROWS_DEFAULT);
        let after = self.find("after").map(|text| {
            let last = cursor::read(self.policy.table, &sort_text(order), text)?;
            let fits = last.len() == order.len()
                && order.iter().zip(&last).all(|(key, value)| key.field.kind.stores(value));
            if fits { Ok(last) } else { Err(InvalidCursor::Garbage) }
        });
        let after = after.transpose().unwrap_or_else(|error| {
            let message = match error {
                InvalidCursor::Garbage => "expected the next of an earlier answer, unchanged",
                InvalidCursor::OtherOrder => "expected the sort that the cursor was made with",
            };
            self.problems.add("after", "invalid_cursor", message);
            None
        });
        Window::Cursor { rows, after }
    }

    fn page(&mut self) -> Window {
        let rows = self.number("page_size", PAGE_ROWS_MAX).unwrap_or(PAGE_ROWS_DEFAULT);
        let page = self.number("page", PAGE_OFFSET_MAX / rows + 1).unwrap_or(1);
        Window::Page { page, rows, skip: (page - 1) * rows }
    }

    /// Whether the cursor is of a list in order by its key alone, as [`crate::List::within`] makes it.
    fn goes_on_by_key(&mut self) -> bool {
        let (table, key) = (self.policy.table, self.policy.key);
        self.find("after").is_some_and(|after| cursor::read(table, key, after).is_ok())
    }

    /// The keys that the caller or the policy names, and the list's key behind them.
    fn order(&mut self) -> Vec<Key> {
        let mut order = Vec::new();
        let text = self.find("sort").map(str::to_owned);
        if let Some(text) = text {
            for part in text.split(',') {
                self.sort_key(part, &mut order);
            }
        } else if !self.goes_on_by_key() {
            for (name, direction) in self.policy.order {
                let field = self.policy.field(name, |_| true);
                order.extend(field.map(|field| Key { field, direction: *direction }));
            }
        }
        let key = self.policy.key;
        match order.iter().position(|known| known.field.name == key) {
            // Behind the key there are no ties to break.
            Some(place) => order.truncate(place + 1),
            None => {
                let direction = order.last().map_or(Direction::Ascending, |key| key.direction);
                let field = self.policy.field(key, |_| true);
                order.extend(field.map(|field| Key { field, direction }));
            }
        }
        order
    }

    fn sort_key(&mut self, part: &str, order: &mut Vec<Key>) {
        let (name, direction) = match (part.strip_prefix('-'), part.split_once(':')) {
            (Some(name), _) => (name, Direction::Descending),
            (None, Some((name, "asc"))) => (name, Direction::Ascending),
            (None, Some((name, "desc"))) => (name, Direction::Descending),
            (None, _) => (part, Direction::Ascending),
        };
        match self.policy.field(name, Field::is_sorted) {
            None => {
                let message = self.policy.expected(Field::is_sorted);
                self.problems.add("sort", "unknown_field", format!("{part}: {message}"));
            }
            Some(field) if order.iter().any(|known| known.field.name == field.name) => {
                self.problems.add("sort", "duplicate", format!("expected {name} once"));
            }
            Some(_) if order.len() == SORT_KEYS_MAX => {
                let message = format!("expected at most {SORT_KEYS_MAX} keys; not {part}");
                self.problems.add("sort", "too_many", message);
            }
            Some(field) => order.push(Key { field, direction }),
        }
    }

    fn fields(&mut self) -> Option<Vec<&'static str>> {
        let text = self.find("fields")?.to_owned();
        let mut fields = Vec::new();
        for name in text.split(',') {
            match self.policy.field(name, Field::is_shown) {
                Some(field) => fields.push(field.name),
                None => {
                    let message = self.policy.expected(Field::is_shown);
                    self.problems.add("fields", "unknown_field", format!("{name}: {message}"));
                }
            }
        }
        Some(fields)
    }

    fn includes(&mut self) {
        if self.policy.includes.is_empty() {
            return;
        }
        let text = self.find("include").map(str::to_owned).unwrap_or_default();
        for name in text.split(',').filter(|name| !name.is_empty()) {
            if !self.policy.includes.contains(&name) {
                let message = expected(self.policy.includes.iter().copied());
                self.problems.add("include", "unknown_field", format!("{name}: {message}"));
            }
        }
    }

    /// The text of `q` in any of the searched columns.
    fn searched(&mut self) -> Filter {
        let text = match self.find("q").map(literal) {
            None | Some(Ok("")) => return Filter::everything(),
            Some(Ok(text)) => text,
            Some(Err(message)) => {
                self.problems.add("q", "too_long", message);
                return Filter::nothing();
            }
        };
        let columns = self.policy.searched.iter();
        let found = columns.map(|column| Filter::contains_any_case(column, text));
        found.fold(Filter::nothing(), Filter::or)
    }
}
