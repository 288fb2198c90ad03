//! From Markdown to safe HTML and to plain summaries.
//!
//! Authors write CommonMark and may use HTML in it; whatever comes out goes through an allow list,
//! so a post cannot run a script on its site.

use pulldown_cmark::{Event, Options, Parser, TagEnd, html};

/// Characters of a summary made from a post's text.
const SUMMARY_CHARS_MAX: usize = 200;
/// Words that an adult reads in a minute.
const WORDS_PER_MINUTE: usize = 230;

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(
        markdown,
        Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS,
    )
}

/// Renders Markdown to HTML that is safe to show.
pub(crate) fn to_html(markdown: &str) -> String {
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, parser(markdown));
    ammonia::clean(&rendered)
}

/// The text without any markup.
fn to_plain(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    for event in parser(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak => plain.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => plain.push(' '),
            _ => {}
        }
    }
    plain
}

/// The first words of a text, cut at a word.
pub(crate) fn summary(markdown: &str) -> String {
    let plain = to_plain(markdown);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= SUMMARY_CHARS_MAX {
        return whole;
    }
    let cut: String = whole.chars().take(SUMMARY_CHARS_MAX).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches([',', '.', ';', ':']))
}

/// How long a reader needs, at least a minute. Text without spaces counts two characters a word.
pub(crate) fn reading_minutes(markdown: &str) -> u64 {
    let words = markdown.split_whitespace().count();
    let wide = markdown.chars().filter(|c| ('\u{3040}'..='\u{9fff}').contains(c)).count() / 2;
    ((words + wide).div_ceil(WORDS_PER_MINUTE)).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_markup_and_drops_scripts() {
        let html = to_html("# Hi\n\n<script>alert(1)</script>[x](javascript:alert(1)) **b** <img src=x onerror=alert(1)>");
        assert!(html.contains("<h1>Hi</h1>") && html.contains("<strong>b</strong>"), "{html}");
        assert!(!html.contains("script") && !html.contains("onerror"), "{html}");
    }

    #[test]
    fn summaries_are_plain_and_end_at_a_word() {
        assert_eq!(summary("# Hello\n\nwide *world*"), "Hello wide world");
        let long = summary(&"lorem ipsum ".repeat(40));
        assert!(long.chars().count() <= 201 && long.ends_with('…'), "{long}");
    }
}
