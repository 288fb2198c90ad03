//! Rules about single words in the code: each names something that this
//! repository does not have, and what it has instead.

use super::{
    Finding,
    source::{Line, Source, is_word},
};

/// Names that say nothing: whatever is put there belongs to some type or module.
const HOMELESS: [&str; 6] = ["utils", "helpers", "common", "misc", "util", "helper"];

/// Where the environment is read, or a process with its own arguments starts.
const ENVIRONMENT: [&str; 6] =
    ["shared/config/", "shared/scratch-postgres/", "shared/testkit/", "cli/", "xtask/", "tests/"];

/// Whether the name says nothing about what it holds.
pub(crate) fn is_homeless(name: &str) -> bool {
    HOMELESS.contains(&name)
}

/// No file or folder of sources is called `utils` and the like. Generators name theirs as they like.
pub(super) fn path(path: &str) -> Vec<Finding> {
    let is_generated = path.ends_with(".gen.ts");
    let is_source =
        !is_generated && [".rs", ".ts", ".tsx", ".js"].iter().any(|end| path.ends_with(end));
    let parts = path.split('/');
    let stems = parts.map(|part| part.split('.').next().unwrap_or(part));
    stems
        .filter(|stem| is_source && is_homeless(stem))
        .map(|stem| Finding::new(1, homeless(stem)))
        .collect()
}

/// No module is called `utils` and the like.
pub(super) fn modules(source: &Source) -> Vec<Finding> {
    every(source.lines(), |line| {
        let (_, name) = line.code.split_once("mod ").filter(|_| line.mentions("mod "))?;
        let name = name.split(|c| !is_word(c)).next()?;
        is_homeless(name).then(|| homeless(name))
    })
}

/// No macros of our own: types and tables do what they would.
pub(super) fn macros(source: &Source) -> Vec<Finding> {
    every(source.lines(), |line| {
        let found = line.mentions("macro_rules!");
        found.then(|| "write a function, a trait or a table instead of a macro".to_owned())
    })
}

/// What makes and opens tenants' stores, which lie in different places.
const STORES: &str = "data-plane/kernel/src/tenants/stores.rs";

/// What differs between databases is known to shared/db alone.
pub(super) fn engine(source: &Source) -> Vec<Finding> {
    if source.path().starts_with("shared/db/") || source.path() == STORES {
        return Vec::new();
    }
    every(source.lines(), |line| {
        let (_, rest) = line.code.split_once("match ").filter(|_| line.mentions("match "))?;
        let subject = rest.split('{').next().unwrap_or(rest).trim();
        let subject = subject.strip_suffix("()").unwrap_or(subject);
        let last = subject.rsplit(|c| !is_word(c)).next()?;
        (last == "engine").then(|| "only shared/db tells engines apart".to_owned())
    })
}

/// The environment is read in one place, once.
pub(super) fn environment(source: &Source) -> Vec<Finding> {
    let path = source.path();
    let allowed = ENVIRONMENT.iter().any(|folder| path.starts_with(folder));
    if allowed || path.ends_with("build.rs") {
        return Vec::new();
    }
    every(source.product_lines(), |line| {
        let found = line.mentions("std::env") || line.mentions("env::");
        found.then(|| "the environment is read in shared/config; take a value of it".to_owned())
    })
}

/// Nothing is left for later.
pub(super) fn unfinished(source: &Source) -> Vec<Finding> {
    const MARKS: [&str; 3] = ["#[ignore", "todo!(", "unimplemented!("];
    every(source.lines(), |line| {
        let mark = MARKS.iter().find(|mark| line.mentions(mark))?;
        Some(format!("finish it or leave it out: `{mark}`"))
    })
}

fn homeless(name: &str) -> String {
    format!("`{name}` says nothing: name the type or the noun that it serves")
}

fn every<'a>(
    lines: impl IntoIterator<Item = &'a Line>,
    check: impl Fn(&Line) -> Option<String>,
) -> Vec<Finding> {
    let found = |line: &Line| check(line).map(|message| Finding::new(line.number, message));
    lines.into_iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::{Finding, Source, engine, environment, macros, modules, path, unfinished};

    #[track_caller]
    fn finds(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str, lines: &[usize]) {
        let found = rule(&Source::parse(path, text));
        let found: Vec<_> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(found, lines, "{path}: {text}");
    }

    #[test]
    fn paths_name_what_they_hold() {
        assert_eq!(path("data-plane/site/src/themes/mod.rs"), []);
        assert_eq!(path("docs/common.md"), []);
        assert_eq!(path("console-ui/src/api/utils.gen.ts"), []);
        assert_eq!(path("cli/src/utils.rs").len(), 1);
        assert_eq!(path("cli/tests/common/mod.rs").len(), 1);
    }

    #[test]
    fn modules_name_what_they_hold() {
        finds(modules, "a.rs", "mod orders;\nmod common_words;\n", &[]);
        finds(modules, "a.rs", "mod a;\npub(crate) mod helpers {\n}\n", &[2]);
    }

    #[test]
    fn there_are_no_macros() {
        finds(macros, "a.rs", "println!();\n// macro_rules! in prose\n", &[]);
        finds(macros, "a.rs", "macro_rules! m {\n}\n", &[1]);
    }

    #[test]
    fn engines_are_told_apart_in_one_crate() {
        finds(engine, "shared/db/src/a.rs", "match engine {\n", &[]);
        finds(engine, "cli/src/a.rs", "match engines {\nmatch engine.name() {\n", &[]);
        let text = "match engine {\nmatch self.engine {\nlet a = match db.engine() {\n";
        finds(engine, "cli/src/a.rs", text, &[1, 2, 3]);
    }

    #[test]
    fn the_environment_is_read_in_its_places() {
        let text = "let a = std::env::var(name);\nlet b = env::args();\n";
        finds(environment, "shared/config/src/lib.rs", text, &[]);
        finds(environment, "proxy/src/lib.rs", "env!(name);\nmy_env::a();\n", &[]);
        finds(environment, "proxy/src/lib.rs", text, &[1, 2]);
        let test = format!("#[cfg(test)]\nmod tests {{\n{text}}}\n");
        finds(environment, "proxy/src/lib.rs", &test, &[]);
    }

    #[test]
    fn nothing_is_left_for_later() {
        finds(unfinished, "a.rs", "// todo!()\nmark_todo(a);\n", &[]);
        let text = "#[ignore = \"slow\"]\ntodo!();\nunimplemented!(\"x\");\n";
        finds(unfinished, "tests/a.rs", text, &[1, 2, 3]);
    }
}
