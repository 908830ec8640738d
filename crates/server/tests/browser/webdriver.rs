//! `WebDriver` (W3C), as much of it as is needed here: JSON over HTTP, to a chromedriver of the test's own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::line_with;

/// A browser with a profile of its own, empty at first. It ends with its value.
pub(crate) struct Session {
    driver: Child,
    port: u16,
    id: String,
    _stdout: BufReader<ChildStdout>,
    /// Its home: the profile, and whatever Chromium writes beside it.
    home: TempDir,
}

/// Nothing of the machine's: no sandbox (a container's root has none), no GPU, no calls home.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=en",
    // What moves is looked at before it has come to rest.
    "--force-prefers-reduced-motion",
];

impl Session {
    /// Starts a browser with these further flags and preferences.
    pub(crate) fn start(flags: &[&str], preferences: &Value) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_CACHE_HOME", home.path())
            .env("TMPDIR", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver (Debian: chromium-driver) does not start: {error}"));
        let mut stdout = BufReader::new(driver.stdout.take().unwrap());
        let port = line_with(&mut stdout, "started successfully on port");
        let port = port.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let mut session = Self { driver, port, id: String::new(), _stdout: stdout, home };
        session.id = session.begin(flags, preferences);
        session
    }

    fn begin(&self, flags: &[&str], preferences: &Value) -> String {
        let profile = format!("--user-data-dir={}", self.home.path().join("profile").display());
        let flags: Vec<&str> = FLAGS.iter().chain(flags).copied().chain([profile.as_str()]).collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chromium(), "args": flags, "prefs": preferences},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": 60_000, "pageLoad": 120_000, "script": 120_000},
        }}});
        let begin = || self.request("POST", "/session", Some(&wanted));
        let mut begun = begin();
        // A busy machine may not let it come up in the time that its driver gives it.
        for _ in 0..2 {
            if begun["sessionId"].is_null() {
                begun = begin();
            }
        }
        begun["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {begun}")).to_owned()
    }

    /// Sends a command with its arguments and returns its value.
    pub(crate) fn post(&self, command: &str, arguments: &Value) -> Value {
        let value = self.request("POST", &format!("/session/{}/{command}", self.id), Some(arguments));
        assert!(value["error"].is_null(), "{command} {arguments}: {}: {}", value["error"], value["message"]);
        value
    }

    /// Asks for something.
    pub(crate) fn get(&self, command: &str) -> Value {
        let value = self.request("GET", &format!("/session/{}/{command}", self.id), None);
        assert!(value["error"].is_null(), "{command}: {}: {}", value["error"], value["message"]);
        value
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let answer = exchange(self.port, method, path, &body).unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["value"].take()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Chromedriver ends its browser and itself. Killed at once, it would leave the browser behind.
        drop(exchange(self.port, "DELETE", &format!("/session/{}", self.id), ""));
        drop(exchange(self.port, "GET", "/shutdown", ""));
        drop(self.driver.wait());
    }
}

/// Sends a request and returns the body of its answer, which has a `Content-Length`.
fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok(body)
}

/// Where Chromium is: the first of that name on the path.
fn chromium() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("chromium (Debian: chromium) is not installed")).display().to_string()
}
