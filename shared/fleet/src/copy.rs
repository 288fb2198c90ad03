//! Persisted copies of what the control plane said, so that a process comes up without it.
//!
//! A copy is a text file of records, each line with a checksum. A last line that a crash cut off
//! is dropped; any other damage makes the whole copy unusable, because half a truth about who
//! owns what is worse than none: the process then waits for the control plane.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::CONTRACT_VERSION;

/// Bytes of a record's SHA-256 that are kept with it.
const CHECKSUM_BYTES: usize = 8;

/// Why a copy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The system failed.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// A record is not what was written.
    #[error(
        "{path} line {line} is damaged; the copy is not used, the control plane sends a new one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Written by a release that this one does not read.
    #[error("{0} was written under contract version {1}, which this release does not read")]
    Version(PathBuf, u16),
}

#[derive(Serialize, Deserialize)]
struct Heading {
    freehold_copy: u16,
}

/// A copy that is being kept.
#[derive(Debug)]
pub struct PersistedCopy {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_at_rewrite: u64,
}

impl PersistedCopy {
    /// The records of a copy; `None` where there is none.
    ///
    /// # Errors
    /// [`CopyError`] says why it cannot be used.
    pub fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<Vec<T>>, CopyError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CopyError::Io(path.to_owned(), error)),
        };
        let damaged = |line| CopyError::Damaged { path: path.to_owned(), line };
        // What follows the last line feed was cut off while it was written.
        let whole = text.iter().rposition(|byte| *byte == b'\n').ok_or_else(|| damaged(1))?;
        let mut lines = text[..whole].split(|byte| *byte == b'\n').enumerate();
        let heading = lines.next().and_then(|(_, line)| verified(line));
        let heading: Heading =
            heading.and_then(|json| serde_json::from_slice(json).ok()).ok_or_else(|| damaged(1))?;
        let version = heading.freehold_copy;
        if version > CONTRACT_VERSION || version + 1 < CONTRACT_VERSION {
            return Err(CopyError::Version(path.to_owned(), version));
        }
        let record = |(at, line)| {
            let json = verified(line).ok_or_else(|| damaged(at + 1))?;
            serde_json::from_slice(json).map_err(|_| damaged(at + 1))
        };
        lines.map(record).collect::<Result<_, _>>().map(Some)
    }

    /// Writes a copy anew, whole or not at all, and keeps it for appending.
    ///
    /// # Errors
    /// [`CopyError::Io`]; then the old copy stays.
    pub fn rewrite<T: Serialize>(
        path: &Path,
        records: impl IntoIterator<Item = T>,
    ) -> Result<Self, CopyError> {
        let written = || {
            let unfinished = path.with_extension("new");
            let mut options = OpenOptions::new();
            let file =
                options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            let mut writer = BufWriter::new(file);
            let mut bytes = write(&mut writer, &Heading { freehold_copy: CONTRACT_VERSION })?;
            for record in records {
                bytes += write(&mut writer, &record)?;
            }
            let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, path)?;
            if let Some(folder) = path.parent() {
                File::open(folder)?.sync_all()?;
            }
            Ok(Self { path: path.to_owned(), file, bytes, bytes_at_rewrite: bytes })
        };
        written().map_err(|error| CopyError::Io(path.to_owned(), error))
    }

    /// Adds a record. It survives the end of this process; after a power cut the newest ones may
    /// be missing, and the control plane sends them again.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn append<T: Serialize>(&mut self, record: &T) -> Result<(), CopyError> {
        let appended = write(&mut self.file, record);
        self.bytes += appended.map_err(|error| CopyError::Io(self.path.clone(), error))?;
        Ok(())
    }

    /// Makes what was appended survive a power cut too.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn sync(&self) -> Result<(), CopyError> {
        self.file.sync_data().map_err(|error| CopyError::Io(self.path.clone(), error))
    }

    /// Whether what was appended outweighs what it was appended to.
    pub const fn wants_rewrite(&self) -> bool {
        const APPENDED_BYTES_MIN: u64 = 1024 * 1024;
        let appended = self.bytes - self.bytes_at_rewrite;
        appended > APPENDED_BYTES_MIN && appended > self.bytes_at_rewrite
    }
}

fn write<T: Serialize>(writer: &mut impl Write, record: &T) -> std::io::Result<u64> {
    let json = serde_json::to_vec(record).map_err(std::io::Error::other)?;
    let mut line = checksum(&json);
    line.push(' ');
    let mut line = line.into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    writer.write_all(&line)?;
    Ok(line.len() as u64)
}

fn checksum(json: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(json)[..CHECKSUM_BYTES])
}

/// The JSON of a line whose checksum is right.
fn verified(line: &[u8]) -> Option<&[u8]> {
    let (given, json) = line.split_at_checked(CHECKSUM_BYTES * 2 + 1)?;
    let given = given.strip_suffix(b" ")?;
    (given == checksum(json).as_bytes()).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(path: &Path) -> Result<Option<Vec<u64>>, CopyError> {
        PersistedCopy::load(path)
    }

    #[test]
    fn reads_what_it_wrote_and_drops_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy");
        assert!(load(&path).expect("no copy").is_none());
        let mut copy = PersistedCopy::rewrite(&path, [1_u64, 2]).expect("written");
        copy.append(&3_u64).expect("appended");
        assert_eq!(load(&path).expect("read"), Some(vec![1, 2, 3]));
        let whole = std::fs::read(&path).expect("bytes");
        std::fs::write(&path, &whole[..whole.len() - 2]).expect("cut");
        assert_eq!(load(&path).expect("read"), Some(vec![1, 2]));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy");
        PersistedCopy::rewrite(&path, [10_u64, 20, 30]).expect("written");
        let whole = std::fs::read(&path).expect("bytes");
        // The last line feed is no part of a record: without it the last record is cut off.
        for at in 0..whole.len() - 1 {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                std::fs::write(&path, &flipped).expect("flipped");
                assert!(load(&path).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn a_copy_of_an_unknown_release_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy");
        let json = format!("{{\"freehold_copy\":{}}}", CONTRACT_VERSION + 1);
        std::fs::write(&path, format!("{} {json}\n", checksum(json.as_bytes()))).expect("written");
        assert!(matches!(load(&path), Err(CopyError::Version(..))));
    }
}
