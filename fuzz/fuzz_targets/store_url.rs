//! The addresses of stores: what is taken can be written and read again, and nothing that is shown holds its password.
#![no_main]

use counterfoil_stores::{ServerUrl, SessionsUrl, StoreUrl};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;

fuzz_target!(|text: &str| {
    match text.parse::<StoreUrl>() {
        Ok(url) => {
            match &url {
                StoreUrl::Postgres(server) | StoreUrl::MySql(server) => judge(server),
                StoreUrl::Memory | StoreUrl::Sqlite(_) => assert_eq!(url.to_string(), text),
            }
            assert_eq!(url.to_string().parse::<StoreUrl>().unwrap().to_string(), url.to_string());
        }
        Err(error) => says_nothing(&error.to_string(), text),
    }
    match text.parse::<SessionsUrl>() {
        Ok(url) => {
            let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = &url;
            judge(server);
            assert_eq!(url.to_string().parse::<SessionsUrl>().unwrap().to_string(), url.to_string());
        }
        Err(error) => says_nothing(&error.to_string(), text),
    }
});

fn judge(url: &ServerUrl) {
    assert!(!url.hosts.is_empty() && url.hosts.iter().all(|host| !host.name.is_empty() && host.port != 0));
    for host in &url.hosts {
        assert!(!host.name.contains(|c: char| c.is_control() || c.is_whitespace() || "/@#?".contains(c)), "{host:?}");
    }
    // TLS is off on this machine, or where the address says so in words.
    if url.is_readable_on_the_way() {
        assert!(!url.hosts.iter().all(|host| host.is_this_machine()));
    }
    // Whatever the password is, the same is shown.
    let mut other = url.clone();
    other.password = url.password.as_ref().map(|_| SecretString::from("another"));
    assert_eq!(format!("{url} {url:?}"), format!("{other} {other:?}"));
}

/// An error quotes nothing of what may have been meant as a password.
fn says_nothing(error: &str, text: &str) {
    assert!(!error.is_empty());
    let secret =
        text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).and_then(|(user, _)| user.split_once(':'));
    // What we say of any address, or of any that begins like this one, may be what was typed.
    let advice: Vec<_> = ["x", &format!("{}://", text.split("://").next().unwrap_or_default())]
        .into_iter()
        .flat_map(|bare| [bare.parse::<StoreUrl>().err(), bare.parse::<SessionsUrl>().err()])
        .flatten()
        .map(|error| error.to_string())
        .collect();
    if let Some((_, secret)) =
        secret.filter(|(_, secret)| secret.len() >= 12 && !advice.iter().any(|advice| advice.contains(secret)))
    {
        assert!(!error.contains(secret), "{error}");
    }
}
