//! The default theme: templates and stylesheet compiled into the binary.

use std::hash::{DefaultHasher, Hash, Hasher};

use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Value};

use crate::words::word;

const STYLE: &str = include_str!("../theme/style.css");

/// Name and text of every template.
const TEMPLATES: &[(&str, &str)] = &[
    ("account.html", include_str!("../theme/account.html")),
    ("admin.html", include_str!("../theme/admin.html")),
    ("archive.html", include_str!("../theme/archive.html")),
    ("base.html", include_str!("../theme/base.html")),
    ("error.html", include_str!("../theme/error.html")),
    ("feed.xml", include_str!("../theme/feed.xml")),
    ("home.html", include_str!("../theme/home.html")),
    ("maintenance.html", include_str!("../theme/maintenance.html")),
    ("post.html", include_str!("../theme/post.html")),
    ("problem.html", include_str!("../theme/problem.html")),
    ("register.html", include_str!("../theme/register.html")),
    ("search.html", include_str!("../theme/search.html")),
    ("sign-in.html", include_str!("../theme/sign-in.html")),
    ("sitemap.xml", include_str!("../theme/sitemap.xml")),
];

/// A template that does not parse or render.
#[derive(Debug, thiserror::Error)]
#[error("the theme failed: {0:#}")]
pub struct ThemeError(#[from] minijinja::Error);

/// The parsed templates of the default theme.
#[derive(Debug)]
pub struct Theme {
    templates: Environment<'static>,
    style_url: String,
}

impl Theme {
    /// Parses the templates.
    ///
    /// # Errors
    /// [`ThemeError`] names the template and line.
    pub fn new() -> Result<Self, ThemeError> {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.set_formatter(write_escaped);
        templates.add_function("t", translated);
        for (name, text) in TEMPLATES {
            templates.add_template(name, text)?;
        }
        let mut hasher = DefaultHasher::new();
        STYLE.hash(&mut hasher);
        let style_url = format!("/theme/{:016x}.css", hasher.finish());
        Ok(Self { templates, style_url })
    }

    /// The stylesheet's address, which changes with its text.
    pub(crate) fn style_url(&self) -> &str {
        &self.style_url
    }

    /// The stylesheet.
    pub(crate) const fn style() -> &'static str {
        STYLE
    }

    /// Renders a template.
    pub(crate) fn render(&self, template: &str, context: Value) -> Result<String, ThemeError> {
        Ok(self.templates.get_template(template)?.render(context)?)
    }
}

/// `t("key", name=value)` in a template: a word of the theme in the site's language.
fn translated(state: &State<'_, '_>, key: &str, values: Kwargs) -> Result<String, Error> {
    let site = state.lookup("site").unwrap_or_default();
    let language = site.get_attr("language").unwrap_or_default();
    let language = language.as_str().unwrap_or("en");
    let text = word(language, key).ok_or_else(|| {
        Error::new(ErrorKind::UndefinedError, format!("the theme has no word {key}"))
    })?;
    let mut text = text.to_owned();
    for name in values.args() {
        let value: Value = values.get(name)?;
        text = text.replace(&format!("{{{name}}}"), &value.to_string());
    }
    values.assert_all_used()?;
    Ok(text)
}

/// Escapes what has a meaning in HTML and XML, in text and quoted attributes. The library's own
/// formatter also escapes slashes, which makes every address unreadable in the source.
fn write_escaped(
    out: &mut Output<'_>,
    _state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    if value.is_safe() {
        return Ok(out.write_str(&text)?);
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    Ok(out.write_str(rest)?)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn every_word_is_known_and_used() {
        let sources =
            [include_str!("account.rs"), include_str!("frame.rs"), include_str!("pages.rs")];
        let texts: Vec<&str> = TEMPLATES.iter().map(|(_, text)| *text).chain(sources).collect();
        for key in crate::words::keys() {
            let quoted = format!("\"{key}\"");
            assert!(texts.iter().any(|text| text.contains(&quoted)), "{key} is not used");
        }
        for (name, text) in TEMPLATES {
            for call in text.split("t(\"").skip(1) {
                let key = call.split('"').next().unwrap_or_default();
                assert!(word("en", key).is_some(), "{name}: {key}");
            }
        }
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let theme = Theme::new().expect("the theme parses");
        let site = context! { name => "<b>\"&'</b>", url => "http://a/", style_url => "/s" };
        let error =
            context! { site, status => 404, headline => "x", message => "y", page => context! {} };
        let html = theme.render("error.html", error).expect("rendered");
        assert!(html.contains("&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;"), "{html}");
        assert!(!html.contains("<b>") && html.contains("href=\"/s\""), "{html}");
    }
}
