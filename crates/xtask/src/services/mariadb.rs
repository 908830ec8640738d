//! MariaDB, which stands for MySQL as well.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::address::{ACCOUNT, Address};
use super::daemon::Daemon;
use super::error::ServiceError;
use super::options::Options;
use super::program::{Program, QUESTION, patience};
use super::{port, secret};

const SERVER: &str = "mariadbd";
const SERVER_PACKAGE: &str = "mariadb-server-core";

/// A MariaDB server with one account, which may do everything. Dropped, it ends and its folder is removed.
pub struct MariaDb {
    daemon: Daemon,
    program: Program,
    address: Address,
    tls: bool,
    is_paused: bool,
}

impl MariaDb {
    /// Starts a server, and returns when it answers.
    pub fn start(options: &Options) -> Result<Self, ServiceError> {
        port::with_luck(|| Self::try_start(options))
    }

    fn try_start(options: &Options) -> Result<Self, ServiceError> {
        let address = Address::local("mysql", secret::random(16)?, port::free()?);
        let mut daemon = Daemon::new("mariadb", "KILL")?;
        let data = daemon.folder().join("data");
        let roots = daemon.is_roots()?.then_some("--user=root");
        // Given a user, it would also hand a folder of the system's own MariaDB to that user.
        let install = Program::find("mariadb-install-db", SERVER_PACKAGE)?
            .args(["--no-defaults", "--skip-test-db", "--innodb-flush-method=nosync"])
            .args(["--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M"])
            .arg(format!("--datadir={}", data.display()));
        // Now and then the script ends without having done its work; nothing of it remains for the next attempt.
        if daemon.prepare(&install).is_err() {
            std::fs::remove_dir_all(&data).or_else(ignore_absence).map_err(ServiceError::io("its folder"))?;
            daemon.prepare(&install)?;
        }
        let account = daemon.write("account.sql", account(&address))?;
        let mut program = Program::find(SERVER, SERVER_PACKAGE)?
            // It must be the first of all.
            .arg("--no-defaults")
            .args(settings(options, address.port).map(|(name, value)| format!("--{name}={value}")))
            .arg(format!("--datadir={}", data.display()))
            .args(roots);
        if let Some(tls) = &options.tls {
            let certificate = daemon.copy("certificate.pem", &tls.certificate)?;
            let key = daemon.copy("key.pem", &tls.key)?;
            program = program.arg(format!("--ssl-cert={}", certificate.display()));
            program = program.arg(format!("--ssl-key={}", key.display()));
        }
        program = program.args(options.settings.iter().map(|(name, value)| format!("--{name}={value}")));
        let first = program.clone().arg(format!("--init-file={}", account.display()));
        let mut server = Self { daemon, program, address, tls: options.tls.is_some(), is_paused: false };
        server.begin(&first)?;
        std::fs::remove_file(account).map_err(ServiceError::io("the account's file"))?;
        Ok(server)
    }

    fn begin(&mut self, program: &Program) -> Result<(), ServiceError> {
        self.is_paused = false;
        self.daemon.start(program)?;
        self.daemon.wait_for(|| mariadb(&self.address, self.tls, "select 1", QUESTION).map(|_| ()))
    }

    /// `mysql://counterfoil:PASSWORD@127.0.0.1:PORT/counterfoil`.
    pub fn url(&self) -> String {
        self.address.url()
    }

    /// Its port of 127.0.0.1. It keeps it when it is started again.
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// What `mariadb` prints for a statement, its rows without a head: columns are parted by tabs. It waits for a minute, or for 5 s while the
    /// server is paused.
    pub fn query(&self, sql: &str) -> Result<String, ServiceError> {
        mariadb(&self.address, self.tls, sql, patience(self.is_paused))
    }

    /// Its temporary folder: what it keeps, and its log.
    pub fn folder(&self) -> &Path {
        self.daemon.folder()
    }

    /// Stops its process where it is (SIGSTOP): connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<(), ServiceError> {
        self.is_paused = true;
        self.daemon.signal("STOP")
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) -> Result<(), ServiceError> {
        self.is_paused = false;
        self.daemon.signal("CONT")
    }

    /// Ends its process at once (SIGKILL).
    pub fn kill(&mut self) -> Result<(), ServiceError> {
        self.daemon.kill()
    }

    /// Ends it in good order: it closes its connections and writes what it knows.
    pub fn stop(&mut self) -> Result<(), ServiceError> {
        self.daemon.stop("TERM")
    }

    /// Starts it again, after a [`kill`](Self::kill) or [`stop`](Self::stop), with its folder and port.
    pub fn start_again(&mut self) -> Result<(), ServiceError> {
        let program = self.program.clone();
        port::with_luck(|| self.begin(&program))
    }
}

impl fmt::Debug for MariaDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MariaDb({:?})", self.address)
    }
}

fn ignore_absence(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// One statement on each line, which the server runs before it listens.
fn account(address: &Address) -> String {
    let password = &address.password;
    format!(
        "CREATE DATABASE {ACCOUNT};\n\
         CREATE USER {ACCOUNT}@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO {ACCOUNT}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
}

fn settings(options: &Options, port: u16) -> impl Iterator<Item = (&'static str, String)> {
    let usual = [
        ("port", port.to_string()),
        ("skip-networking", "0".into()),
        ("bind-address", "127.0.0.1".into()),
        // Below its data, from where it runs: a path could be too long for a socket.
        ("socket", "socket".into()),
        ("skip-name-resolve", "1".into()),
        ("character-set-server", "utf8mb4".into()),
        ("collation-server", "utf8mb4_general_ci".into()),
        ("max-connections", "500".into()),
        ("innodb-buffer-pool-size", "64M".into()),
    ];
    let careless = [("innodb-flush-log-at-trx-commit", "0".into()), ("innodb-flush-method", "nosync".into())];
    usual.into_iter().chain(careless.into_iter().filter(|_| !options.durable))
}

/// What `mariadb` prints for a statement.
pub(super) fn mariadb(address: &Address, tls: bool, sql: &str, limit: Duration) -> Result<String, ServiceError> {
    let Address { user, host, port, database, .. } = address;
    Program::find("mariadb", "mariadb-client-core")?
        .args(["--no-defaults", "--protocol=TCP", "--batch", "--skip-column-names", "--connect-timeout=2"])
        .args(tls.then_some("--ssl"))
        .arg(format!("--host={host}"))
        .arg(format!("--port={port}"))
        .arg(format!("--user={user}"))
        .arg(format!("--database={database}"))
        .arg(format!("--execute={sql}"))
        .ask("MYSQL_PWD", &address.password, limit)
}
