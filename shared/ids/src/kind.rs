//! The append-only list of identifier kinds and their wire prefixes.
//!
//! A prefix that was ever printed is never given to another kind.

/// Marks what an identifier names.
pub trait Kind:
    Copy + Eq + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static
{
    /// What stands before the underscore on the wire; three lower-case letters.
    const PREFIX: &'static str;
}

/// Marker types, one per kind; they carry no data.
pub mod kinds {
    use super::Kind;

    /// `acc_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Account;
    impl Kind for Account {
        const PREFIX: &'static str = "acc";
    }

    /// `mem_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Member;
    impl Kind for Member {
        const PREFIX: &'static str = "mem";
    }

    /// `ses_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Session;
    impl Kind for Session {
        const PREFIX: &'static str = "ses";
    }

    /// `ten_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Tenant;
    impl Kind for Tenant {
        const PREFIX: &'static str = "ten";
    }

    /// `wrk_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Worker;
    impl Kind for Worker {
        const PREFIX: &'static str = "wrk";
    }

    /// `edg_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Edge;
    impl Kind for Edge {
        const PREFIX: &'static str = "edg";
    }

    /// `jtk_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct JoinToken;
    impl Kind for JoinToken {
        const PREFIX: &'static str = "jtk";
    }

    /// `opn_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Operation;
    impl Kind for Operation {
        const PREFIX: &'static str = "opn";
    }

    /// `mal_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Mail;
    impl Kind for Mail {
        const PREFIX: &'static str = "mal";
    }

    /// `usr_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct User;
    impl Kind for User {
        const PREFIX: &'static str = "usr";
    }

    /// `pst_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Post;
    impl Kind for Post {
        const PREFIX: &'static str = "pst";
    }

    /// `fam_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Family;
    impl Kind for Family {
        const PREFIX: &'static str = "fam";
    }

    /// `evt_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Event;
    impl Kind for Event {
        const PREFIX: &'static str = "evt";
    }

    /// `dom_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Domain;
    impl Kind for Domain {
        const PREFIX: &'static str = "dom";
    }

    /// `inv_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Invitation;
    impl Kind for Invitation {
        const PREFIX: &'static str = "inv";
    }

    /// `key_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Key;
    impl Kind for Key {
        const PREFIX: &'static str = "key";
    }

    /// `tok_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Token;
    impl Kind for Token {
        const PREFIX: &'static str = "tok";
    }

    /// `job_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Job;
    impl Kind for Job {
        const PREFIX: &'static str = "job";
    }

    /// `upg_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct Upgrade;
    impl Kind for Upgrade {
        const PREFIX: &'static str = "upg";
    }

    /// `view_`
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct View;
    impl Kind for View {
        const PREFIX: &'static str = "view";
    }
}

/// Crockford's base32 in lower case: no i, l, o or u, so that ids survive being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes the lowest `digits * 5` bits of `value`, most significant digit first.
pub(crate) fn encode(value: u128, digits: usize) -> String {
    (0..digits)
        .rev()
        .map(|place| char::from(ALPHABET[((value >> (place * 5)) & 31) as usize]))
        .collect()
}

/// Reads what [`encode`] wrote; `None` for another length, alphabet or an overflow of 128 bits.
pub(crate) fn decode(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)? as u128;
        value.checked_mul(32)?.checked_add(digit)
    })
}
