//! The server as its users run it: a process.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

use super::patience::comes;
use super::{Answer, Place, Request, request};

/// What a server is told when its test says nothing of it. By default a lease lasts two seconds and a store has three, and a machine
/// that leaves a process no time for so long would be seen in the answers. For a server that is killed the next end waits.
const TIMES: [(&str, &str, &str); 2] =
    [("[revocation]", "lease = \"30s\"", "lease = \"2s\""), ("[store]", "timeout = \"30s\"", "timeout = \"30s\"")];
/// Says by how many milliseconds the server's wall clock is ahead, in its folder.
const CLOCK: &str = "clock";

/// How a server is to be started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    config: String,
    is_mortal: bool,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    /// The command that the program's own command follows.
    wrapper: Vec<String>,
    /// It must outlive the server.
    place: Place,
}

impl Setup {
    /// With the text of a configuration file.
    pub(crate) fn config(mut self, text: &str) -> Self {
        text.clone_into(&mut self.config);
        self
    }

    /// To be killed, or to lose its store. Its times are short, as what comes next waits for them; so they may have run out when the
    /// machine was busy. Whoever is put off then asks again.
    pub(crate) fn mortal(mut self) -> Self {
        self.is_mortal = true;
        self
    }

    /// With a wall clock that the test sets. Builds for release know of none.
    pub(crate) fn with_clock(self) -> Self {
        self.variable("TEST_CLOCK_ERROR_FILE", CLOCK)
    }

    /// With a variable in its environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a further argument on its command line.
    pub(crate) fn argument(mut self, text: &str) -> Self {
        self.arguments.push(text.to_owned());
        self
    }

    /// Begun by another command, which becomes the program.
    pub(crate) fn within(mut self, command: &[&str]) -> Self {
        self.wrapper = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// With its records there.
    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.place = place.clone();
        self
    }

    /// One of several nodes that have a place in common, its secret and the name of the whole.
    pub(crate) fn node(place: &Place) -> Self {
        let setup = Self::default().at(place).variable("COUNTERFOIL_SECRET", "Ym4tKe9vWs2gPz7bLr0dHq5xNc8jFa1u");
        setup.variable("COUNTERFOIL_TOKENS_ISSUER", "https://issuer.example")
    }

    #[track_caller]
    pub(crate) fn start(self) -> Server {
        self.start_writing(&Log::default())
    }

    /// With a log that can be read before the server listens.
    #[track_caller]
    pub(crate) fn start_writing(self, log: &Log) -> Server {
        Server::start(self, Arc::new(TempDir::new().unwrap()), log)
    }

    /// On the files of a folder, which goes with the server.
    #[track_caller]
    pub(crate) fn start_in(self, folder: TempDir) -> Server {
        Server::start(self, Arc::new(folder), &Log::default())
    }

    /// A second server on the files of another one.
    #[track_caller]
    pub(crate) fn beside(self, server: &Server) -> Server {
        Server::start(self, Arc::clone(&server.folder), &Log::default())
    }

    /// Its environment.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        let mut variables: Vec<(&str, &str)> = self.place.variables().collect();
        variables.extend(self.environment.iter().map(|(name, value)| (&**name, &**value)));
        variables
    }

    /// The text of its configuration file.
    fn settings(&self) -> String {
        let mut text = format!("{}\n", self.config);
        for (table, unhurried, brief) in TIMES {
            if !text.contains(table) {
                let time = if self.is_mortal { brief } else { unhurried };
                text.extend([table, "\n", time, "\n"]);
            }
        }
        text
    }

    /// The command that starts it in a folder.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let config = folder.join("settings.toml");
        std::fs::write(&config, self.settings()).unwrap();
        let mut words = self.wrapper.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_counterfoil")]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg("serve").arg("--config").arg(config);
        if !self.arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if self.place.is_file() && !self.arguments.iter().any(|argument| argument == "--store") {
            command.arg("--store").arg(format!("sqlite:{}", folder.join("counterfoil.db").display()));
        }
        command.args(&self.arguments).env_clear().current_dir(folder);
        command.envs(self.variables());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    port: u16,
    setup: Setup,
    folder: Arc<TempDir>,
    log: Log,
}

/// Everything that the process has written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, line: &str) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(line);
        text.push('\n');
    }

    /// Whether this is written, sooner or later.
    pub(crate) fn will_contain(&self, words: &str) -> bool {
        comes(|| self.text().contains(words))
    }
}

/// A process, and who listens to it.
#[derive(Debug)]
struct Process {
    child: Child,
    listeners: Vec<JoinHandle<()>>,
}

impl Process {
    /// Its end, when all that it has written is in the log.
    fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        for listener in self.listeners.drain(..) {
            let _ = listener.join();
        }
        status
    }
}

impl Server {
    #[track_caller]
    fn start(setup: Setup, folder: Arc<TempDir>, log: &Log) -> Self {
        let (process, port) = launch(&setup, folder.path(), log);
        Self { process, port, setup, folder, log: log.clone() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("counterfoil.db")
    }

    /// What it has written so far, to standard output and standard error.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Whether it writes this text, sooner or later.
    pub(crate) fn writes(&self, text: &str) -> bool {
        self.log.will_contain(text)
    }

    /// Lets its wall clock be ahead by so many seconds, which it sees in a moment.
    pub(crate) fn set_clock(&self, seconds: i64) {
        std::fs::write(self.folder().join(CLOCK), (seconds * 1000).to_string()).unwrap();
    }

    /// Sends a request and checks what holds for every answer. Where times are short it is sent again when it was put off.
    #[track_caller]
    pub(crate) fn send(&self, request: &Request) -> Answer {
        let mut answer = self.ask(request);
        if self.setup.is_mortal && answer.status == 503 {
            comes(|| {
                answer = self.ask(request);
                answer.status != 503
            });
        }
        answer
    }

    /// The same, once.
    #[track_caller]
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        let answer = match request::exchange(self.port, &request.to_bytes(self.port)) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}: {} {}\n{}", request.method, request.target, self.log()),
        };
        let context = || format!("{} {}: {answer}", request.method, request.target);
        let ids = answer.headers("x-request-id");
        assert!(ids.len() == 1 && !ids[0].is_empty(), "X-Request-Id: {}", context());
        if answer.status >= 400 && !request.is_in_browser() && request.method != "HEAD" {
            answer.problem(answer.status);
        }
        if answer.status == 401 {
            assert!(answer.header("www-authenticate").is_some(), "WWW-Authenticate: {}", context());
        }
        let mut names: Vec<_> = answer.set_cookies().into_iter().map(|cookie| cookie.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a cookie is set twice: {}", context());
        let with_credential = request.headers.iter().any(|(name, _)| matches!(&**name, "Authorization" | "Cookie"));
        if count > 0 || with_credential && answer.status < 400 {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", context());
        }
        answer
    }

    /// Ends the process at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.child.kill();
        self.process.wait();
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// Sends the process a signal, as `kill` takes it.
    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait()
    }

    /// Starts the process again, on the same files.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        self.start_again_as(self.setup.clone());
    }

    /// Starts the process again, on the same files but otherwise set up.
    #[track_caller]
    pub(crate) fn start_again_as(&mut self, setup: Setup) {
        self.kill();
        (self.process, self.port) = launch(&setup, self.folder.path(), &self.log);
        self.setup = setup;
    }

    /// A connection that has said nothing yet.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the process and waits until it says where it listens.
#[track_caller]
fn launch(setup: &Setup, folder: &Path, log: &Log) -> (Process, u16) {
    let mut child = setup.command(folder).spawn().unwrap();
    let (found, ports) = channel();
    let stdout = follow(child.stdout.take().unwrap(), log, found.clone());
    let stderr = follow(child.stderr.take().unwrap(), log, found);
    let mut process = Process { child, listeners: vec![stdout, stderr] };
    match port(&ports) {
        Some(port) => (process, port),
        None => {
            let _ = process.child.kill();
            process.wait();
            panic!("it does not listen:\n{}", log.text());
        }
    }
}

fn port(ports: &Receiver<u16>) -> Option<u16> {
    ports.recv_timeout(Duration::from_secs(120)).ok()
}

/// Keeps what a process writes, and looks in it for the address.
fn follow(stream: impl Read + Send + 'static, log: &Log, found: Sender<u16>) -> JoinHandle<()> {
    let log = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            log.add(&line);
            let said = line.split_once("listening on http");
            if let Some((_, rest)) = said.and_then(|(_, rest)| rest.split_once("://127.0.0.1:")) {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                let _ = digits.parse().map(|port| found.send(port));
            }
        }
    })
}

/// One server for all the tests of a file that run at the same time; whoever is last to let it go ends it.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<Weak<Server>>);

impl Shared {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    pub(crate) fn server(&self) -> Arc<Server> {
        self.set_up(Setup::default)
    }

    pub(crate) fn set_up(&self, setup: impl FnOnce() -> Setup) -> Arc<Server> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.upgrade().unwrap_or_else(|| {
            let server = Arc::new(setup().start());
            *slot = Arc::downgrade(&server);
            server
        })
    }
}
