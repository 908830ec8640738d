//! Runs the example as its users would, and talks to it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct App {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn start() -> App {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_embedded"))
        .arg(folder.path().join("accounts.db"))
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    App { process, address, _folder: folder }
}

impl App {
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer[9..12].parse().unwrap(), answer)
    }
}

#[test]
fn the_app_recognises_its_users() {
    let app = start();
    let registration = r#"{"username":"alice","password":"fifteen letters at least"}"#;
    let (status, answer) = app.ask("GET", "/", "", "");
    assert!(status == 303 && answer.contains("location: /dashboard\r\n"), "{answer}");
    assert_eq!(app.ask("GET", "/hello", "", "").0, 401);
    assert_eq!(app.ask("POST", "/register", "", registration).0, 201);

    let login = r#"{"username":"alice","password":"fifteen letters at least","client":"device"}"#;
    let (status, answer) = app.ask("POST", "/login", "", login);
    assert_eq!(status, 200, "{answer}");
    let token = answer.split(r#""token":""#).nth(1).unwrap().split('"').next().unwrap();
    let bearer = format!("Authorization: Bearer {token}\r\n");

    let (status, answer) = app.ask("GET", "/hello", &bearer, "");
    assert!(status == 200 && answer.ends_with("Hello, alice!"), "{answer}");
    assert_eq!(app.ask("GET", "/admin", &bearer, "").0, 403, "not an administrator");
    assert_eq!(app.ask("PUT", "/note", &bearer, r#"{"theme":"dark"}"#).0, 200);
    assert!(app.ask("GET", "/note", &bearer, "").1.ends_with(r#"{"theme":"dark"}"#));

    assert_eq!(app.ask("POST", "/logout", &bearer, "").0, 204);
    assert_eq!(app.ask("GET", "/hello", &bearer, "").0, 401, "logged out is logged out");
}
