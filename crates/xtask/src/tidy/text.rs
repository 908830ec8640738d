//! What must not stand in any text, and where links lead.

use super::tree::{File, Finding, Tree};

pub(super) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(|file| file.lines_with(&file.text, names_a_machine)).collect()
}

fn names_a_machine(line: &str) -> bool {
    // Composed, so that this file breaks no rule.
    ["work", "root", "home", "Users"].iter().any(|folder| {
        let folder = format!("/{folder}/");
        line.match_indices(&folder).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + folder.len()..]);
            let begins = !before.ends_with(|c: char| c.is_alphanumeric() || "._-/~$})*<".contains(c));
            begins && after.starts_with(|c: char| c.is_alphanumeric() || c == '.')
        })
    })
}

pub(super) fn conflict_markers(tree: &Tree) -> Vec<Finding> {
    let marker = |line: &str| ["<", ">"].iter().any(|sign| line.starts_with(&format!("{} ", sign.repeat(7))));
    tree.files.iter().flat_map(|file| file.lines_with(&file.text, marker)).collect()
}

/// Links in Markdown to files of the tree. Those to elsewhere are not looked at.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_of_type("md")) {
        for (number, line) in file.text.lines().enumerate() {
            let lost = targets(line).filter(|target| is_local(target) && !leads_somewhere(tree, file, target));
            findings.extend(lost.map(|target| file.finding(number, target)));
        }
    }
    findings
}

/// What stands in the `(…)` of `[…](…)`, and in `src="…"`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let linked = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    linked.chain(line.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()))
}

fn is_local(target: &str) -> bool {
    !target.is_empty() && !target.starts_with('#') && !target.contains("://") && !target.starts_with("mailto:")
}

fn leads_somewhere(tree: &Tree, from: &File, target: &str) -> bool {
    let target = target.split('#').next().unwrap_or(target);
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." if parts.pop().is_none() => return false,
            "" | "." | ".." => {}
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    tree.paths().any(|known| known == path || known.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_somebodys_machine_is_found() {
        for folder in ["work", "root", "home", "Users"] {
            let text = format!("fine\nit is in /{folder}/alice/x\n");
            assert_eq!(machine_paths(&Tree::of(&[("a.toml", text.as_str())])).len(), 1, "{folder}");
            let text = format!("https://example.com/{folder}/alice and frame/{folder}/x and /{folder}/<name>");
            assert_eq!(machine_paths(&Tree::of(&[("a.md", text.as_str())])), [], "{folder}");
        }
    }

    #[test]
    fn a_half_done_merge_is_found() {
        let text = format!("a\n{} HEAD\nb\n{}\nc\n{} other\n", "<".repeat(7), "=".repeat(7), ">".repeat(7));
        assert_eq!(conflict_markers(&Tree::of(&[("a.md", text.as_str())])).len(), 2);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](docs/a.md) [b](docs/b.md#x) ![c](docs/images/c.png) <img src=\"docs/d.png\">\n\
                    [e](https://example.com/e.md) [f](#f) [g](docs) [h](../h.md)";
        let tree = Tree::of(&[("README.md", text), ("docs/a.md", "[readme](../README.md) [lost](README.md)")]);
        let found: Vec<String> = links(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "README.md:1: docs/b.md#x",
                "README.md:1: docs/images/c.png",
                "README.md:1: docs/d.png",
                "README.md:2: ../h.md",
                "docs/a.md:1: README.md",
            ]
        );
    }
}
