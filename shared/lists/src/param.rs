//! A query string as named parameters: `filter[price][$gte]=10` is the head `filter` with the keys
//! `price` and `$gte`.

use freehold_api::Problems;

/// Parameters of one request.
const PARAMS_MAX: usize = 200;
/// Keys behind one head; more than the deepest filter needs.
const KEYS_MAX: usize = 12;

/// One parameter, decoded.
#[derive(Debug)]
pub(crate) struct Param {
    /// The whole name as sent.
    pub(crate) name: String,
    pub(crate) head: String,
    pub(crate) keys: Vec<String>,
    pub(crate) value: String,
}

/// Reads a query string. A name that is sent twice or cannot be read is noted and left out.
pub(crate) fn read(query: &str, problems: &mut Problems) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    for (count, (name, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
        if count >= PARAMS_MAX {
            problems.add(&name, "too_many", format!("expected at most {PARAMS_MAX} parameters"));
            break;
        }
        if params.iter().any(|known| known.name == name) {
            problems.add(&name, "duplicate", "expected once");
            continue;
        }
        let Some((head, keys)) = split(&name) else {
            problems.add(&name, "unknown_parameter", "expected a name such as filter[title][$eq]");
            continue;
        };
        if keys.len() > KEYS_MAX {
            problems.add(&name, "too_deep", format!("expected at most {KEYS_MAX} keys"));
            continue;
        }
        params.push(Param { head, keys, value: value.into_owned(), name: name.into_owned() });
    }
    params
}

/// Head and keys of a name, if its brackets match.
fn split(name: &str) -> Option<(String, Vec<String>)> {
    let Some((head, rest)) = name.split_once('[') else {
        return (!name.is_empty()).then(|| (name.to_owned(), Vec::new()));
    };
    let keys = rest.strip_suffix(']')?.split("][");
    let keys: Vec<String> = keys.map(str::to_owned).collect();
    let is_whole = keys.iter().all(|key| !key.is_empty() && !key.contains(['[', ']']));
    (is_whole && !head.is_empty()).then(|| (head.to_owned(), keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let mut problems = Problems::default();
        let params =
            read("filter%5Bprice%5D%5B%24gte%5D=10&q=a+b&x[=1&[a]=1&y[]=1&z[a]b=1", &mut problems);
        assert_eq!(params.len(), 2);
        assert_eq!(params[0].name, "filter[price][$gte]");
        assert_eq!((params[0].head.as_str(), params[0].keys.len()), ("filter", 2));
        assert_eq!(params[1].value, "a b");
        let paths: Vec<&str> = problems.fields().iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["x[", "[a]", "y[]", "z[a]b"]);
    }

    #[test]
    fn a_name_counts_once() {
        let mut problems = Problems::default();
        assert_eq!(read("page=1&page=2&page%3D=1", &mut problems).len(), 2);
        assert_eq!(problems.fields()[0].code, "duplicate");
    }
}
