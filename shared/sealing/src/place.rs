//! Where a sealed secret lies. It is sealed for that place alone: moved to another row, column or
//! tenant, it does not open.

/// The parts of a place, each with its length in front, so that no two places look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Vec<u8>);

impl Place {
    /// A place by its parts, from the widest to the narrowest.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Place::new(["ab", "c"]), Place::new(["a", "bc"]));
        assert_ne!(Place::new(["a"]), Place::new(["a", ""]));
    }
}
