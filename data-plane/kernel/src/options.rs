//! A site's settings, typed, as every module and the pages read them.

use freehold_db::{Insert, Select};

use crate::{Read, StoreError, Tx};

/// Settings of the site. Absent rows have the value of [`SiteOptions::default`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOptions {
    /// The site's name.
    pub title: String,
    /// One line on what it is about; may be empty.
    pub description: String,
    /// BCP 47 tag of the site's language.
    pub language: String,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self { title: "Untitled".into(), description: String::new(), language: "en".into() }
    }
}

impl SiteOptions {
    /// Reads them all.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn load(read: &mut Read) -> Result<Self, StoreError> {
        let mut options = Self::default();
        for row in read.rows(&Select::from("options", ["key", "value"])).await? {
            let value: String = row.get("value")?;
            match row.get::<String>("key")?.as_str() {
                "site_title" => options.title = value,
                "site_description" => options.description = value,
                "language" => options.language = value,
                // A newer release's setting: kept, not understood.
                _ => {}
            }
        }
        Ok(options)
    }
}

/// Writes one setting. Pages show settings, so this changes what the public sees.
///
/// # Errors
/// Whatever the store says.
pub async fn write_option(tx: &mut Tx, key: &str, value: &str) -> Result<(), StoreError> {
    let insert =
        Insert::into("options").set("key", key).set("value", value).or_replace(["key"], ["value"]);
    tx.insert(&insert).await?;
    tx.publish_changed();
    Ok(())
}
