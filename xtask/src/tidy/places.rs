//! Nothing in the repository depends on the machine it was written on: no paths
//! into somebody's home, no addresses of package registries (a mirror is a
//! matter of each machine's own configuration).

use super::Finding;

// In two parts, so that this file passes its own rule.
const FOLDERS: [&str; 3] = [concat!("/", "home/"), concat!("/", "root/"), concat!("/", "work/")];
const HOSTS: [&str; 3] =
    [concat!("index", ".crates.io"), concat!("registry", ".npmjs.org"), concat!("pypi", ".org")];

/// No line names such a place.
pub(super) fn check(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let folder = FOLDERS.iter().find(|folder| starts_path(line, folder));
        let host = HOSTS.iter().find(|host| line.contains(**host));
        if let Some(place) = folder.or(host) {
            let message = format!("`{place}` is a place of one machine, not of the project");
            found.push(Finding::new(number, message));
        }
    }
    found
}

/// Whether the folder occurs as the start of a path, not in the middle of one.
fn starts_path(line: &str, folder: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_-.~}>)*".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, HOSTS, check};

    #[test]
    fn relative_paths_and_public_addresses_pass() {
        let text = "$HOME/work/a\nhttps://example.test/home/a\n<dir>/root/a\n\
                    registry+https://github.com/rust-lang/crates.io-index\n";
        assert_eq!(check(text), []);
    }

    #[test]
    fn places_of_one_machine_fail() {
        for place in FOLDERS {
            let found = check(&format!("\ncd {place}me\n"));
            assert_eq!(found[0].line, 2);
            assert_eq!(check(&format!("\"{place}\"")).len(), 1);
        }
        for host in HOSTS {
            assert_eq!(check(&format!("https://{host}/simple")).len(), 1);
        }
    }
}
