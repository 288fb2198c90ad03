//! `aggregate[sum]=version&group_by=status`: what to measure of which groups, and how it is answered.

use freehold_api::Problems;
use freehold_db::{DbError, Filter, Measure, Row, Select, SqlValue};
use serde_json::{Map, Value};

use crate::param::Param;
use crate::policy::{Field, FieldKind, ListPolicy, plain};

/// Groups of one answer.
pub(crate) const GROUPS_MAX: u64 = 1_000;
/// Measures of one request.
const MEASURES_MAX: usize = 8;
/// Fields to group by.
const GROUP_FIELDS_MAX: usize = 4;
/// What the statement calls its measures, since names in statements come from the code.
const ALIASES: [&str; MEASURES_MAX] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];
/// The functions, by their names on the wire.
const FUNCTIONS: [&str; 5] = ["count", "sum", "avg", "min", "max"];

/// One measure of each group.
#[derive(Debug)]
struct Asked {
    /// What the answer calls it, such as `sum_version`.
    name: String,
    measure: Measure,
    /// The field whose values the measure chooses among, so that it is written as they are.
    chosen_from: Option<FieldKind>,
}

/// What to measure of which groups.
#[derive(Debug)]
pub(crate) struct Groups {
    by: Vec<&'static Field>,
    asked: Vec<Asked>,
}

impl Groups {
    /// The statement, which reads one group more than an answer has.
    pub(crate) fn select(&self, table: &'static str, filter: Filter) -> Select {
        let by: Vec<&'static str> = self.by.iter().map(|field| field.column).collect();
        let measures: Vec<_> = self.asked.iter().map(|asked| asked.measure).zip(ALIASES).collect();
        Select::groups(table, &by, &measures).filter(filter).page(GROUPS_MAX + 1, 0)
    }

    /// One group as it is answered.
    pub(crate) fn item(&self, row: &Row) -> Result<Value, DbError> {
        let mut item = Map::new();
        for field in &self.by {
            item.insert(field.name.to_owned(), field.kind.print(row.get(field.column)?));
        }
        for (asked, alias) in self.asked.iter().zip(ALIASES) {
            let value: SqlValue = row.get(alias)?;
            let value = asked
                .chosen_from
                .map_or_else(|| plain(value.clone()), |kind| kind.print(value.clone()));
            item.insert(asked.name.clone(), value);
        }
        Ok(Value::Object(item))
    }
}

/// Reads `aggregate[…]` and `group_by`, if they are there.
pub(crate) fn read(
    policy: &ListPolicy,
    params: &[Param],
    problems: &mut Problems,
) -> Option<Groups> {
    let mut asked = Vec::new();
    let mut is_asked = false;
    for param in params.iter().filter(|param| param.head == "aggregate") {
        is_asked = true;
        for field in param.value.split(',') {
            match measure(policy, param, field) {
                Ok(_) if asked.len() == MEASURES_MAX => {
                    let message = format!("expected at most {MEASURES_MAX} measures");
                    problems.add(&param.name, "too_many", message);
                    break;
                }
                Ok(measure) => asked.push(measure),
                Err((code, message)) => problems.add(&param.name, code, message),
            }
        }
    }
    let grouped = params.iter().find(|param| param.head == "group_by" && param.keys.is_empty());
    let by = grouped.map(|param| group_by(policy, param, problems)).unwrap_or_default();
    if let Some(param) = grouped.filter(|_| !is_asked) {
        problems.add(
            &param.name,
            "conflict",
            "expected together with aggregate, such as aggregate[count]=*",
        );
    }
    is_asked.then_some(Groups { by, asked })
}

fn measure(
    policy: &ListPolicy,
    param: &Param,
    name: &str,
) -> Result<Asked, (&'static str, String)> {
    let [function] = param.keys.as_slice() else {
        return Err(("unknown_parameter", "expected a function: aggregate[count]=*".to_owned()));
    };
    if !FUNCTIONS.contains(&function.as_str()) {
        let functions = crate::policy::expected(FUNCTIONS.into_iter());
        return Err(("unknown_operator", functions));
    }
    if function == "count" && name == "*" {
        return Ok(Asked { name: "count".to_owned(), measure: Measure::Rows, chosen_from: None });
    }
    let Some(field) = policy.field(name, Field::is_aggregated) else {
        return Err(("unknown_field", policy.expected(Field::is_aggregated)));
    };
    let is_number = matches!(field.kind, FieldKind::Int);
    let measure = match function.as_str() {
        "count" => Measure::Values(field.column),
        "sum" if is_number => Measure::Sum(field.column),
        "avg" if is_number => Measure::Average(field.column),
        "min" => Measure::Least(field.column),
        "max" => Measure::Greatest(field.column),
        _ => return Err(("wrong_type", "expected a field that holds numbers".to_owned())),
    };
    let chosen_from = matches!(measure, Measure::Least(_) | Measure::Greatest(_));
    let name = format!("{function}_{name}");
    Ok(Asked { name, measure, chosen_from: chosen_from.then_some(field.kind) })
}

fn group_by(policy: &ListPolicy, param: &Param, problems: &mut Problems) -> Vec<&'static Field> {
    let mut by: Vec<&'static Field> = Vec::new();
    for name in param.value.split(',') {
        match policy.field(name, Field::is_aggregated) {
            None => {
                problems.add(&param.name, "unknown_field", policy.expected(Field::is_aggregated));
            }
            Some(field) if by.iter().any(|known| known.name == field.name) => {
                problems.add(&param.name, "duplicate", format!("expected {name} once"));
            }
            Some(_) if by.len() == GROUP_FIELDS_MAX => {
                let message = format!("expected at most {GROUP_FIELDS_MAX} fields");
                problems.add(&param.name, "too_many", message);
                break;
            }
            Some(field) => by.push(field),
        }
    }
    by
}
