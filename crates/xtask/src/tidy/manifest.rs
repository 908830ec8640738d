//! What `Cargo.toml` files say.

use super::tree::{File, Finding, Tree};

pub(super) fn descriptions(tree: &Tree) -> Vec<Finding> {
    let packages = tree.files.iter().filter(|file| {
        file.path.rsplit('/').next() == Some("Cargo.toml") && file.text.lines().any(|line| line == "[package]")
    });
    let silent = packages.filter(|file| !has_description(file));
    silent.map(|file| file.finding(0, "there is no `description`")).collect()
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
}
