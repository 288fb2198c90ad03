//! Tests wait for what they want to see, never for time to pass. A sleep that has
//! another purpose says so: `// not synchronisation: <reason>`, in its line or in
//! the comment above it.

use super::{
    Finding,
    source::{Line, Source},
};

const EXCUSE: &str = "// not synchronisation:";

/// Every sleep in a test has an excuse.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let lines = source.lines();
    lines
        .iter()
        .filter(|line| line.is_test && line.mentions("sleep("))
        .filter(|line| !is_excused(lines, line))
        .map(|line| {
            let message = format!("wait for the effect instead, or say `{EXCUSE} <reason>`");
            Finding::new(line.number, message)
        })
        .collect()
}

fn is_excused(lines: &[Line], line: &Line) -> bool {
    let above = lines[..line.number - 1].iter().rev();
    let comment = above.take_while(|line| line.text.trim_start().starts_with("//"));
    std::iter::once(line).chain(comment).any(|line| {
        let reason = line.text.split_once(EXCUSE);
        reason.is_some_and(|(_, reason)| !reason.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn excused_sleeps_and_product_code_pass() {
        let text = "sleep(a); // not synchronisation: paces the load\n\
                    // not synchronisation: lets the clock of the file system move,\n\
                    // whose resolution is a second\n\
                    time::sleep(a).await;\n";
        assert_eq!(check(&Source::parse("tests/a.rs", text)), []);
        assert_eq!(check(&Source::parse("cli/src/a.rs", "sleep(a);\n")), []);
    }

    #[test]
    fn bare_sleeps_in_tests_fail() {
        let bare = "a();\ntime::sleep(a).await;\n";
        assert_eq!(check(&Source::parse("x/tests/a.rs", bare))[0].line, 2);
        let without_reason = "sleep(a); // not synchronisation:\n";
        let found = check(&Source::parse("x/tests/a.rs", without_reason));
        assert_eq!(found.len(), 1);
        let unit = format!("#[cfg(test)]\nmod tests {{\n{bare}}}\n");
        assert_eq!(check(&Source::parse("x/src/a.rs", &unit))[0].line, 4);
    }
}
