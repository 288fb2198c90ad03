//! A Rust file as the rules see it: its lines as written, the same lines with
//! comments and literals blanked out, and which of them are tests. A small lexer
//! does the blanking, so that no rule is fooled by a brace inside a string.

/// One Rust file, read once for all rules.
pub(super) struct Source {
    path: String,
    code: String,
    lines: Vec<Line>,
}

/// One line of a file.
pub(super) struct Line {
    /// Counted from one.
    pub(super) number: usize,
    /// The line as it stands in the file.
    pub(super) text: String,
    /// The same with comments and the insides of literals blanked.
    pub(super) code: String,
    /// Whether it belongs to a test.
    pub(super) is_test: bool,
}

impl Line {
    /// Whether the code names the word, not merely a longer one that ends in it.
    pub(super) fn mentions(&self, word: &str) -> bool {
        let before = |at: usize| self.code[..at].chars().next_back();
        self.code.match_indices(word).any(|(at, _)| !before(at).is_some_and(is_word))
    }
}

impl Source {
    /// Reads the text of the file at the path, which is relative to the root.
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let code = blank(text);
        let tests = test_regions(&code);
        let all_tests = is_test_file(path);
        let lines = text
            .lines()
            .zip(code.lines())
            .zip(1..)
            .map(|((text, code), number)| Line {
                number,
                text: text.to_owned(),
                code: code.to_owned(),
                is_test: all_tests
                    || tests.iter().any(|(from, to)| (*from..=*to).contains(&number)),
            })
            .collect();
        Self { path: path.to_owned(), code, lines }
    }

    /// The path from the repository's root.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Every line, tests included.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines that are not tests.
    pub(super) fn product_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.is_test)
    }

    /// The whole text with comments and literals blanked.
    pub(super) fn code(&self) -> &str {
        &self.code
    }
}

/// The line of a byte of the text, counted from one.
pub(super) fn line_at(code: &str, at: usize) -> usize {
    1 + code[..at].bytes().filter(|byte| *byte == b'\n').count()
}

/// Where the item that starts at `from` opens its body, and where that closes;
/// nothing if it ends in a semicolon.
pub(super) fn body(code: &str, from: usize) -> Option<(usize, usize)> {
    let mut nested = 0_usize;
    let mut open = None;
    for (offset, byte) in code[from..].bytes().enumerate() {
        let at = from + offset;
        match (byte, open) {
            (b'(' | b'[', None) => nested += 1,
            (b')' | b']', None) => nested = nested.saturating_sub(1),
            (b';', None) if nested == 0 => return None,
            (b'{', None) if nested == 0 => (open, nested) = (Some(at), 1),
            (b'{', Some(_)) => nested += 1,
            (b'}', Some(start)) => {
                nested -= 1;
                if nested == 0 {
                    return Some((start, at));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the character can be part of an identifier.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_test_file(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    file == "tests.rs" || folders.split('/').any(|folder| folder == "tests")
}

/// First and last line of everything under a `#[cfg(test)]`.
fn test_regions(code: &str) -> Vec<(usize, usize)> {
    let mut regions = Vec::new();
    for (at, _) in code.match_indices("#[cfg(") {
        let Some(length) = code[at..].find(']') else {
            continue;
        };
        let condition = &code[at + "#[cfg(".len()..at + length];
        let names_test = condition.split(|c| !is_word(c)).any(|word| word == "test");
        if !names_test || condition.contains("not(test") {
            continue;
        }
        let item = at + length + 1;
        let end = match body(code, item) {
            Some((_, close)) => close,
            None => code[item..].find(';').map_or(item, |offset| item + offset),
        };
        regions.push((line_at(code, at), line_at(code, end)));
    }
    regions
}

/// The text with comments and the insides of literals replaced by spaces; lines
/// stay where they are.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let kept = |c: &char| if *c == '\n' { '\n' } else { ' ' };
        out.extend(chars[at..end].iter().map(kept));
        at = end;
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` if none does.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied().unwrap_or('\0');
    let in_word = at > 0 && is_word(chars[at - 1]);
    match chars[at] {
        '/' if next == '/' => find(chars, at, |c| c == '\n'),
        '/' if next == '*' => block_comment_end(chars, at),
        '"' => quoted_end(chars, at + 1, '"'),
        '\'' if next == '\\' => quoted_end(chars, at + 1, '\''),
        '\'' if chars.get(at + 2) == Some(&'\'') => at + 3,
        'r' if !in_word => raw_end(chars, at, at + 1),
        'b' | 'c' if !in_word && next == 'r' => raw_end(chars, at, at + 2),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    let rest = &chars[from..];
    from + rest.iter().position(|c| wanted(*c)).unwrap_or(rest.len())
}

fn quoted_end(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn block_comment_end(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// The end of a raw string whose hashes start at `hashes`; `at` if it is none.
fn raw_end(chars: &[char], at: usize, hashes: usize) -> usize {
    let quote = find(chars, hashes, |c| c != '#');
    if chars.get(quote) != Some(&'"') {
        return at;
    }
    let count = quote - hashes;
    let mut end = quote + 1;
    while end < chars.len() {
        let close = find(chars, end, |c| c == '"');
        end = (close + 1).min(chars.len());
        let after = chars[end..].iter().take_while(|c| **c == '#').count();
        if after >= count {
            return (end + count).min(chars.len());
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{Source, blank, body};

    #[test]
    fn comments_and_literals_are_blanked() {
        let cases = [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("}\"{")"#, "f(      )"),
            (r"'{' 'a '\'' x", "    'a      x"),
            (r##"r#"{"# r#type"##, "       r#type"),
            ("br\"{\" for", "      for"),
            ("\"a\nb\"", "  \n  "),
        ];
        for (input, expected) in cases {
            assert_eq!(blank(input), expected, "{input}");
        }
    }

    #[test]
    fn unclosed_literals_end_with_the_file() {
        for input in ["\"a", "/* a", "r#\"a", "'\\", "\"a\\"] {
            assert_eq!(blank(input).len(), input.len(), "{input}");
        }
    }

    #[test]
    fn bodies_are_found_past_arrays_and_arguments() {
        let code = "fn f(a: [u8; 2]) -> [u8; 2] { { } } fn g();";
        assert_eq!(body(code, 0), Some((28, 34)));
        assert_eq!(body(code, 36), None);
    }

    #[test]
    fn tests_are_told_from_product_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let source = Source::parse("x/src/lib.rs", text);
        let product: Vec<_> = source.product_lines().map(|line| line.number).collect();
        assert_eq!(product, [1, 6]);
        let text = "#[cfg(test)]\nmod tests;\n#[cfg(not(test))]\nfn a() {}\n";
        let source = Source::parse("x/src/lib.rs", text);
        assert_eq!(source.product_lines().count(), 2);
        for path in ["tests/src/lib.rs", "x/tests/it/main.rs", "x/src/tests.rs"] {
            let source = Source::parse(path, "fn a() {}\n");
            assert_eq!(source.product_lines().count(), 0, "{path}");
        }
    }

    #[test]
    fn words_are_not_found_inside_longer_ones() {
        let source = Source::parse("a.rs", "tokio::time::sleep(x);\noversleep(x);\n// sleep(x)\n");
        let hits: Vec<_> = source.lines().iter().map(|l| l.mentions("sleep(")).collect();
        assert_eq!(hits, [true, false, false]);
    }
}
