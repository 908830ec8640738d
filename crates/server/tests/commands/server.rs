//! A server that runs beside the commands, and the smallest client that can talk to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Folder, PASSWORD, text};

/// The clients of the five modes.
pub(crate) const MODES: [&str; 5] = ["web", "spa", "api", "stateless", "device"];

/// A server on a port of its own. It ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) origin: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: String,
}

/// The header that carries a credential.
pub(crate) type Credential = (&'static str, String);

impl Server {
    pub(crate) fn start(folder: &Folder) -> Self {
        let mut command = folder.program(&["serve", "--listen", "127.0.0.1:0"]);
        // The machine may leave it no time for longer than a lease usually lasts.
        command.env("COUNTERFOIL_REVOCATION_LEASE", "30s");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let origin = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, origin }
    }

    pub(crate) fn request(&self, method: &str, path: &str, headers: &[Credential], body: &str) -> Answer {
        let host = self.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn login(&self, user: &str, password: &str, client: &str) -> Answer {
        let body = json!({ "username": user, "password": password, "client": client });
        self.request("POST", "/login", &[], &body.to_string())
    }

    /// A credential of `user` for `client`, as it is sent.
    pub(crate) fn credential(&self, user: &str, client: &str) -> Credential {
        let answer = self.login(user, PASSWORD, client);
        assert_eq!(answer.status, 200, "{}", answer.body);
        match answer.json().get("token").and_then(Value::as_str) {
            Some(token) => ("Authorization", format!("Bearer {token}")),
            None => ("Cookie", answer.cookie()),
        }
    }

    /// The status that whoever presents the credential gets.
    pub(crate) fn status(&self, credential: &Credential) -> u16 {
        self.request("GET", "/profile", std::slice::from_ref(credential), "").status
    }

    /// The ids of the published keys.
    pub(crate) fn published(&self) -> Vec<String> {
        let set = self.request("GET", "/.well-known/jwks.json", &[], "").json();
        set["keys"].as_array().unwrap().iter().map(|key| text(key, "/kid").to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The cookie that a browser would send to every path.
    fn cookie(&self) -> String {
        let cookies = self.head.lines().filter(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
        let mut pairs = cookies.map(|line| line.split_once(": ").unwrap().1.split(';').next().unwrap());
        pairs.find(|pair| !pair.starts_with("refresh_token")).unwrap().to_owned()
    }
}

/// Waits until it is so, on a machine that may be busy.
pub(crate) fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("not so after a minute: {what}");
}
