//! The addresses of stores: what is taken can be written and read again, and nothing that is shown holds its password.
#![no_main]

use counterfoil_stores::{ServerUrl, SessionsUrl, StoreUrl};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;

fuzz_target!(|text: &str| {
    match text.parse::<StoreUrl>() {
        Ok(url) => {
            let shown = format!("{url} {url:?}");
            match &url {
                StoreUrl::Postgres(server) | StoreUrl::MySql(server) => judge(server, &shown),
                StoreUrl::Memory | StoreUrl::Sqlite(_) => assert_eq!(url.to_string(), text),
            }
            assert_eq!(url.to_string().parse::<StoreUrl>().unwrap().to_string(), url.to_string());
        }
        Err(error) => says_nothing(&error.to_string(), text),
    }
    match text.parse::<SessionsUrl>() {
        Ok(url) => {
            let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = &url;
            judge(server, &format!("{url} {url:?}"));
            assert_eq!(url.to_string().parse::<SessionsUrl>().unwrap().to_string(), url.to_string());
        }
        Err(error) => says_nothing(&error.to_string(), text),
    }
});

fn judge(url: &ServerUrl, shown: &str) {
    assert!(!url.hosts.is_empty() && url.hosts.iter().all(|host| !host.name.is_empty() && host.port != 0));
    for host in &url.hosts {
        assert!(!host.name.contains(|c: char| c.is_control() || c.is_whitespace() || "/@#?".contains(c)), "{host:?}");
    }
    // TLS is off on this machine, or where the address says so in words.
    if url.is_readable_on_the_way() {
        assert!(!url.hosts.iter().all(|host| host.is_this_machine()));
    }
    // A short one may stand there by chance, and one that is the user's name as well, with the slashes before it, stands there as that.
    let user = url.user.as_deref().unwrap_or_default();
    let open = format!("//{user} {:?} {:?} {:?} {}", url.database, url.tls, url.prefix, url.place());
    let password = url.password.as_ref().map(ExposeSecret::expose_secret);
    if let Some(password) = password.filter(|password| password.len() >= 12 && !open.contains(*password)) {
        assert!(!shown.contains(password), "{shown}");
    }
}

/// An error quotes nothing of what may have been meant as a password.
fn says_nothing(error: &str, text: &str) {
    assert!(!error.is_empty());
    let secret =
        text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).and_then(|(user, _)| user.split_once(':'));
    // Our own advice may be what was typed.
    let advice = format!("{} {}", "x".parse::<StoreUrl>().unwrap_err(), "x".parse::<SessionsUrl>().unwrap_err());
    if let Some((_, secret)) = secret.filter(|(_, secret)| secret.len() >= 12 && !advice.contains(secret)) {
        assert!(!error.contains(secret), "{error}");
    }
}
