//! The OpenAPI documents of both APIs, printed by the binary itself and kept in
//! openapi/, so that a change of the wire is seen in review. Typed clients are
//! made from these files; nobody edits them by hand.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, bail};

use crate::{
    product, shell,
    workspace::{Profile, Workspace},
};

/// The documents, by the name that `freehold openapi` knows.
const DOCUMENTS: [&str; 2] = ["console", "site"];

/// Writes the documents, or with `check` compares them with what is committed.
pub(crate) fn run(workspace: &Workspace, check: bool) -> anyhow::Result<()> {
    let binary = product::compile(workspace, Profile::Dev)?;
    let mut stale = Vec::new();
    for name in DOCUMENTS {
        let printed = shell::capture(Command::new(&binary).args(["openapi", name]))?;
        let document = pretty(&printed)
            .with_context(|| format!("`freehold openapi {name}` did not print JSON"))?;
        let path = format!("openapi/{name}.json");
        let full = workspace.root().join(&path);
        if check {
            let committed = fs::read_to_string(&full).unwrap_or_default();
            stale.extend(difference(&path, &committed, &document));
        } else {
            write(&full, &document).with_context(|| path.clone())?;
            println!("wrote {path}");
        }
    }
    if !stale.is_empty() {
        let list = stale.join("\n");
        bail!("the API has changed; run `cargo xtask openapi` and commit the result\n{list}");
    }
    Ok(())
}

fn pretty(json: &str) -> anyhow::Result<String> {
    let value: serde_json::Value = serde_json::from_str(json)?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// The first line in which the two differ, or nothing.
fn difference(path: &str, committed: &str, current: &str) -> Option<String> {
    if committed == current {
        return None;
    }
    if committed.is_empty() {
        return Some(format!("{path}: missing"));
    }
    let same = committed.lines().zip(current.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| match text.lines().nth(same) {
        Some(line) => line.trim().to_owned(),
        None => "(end of file)".to_owned(),
    };
    Some(format!(
        "{path}:{}:\n  committed: {}\n  current:   {}",
        same + 1,
        line(committed),
        line(current)
    ))
}

#[cfg(test)]
mod tests {
    use super::{difference, pretty};

    #[test]
    fn documents_keep_their_order_and_end_in_a_newline() {
        let document = pretty(r#"{"b":1,"a":[]}"#).unwrap();
        assert_eq!(document, "{\n  \"b\": 1,\n  \"a\": []\n}\n");
        assert!(pretty("not json").is_err());
    }

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(difference("x.json", "a\nb\n", "a\nb\n"), None);
        let hint = difference("x.json", "a\n  b\n", "a\n  c\n").unwrap();
        assert_eq!(hint, "x.json:2:\n  committed: b\n  current:   c");
        let hint = difference("x.json", "a\n", "a\nb\n").unwrap();
        assert_eq!(hint, "x.json:2:\n  committed: (end of file)\n  current:   b");
        assert_eq!(difference("x.json", "", "a\n").unwrap(), "x.json: missing");
    }
}
