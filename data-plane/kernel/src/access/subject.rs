//! What rules are about: sets of rows, with the fields that rules may name.

use freehold_clock::UnixMs;
use freehold_db::SqlValue;
use freehold_ids::UserId;

use super::Permission;
use super::predicate::Predicate;

/// What a field holds, as conditions write it in JSON.
#[derive(Debug, Clone, Copy)]
pub enum SubjectFieldKind {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// RFC 3339 on the wire, Unix milliseconds in the store.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A user's id.
    User,
}

impl SubjectFieldKind {
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Int | Self::Time)
    }

    pub(super) const fn is_user(self) -> bool {
        matches!(self, Self::User)
    }

    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Word(_))
    }

    /// The word for it on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Time => "time",
            Self::Word(_) => "word",
            Self::User => "user",
        }
    }

    pub(super) fn parse(self, value: &serde_json::Value) -> Result<SqlValue, String> {
        use serde_json::Value;
        match (self, value) {
            (Self::Text, Value::String(text)) if !text.contains('\0') => {
                Ok(SqlValue::from(text.as_str()))
            }
            (Self::Text, _) => Err("expected text".to_owned()),
            (Self::Int, value) => {
                let number = value.as_i64().ok_or_else(|| "expected a whole number".to_owned());
                number.map(SqlValue::Int)
            }
            (Self::Bool, Value::Bool(truth)) => Ok(SqlValue::Bool(*truth)),
            (Self::Bool, _) => Err("expected true or false".to_owned()),
            (Self::Time, value) => match value.as_str().map(UnixMs::parse_rfc3339) {
                Some(Some(at)) => Ok(SqlValue::Int(at.0)),
                _ => Err("expected a time such as 2026-11-22T10:00:00Z".to_owned()),
            },
            (Self::Word(words), value) => {
                let word = words.iter().find(|word| value.as_str() == Some(word));
                let expected = || format!("expected one of: {}", words.join(", "));
                word.map(|word| SqlValue::from(*word)).ok_or_else(expected)
            }
            (Self::User, value) => {
                let id = value.as_str().and_then(|text| text.parse::<UserId>().ok());
                let expected = || "expected a user's id or $user.id".to_owned();
                id.map(|id| SqlValue::Int(id.number())).ok_or_else(expected)
            }
        }
    }
}

/// A field that rules may name. What is not among a subject's fields is shown to whoever sees the row.
#[derive(Debug, Clone, Copy)]
pub struct SubjectField {
    /// Its name in rules.
    pub name: &'static str,
    /// What it holds.
    pub kind: SubjectFieldKind,
    /// The column, where conditions may name it.
    pub compared: Option<&'static str>,
    /// The members of answers that show it or what is made of it, and the fields of lists.
    pub shown_as: &'static [&'static str],
    /// Whether requests can write it.
    pub written: bool,
}

impl SubjectField {
    /// A field in the column of the same name, which conditions may name and requests do not write.
    pub const fn new(
        name: &'static str,
        kind: SubjectFieldKind,
        shown_as: &'static [&'static str],
    ) -> Self {
        Self { name, kind, compared: Some(name), shown_as, written: false }
    }

    /// It is too long, or too secret, to be compared.
    #[must_use]
    pub const fn not_compared(self) -> Self {
        Self { compared: None, ..self }
    }

    /// Requests can write it.
    #[must_use]
    pub const fn written(self) -> Self {
        Self { written: true, ..self }
    }
}

pub(super) fn field(fields: &'static [SubjectField], name: &str) -> Option<&'static SubjectField> {
    fields.iter().find(|field| field.name == name)
}

/// What rules of roles may say of a subject.
#[derive(Debug, Clone, Copy)]
pub struct SubjectSpec {
    /// Its name, which is the first part of its permissions' names.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [SubjectField],
}

/// A set of user-visible rows, with the rule for who sees and changes which.
pub trait Subject: Send + Sync + 'static {
    /// A row as the code has it.
    type Row;

    /// What rules may say of it.
    const SPEC: SubjectSpec;

    /// The right to see rows.
    const READ: Permission;

    /// What holds of every row that this caller can reach, whatever their rights.
    fn within(user: Option<UserId>) -> Predicate;

    /// The rows that everybody sees who may read at all.
    fn public() -> Predicate {
        Predicate::nothing()
    }

    /// A user's own rows.
    fn own(user: UserId) -> Predicate;

    /// What a row has in a column that conditions may name.
    fn value(row: &Self::Row, column: &str) -> SqlValue;
}
