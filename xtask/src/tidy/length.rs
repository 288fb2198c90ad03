//! The limits on size: a file, a function, a module crate. Tests do not count;
//! a long story is easier to read in one piece.

use std::collections::BTreeMap;

use super::{
    Finding,
    source::{Source, body, is_word, line_at},
};

const FILE_LINES_MAX: usize = 500;
const FN_LINES_MAX: usize = 70;
const CRATE_LINES_MAX: usize = 8_000;

/// A file is read in one sitting.
pub(super) fn file(source: &Source) -> Vec<Finding> {
    let lines = source.product_lines().count();
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let message = format!("{lines} lines without tests, at most {FILE_LINES_MAX}: split the file");
    vec![Finding::new(1, message)]
}

/// A function is seen on one screen.
pub(super) fn functions(source: &Source) -> Vec<Finding> {
    let code = source.code();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts_word = !code[..at].ends_with(is_word);
        let name: String = code[at + 3..].chars().take_while(|c| is_word(*c)).collect();
        let Some((_, close)) = body(code, at).filter(|_| starts_word && !name.is_empty()) else {
            continue;
        };
        let first = line_at(code, at);
        let lines = line_at(code, close) - first + 1;
        if lines > FN_LINES_MAX && !source.lines()[first - 1].is_test {
            let message = format!("`{name}` has {lines} lines, at most {FN_LINES_MAX}");
            found.push(Finding::new(first, message));
        }
    }
    found
}

/// A module crate is known by heart by somebody; each finding with its manifest.
pub(super) fn crates(sources: &[Source]) -> Vec<(String, Finding)> {
    let mut sizes = BTreeMap::<&str, usize>::new();
    for source in sources {
        let family = source.path().strip_prefix("data-plane/");
        if let Some((family, _)) = family.and_then(|path| path.split_once('/')) {
            *sizes.entry(family).or_default() += source.product_lines().count();
        }
    }
    sizes.retain(|_, lines| *lines > CRATE_LINES_MAX);
    let finding = |(family, lines)| {
        let message = format!("{lines} lines without tests, at most {CRATE_LINES_MAX}");
        let manifest = format!("data-plane/{family}/Cargo.toml");
        (manifest, Finding::new(1, message))
    };
    sizes.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, crates, file, functions};

    fn function(lines: usize) -> String {
        format!("pub fn long() {{\n{}}}\n", "    a();\n".repeat(lines - 2))
    }

    #[test]
    fn files_end_at_the_limit() {
        let at_limit = "a\n".repeat(500);
        assert_eq!(file(&Source::parse("a.rs", &at_limit)), []);
        let over = "a\n".repeat(501);
        assert_eq!(file(&Source::parse("a.rs", &over)).len(), 1);
        assert_eq!(file(&Source::parse("tests/a.rs", &over)), []);
    }

    #[test]
    fn functions_end_at_the_limit() {
        assert_eq!(functions(&Source::parse("a.rs", &function(70))), []);
        let found = functions(&Source::parse("a.rs", &format!("\n{}", function(71))));
        assert_eq!(found[0].line, 2);
        assert_eq!(found[0].message, "`long` has 71 lines, at most 70");
        let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(71));
        assert_eq!(functions(&Source::parse("a.rs", &test)), []);
    }

    #[test]
    fn signatures_and_function_pointers_are_no_functions() {
        let text = format!("trait T {{\n    fn a();\n}}\ntype F = fn (u8);\n{}", "\n".repeat(90));
        assert_eq!(functions(&Source::parse("a.rs", &text)), []);
    }

    #[test]
    fn module_crates_end_at_the_limit() {
        let half = "a\n".repeat(4_000);
        let one = Source::parse("data-plane/shop/src/a.rs", &half);
        let two = Source::parse("data-plane/shop/src/b.rs", &half);
        assert_eq!(crates(&[one, two]), []);
        let one = Source::parse("data-plane/shop/src/a.rs", &half);
        let two = Source::parse("data-plane/shop/src/b.rs", &format!("{half}a\n"));
        assert_eq!(crates(&[one, two])[0].0, "data-plane/shop/Cargo.toml");
    }
}
