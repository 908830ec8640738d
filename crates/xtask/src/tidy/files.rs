//! How files are cut and named.

use super::tree::{Finding, Tree};

/// What a reader can hold.
const MOST_LINES: usize = 400;

pub(super) fn size(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().filter(|file| file.text.lines().count() > MOST_LINES);
    long.map(|file| file.finding(MOST_LINES, format!("it has {} lines", file.text.lines().count()))).collect()
}

pub(super) fn introduction(tree: &Tree) -> Vec<Finding> {
    let in_crates = tree.rust().filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"));
    let silent = in_crates.filter(|file| !file.text.starts_with("//! "));
    silent.map(|file| file.finding(0, "it does not say what it is about")).collect()
}

pub(super) fn names(tree: &Tree) -> Vec<Finding> {
    let vague = |part: &str| ["util", "utils", "helper", "helpers"].contains(&part.split('.').next().unwrap_or(part));
    let named = tree.rust().filter(|file| file.path.split('/').any(vague));
    named.map(|file| file.finding(0, "say what is in it")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_hundred_and_first_line_is_found() {
        let (fits, long) = ("\n".repeat(400), "\n".repeat(401));
        let tree = Tree::of(&[("a.rs", fits.as_str()), ("b.rs", long.as_str()), ("c.md", long.as_str())]);
        assert_eq!(size(&tree).iter().map(ToString::to_string).collect::<Vec<_>>(), ["b.rs:401: it has 401 lines"]);
    }

    #[test]
    fn a_file_without_introduction_is_found() {
        let tree = Tree::of(&[("crates/a/src/b.rs", "use x;"), ("crates/a/src/c.rs", "//! About x.\nuse x;")]);
        assert_eq!(introduction(&tree).len(), 1);
    }

    #[test]
    fn vague_names_are_found() {
        let tree = Tree::of(&[("a/utils.rs", ""), ("a/helpers/b.rs", ""), ("a/utility_bill.rs", "")]);
        assert_eq!(names(&tree).len(), 2);
    }
}
