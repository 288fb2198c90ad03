//! The one policy of a list: which fields exist, of what kind, and what callers may do with each.
//!
//! Whatever a field is not declared for is refused as if it did not exist.

use freehold_db::{Direction, SqlValue};
use serde_json::{Value, json};

/// Characters of a text to compare with or to search for.
pub(crate) const TEXT_CHARS_MAX: usize = 200;

/// A type of rows that is answered as a list.
pub trait Listed: Send + Sync + 'static {
    /// What callers may ask of the list.
    const POLICY: &'static ListPolicy;
}

/// What callers may ask of a list.
#[derive(Debug)]
pub struct ListPolicy {
    /// The table of the rows.
    pub table: &'static str,
    /// The columns that a row is made of; those of sorted fields are among them.
    pub columns: &'static [&'static str],
    /// The name of the field that tells rows apart: always shown, and the last to order by.
    pub key: &'static str,
    /// Every field that callers may name.
    pub fields: &'static [Field],
    /// Columns that `q` searches; none where the list cannot be searched.
    pub searched: &'static [&'static str],
    /// The order where callers name none, by field.
    pub order: &'static [(&'static str, Direction)],
    /// Relations that callers may name in `include`.
    pub includes: &'static [&'static str],
}

impl ListPolicy {
    /// The field of this name, if it is declared for this use.
    pub(crate) fn field(&self, name: &str, allowed: fn(&Field) -> bool) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name && allowed(field))
    }

    /// Names for a message: `expected one of: id, title`.
    pub(crate) fn expected(&self, allowed: fn(&Field) -> bool) -> String {
        expected(self.names(allowed))
    }

    pub(crate) fn names(&self, allowed: fn(&Field) -> bool) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(move |field| allowed(field)).map(|field| field.name)
    }
}

/// `expected one of: …`, or that there is nothing to choose.
pub(crate) fn expected(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        return "this list has none".to_owned();
    }
    format!("expected one of: {}", words.join(", "))
}

/// A field of a list: its name, its column, its kind, and what callers may do with it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) shown: bool,
    pub(crate) filtered: bool,
    pub(crate) sorted: bool,
    pub(crate) aggregated: bool,
}

impl Field {
    /// A field in the column of the same name, which callers may do nothing with so far.
    pub const fn new(name: &'static str, kind: FieldKind) -> Self {
        let (shown, filtered, sorted, aggregated) = (false, false, false, false);
        Self { name, column: name, kind, shown, filtered, sorted, aggregated }
    }

    /// A field that is shown and nothing else, because no one column holds it.
    pub const fn view(name: &'static str) -> Self {
        Self::new(name, FieldKind::Text).shown()
    }

    /// The column, where it has another name.
    #[must_use]
    pub const fn stored_as(mut self, column: &'static str) -> Self {
        self.column = column;
        self
    }

    /// Items have it, and `fields` may name it.
    #[must_use]
    pub const fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    /// `filter` may name it.
    #[must_use]
    pub const fn filtered(mut self) -> Self {
        self.filtered = true;
        self
    }

    /// `sort` may name it.
    #[must_use]
    pub const fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }

    /// `aggregate` and `group_by` may name it.
    #[must_use]
    pub const fn aggregated(mut self) -> Self {
        self.aggregated = true;
        self
    }

    pub(crate) const fn is_shown(&self) -> bool {
        self.shown
    }

    pub(crate) const fn is_filtered(&self) -> bool {
        self.filtered
    }

    pub(crate) const fn is_sorted(&self) -> bool {
        self.sorted
    }

    pub(crate) const fn is_aggregated(&self) -> bool {
        self.aggregated
    }
}

/// What a field holds, and how a query string writes it.
#[derive(Debug, Clone, Copy)]
pub enum FieldKind {
    /// Text, compared letter by letter.
    Text,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// RFC 3339 on the wire, Unix milliseconds in the store.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An id.
    Id(IdForm),
}

/// How an id looks on the wire and in the store.
#[derive(Debug, Clone, Copy)]
pub struct IdForm {
    /// The stored value of a wire form, if it is one.
    pub parse: fn(&str) -> Option<SqlValue>,
    /// The wire form of a stored value.
    pub print: fn(&SqlValue) -> String,
}

impl FieldKind {
    /// The stored value of what a query string says.
    pub(crate) fn parse(&self, text: &str) -> Result<SqlValue, String> {
        match self {
            Self::Text => literal(text).map(SqlValue::from),
            Self::Int => {
                let number = text.parse::<i64>().map_err(|_| "expected a whole number")?;
                Ok(SqlValue::Int(number))
            }
            Self::Bool => truth(text).map(SqlValue::Bool),
            Self::Time => match text.parse::<jiff::Timestamp>() {
                Ok(time) => Ok(SqlValue::Int(time.as_millisecond())),
                Err(_) => Err("expected a time such as 2026-11-22T10:00:00Z; a + in it is sent \
                               as %2B"
                    .to_owned()),
            },
            Self::Word(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(SqlValue::from(*word)),
                None => Err(expected(words.iter().copied())),
            },
            Self::Id(form) => (form.parse)(text).ok_or_else(|| "expected an id".to_owned()),
        }
    }

    /// The wire form of what the store says.
    pub(crate) fn print(&self, value: SqlValue) -> Value {
        match (self, value) {
            (_, SqlValue::Null) => Value::Null,
            (Self::Id(form), value) => json!((form.print)(&value)),
            (Self::Bool, SqlValue::Int(number)) => json!(number != 0),
            (Self::Time, SqlValue::Int(ms)) => match jiff::Timestamp::from_millisecond(ms) {
                Ok(time) => json!(format!("{time:.3}")),
                Err(_) => json!(ms),
            },
            (_, value) => plain(value),
        }
    }

    /// Whether a value read from outside can be one of this kind in the store.
    pub(crate) const fn stores(&self, value: &SqlValue) -> bool {
        match value {
            SqlValue::Null => true,
            SqlValue::Int(_) => !matches!(self, Self::Text | Self::Word(_)),
            SqlValue::Text(_) => matches!(self, Self::Text | Self::Word(_) | Self::Id(_)),
            SqlValue::Float(_) | SqlValue::Bytes(_) | SqlValue::Bool(_) => false,
        }
    }
}

/// A value as JSON, whatever it means.
pub(crate) fn plain(value: SqlValue) -> Value {
    match value {
        SqlValue::Int(number) => json!(number),
        SqlValue::Float(number) => json!(number),
        SqlValue::Text(text) => json!(text),
        SqlValue::Bool(truth) => json!(truth),
        // Bytes are not a kind of field.
        SqlValue::Bytes(_) | SqlValue::Null => Value::Null,
    }
}

/// A text to compare with. NUL ends a pattern early on some engines.
pub(crate) fn literal(text: &str) -> Result<&str, String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("expected at most {TEXT_CHARS_MAX} characters"));
    }
    if text.contains('\0') {
        return Err("expected text without NUL".to_owned());
    }
    Ok(text)
}

/// `true` or `false`, and nothing that looks like it.
pub(crate) fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "expected true or false".to_owned())
}
