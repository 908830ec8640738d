//! PostgreSQL.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::address::{ACCOUNT, Address};
use super::daemon::Daemon;
use super::error::ServiceError;
use super::options::{Options, Tls};
use super::program::{CHANGE, Program, QUESTION, User, patience};
use super::{port, secret};

const SERVER: &str = "postgres";

/// A PostgreSQL server with one account, a superuser. Dropped, it ends and its folder is removed.
pub struct Postgres {
    daemon: Daemon,
    program: Program,
    address: Address,
    is_paused: bool,
}

impl Postgres {
    /// Starts a server, and returns when it answers.
    pub fn start(options: &Options) -> Result<Self, ServiceError> {
        port::with_luck(|| Self::try_start(options))
    }

    fn try_start(options: &Options) -> Result<Self, ServiceError> {
        let address = Address::local("postgres", secret::random(16)?, port::free()?);
        let mut daemon = Daemon::new(SERVER, "QUIT")?;
        let password = daemon.write("password", &address.password)?;
        let tls = tls_settings(&daemon, options.tls.as_ref())?;
        let user = server_user(&daemon)?;
        if let Some(user) = user {
            daemon.give_to(user)?;
        }
        let data = daemon.folder().join("data");
        let initdb = Program::find("initdb", "postgresql")?
            .args(["--no-sync", "--no-instructions", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--username", ACCOUNT, "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(&data)
            .run_by(user);
        daemon.prepare(&initdb)?;
        std::fs::remove_file(password).map_err(ServiceError::io("the password's file"))?;
        let mut program = Program::find(SERVER, "postgresql")?.arg("-D").arg(data).run_by(user);
        for (name, value) in settings(options, address.port).into_iter().chain(tls).chain(options.settings.clone()) {
            program = program.arg("-c").arg(format!("{name}={value}"));
        }
        let mut server = Self { daemon, program, address, is_paused: false };
        server.begin("postgres")?;
        psql(&server.address.with_database("postgres"), &format!("create database {ACCOUNT}"), CHANGE)?;
        Ok(server)
    }

    /// Starts the process, and waits until it answers in this database.
    fn begin(&mut self, database: &str) -> Result<(), ServiceError> {
        let address = self.address.with_database(database);
        self.is_paused = false;
        self.daemon.start(&self.program)?;
        self.daemon.wait_for(|| psql(&address, "select 1", QUESTION).map(|_| ()))
    }

    /// `postgres://counterfoil:PASSWORD@127.0.0.1:PORT/counterfoil`.
    pub fn url(&self) -> String {
        self.address.url()
    }

    /// Its port of 127.0.0.1. It keeps it when it is started again.
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// What `psql` prints for a statement, its rows without a head: columns are parted by `|`. It waits for a minute, or for 5 s while the
    /// server is paused.
    pub fn query(&self, sql: &str) -> Result<String, ServiceError> {
        psql(&self.address, sql, patience(self.is_paused))
    }

    /// Its temporary folder: what it keeps, and its log.
    pub fn folder(&self) -> &Path {
        self.daemon.folder()
    }

    /// Stops all its processes where they are (SIGSTOP): connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<(), ServiceError> {
        self.is_paused = true;
        self.daemon.signal("STOP")
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) -> Result<(), ServiceError> {
        self.is_paused = false;
        self.daemon.signal("CONT")
    }

    /// Ends all its processes at once (SIGKILL).
    pub fn kill(&mut self) -> Result<(), ServiceError> {
        self.daemon.kill()
    }

    /// Ends it in good order: it closes its connections and writes what it knows.
    pub fn stop(&mut self) -> Result<(), ServiceError> {
        self.daemon.stop("INT")
    }

    /// Starts it again, after a [`kill`](Self::kill) or [`stop`](Self::stop), with its folder and port.
    pub fn start_again(&mut self) -> Result<(), ServiceError> {
        port::with_luck(|| self.begin(ACCOUNT))
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postgres({:?})", self.address)
    }
}

fn settings(options: &Options, port: u16) -> Vec<(String, String)> {
    let mut settings = vec![
        ("port", port.to_string()),
        ("listen_addresses", "127.0.0.1".into()),
        ("unix_socket_directories", String::new()),
        // Else a segment in /dev/shm would outlive a killed server.
        ("dynamic_shared_memory_type", "mmap".into()),
        ("max_connections", "300".into()),
        ("shared_buffers", "64MB".into()),
    ];
    if !options.durable {
        settings.extend(["fsync", "synchronous_commit", "full_page_writes"].map(|name| (name, "off".into())));
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Copies the files, as the server refuses a key that others than its own user may read.
fn tls_settings(daemon: &Daemon, tls: Option<&Tls>) -> Result<Vec<(String, String)>, ServiceError> {
    let Some(tls) = tls else { return Ok(Vec::new()) };
    let certificate = daemon.copy("certificate.pem", &tls.certificate)?.display().to_string();
    let key = daemon.copy("key.pem", &tls.key)?.display().to_string();
    let settings = [("ssl", "on".into()), ("ssl_cert_file", certificate), ("ssl_key_file", key)];
    Ok(settings.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// PostgreSQL refuses to run as root.
fn server_user(daemon: &Daemon) -> Result<Option<User>, ServiceError> {
    if !daemon.is_roots()? {
        return Ok(None);
    }
    let user = User::named("postgres").or_else(|| User::named("nobody"));
    user.map(Some).ok_or(ServiceError::NoUser(SERVER))
}

/// What `psql` prints for a statement.
pub(super) fn psql(address: &Address, sql: &str, limit: Duration) -> Result<String, ServiceError> {
    let Address { user, host, port, database, .. } = address;
    Program::find("psql", "postgresql-client")?
        .args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .arg(format!("--host={host}"))
        .arg(format!("--port={port}"))
        .arg(format!("--username={user}"))
        .arg(format!("--dbname={database}"))
        .arg(format!("--command={sql}"))
        .ask("PGPASSWORD", &address.password, limit)
}
