//! Every Rust file opens by saying what it owns and why, in 2 to 6 lines of `//!`.
//! The rule cannot judge prose; it asks for one line that says something, and for
//! an opening that is shorter than a chapter.

use super::{Finding, source::Source};

const LINES_MAX: usize = 12;
const TELLING_CHARS_MIN: usize = 30;

/// The file's first lines are its header.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let texts = source.lines().iter().map(|line| line.text.as_str());
    let header: Vec<&str> = texts.map_while(|text| text.strip_prefix("//!")).collect();
    let tells = |line: &&str| line.trim().chars().count() >= TELLING_CHARS_MIN;
    let message = if header.is_empty() {
        "start the file with 2 to 6 lines of `//!`: what it owns, and why".to_owned()
    } else if !header.iter().any(tells) {
        "the header says too little: what does the file own, and why?".to_owned()
    } else if header.len() > LINES_MAX {
        format!("the header has {} lines, at most {LINES_MAX}", header.len())
    } else {
        return Vec::new();
    };
    vec![Finding::new(1, message)]
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn a_header_that_says_something_passes() {
        let text = "//! Routes of the shop: every handler calls one use case.\n\nfn a() {}\n";
        assert_eq!(check(&Source::parse("a.rs", text)), []);
    }

    #[test]
    fn missing_empty_and_endless_headers_fail() {
        let line = "//! A line that is long enough to say something.\n";
        let late = format!("use x;\n{line}");
        for text in ["", "fn a() {}\n", "//! Placeholder.\n", &late, &line.repeat(13)] {
            assert_eq!(check(&Source::parse("a.rs", text)).len(), 1, "{text}");
        }
    }
}
