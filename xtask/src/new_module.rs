//! Lays out the folder of a new module by the five files that every feature has.
//! It writes only files that are absent, and touches no existing one: what has to
//! be added by hand is printed, because each of those lines is a decision.

use std::{fs, path::Path};

use anyhow::{Context, bail};

use crate::{tidy, workspace::Workspace};

/// File name, and its header with `{name}` for the module.
const FILES: [(&str, &str); 5] = [
    (
        "mod.rs",
        "//! The module `{name}`: what it owns, what it refuses, and why.\n\
         //! Its folder holds the model, the store, the use cases and the routes.\n\
         \n\
         mod model;\n\
         mod routes;\n\
         mod service;\n\
         mod store;\n",
    ),
    (
        "model.rs",
        "//! The rules of `{name}`, as pure types: no async, no SQL, no HTTP.\n\
         //! Values are parsed by one fallible constructor and valid from then on.\n",
    ),
    (
        "routes.rs",
        "//! The routes of `{name}`: one flat list, and the translation from HTTP.\n\
         //! Nothing is decided here; each handler calls one use case.\n",
    ),
    (
        "service.rs",
        "//! The use cases of `{name}`: load, decide, save and tell, in one transaction.\n\
         //! Every function takes the context that proves the caller's right.\n",
    ),
    (
        "store.rs",
        "//! The rows of `{name}`: statements through the database façade, nothing else.\n\
         //! Constraints are turned into this module's errors where they happen.\n",
    ),
];

/// Writes the missing files of `data-plane/FAMILY/src/NAME`.
pub(crate) fn run(workspace: &Workspace, family: &str, name: &str) -> anyhow::Result<()> {
    check_name(name)?;
    let source = workspace.root().join("data-plane").join(family).join("src");
    if !source.is_dir() {
        bail!("there is no crate data-plane/{family}; make it first, by hand");
    }
    let folder = source.join(name);
    for file in lay_out(&folder, name).with_context(|| folder.display().to_string())? {
        println!("wrote data-plane/{family}/src/{name}/{file}");
    }
    println!(
        "\nTo do by hand:\n\
         - `mod {name};` in data-plane/{family}/src/lib.rs\n\
         - its permissions and events in the crate's tables, its routes in the crate's router\n\
         - its tables in a new file under migrations/\n\
         - its id kinds at the end of the list in shared/ids\n\
         - `cargo xtask openapi`, and a story in tests/"
    );
    Ok(())
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !starts_well || !name.chars().all(plain) {
        bail!("`{name}` is not a module name: lower case letters, digits and `_`");
    }
    if tidy::is_homeless(name) {
        bail!("`{name}` says nothing; name the noun that the module owns");
    }
    Ok(())
}

fn lay_out(folder: &Path, name: &str) -> std::io::Result<Vec<&'static str>> {
    fs::create_dir_all(folder)?;
    let mut written = Vec::new();
    for (file, content) in FILES {
        let path = folder.join(file);
        if !path.exists() {
            fs::write(path, content.replace("{name}", name))?;
            written.push(file);
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{check_name, lay_out};

    #[test]
    fn names_are_nouns_in_snake_case() {
        assert!(check_name("orders").is_ok());
        assert!(check_name("gift_cards2").is_ok());
        for name in ["", "Orders", "2d", "../x", "utils"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn existing_files_are_left_alone() {
        let name = format!("freehold-xtask-{}", std::process::id());
        let folder = std::env::temp_dir().join(name).join("orders");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("model.rs"), "mine").unwrap();

        let written = lay_out(&folder, "orders").unwrap();

        assert_eq!(written, ["mod.rs", "routes.rs", "service.rs", "store.rs"]);
        let model = fs::read_to_string(folder.join("model.rs")).unwrap();
        assert_eq!(model, "mine");
        let routes = fs::read_to_string(folder.join("routes.rs")).unwrap();
        assert!(routes.starts_with("//! The routes of `orders`"));
        assert!(lay_out(&folder, "orders").unwrap().is_empty());
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }
}
