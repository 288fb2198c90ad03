//! Copies what npm built of the browser applications to where the crate embeds it from. Without a
//! build of them the crate embeds nothing, so that Rust alone is enough to work on everything else.

use std::path::{Path, PathBuf};

/// Depth of folders below a `dist` at most.
const DEPTH_MAX: usize = 4;

#[expect(clippy::disallowed_methods, reason = "this is how cargo tells a build script")]
fn main() -> std::io::Result<()> {
    let root = Path::new("../..");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or(std::io::ErrorKind::NotFound)?);
    for (name, folder) in [("console", "console-ui"), ("admin", "admin-ui")] {
        let (from, to) = (root.join(folder).join("dist"), out.join(name));
        if to.exists() {
            std::fs::remove_dir_all(&to)?;
        }
        std::fs::create_dir_all(&to)?;
        // A path that is not there would make every build run this again.
        let watched = if from.exists() { from.clone() } else { root.join(folder) };
        if watched.exists() {
            println!("cargo::rerun-if-changed={}", watched.display());
        }
        if from.join("index.html").exists() {
            copy(&from, &to, DEPTH_MAX)?;
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

fn copy(from: &Path, to: &Path, depth: usize) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to)?;
        } else if depth > 0 {
            std::fs::create_dir_all(&to)?;
            copy(&entry.path(), &to, depth - 1)?;
        }
    }
    Ok(())
}
