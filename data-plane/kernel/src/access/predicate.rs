//! A condition on rows that means the same to the store and in memory.
//!
//! To the store it is a [`Filter`]; in memory it is asked of one row's values: of one that is about to
//! be written, and to tell which fields of a row somebody may read. As in lists, a comparison with a
//! column without a value does not hold, so its negation does.

use freehold_db::{Filter, SqlValue};

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A condition on rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare(&'static str, Comparison, SqlValue),
    OneOf(&'static str, Vec<SqlValue>),
    Null(&'static str),
}

impl Predicate {
    /// Every row.
    pub const fn everything() -> Self {
        Self(Node::All(Vec::new()))
    }

    /// No row at all.
    pub const fn nothing() -> Self {
        Self(Node::Any(Vec::new()))
    }

    /// Rows whose column is this.
    pub fn eq(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::compare(column, Comparison::Equal, value.into())
    }

    /// Rows whose column is something else, or nothing.
    pub fn ne(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::eq(column, value).negated()
    }

    /// Rows for which both hold.
    pub fn and(self, other: Self) -> Self {
        Self(Node::All(vec![self, other]))
    }

    /// Rows for which either holds.
    pub fn or(self, other: Self) -> Self {
        Self(Node::Any(vec![self, other]))
    }

    pub(super) const fn compare(
        column: &'static str,
        comparison: Comparison,
        value: SqlValue,
    ) -> Self {
        Self(Node::Compare(column, comparison, value))
    }

    pub(super) const fn one_of(column: &'static str, values: Vec<SqlValue>) -> Self {
        Self(Node::OneOf(column, values))
    }

    pub(super) const fn null(column: &'static str) -> Self {
        Self(Node::Null(column))
    }

    pub(super) const fn all(predicates: Vec<Self>) -> Self {
        Self(Node::All(predicates))
    }

    pub(super) const fn any(predicates: Vec<Self>) -> Self {
        Self(Node::Any(predicates))
    }

    pub(super) fn negated(self) -> Self {
        Self(Node::Not(Box::new(self)))
    }

    /// The same for the store.
    pub fn filter(&self) -> Filter {
        match &self.0 {
            Node::All(all) => all.iter().map(Self::filter).fold(Filter::everything(), Filter::and),
            Node::Any(any) => any.iter().map(Self::filter).fold(Filter::nothing(), Filter::or),
            Node::Not(inner) => inner.filter().negated(),
            Node::Compare(column, comparison, value) => {
                let value = value.clone();
                match comparison {
                    Comparison::Equal => Filter::eq(column, value),
                    Comparison::Less => Filter::lt(column, value),
                    Comparison::AtMost => Filter::lte(column, value),
                    Comparison::Greater => Filter::gt(column, value),
                    Comparison::AtLeast => Filter::gte(column, value),
                }
            }
            Node::OneOf(column, values) => Filter::one_of(column, values.iter().cloned()),
            Node::Null(column) => Filter::is_null(column),
        }
    }

    /// Whether it holds for a row with these values.
    pub fn holds(&self, value_of: &dyn Fn(&str) -> SqlValue) -> bool {
        match &self.0 {
            Node::All(all) => all.iter().all(|inner| inner.holds(value_of)),
            Node::Any(any) => any.iter().any(|inner| inner.holds(value_of)),
            Node::Not(inner) => !inner.holds(value_of),
            Node::Compare(column, comparison, value) => {
                compares(&value_of(column), *comparison, value)
            }
            Node::OneOf(column, values) => {
                let found = value_of(column);
                values.iter().any(|value| compares(&found, Comparison::Equal, value))
            }
            Node::Null(column) => value_of(column) == SqlValue::Null,
        }
    }
}

fn compares(found: &SqlValue, comparison: Comparison, value: &SqlValue) -> bool {
    let order = match (found, value) {
        (SqlValue::Int(found), SqlValue::Int(value)) => found.cmp(value),
        (SqlValue::Text(found), SqlValue::Text(value)) => found.as_bytes().cmp(value.as_bytes()),
        (SqlValue::Bool(found), SqlValue::Bool(value)) => found.cmp(value),
        // Values of two kinds, or none: fields have one kind each, so only none comes up.
        _ => return false,
    };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    }
}
