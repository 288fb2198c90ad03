//! Patterns that find text literally, with or without regard to case.
//!
//! SQLite folds only ASCII letters by itself, Postgres those of a server's locale. `GLOB` and
//! regular expressions compare exactly and know sets of letters, so a letter of any case becomes
//! the set of its cases, and what would have a meaning is escaped.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Behind the last letter of Unicode that has cases.
const CASED_END: u32 = 0x1_f000;

/// Where in a column the text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Start,
    End,
}

/// The SQLite pattern of exactly this text.
pub(crate) fn glob(text: &str, place: Place) -> String {
    globbed(text, place, |letter, pattern| pattern.push(letter))
}

/// The SQLite pattern of this text with each letter in any case.
pub(crate) fn glob_any_case(text: &str) -> String {
    globbed(text, Place::Anywhere, any_case)
}

fn globbed(text: &str, place: Place, write: impl Fn(char, &mut String)) -> String {
    around(text, place, '*', |letter, pattern| match letter {
        '*' | '?' | '[' => pattern.extend(['[', letter, ']']),
        _ => write(letter, pattern),
    })
}

/// The `LIKE` pattern of exactly this text, with the backslash that escapes unasked in Postgres.
pub(crate) fn like(text: &str, place: Place) -> String {
    around(text, place, '%', |letter, pattern| match letter {
        '%' | '_' | '\\' => pattern.extend(['\\', letter]),
        _ => pattern.push(letter),
    })
}

/// The Postgres regular expression of this text with each letter in any case.
pub(crate) fn regex_any_case(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter {
            // Before punctuation a backslash takes every meaning away.
            _ if letter.is_ascii_punctuation() => pattern.extend(['\\', letter]),
            _ => any_case(letter, &mut pattern),
        }
    }
    pattern
}

/// A set of all cases of a letter.
fn any_case(letter: char, pattern: &mut String) {
    match CASES.get(&letter) {
        Some(cases) => pattern.extend(["[", cases, "]"]),
        None => pattern.push(letter),
    }
}

fn around(text: &str, place: Place, many: char, write: impl Fn(char, &mut String)) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if place != Place::Start {
        pattern.push(many);
    }
    for letter in text.chars() {
        write(letter, &mut pattern);
    }
    if place != Place::End {
        pattern.push(many);
    }
    pattern
}

/// Each letter that has cases, with all of them: `k` with `K` and the Kelvin sign.
static CASES: LazyLock<HashMap<char, String>> = LazyLock::new(|| {
    let mut groups: HashMap<String, String> = HashMap::new();
    for letter in (0..CASED_END).filter_map(char::from_u32) {
        let is_cased = !letter.to_lowercase().eq([letter]) || !letter.to_uppercase().eq([letter]);
        if is_cased {
            groups.entry(folded(letter)).or_default().push(letter);
        }
    }
    let groups = groups.into_values().filter(|cases| cases.chars().nth(1).is_some());
    groups
        .flat_map(|cases| cases.clone().chars().map(|c| (c, cases.clone())).collect::<Vec<_>>())
        .collect()
});

/// What all cases of a letter have in common. The dotless i is a letter of its own, although its
/// capital is I: outside of Turkish nobody means it by i.
fn folded(letter: char) -> String {
    if letter == 'ı' {
        return letter.to_string();
    }
    letter.to_lowercase().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves() {
        assert_eq!(glob("a*b?[c]", Place::Anywhere), "*a[*]b[?][[]c]*");
        assert_eq!(glob("a", Place::Start), "a*");
        assert_eq!(glob("a", Place::End), "*a");
        assert_eq!(like(r"50%_\", Place::Anywhere), r"%50\%\_\\%");
        assert_eq!(like("a*", Place::Start), "a*%");
        assert_eq!(like("a", Place::End), "%a");
    }

    #[test]
    fn letters_are_found_in_every_case() {
        let cases = |letter: char| {
            let mut cases: Vec<char> =
                CASES.get(&letter).map(|c| c.chars().collect()).unwrap_or_default();
            cases.sort_unstable();
            cases
        };
        assert_eq!(cases('ö'), ['Ö', 'ö']);
        assert_eq!(cases('k'), ['K', 'k', '\u{212a}']);
        assert_eq!(cases('σ'), ['Σ', 'ς', 'σ']);
        assert_eq!(cases('ß'), ['ß', 'ẞ']);
        assert_eq!(cases('i'), ['I', 'i']);
        assert!(cases('文').is_empty() && cases('7').is_empty());
        assert_eq!(glob_any_case("1ö*"), "*1[Öö][*]*");
        assert_eq!(regex_any_case("1ö.*"), r"1[Öö]\.\*");
    }

    #[test]
    fn no_set_holds_what_means_something_in_a_set() {
        assert!(CASES.values().all(|cases| !cases.contains([']', '^', '-'])));
        let longest = CASES.values().map(String::len).max().unwrap_or_default();
        assert!(longest <= 12, "a text of 200 letters stays far below the engine's limit");
    }
}
