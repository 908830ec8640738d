//! The pictures in the README, made from the pages as they are.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::browser::Browser;
use crate::server::Server;

/// A README is read over slow lines too.
const MOST_BYTES: usize = 150_000;

/// The whole page, in a window of this width.
fn picture(browser: &Browser, width: u32, scale: u32) -> Vec<u8> {
    browser.resize(width, 600, scale);
    let height = browser.run("return document.scrollingElement.scrollHeight", &json!([])).as_u64().unwrap();
    browser.resize(width, height.try_into().unwrap(), scale);
    browser.picture()
}

fn keep(folder: &Path, name: &str, picture: &[u8]) {
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < MOST_BYTES, "{name}: {} bytes", picture.len());
    std::fs::write(folder.join(name), picture).unwrap();
}

#[test]
fn the_pictures_of_the_readme() {
    let temporary = tempfile::tempdir().unwrap();
    let wanted = std::env::var_os("COUNTERFOIL_SCREENSHOTS");
    // Cargo runs tests in the crate's folder; who asks for pictures is at the workspace's root.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = wanted.map_or_else(|| temporary.path().to_owned(), |folder| root.join(PathBuf::from(folder)));

    let server = Server::start();
    let desk = Browser::named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    desk.go(&server.at("/register"));
    desk.fill("username", "alice");
    desk.fill("email", "alice@example.com");
    desk.fill("password", crate::browser::PASSWORD);
    desk.press("Register");
    desk.arrives_at("/login?notice=registered");
    let phone = Browser::named(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
    );
    phone.prefer("dark");
    phone.go(&server.at("/login"));
    keep(&folder, "login.png", &picture(&phone, 360, 2));
    phone.log_in(&server, "alice");

    desk.log_in(&server, "alice");
    desk.prefer("light");
    keep(&folder, "account.png", &picture(&desk, 1440, 1));
}
