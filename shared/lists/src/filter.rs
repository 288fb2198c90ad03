//! `filter[…]` as a condition: fields with operators, joined by `$and`, `$or` and `$not`.
//!
//! A condition that is unknown because the field has no value does not hold, so `$ne`, `$nin` and
//! `$not` find rows without a value too.

use freehold_api::Problems;
use freehold_db::{Filter, SqlValue};

use crate::param::Param;
use crate::policy::{Field, FieldKind, ListPolicy, expected, literal, truth};

/// Groups inside groups.
const DEPTH_MAX: usize = 4;
/// Conditions of one request.
const CONDITIONS_MAX: usize = 32;
/// Values of one `$in` or `$nin`.
const VALUES_MAX: usize = 100;

/// What can be asked of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Nin,
    Contains,
    Icontains,
    StartsWith,
    EndsWith,
    Null,
    Between,
}

impl Operator {
    const ALL: [(&'static str, Self); 14] = [
        ("$eq", Self::Eq),
        ("$ne", Self::Ne),
        ("$lt", Self::Lt),
        ("$lte", Self::Lte),
        ("$gt", Self::Gt),
        ("$gte", Self::Gte),
        ("$in", Self::In),
        ("$nin", Self::Nin),
        ("$contains", Self::Contains),
        ("$icontains", Self::Icontains),
        ("$starts_with", Self::StartsWith),
        ("$ends_with", Self::EndsWith),
        ("$null", Self::Null),
        ("$between", Self::Between),
    ];

    const fn suits(self, kind: FieldKind) -> bool {
        match self {
            Self::Eq | Self::Ne | Self::In | Self::Nin | Self::Null => true,
            Self::Lt | Self::Lte | Self::Gt | Self::Gte | Self::Between => {
                !matches!(kind, FieldKind::Bool | FieldKind::Word(_))
            }
            Self::Contains | Self::Icontains | Self::StartsWith | Self::EndsWith => {
                matches!(kind, FieldKind::Text)
            }
        }
    }

    /// The operator of this name, if it suits the field.
    fn parse(name: &str, kind: FieldKind) -> Result<Self, String> {
        let suiting = Self::ALL.iter().filter(|(_, operator)| operator.suits(kind));
        match suiting.clone().find(|(known, _)| *known == name) {
            Some((_, operator)) => Ok(*operator),
            None => Err(expected(suiting.map(|(name, _)| *name))),
        }
    }

    const fn takes_several(self) -> bool {
        matches!(self, Self::In | Self::Nin | Self::Between)
    }
}

/// Parameters by their keys: a tree whose leaves have values.
#[derive(Debug, Default)]
struct Node<'p> {
    leaf: Option<&'p Param>,
    children: Vec<(&'p str, Self)>,
}

impl<'p> Node<'p> {
    fn insert(&mut self, keys: &'p [String], param: &'p Param) {
        let Some((key, rest)) = keys.split_first() else {
            self.leaf = Some(param);
            return;
        };
        let place = self.children.iter().position(|(known, _)| known == key);
        let place = place.unwrap_or_else(|| {
            self.children.push((key, Self::default()));
            self.children.len() - 1
        });
        self.children[place].1.insert(rest, param);
    }

    /// The name of a parameter at or below this node, to say where something is wrong.
    fn name(&self) -> &'p str {
        let own = self.leaf.map(|param| param.name.as_str());
        own.or_else(|| self.children.first().map(|(_, child)| child.name())).unwrap_or_default()
    }
}

/// The condition that `filter[…]` and plain `field=value` make together.
pub(crate) fn read(policy: &ListPolicy, params: &[Param], problems: &mut Problems) -> Filter {
    let mut root = Node::default();
    for param in params.iter().filter(|param| param.head == "filter") {
        root.insert(&param.keys, param);
    }
    let mut reading = Reading { policy, problems, conditions: 0 };
    let mut filter = reading.group(&root, 0);
    let plain = params.iter().filter(|param| param.keys.is_empty());
    for param in plain {
        if let Some(field) = policy.field(&param.head, Field::is_filtered) {
            filter = filter.and(reading.condition(field, Operator::Eq, param, &[&param.value]));
        }
    }
    filter
}

struct Reading<'r> {
    policy: &'r ListPolicy,
    problems: &'r mut Problems,
    conditions: usize,
}

impl Reading<'_> {
    fn refuse(&mut self, path: &str, code: &str, message: impl Into<String>) -> Filter {
        self.problems.add(path, code, message);
        Filter::nothing()
    }

    /// Everything in a group must hold.
    fn group(&mut self, node: &Node<'_>, depth: usize) -> Filter {
        if depth > DEPTH_MAX {
            let message = format!("expected at most {DEPTH_MAX} groups inside each other");
            return self.refuse(node.name(), "too_deep", message);
        }
        if let Some(param) = node.leaf {
            return self.refuse(&param.name, "wrong_type", "expected a field: filter[title]=…");
        }
        let mut filter = Filter::everything();
        for (key, child) in &node.children {
            let condition = match *key {
                "$and" => self.members(child, depth, Filter::everything(), Filter::and),
                "$or" => self.members(child, depth, Filter::nothing(), Filter::or),
                "$not" => self.group(child, depth + 1).negated(),
                name => self.field(name, child),
            };
            filter = filter.and(condition);
        }
        filter
    }

    /// The numbered groups of `$and` and `$or`.
    fn members(
        &mut self,
        node: &Node<'_>,
        depth: usize,
        start: Filter,
        join: fn(Filter, Filter) -> Filter,
    ) -> Filter {
        if let Some(param) = node.leaf {
            return self.refuse(
                &param.name,
                "wrong_type",
                "expected numbered groups: [$or][0][title]=…",
            );
        }
        let mut filter = start;
        for (key, child) in &node.children {
            if is_index(key) {
                filter = join(filter, self.group(child, depth + 1));
            } else {
                let message = "expected a number that counts the groups from 0";
                self.refuse(child.name(), "unknown_field", message);
            }
        }
        filter
    }

    fn field(&mut self, name: &str, node: &Node<'_>) -> Filter {
        let Some(field) = self.policy.field(name, Field::is_filtered) else {
            let message = self.policy.expected(Field::is_filtered);
            let code = if name.starts_with('$') { "unknown_operator" } else { "unknown_field" };
            return self.refuse(node.name(), code, message);
        };
        let mut filter = Filter::everything();
        if let Some(param) = node.leaf {
            filter = filter.and(self.condition(field, Operator::Eq, param, &[&param.value]));
        }
        for (key, child) in &node.children {
            let condition = match Operator::parse(key, field.kind) {
                Ok(operator) => self.operator(field, operator, child),
                Err(message) => self.refuse(child.name(), "unknown_operator", message),
            };
            filter = filter.and(condition);
        }
        filter
    }

    /// An operator with its value, with values between commas, or with numbered values.
    fn operator(&mut self, field: &Field, operator: Operator, node: &Node<'_>) -> Filter {
        match (node.leaf, node.children.as_slice()) {
            (Some(param), []) if operator.takes_several() => {
                let values: Vec<&str> = param.value.split(',').collect();
                self.condition(field, operator, param, &values)
            }
            (Some(param), []) => self.condition(field, operator, param, &[&param.value]),
            (None, [(_, first), ..]) if operator.takes_several() => {
                let numbered = node.children.iter().filter(|(key, _)| is_index(key));
                let leaves = numbered.filter_map(|(_, child)| child.leaf);
                let values: Vec<&str> = leaves.map(|param| param.value.as_str()).collect();
                match first.leaf.filter(|_| values.len() == node.children.len()) {
                    Some(param) => self.condition(field, operator, param, &values),
                    None => {
                        let message = "expected values numbered from 0, such as [$in][0]=…";
                        self.refuse(node.name(), "wrong_type", message)
                    }
                }
            }
            (Some(param), _) => {
                let message = "expected either values between commas or numbered ones";
                self.refuse(&param.name, "conflict", message)
            }
            (None, _) => self.refuse(node.name(), "unknown_operator", "expected one value"),
        }
    }

    fn condition(
        &mut self,
        field: &Field,
        operator: Operator,
        param: &Param,
        values: &[&str],
    ) -> Filter {
        self.conditions += 1;
        if self.conditions > CONDITIONS_MAX {
            let message = format!("expected at most {CONDITIONS_MAX} conditions");
            return self.refuse(&param.name, "too_many", message);
        }
        if values.len() > VALUES_MAX {
            let message = format!("expected at most {VALUES_MAX} values");
            return self.refuse(&param.name, "too_many", message);
        }
        match built(field, operator, values) {
            Ok(filter) => filter,
            Err(message) => self.refuse(&param.name, "wrong_type", message),
        }
    }
}

fn is_index(key: &str) -> bool {
    key.parse::<u8>().is_ok_and(|number| number.to_string() == key)
}

/// The condition, or what was expected instead of the values.
fn built(field: &Field, operator: Operator, values: &[&str]) -> Result<Filter, String> {
    let column = field.column;
    let one = values.first().copied().unwrap_or_default();
    let value = || field.kind.parse(one);
    let all =
        || values.iter().map(|text| field.kind.parse(text)).collect::<Result<Vec<SqlValue>, _>>();
    Ok(match operator {
        Operator::Eq => Filter::eq(column, value()?),
        Operator::Ne => Filter::eq(column, value()?).negated(),
        Operator::Lt => Filter::lt(column, value()?),
        Operator::Lte => Filter::lte(column, value()?),
        Operator::Gt => Filter::gt(column, value()?),
        Operator::Gte => Filter::gte(column, value()?),
        Operator::In => Filter::one_of(column, all()?),
        Operator::Nin => Filter::one_of(column, all()?).negated(),
        Operator::Contains => Filter::contains(column, literal(one)?),
        Operator::Icontains => Filter::contains_any_case(column, literal(one)?),
        Operator::StartsWith => Filter::starts_with(column, literal(one)?),
        Operator::EndsWith => Filter::ends_with(column, literal(one)?),
        Operator::Null if truth(one)? => Filter::is_null(column),
        Operator::Null => Filter::is_not_null(column),
        Operator::Between => match all()?.as_slice() {
            [first, last] => Filter::between(column, first.clone(), last.clone()),
            _ => return Err("expected two values, the first and the last".to_owned()),
        },
    })
}
