//! Writes every page in each of its states to a folder, for whoever works on how they look:
//! `cargo run -p counterfoil --example page_gallery -- FOLDER`, then open `FOLDER/index.html`.

mod samples;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use counterfoil::pages::assets::{asset, icon_href, stylesheet_href};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder shall the pages go to?")?);
    fs::create_dir_all(&folder)?;

    let mut index = String::from("<!doctype html>\n<html lang=\"en\"><title>Pages</title><ul>\n");
    let hostile = samples::hostile_pages()?.into_iter().map(|(name, html)| (format!("{name}-hostile"), html));
    for (name, html) in samples::pages()?.into_iter().map(|(name, html)| (name.to_owned(), html)).chain(hostile) {
        // Opened as a file, a page has no server to ask for `/assets/…`.
        fs::write(folder.join(format!("{name}.html")), html.replace("\"/assets/", "\"assets/"))?;
        writeln!(index, "<li><a href=\"{name}.html\">{name}</a>")?;
    }
    fs::write(folder.join("index.html"), index)?;

    for href in [stylesheet_href(), icon_href()] {
        let (_, content) = asset(href).ok_or("an asset is missing")?;
        let path = folder.join(href.trim_start_matches('/'));
        fs::create_dir_all(path.parent().ok_or("an asset has no folder")?)?;
        fs::write(path, content)?;
    }
    Ok(())
}
