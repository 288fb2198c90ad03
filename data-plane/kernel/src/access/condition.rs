//! The conditions of a role's rules, as people write them:
//! `{"author_id": "$user.id", "status": {"$in": ["draft", "published"]}}`.
//!
//! Everything in an object must hold; `$or` and `$and` hold lists of objects, `$not` one. A field is
//! compared with a value, with the caller (`$user.id`, `$user.role`: what nobody can change of
//! themselves), or by an operator. Kept as written; its fields are looked up when it is used.

use freehold_api::Problems;
use freehold_db::SqlValue;
use serde_json::{Map, Value};

use super::predicate::{Comparison, Predicate};
use super::subject::{SubjectField, field};

/// Groups inside groups.
const DEPTH_MAX: usize = 4;
/// Comparisons of one condition.
const COMPARISONS_MAX: usize = 32;
/// Values of one `$in` or `$nin`.
const VALUES_MAX: usize = 100;

/// The caller's own values.
#[derive(Debug, Clone)]
pub(super) struct Caller<'c> {
    pub(super) id: i64,
    pub(super) role: &'c str,
}

/// A condition as written. It was checked when its rule was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Map<String, Value>);

impl Condition {
    /// Takes up what was stored.
    pub const fn stored(written: Map<String, Value>) -> Self {
        Self(written)
    }

    /// As it was written.
    pub const fn written(&self) -> &Map<String, Value> {
        &self.0
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.to_string().len() + 64).sum()
    }

    /// Says what is wrong with it for rows that have these fields; `path` is where it stands.
    pub fn check(&self, fields: &'static [SubjectField], path: &str, problems: &mut Problems) {
        let caller = Caller { id: 0, role: "reader" };
        let mut reading = Reading { fields, caller: &caller, comparisons: 0, wrong: Vec::new() };
        reading.group(&self.0, path, 0);
        for (path, message) in reading.wrong {
            problems.add(&path, "invalid", message);
        }
    }

    /// The same for a caller over rows with these fields. What cannot be read any more, because a field
    /// is gone, holds for no row.
    pub(super) fn bind(&self, fields: &'static [SubjectField], caller: &Caller<'_>) -> Predicate {
        let mut reading = Reading { fields, caller, comparisons: 0, wrong: Vec::new() };
        let predicate = reading.group(&self.0, "", 0);
        if reading.wrong.is_empty() { predicate } else { Predicate::nothing() }
    }
}

struct Reading<'r> {
    fields: &'static [SubjectField],
    caller: &'r Caller<'r>,
    comparisons: usize,
    /// Where something is wrong, and what was expected.
    wrong: Vec<(String, String)>,
}

impl Reading<'_> {
    fn refuse(&mut self, path: &str, expected: impl Into<String>) -> Predicate {
        self.wrong.push((path.to_owned(), expected.into()));
        Predicate::nothing()
    }

    fn group(&mut self, group: &Map<String, Value>, path: &str, depth: usize) -> Predicate {
        if depth > DEPTH_MAX {
            return self.refuse(path, format!("expected at most {DEPTH_MAX} groups in each other"));
        }
        let mut all = Vec::with_capacity(group.len());
        for (key, value) in group {
            let path = format!("{path}.{key}");
            all.push(match (key.as_str(), value) {
                ("$and", Value::Array(members)) => {
                    Predicate::all(self.members(members, &path, depth))
                }
                ("$or", Value::Array(members)) => {
                    Predicate::any(self.members(members, &path, depth))
                }
                ("$not", Value::Object(inner)) => self.group(inner, &path, depth + 1).negated(),
                ("$and" | "$or", _) => self.refuse(&path, "expected a list of conditions"),
                ("$not", _) => self.refuse(&path, "expected a condition"),
                (name, value) => self.field(name, value, &path),
            });
        }
        Predicate::all(all)
    }

    fn members(&mut self, members: &[Value], path: &str, depth: usize) -> Vec<Predicate> {
        let mut read = Vec::with_capacity(members.len().min(COMPARISONS_MAX));
        if members.is_empty() || members.len() > COMPARISONS_MAX {
            self.refuse(path, format!("expected 1 to {COMPARISONS_MAX} conditions"));
            return read;
        }
        for (index, member) in members.iter().enumerate() {
            let path = format!("{path}.{index}");
            read.push(match member {
                Value::Object(group) => self.group(group, &path, depth + 1),
                _ => self.refuse(&path, "expected a condition"),
            });
        }
        read
    }

    fn field(&mut self, name: &str, value: &Value, path: &str) -> Predicate {
        let found = field(self.fields, name).and_then(|field| Some((field, field.compared?)));
        let Some((found, column)) = found else {
            let names = self.fields.iter().filter(|field| field.compared.is_some());
            let names: Vec<&str> = names.map(|field| field.name).collect();
            return self.refuse(path, format!("expected one of: {}", names.join(", ")));
        };
        let Value::Object(operators) = value else {
            return self.comparison(found, column, ("$eq", value), path);
        };
        if operators.is_empty() {
            return self.refuse(path, "expected a value or an operator");
        }
        let mut all = Vec::with_capacity(operators.len());
        for (operator, value) in operators {
            let path = format!("{path}.{operator}");
            all.push(self.comparison(found, column, (operator, value), &path));
        }
        Predicate::all(all)
    }

    fn comparison(
        &mut self,
        field: &SubjectField,
        column: &'static str,
        (operator, value): (&str, &Value),
        path: &str,
    ) -> Predicate {
        self.comparisons += 1;
        if self.comparisons > COMPARISONS_MAX {
            return self.refuse(path, format!("expected at most {COMPARISONS_MAX} comparisons"));
        }
        let read = match (operator, value) {
            ("$null", Value::Bool(true)) => Ok(Predicate::null(column)),
            ("$null", Value::Bool(false)) => Ok(Predicate::null(column).negated()),
            ("$null", _) => Err("expected true or false".to_owned()),
            ("$eq", value) => self.compared(field, column, Comparison::Equal, value),
            ("$ne", value) => {
                self.compared(field, column, Comparison::Equal, value).map(Predicate::negated)
            }
            ("$in", value) => self.one_of(field, column, value),
            ("$nin", value) => self.one_of(field, column, value).map(Predicate::negated),
            ("$lt", value) => self.compared(field, column, Comparison::Less, value),
            ("$lte", value) => self.compared(field, column, Comparison::AtMost, value),
            ("$gt", value) => self.compared(field, column, Comparison::Greater, value),
            ("$gte", value) => self.compared(field, column, Comparison::AtLeast, value),
            _ => {
                Err("expected one of: $eq, $ne, $in, $nin, $lt, $lte, $gt, $gte, $null".to_owned())
            }
        };
        read.unwrap_or_else(|message| self.refuse(path, message))
    }

    fn compared(
        &self,
        field: &SubjectField,
        column: &'static str,
        comparison: Comparison,
        value: &Value,
    ) -> Result<Predicate, String> {
        if comparison != Comparison::Equal && !field.kind.is_ordered() {
            return Err("expected a field of numbers or times for this operator".to_owned());
        }
        Ok(Predicate::compare(column, comparison, self.value(field, value)?))
    }

    fn one_of(
        &self,
        field: &SubjectField,
        column: &'static str,
        value: &Value,
    ) -> Result<Predicate, String> {
        let values = value.as_array().filter(|values| (1..=VALUES_MAX).contains(&values.len()));
        let values = values.ok_or_else(|| format!("expected 1 to {VALUES_MAX} values"))?;
        let values = values.iter().map(|value| self.value(field, value));
        Ok(Predicate::one_of(column, values.collect::<Result<_, _>>()?))
    }

    fn value(&self, field: &SubjectField, value: &Value) -> Result<SqlValue, String> {
        match value {
            Value::String(text) if text == "$user.id" && field.kind.is_user() => {
                Ok(SqlValue::Int(self.caller.id))
            }
            Value::String(text) if text == "$user.role" && field.kind.is_text() => {
                Ok(SqlValue::from(self.caller.role))
            }
            Value::String(text) if text.starts_with("$user.") => {
                let message = "expected $user.id with a field that is a user, or $user.role with \
                               one that is text";
                Err(message.to_owned())
            }
            value => field.kind.parse(value),
        }
    }
}
