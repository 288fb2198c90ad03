//! Files that hold a secret or a name of this installation's own: made at the first start, read by their owner alone, and written whole
//! under another name first, so that a crash leaves no half secret behind.

use std::io::{Error, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::{Key, KeyId, Ring};

/// Keys that a file may hold at most; more were never retired.
const KEYS_MAX: usize = 16;

/// Why a file of keys is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: String,
}

/// What a file holds, without white space around it; where there is none, it is made with what
/// `make` says.
///
/// # Errors
/// The system's, and those of `make`.
pub fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> std::io::Result<String>,
) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let secret = make()?;
    replace(path, &secret)?;
    Ok(secret)
}

/// Writes a file anew, durably, and readable by this user alone.
///
/// # Errors
/// The system's; then the file is as it was.
pub fn replace(path: &Path, secret: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{}", secret.trim_end())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// The ring in a file of one line per key, `NAME KEY` in hexadecimal digits, the newest first. Where
/// there is no file, it is made with one key.
///
/// # Errors
/// [`KeyFileError`] names the file and what is wrong.
pub fn load_or_make(
    path: &Path,
    make: impl FnOnce() -> (KeyId, Key),
) -> Result<Ring, KeyFileError> {
    let failed = |problem: String| KeyFileError { path: path.to_owned(), problem };
    let text = read_or_make(path, || {
        let (id, key) = make();
        Ok(Ring::new(vec![(id, key)]).to_lines().to_string())
    });
    let text = text.map_err(|error| failed(error.to_string()))?;
    Ring::from_lines(&text).map_err(|error| failed(error.to_string()))
}

impl Ring {
    /// What a file of this ring holds.
    pub fn to_lines(&self) -> zeroize::Zeroizing<String> {
        let mut text = zeroize::Zeroizing::new(String::new());
        for (id, key) in self.keys() {
            text.push_str(&id.to_string());
            text.push(' ');
            text.push_str(&key.reveal());
            text.push('\n');
        }
        text
    }

    fn from_lines(text: &str) -> std::io::Result<Self> {
        let wrong = || Error::new(ErrorKind::InvalidData, "expected lines of a name and a key");
        let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() || lines.len() > KEYS_MAX {
            let problem = format!("expected 1 to {KEYS_MAX} keys, found {}", lines.len());
            return Err(Error::new(ErrorKind::InvalidData, problem));
        }
        let keys = lines.into_iter().map(|line| {
            let (id, key) = line.split_once(' ').ok_or_else(wrong)?;
            let id = id.parse().map_err(|_| wrong())?;
            Ok((id, Key::parse(key.trim()).ok_or_else(wrong)?))
        });
        keys.collect::<std::io::Result<_>>().map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn key(number: u8) -> (KeyId, Key) {
        (KeyId::from_random([number; 8]), Key::from_random([number; 32]))
    }

    #[test]
    fn a_ring_is_made_once_and_read_ever_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let made = load_or_make(&path, || key(1)).expect("made");
        assert_eq!(load_or_make(&path, || key(2)).expect("read"), made);
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (id, newer) = key(2);
        let renewed = made.renewed(id, newer);
        replace(&path, &renewed.to_lines()).expect("written");
        assert_eq!(load_or_make(&path, || key(3)).expect("read"), renewed);
    }

    #[test]
    fn a_file_that_holds_no_keys_is_named_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        for text in ["", "0101010101010101", "01 02", "0101010101010101 zz"] {
            std::fs::write(&path, text).expect("written");
            let error = load_or_make(&path, || key(1)).expect_err("no keys").to_string();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
            assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
        }
    }
}
