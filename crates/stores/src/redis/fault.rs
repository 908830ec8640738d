//! What is wrong with a server, read from what the driver says.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::names::Names;
use crate::address::{ServerUrl, Tls};
use crate::server::Fault;

/// The fault behind a failure to connect, or behind a refusal.
pub(super) fn fault_of(error: &RedisError, server: &ServerUrl, names: &Names) -> Fault {
    let said = error.to_string();
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS")) => Fault::Login,
        (_, Some("NOAUTH")) if server.password.is_none() => Fault::NoPassword,
        (_, Some("NOAUTH")) => Fault::Login,
        (ErrorKind::RESP3NotSupported, _) => Fault::TooOld { found: "5 or older".to_owned(), needed: "6.2" },
        (ErrorKind::Server(ServerErrorKind::BusyLoading), _) => Fault::Starting,
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => Fault::ReadOnly,
        (ErrorKind::Server(ServerErrorKind::ClusterDown), _) => {
            Fault::Passing("it is a Redis Cluster that is down: see `redis-cli --cluster check`".to_owned())
        }
        (ErrorKind::Server(ServerErrorKind::NoPerm), _) => privilege(server, names),
        // How Redis 7 says it of a command inside a script.
        _ if said.contains("user executing the script") => privilege(server, names),
        (_, Some("OOM")) => Fault::Unfit("its memory is full: raise its `maxmemory`".to_owned()),
        (_, Some("MISCONF")) => {
            Fault::Unfit("it takes no writes, as it cannot write to its disk: see its log".to_owned())
        }
        _ if said.contains("called without any password") => Fault::Unfit(
            "it has no password, and the address has one: set `requirepass` there, or leave it out".to_owned(),
        ),
        _ if said.contains("max number of clients") => Fault::Full,
        _ if said.contains("switch database") => Fault::Unfit(format!(
            "it has no database of the number {}: raise `databases` there, or tell installations apart by `?prefix=`",
            server.database.as_deref().unwrap_or_default()
        )),
        (ErrorKind::Io | ErrorKind::Parse, _) => fault_of_way(error, server),
        _ => Fault::Other,
    }
}

/// What is wrong with the way to a server.
fn fault_of_way(error: &RedisError, server: &ServerUrl) -> Fault {
    let way = error.source().and_then(|source| {
        // The driver shares its errors.
        let shared = source.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        shared.map_or_else(|| source.downcast_ref::<io::Error>(), |shared| shared.downcast_ref::<io::Error>())
    });
    if let Some(tls) = way.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidCertificate(why) => Fault::distrust(why, "ca"),
            _ => no_tls(server),
        };
    }
    let closed = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    let dropped = way.is_some_and(|way| closed.contains(&way.kind()));
    let unlike = "it does not answer like Redis: name another port or, if it wants TLS, write `rediss` for `redis` in the address";
    match &server.tls {
        Tls::Verified { .. } if dropped || error.kind() == ErrorKind::Parse => no_tls(server),
        // A proxy in front of a server that is down hangs up as well.
        Tls::Off if dropped => Fault::Passing(unlike.to_owned()),
        Tls::Off if error.kind() == ErrorKind::Parse => Fault::Unfit(unlike.to_owned()),
        _ if way.is_some_and(|way| way.kind() == io::ErrorKind::InvalidData) => {
            Fault::Authority("cannot be used".to_owned())
        }
        _ => Fault::Unreachable,
    }
}

pub(super) fn no_tls(server: &ServerUrl) -> Fault {
    Fault::NoTls(if server.scheme.ends_with("+cluster") { "`redis+cluster://`" } else { "`redis://`" })
}

/// The fault of a user who may not do something, with the rule that allows it.
fn privilege(server: &ServerUrl, names: &Names) -> Fault {
    Fault::Privilege {
        what: format!("do all that sessions need with keys that begin with `{}`", names.prefix()),
        grant: format!(
            "allow it by `ACL SETUSER {} ~{}* +@read +@write +@scripting +@connection +info +cluster|slots +config|get`",
            server.user.as_deref().unwrap_or("default"),
            names.prefix()
        ),
    }
}
