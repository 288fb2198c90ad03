//! Schema changes as values: tables, columns and indexes without a dialect.
//!
//! Migrations are lists of [`SchemaChange`]; the engine in use plans and runs them. Every
//! constraint has a name, and the [`Catalog`] finds it again in SQLite's error message, which names
//! columns only; Postgres tells the name itself.

use std::collections::HashMap;

/// What a column holds. Times are integers (Unix milliseconds), ids integers or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// 64-bit signed integer.
    Int,
    /// Double.
    Float,
    /// Unicode text, compared byte by byte.
    Text,
    /// Raw bytes.
    Bytes,
    /// Truth value.
    Bool,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Column {
    /// A column that must have a value.
    pub const fn required(name: &'static str, kind: ColumnType) -> Self {
        Self { name, kind, nullable: false }
    }

    /// A column that may be null.
    pub const fn nullable(name: &'static str, kind: ColumnType) -> Self {
        Self { name, kind, nullable: true }
    }
}

/// A named uniqueness constraint.
#[derive(Debug, Clone)]
pub struct Unique {
    /// Its name, as [`crate::DbError::Conflict`] reports it.
    pub name: &'static str,
    /// The columns that together are unique.
    pub columns: &'static [&'static str],
}

/// What happens to rows whose target is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// They go too.
    Cascade,
    /// The deletion is refused.
    Restrict,
}

/// A reference to another table's primary key.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The referring column.
    pub column: &'static str,
    /// The table referred to.
    pub table: &'static str,
    /// Its column.
    pub target: &'static str,
    /// What a deletion of the target does.
    pub on_delete: OnDelete,
}

/// A table as it is first created.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub primary_key: &'static [&'static str],
    /// Its uniqueness constraints.
    pub unique: Vec<Unique>,
    /// Its references.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Column {
    /// Its part of a table's definition, with the engine's name for what it holds.
    pub(crate) fn sql(&self, type_name: fn(ColumnType) -> &'static str) -> String {
        let null = if self.nullable { "" } else { " NOT NULL" };
        format!("\"{}\" {}{null}", self.name, type_name(self.kind))
    }
}

impl Table {
    /// The statement that creates it, which differs between engines in the names of types only.
    pub(crate) fn create_sql(&self, type_name: fn(ColumnType) -> &'static str) -> String {
        let mut parts: Vec<String> = self.columns.iter().map(|c| c.sql(type_name)).collect();
        parts.push(format!("PRIMARY KEY ({})", quoted(self.primary_key)));
        for unique in &self.unique {
            let columns = quoted(unique.columns);
            parts.push(format!("CONSTRAINT \"{}\" UNIQUE ({columns})", unique.name));
        }
        for key in &self.foreign_keys {
            let on_delete = match key.on_delete {
                OnDelete::Cascade => "CASCADE",
                OnDelete::Restrict => "RESTRICT",
            };
            parts.push(format!(
                "FOREIGN KEY (\"{}\") REFERENCES \"{}\" (\"{}\") ON DELETE {on_delete}",
                key.column, key.table, key.target
            ));
        }
        format!("CREATE TABLE \"{}\" ({})", self.name, parts.join(", "))
    }
}

/// Names as both engines quote them, with commas between.
pub(crate) fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

/// A secondary index.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The table it belongs to.
    pub table: &'static str,
    /// Its columns in order.
    pub columns: &'static [&'static str],
}

impl Index {
    /// The statement that creates it, the same on both engines.
    pub(crate) fn create_sql(&self, what: &str) -> String {
        let Self { name, table, columns } = self;
        format!("CREATE {what} \"{name}\" ON \"{table}\" ({})", quoted(columns))
    }
}

/// One step of a migration.
#[derive(Debug, Clone)]
pub enum SchemaChange {
    /// A new table.
    CreateTable(Table),
    /// A new nullable column.
    AddColumn {
        /// The table that grows.
        table: &'static str,
        /// The column; must be nullable, so that the release before can still write.
        column: Column,
    },
    /// A new index.
    CreateIndex(Index),
    /// A new index that also is a uniqueness constraint under its name. It fails where rows are in its
    /// way, so a release goes before it that writes none such.
    CreateUniqueIndex(Index),
}

impl SchemaChange {
    /// What it does, in a few words for people.
    pub fn describe(&self) -> String {
        match self {
            Self::CreateTable(table) => format!("adds the table {}", table.name),
            Self::AddColumn { table, column } => format!("adds the column {table}.{}", column.name),
            Self::CreateIndex(index) => format!("adds the index {}", index.name),
            Self::CreateUniqueIndex(index) => format!(
                "makes {} of {} unique (it fails where rows are in its way)",
                index.columns.join(", "),
                index.table
            ),
        }
    }
}

/// A numbered, named list of changes; never edited once released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The schema version after it, counted from 1 without gaps.
    pub version: i64,
    /// What it is about, for people.
    pub name: &'static str,
    /// What it changes.
    pub changes: fn() -> Vec<SchemaChange>,
}

/// The declared columns and constraints of a schema.
#[derive(Debug, Default)]
pub struct Catalog {
    by_columns: HashMap<String, &'static str>,
    columns: HashMap<(&'static str, &'static str), Column>,
    tables: Vec<DeclaredTable>,
}

/// A table with all its columns, those that were added later included.
#[derive(Debug)]
pub(crate) struct DeclaredTable {
    pub(crate) name: &'static str,
    pub(crate) primary_key: &'static [&'static str],
    pub(crate) columns: Vec<&'static str>,
}

impl Catalog {
    /// Collects what all migrations declare.
    pub fn of(migrations: &[Migration]) -> Self {
        let mut catalog = Self::default();
        for change in migrations.iter().flat_map(|migration| (migration.changes)()) {
            match change {
                SchemaChange::CreateTable(table) => catalog.note_table(table),
                SchemaChange::AddColumn { table, column } => catalog.note_column(table, column),
                SchemaChange::CreateIndex(_) => {}
                SchemaChange::CreateUniqueIndex(index) => {
                    let columns = qualified(index.table, index.columns);
                    catalog.by_columns.insert(columns, index.name);
                }
            }
        }
        catalog
    }

    fn note_table(&mut self, table: Table) {
        for unique in &table.unique {
            self.by_columns.insert(qualified(table.name, unique.columns), unique.name);
        }
        let (name, primary_key) = (table.name, table.primary_key);
        self.tables.push(DeclaredTable { name, primary_key, columns: Vec::new() });
        for column in table.columns {
            self.note_column(name, column);
        }
    }

    fn note_column(&mut self, table: &'static str, column: Column) {
        let declared = self.tables.iter_mut().find(|declared| declared.name == table);
        if let Some(declared) = declared {
            declared.columns.push(column.name);
        }
        self.columns.insert((table, column.name), column);
    }

    /// The declared tables, each after those that it refers to.
    pub(crate) fn tables(&self) -> &[DeclaredTable] {
        &self.tables
    }

    /// The declared column, if there is one.
    pub(crate) fn column(&self, table: &'static str, column: &'static str) -> Option<&Column> {
        self.columns.get(&(table, column))
    }

    /// The declared name behind `UNIQUE constraint failed: table.a, table.b`; the message itself
    /// where nothing is declared (primary and foreign keys).
    pub(crate) fn constraint_of(&self, message: &str) -> String {
        let columns = message.rsplit(": ").next().unwrap_or(message);
        self.by_columns.get(columns).map_or_else(|| message.to_owned(), |name| (*name).to_owned())
    }
}

/// The spelling that SQLite uses in its messages.
fn qualified(table: &str, columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|c| format!("{table}.{c}")).collect();
    columns.join(", ")
}
