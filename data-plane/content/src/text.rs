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
    // Control characters have no meaning in a post and would make its feed ill-formed XML.
    let markdown: String =
        markdown.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, parser(&markdown));
    // Code that scrolls must be reachable by keyboard (WCAG 2.1.1).
    ammonia::Builder::default()
        .set_tag_attribute_value("pre", "tabindex", "0")
        .clean(&rendered)
        .to_string()
}

/// The text without any markup.
fn to_plain(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    for event in parser(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => {
                plain.extend(text.chars().filter(|c| !c.is_control()));
            }
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
pub(crate) fn reading_minutes(markdown: &str) -> i64 {
    let words = markdown.split_whitespace().count();
    let wide = markdown.chars().filter(|c| ('\u{3040}'..='\u{9fff}').contains(c)).count() / 2;
    i64::try_from((words + wide).div_ceil(WORDS_PER_MINUTE)).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_markup_and_drops_scripts() {
        let html = to_html(
            "# Hi\n\n[x](javascript:alert(1)) **b** <script>alert(1)</script> <img src=x onerror=alert(1)>",
        );
        assert!(html.contains("<h1>Hi</h1>") && html.contains("<strong>b</strong>"), "{html}");
        assert!(!html.contains("script") && !html.contains("onerror"), "{html}");
        assert!(!to_html("a\u{b}b").contains('\u{b}'));
    }

    #[test]
    fn summaries_are_plain_and_end_at_a_word() {
        assert_eq!(summary("# Hello\n\nwide *world*"), "Hello wide world");
        let long = summary(&"lorem ipsum ".repeat(40));
        assert!(long.chars().count() <= 201 && long.ends_with('…'), "{long}");
    }
}
