//! The default theme: templates and stylesheet compiled into the binary.

use std::hash::{DefaultHasher, Hash, Hasher};

use minijinja::{AutoEscape, Environment, Value};

const STYLE: &str = include_str!("../theme/style.css");

/// Name and text of every template.
const TEMPLATES: &[(&str, &str)] = &[
    ("admin.html", include_str!("../theme/admin.html")),
    ("base.html", include_str!("../theme/base.html")),
    ("error.html", include_str!("../theme/error.html")),
    ("feed.xml", include_str!("../theme/feed.xml")),
    ("home.html", include_str!("../theme/home.html")),
    ("post.html", include_str!("../theme/post.html")),
    ("search.html", include_str!("../theme/search.html")),
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
