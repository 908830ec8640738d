//! The address of a server: `scheme://user:password@host:port/database?option=value`.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

use super::AddressError;

/// Where a server listens, who asks, and how the way to it is protected.
#[derive(Debug, Clone)]
pub struct ServerUrl {
    /// What stands before `://`.
    pub scheme: &'static str,
    /// The user's name; none where the server asks for no name.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// One host; a cluster may name several of its nodes. Never empty.
    pub hosts: Vec<Host>,
    /// The database, or the number of it.
    pub database: Option<String>,
    /// The protection of the way there.
    pub tls: Tls,
    /// What the names of all keys begin with, where there are no databases to tell installations apart.
    pub prefix: Option<String>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// A name or an address, an IPv6 address without its brackets.
    pub name: String,
    /// The port.
    pub port: u16,
}

/// The protection of the way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// None: what is sent can be read on the way. The default for this machine itself, and only for it.
    Off,
    /// TLS 1.2 or later, the server's certificate and name verified.
    Verified {
        /// A file with the certificates that are trusted, in PEM; the system's if none is named.
        ca: Option<PathBuf>,
    },
}

/// What a kind of server is like.
struct Kind {
    example: &'static str,
    port: u16,
    /// Whether a user and a database must be named.
    accounts: bool,
    /// Whether more than one host may be named.
    many: bool,
    /// Whether the scheme itself asks for TLS or against it.
    tls: Option<bool>,
}

fn kind(scheme: &str) -> Kind {
    let (example, port) = match scheme {
        "postgres" => ("postgres://user:password@host:5432/database", 5432),
        "mysql" => ("mysql://user:password@host:3306/database", 3306),
        "redis" => ("redis://:password@host:6379", 6379),
        "rediss" => ("rediss://:password@host:6379", 6379),
        "redis+cluster" => ("redis+cluster://:password@host:6379,host:6379", 6379),
        _ => ("rediss+cluster://:password@host:6379,host:6379", 6379),
    };
    let accounts = matches!(scheme, "postgres" | "mysql");
    let tls = (!accounts).then(|| scheme.starts_with("rediss"));
    Kind { example, port, accounts, many: scheme.ends_with("+cluster"), tls }
}

/// What stands in a URL as it is, outside of letters and digits (RFC 3986 §2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl ServerUrl {
    /// Reads what follows `scheme:`.
    pub(super) fn parse(scheme: &'static str, rest: &str) -> Result<Self, AddressError> {
        let kind = kind(scheme);
        let form = |why: &str| AddressError::Form { scheme, why: why.to_owned(), example: kind.example };
        let rest = rest.strip_prefix("//").ok_or_else(|| form("`//` and a host are missing"))?;
        if rest.contains('#') {
            return Err(form("a `#` has no meaning here: in a name or password, write it as %23"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may hold an `@` that was not escaped; a host never does.
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        let (user, password) = login.map_or((None, None), |login| {
            let (user, password) = login.split_once(':').map_or((login, None), |(user, secret)| (user, Some(secret)));
            (Some(user).filter(|user| !user.is_empty()), password)
        });
        let text = |part: &str, what: &str| {
            decoded(part).ok_or_else(|| form(&format!("{what} is not text, once its %-escapes are read")))
        };
        let hosts: Vec<Host> =
            hosts.split(',').map(|host| Host::parse(host, kind.port).map_err(form)).collect::<Result<_, _>>()?;
        if hosts.len() > 1 && !kind.many {
            return Err(form("only one host can be named"));
        }
        let mut url = Self {
            scheme,
            user: user.map(|user| text(user, "the user's name")).transpose()?,
            password: password.map(|secret| text(secret, "the password")).transpose()?.map(SecretString::from),
            tls: Tls::Off,
            hosts,
            database: Some(text(database, "the database")?).filter(|name| !name.is_empty()),
            prefix: None,
        };
        if kind.accounts && url.user.is_none() {
            return Err(form("the user is missing"));
        }
        if kind.accounts && url.database.is_none() {
            return Err(form("the database is missing"));
        }
        if !kind.accounts && url.database.as_ref().is_some_and(|number| kind.many || number.parse::<u16>().is_err()) {
            return Err(form(if kind.many { "a cluster has no databases" } else { "a database is a number" }));
        }
        url.read_options(query, &kind, &form)?;
        Ok(url)
    }

    fn read_options(
        &mut self,
        query: &str,
        kind: &Kind,
        form: &dyn Fn(&str) -> AddressError,
    ) -> Result<(), AddressError> {
        let (mut wanted, mut ca) = (kind.tls, None);
        for (name, value) in
            query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            let value =
                decoded(value).ok_or_else(|| form(&format!("{} has a value that is no text", named(name, query))))?;
            match name {
                "sslmode" | "ssl-mode" if kind.accounts => {
                    wanted = Some(match value.to_ascii_lowercase().replace('_', "-").as_str() {
                        "disable" | "disabled" => false,
                        // Stricter than some clients: encryption to nobody in particular protects from nobody in particular.
                        "require" | "required" | "verify-full" | "verify-identity" => true,
                        _ => return Err(form("`sslmode` is `disable` or `verify-full`")),
                    });
                }
                "sslrootcert" | "ssl-ca" | "ca" if !value.is_empty() => ca = Some(PathBuf::from(value)),
                "prefix" if !kind.accounts && !value.is_empty() && !value.contains(['{', '}']) => {
                    self.prefix = Some(value);
                }
                _ => {
                    let known = if kind.accounts { "`sslmode` and `sslrootcert`" } else { "`ca` and `prefix`" };
                    return Err(form(&format!(
                        "{} is no option with a value that is understood: there are {known}; a `?` in a password is written as %3F",
                        named(name, query)
                    )));
                }
            }
        }
        if wanted == Some(false) && ca.is_some() {
            return Err(form("trusted certificates are named, but TLS is off"));
        }
        self.tls = match wanted {
            Some(false) => Tls::Off,
            None if ca.is_none() && self.hosts.iter().all(Host::is_this_machine) => Tls::Off,
            _ => Tls::Verified { ca },
        };
        Ok(())
    }

    /// Whether what is sent, a password included, can be read on the way: no TLS, and a host that is not this machine.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.tls == Tls::Off && !self.hosts.iter().all(Host::is_this_machine)
    }

    /// What to write in the address to have TLS.
    pub fn with_tls(&self) -> &'static str {
        match self.scheme {
            "redis" => "`rediss://`",
            "redis+cluster" => "`rediss+cluster://`",
            _ => "`sslmode=verify-full`",
        }
    }

    /// The first host.
    pub fn host(&self) -> &Host {
        const NOWHERE: &Host = &Host { name: String::new(), port: 0 };
        self.hosts.first().unwrap_or(NOWHERE)
    }

    /// The hosts as they are named to people: no user, no password.
    pub fn place(&self) -> String {
        self.hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Host {
    fn parse(text: &str, port: u16) -> Result<Self, &'static str> {
        let (name, rest) = match text.strip_prefix('[') {
            Some(inner) => inner.split_once(']').ok_or("an IPv6 address stands in brackets, `[` and `]`")?,
            None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
        };
        let port = match rest.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(
                "a port is a number from 1 to 65535; in a name or password, `?` is written as %3F and `/` as %2F",
            )?,
            None if rest.is_empty() => port,
            None => return Err("after an IPv6 address in brackets, only `:` and a port may follow"),
        };
        let name = decoded(name).ok_or("the host is not text")?;
        // Where the address is shown, a percent sign that was escaped would begin an escape, and a comma another host.
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || "/\\?#@[]<>\"'%,".contains(c);
        if name.is_empty() || name.contains(forbidden) {
            return Err("the host is missing or is no name of a host");
        }
        Ok(Self { name, port })
    }

    /// Whether it is certainly this machine, so that nothing goes over a network.
    pub fn is_this_machine(&self) -> bool {
        self.name == "localhost" || self.name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl PartialEq for ServerUrl {
    fn eq(&self, other: &Self) -> bool {
        let secret = |url: &Self| url.password.as_ref().map(|secret| secret.expose_secret().to_owned());
        self.to_string() == other.to_string() && self.tls == other.tls && secret(self) == secret(other)
    }
}

impl Eq for ServerUrl {}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// Written as it could be given again, but for the password, for which `***` stands.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.user.as_deref().map(escaped).unwrap_or_default())?;
        if self.password.is_some() {
            f.write_str(":***")?;
        }
        if self.user.is_some() || self.password.is_some() {
            f.write_str("@")?;
        }
        f.write_str(&self.place())?;
        if let Some(database) = &self.database {
            write!(f, "/{}", escaped(database))?;
        }
        let kind = kind(self.scheme);
        let default = kind.accounts && self.hosts.iter().all(Host::is_this_machine);
        let mode = match (&self.tls, kind.accounts) {
            (Tls::Off, true) if !default => Some("sslmode=disable".to_owned()),
            (Tls::Verified { ca: None }, true) if default => Some("sslmode=verify-full".to_owned()),
            (Tls::Verified { ca: Some(file) }, accounts) => {
                let name = if accounts { "sslrootcert" } else { "ca" };
                Some(format!("{name}={}", escaped(&file.to_string_lossy())))
            }
            _ => None,
        };
        let prefix = self.prefix.as_ref().map(|prefix| format!("prefix={}", escaped(prefix)));
        for (option, mark) in mode.into_iter().chain(prefix).zip(std::iter::once('?').chain(std::iter::repeat('&'))) {
            write!(f, "{mark}{option}")?;
        }
        Ok(())
    }
}

/// How an option is called to people. Only a name that looks like one is repeated: what was meant as a password may stand here.
fn named(name: &str, query: &str) -> String {
    let plain = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_option = plain && query.contains('=') && !query.contains('@');
    if is_option { format!("`{name}`") } else { "what follows `?`".to_owned() }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}
