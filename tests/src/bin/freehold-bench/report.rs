//! What a measurement says, as text for people or JSON for programs.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// A value of a table.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    /// A number and how many digits after its point matter.
    Number(f64, usize),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) const fn count(count: u64) -> Self {
        Self::Number(count as f64, 0)
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number, digits) => {
                // Through text, so that both forms round alike.
                let rounded = format!("{number:.digits$}").parse::<f64>();
                json!(rounded.unwrap_or(*number))
            }
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Number(number, digits) => f.pad(&format!("{number:.digits$}")),
        }
    }
}

/// Rows under named columns.
#[derive(Debug)]
pub(crate) struct Table {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) const fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn to_json(&self) -> Value {
        let row = |cells: &Vec<Cell>| {
            let cells = cells.iter().map(Cell::to_json);
            let columns = self.columns.iter().map(|name| (*name).to_owned());
            Value::Object(columns.zip(cells).collect::<Map<_, _>>())
        };
        Value::Array(self.rows.iter().map(row).collect())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            let widths = cells.map(|cell| cell.to_string().chars().count());
            widths.chain([self.columns[at].chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let names: Vec<Cell> = self.columns.iter().map(|name| Cell::text(*name)).collect();
        let rule: Vec<Cell> = widths.iter().map(|width| Cell::text("-".repeat(*width))).collect();
        for row in [&names, &rule].into_iter().chain(&self.rows) {
            let mut line = String::from("|");
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // The first column is what a row is about; the others are numbers, mostly.
                line += &if at == 0 {
                    format!(" {cell:<width$} |")
                } else {
                    format!(" {cell:>width$} |")
                };
            }
            writeln!(f, "{line}")?;
        }
        writeln!(f)
    }
}

/// Facts about the run, tables, and how the targets were met.
#[derive(Debug, Default)]
pub(crate) struct Report {
    name: &'static str,
    facts: Vec<(&'static str, Cell)>,
    tables: Vec<Table>,
    targets: Vec<Goal>,
}

#[derive(Debug)]
struct Goal {
    what: &'static str,
    target: String,
    measured: String,
    met: bool,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(crate) fn fact(&mut self, name: &'static str, value: Cell) {
        self.facts.push((name, value));
    }

    pub(crate) fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// A value that must stay below a limit.
    pub(crate) fn below(&mut self, what: &'static str, measured: f64, limit: f64, unit: &str) {
        self.targets.push(Goal {
            what,
            target: format!("< {limit} {unit}"),
            measured: format!("{measured:.1} {unit}"),
            met: measured < limit,
        });
    }

    /// A ratio that must not be lower than a limit.
    pub(crate) fn at_least(&mut self, what: &'static str, measured: f64, limit: f64) {
        self.targets.push(Goal {
            what,
            target: format!(">= {limit:.2} x"),
            measured: format!("{measured:.2} x"),
            met: measured >= limit,
        });
    }

    /// A ratio that must not be higher than a limit.
    pub(crate) fn at_most(&mut self, what: &'static str, measured: f64, limit: f64) {
        self.targets.push(Goal {
            what,
            target: format!("<= {limit:.2} x"),
            measured: format!("{measured:.2} x"),
            met: measured <= limit,
        });
    }

    fn goals(&self) -> Table {
        let mut table = Table::new("Targets", &["what", "target", "measured", "met"]);
        for goal in &self.targets {
            let met = if goal.met { "yes" } else { "no" };
            let cells = [goal.what, goal.target.as_str(), goal.measured.as_str(), met];
            table.row(cells.map(Cell::text));
        }
        table
    }

    pub(crate) fn to_json(&self) -> Value {
        let facts = self.facts.iter().map(|(name, cell)| ((*name).to_owned(), cell.to_json()));
        let tables = self.tables.iter().map(|table| (table.title.to_owned(), table.to_json()));
        json!({
            "benchmark": self.name,
            "facts": facts.collect::<Map<_, _>>(),
            "tables": tables.collect::<Map<_, _>>(),
            "targets": self.goals().to_json(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "freehold-bench {}\n", self.name)?;
        for (name, value) in &self.facts {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(f)?;
        for table in self.tables.iter().chain([&self.goals()]) {
            write!(f, "{table}")?;
        }
        Ok(())
    }
}

/// The value that this share of all values does not exceed (nearest rank).
pub(crate) fn percentile<T: Copy + Default>(sorted: &[T], percent: u32) -> T {
    let rank = (sorted.len() * percent as usize).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}

/// In milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The columns of [`latencies`].
pub(crate) const LATENCY_COLUMNS: &[&str] =
    &["what", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"];

/// A row of a table of latencies.
pub(crate) fn latencies(what: &str, sorted: &[Duration]) -> Vec<Cell> {
    let at = |percent| Cell::Number(ms(percentile(sorted, percent)), 2);
    vec![Cell::text(what), Cell::count(sorted.len() as u64), at(50), at(95), at(99), at(100)]
}
