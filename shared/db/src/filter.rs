//! Conditions on rows, over bound values and column names from the code.
//!
//! No value counts as the smallest value, on every engine: in orders as in [`Filter::after`]. A
//! condition is kept as what it means and rendered for an engine when its statement runs.

use sea_query::extension::postgres::PgBinOper;
use sea_query::extension::sqlite::SqliteExpr;
use sea_query::{BinOper, Condition, Expr, ExprTrait, Func};

use crate::engine::{Dialect, Engine};
use crate::pattern::{self, Place};
use crate::{Direction, SqlValue};

/// A condition on rows.
#[derive(Debug, Clone)]
pub struct Filter(Node);

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(&'static str, Comparison, SqlValue),
    Between(&'static str, SqlValue, SqlValue),
    OneOf(&'static str, Vec<SqlValue>),
    Null(&'static str),
    NotNull(&'static str),
    Exact(&'static str, Place, String),
    AnyCase(&'static str, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Filter {
    /// Every row.
    pub const fn everything() -> Self {
        Self(Node::All(Vec::new()))
    }

    /// No row at all.
    pub const fn nothing() -> Self {
        Self(Node::Any(Vec::new()))
    }

    /// Column equals value; null matches nothing.
    pub fn eq(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::Equal, value.into()))
    }

    /// Column differs from value; null matches nothing.
    pub fn ne(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::Different, value.into()))
    }

    /// Column is less than value.
    pub fn lt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::Less, value.into()))
    }

    /// Column is at most value.
    pub fn lte(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::AtMost, value.into()))
    }

    /// Column is greater than value.
    pub fn gt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::Greater, value.into()))
    }

    /// Column is at least value.
    pub fn gte(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self(Node::Compare(column, Comparison::AtLeast, value.into()))
    }

    /// Column is at least the first and at most the last value.
    pub fn between(
        column: &'static str,
        first: impl Into<SqlValue>,
        last: impl Into<SqlValue>,
    ) -> Self {
        Self(Node::Between(column, first.into(), last.into()))
    }

    /// Column equals one of the values; null matches nothing.
    pub fn one_of(column: &'static str, values: impl IntoIterator<Item = SqlValue>) -> Self {
        Self(Node::OneOf(column, values.into_iter().collect()))
    }

    /// Column has no value.
    pub const fn is_null(column: &'static str) -> Self {
        Self(Node::Null(column))
    }

    /// Column has a value.
    pub const fn is_not_null(column: &'static str) -> Self {
        Self(Node::NotNull(column))
    }

    /// Column contains exactly this text; wildcards in it have no meaning.
    pub fn contains(column: &'static str, text: &str) -> Self {
        Self(Node::Exact(column, Place::Anywhere, text.to_owned()))
    }

    /// Column begins with exactly this text; wildcards in it have no meaning.
    pub fn starts_with(column: &'static str, text: &str) -> Self {
        Self(Node::Exact(column, Place::Start, text.to_owned()))
    }

    /// Column ends with exactly this text; wildcards in it have no meaning.
    pub fn ends_with(column: &'static str, text: &str) -> Self {
        Self(Node::Exact(column, Place::End, text.to_owned()))
    }

    /// Column contains this text with letters of any script in any case; wildcards in it have no
    /// meaning. Callers bound its length: engines refuse patterns of more than 50,000 bytes, and
    /// a letter takes up to 14.
    pub fn contains_any_case(column: &'static str, text: &str) -> Self {
        Self(Node::AnyCase(column, text.to_owned()))
    }

    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        Self(Node::All(vec![self.0, other.0]))
    }

    /// Either condition.
    pub fn or(self, other: Self) -> Self {
        Self(Node::Any(vec![self.0, other.0]))
    }

    /// Every row for which the condition does not hold, rows among them for which it is unknown
    /// because a column has no value.
    pub fn negated(self) -> Self {
        Self(Node::Not(Box::new(self.0)))
    }

    /// The rows that come after the one with these values, in this order.
    pub fn after(last: &[(&'static str, Direction, SqlValue)]) -> Self {
        let mut any = Vec::with_capacity(last.len());
        for (place, (column, direction, value)) in last.iter().enumerate() {
            let mut all = vec![beyond(column, *direction, value).0];
            all.extend(last[..place].iter().map(|(column, _, value)| same(column, value).0));
            any.push(Node::All(all));
        }
        Self(Node::Any(any))
    }

    pub(crate) fn render(&self, dialect: Dialect<'_>) -> Condition {
        self.0.render(dialect)
    }
}

impl Node {
    fn render(&self, dialect: Dialect<'_>) -> Condition {
        let expr = match self {
            Self::All(nodes) => {
                let all = nodes.iter().map(|node| node.render(dialect));
                return all.fold(Condition::all(), Condition::add);
            }
            Self::Any(nodes) => {
                let any = nodes.iter().map(|node| node.render(dialect));
                return any.fold(Condition::any().add(never()), Condition::add);
            }
            Self::Not(node) => {
                let holds = Expr::from(node.render(dialect));
                Expr::from(Func::coalesce([holds, Expr::val(false)])).not()
            }
            Self::Compare(column, comparison, value) => {
                compare(column, *comparison, value, dialect)
            }
            Self::Between(column, first, last) => {
                let least = compare(column, Comparison::AtLeast, first, dialect);
                least.and(compare(column, Comparison::AtMost, last, dialect))
            }
            Self::OneOf(column, values) => {
                let values = values.iter().filter(|value| is_storable(value, dialect));
                let values: Vec<Expr> =
                    values.map(|v| dialect.compared(column, v.clone())).collect();
                Expr::col(*column).is_in(values)
            }
            Self::Null(column) => Expr::col(*column).is_null(),
            Self::NotNull(column) => Expr::col(*column).is_not_null(),
            // To SQLite a pattern ends there, and Postgres knows no such text.
            Self::Exact(_, _, text) | Self::AnyCase(_, text) if text.contains('\0') => never(),
            Self::Exact(column, place, text) => match dialect.engine {
                Engine::Sqlite => Expr::col(*column).glob(pattern::glob(text, *place)),
                Engine::Postgres => Expr::col(*column).like(pattern::like(text, *place)),
            },
            Self::AnyCase(column, text) => match dialect.engine {
                Engine::Sqlite => Expr::col(*column).glob(pattern::glob_any_case(text)),
                Engine::Postgres => {
                    let matches = BinOper::PgOperator(PgBinOper::Regex);
                    Expr::col(*column).binary(matches, pattern::regex_any_case(text))
                }
            },
        };
        Condition::all().add(expr)
    }
}

fn never() -> Expr {
    Expr::val(1).eq(0)
}

fn is_storable(value: &SqlValue, dialect: Dialect<'_>) -> bool {
    match value {
        SqlValue::Text(text) => dialect.before_zero(text).is_none(),
        _ => true,
    }
}

fn compare(
    column: &'static str,
    comparison: Comparison,
    value: &SqlValue,
    dialect: Dialect<'_>,
) -> Expr {
    if let SqlValue::Text(text) = value
        && let Some(before) = dialect.before_zero(text)
    {
        return compare_with_zero(column, comparison, before);
    }
    let (column, value) = (Expr::col(column), dialect.compared(column, value.clone()));
    match comparison {
        Comparison::Equal => column.eq(value),
        Comparison::Different => column.ne(value),
        Comparison::Less => column.lt(value),
        Comparison::AtMost => column.lte(value),
        Comparison::Greater => column.gt(value),
        Comparison::AtLeast => column.gte(value),
    }
}

/// How stored text, in which zero characters cannot be, compares with the text that begins with
/// `before` and goes on with one: no text lies between the two.
fn compare_with_zero(column: &'static str, comparison: Comparison, before: &str) -> Expr {
    let column = Expr::col(column);
    match comparison {
        Comparison::Equal => never(),
        Comparison::Different => column.is_not_null(),
        Comparison::Less | Comparison::AtMost => column.lte(before),
        Comparison::Greater | Comparison::AtLeast => column.gt(before),
    }
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
