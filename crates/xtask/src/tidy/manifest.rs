//! What `Cargo.toml` files say.

use super::tree::{File, Finding, Tree};

pub(super) fn descriptions(tree: &Tree) -> Vec<Finding> {
    let packages = tree.files.iter().filter(|file| {
        file.path.rsplit('/').next() == Some("Cargo.toml") && file.text.lines().any(|line| line == "[package]")
    });
    let silent = packages.filter(|file| !has_description(file));
    silent.map(|file| file.finding(0, "there is no `description`")).collect()
}

/// That every crate takes the workspace's lints, and that these forbid `unsafe`, which no crate can then allow.
pub(super) fn lints(tree: &Tree) -> Vec<Finding> {
    let says = |file: &File, head: &str, line: &str| section(file, head).any(|(_, said)| said == line);
    let root = tree.file("Cargo.toml");
    let lax = root.filter(|root| !says(root, "[workspace.lints.rust]", "unsafe_code = \"forbid\""));
    let lax = lax.map(|root| root.finding(0, "the workspace's lints do not forbid `unsafe`"));
    // Those of `fuzz/` are a workspace of their own, for a compiler of their own.
    let members = tree.files.iter().filter(|file| {
        let in_fuzz = file.path.starts_with("fuzz/");
        !in_fuzz && file.path.ends_with("/Cargo.toml") && file.text.lines().any(|line| line == "[package]")
    });
    let own = members.filter(|file| !says(file, "[lints]", "workspace = true"));
    lax.into_iter().chain(own.map(|file| file.finding(0, "it does not take the workspace's lints"))).collect()
}

fn has_description(manifest: &File) -> bool {
    let value = section(manifest, "[package]").find_map(|(_, line)| line.strip_prefix("description = "));
    value.is_some_and(|value| value.len() > 2)
}

/// The lines of a table, with their numbers from 0.
pub(super) fn section<'a>(manifest: &'a File, head: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let lines = manifest.text.lines().enumerate();
    lines.skip_while(move |(_, line)| *line != head).skip(1).take_while(|(_, line)| !line.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_does_not_say_what_it_is_is_found() {
        let tree = Tree::of(&[
            ("Cargo.toml", "[workspace]\n"),
            ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("b/Cargo.toml", "[package]\ndescription = \"\"\n"),
            ("c/Cargo.toml", "[package]\ndescription = \"All about c\"\n"),
            ("d/Cargo.toml", "[package]\n[other]\ndescription = \"Not here\"\n"),
        ]);
        let found: Vec<String> = descriptions(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("a/") && found[1].starts_with("b/") && found[2].starts_with("d/"));
    }

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        let strict = ("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n");
        let good = ("a/Cargo.toml", "[package]\n[lints]\nworkspace = true\n");
        assert_eq!(lints(&Tree::of(&[strict, good, ("fuzz/Cargo.toml", "[package]\n")])), []);
        assert_eq!(lints(&Tree::of(&[strict, ("a/Cargo.toml", "[package]\n[lints.rust]\n")])).len(), 1);
        let lax = ("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"deny\"\n");
        assert_eq!(lints(&Tree::of(&[lax, good])).len(), 1);
    }
}
