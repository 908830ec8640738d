//! Writing cookies.

use std::time::Duration;

use axum::http::HeaderMap;
use counterfoil_core::client::{COOKIE_NAMES, Client, Clients, SameSite};
use counterfoil_core::credential::Transport;
use http::HeaderValue;
use http::header::SET_COOKIE;

/// Where a cookie is sent, and what keeps it from elsewhere.
struct Attributes<'a> {
    path: &'a str,
    domain: Option<&'a str>,
    same_site: SameSite,
    https: bool,
    lasting: Duration,
}

/// The path of the routes that take a refresh token.
const REFRESH_PATH: &str = "/refresh";

/// The most that browsers keep of a cookie, its name and its value together.
const MOST_BYTES: usize = 4096;

/// The name of the cookie with the refresh token. It has a path, so it cannot have the `__Host-` prefix.
pub const fn refresh_name(https: bool) -> &'static str {
    if https { "__Secure-refresh_token" } else { "refresh_token" }
}

/// Sets the cookie of a client's credential. A browser keeps it for `lasting`, whenever the credential itself expires.
pub fn set_credential(headers: &mut HeaderMap, client: &Client, secret: &str, lasting: Duration, https: bool) {
    append(headers, &client.cookie_name_with_prefix(https), secret, &Attributes::of(client, "/", https, lasting));
}

/// Sets the cookie of a client's refresh token. It is for this host alone, whatever the client's `domain`: nobody else reads it.
pub fn set_refresh(headers: &mut HeaderMap, client: &Client, secret: &str, lasting: Duration, https: bool) {
    append(
        headers,
        refresh_name(https),
        secret,
        &Attributes { domain: None, path: REFRESH_PATH, ..Attributes::of(client, "/", https, lasting) },
    );
}

/// Whether a browser takes the cookie of a credential that is so long (RFC 6265bis §5.6: name and value are 4,096 bytes at most).
pub fn takes(client: &Client, secret: &str, https: bool) -> bool {
    client.cookie_name_with_prefix(https).len() + secret.len() <= MOST_BYTES
}

/// Takes all of our cookies back, but those that were just set. No name is set twice: the configuration sees to it that clients
/// whose cookies have one name have one domain too.
pub fn clear_others(headers: &mut HeaderMap, clients: &Clients, https: bool, kept: Option<&Client>) {
    let kept_name = kept.map(|client| client.cookie_name_with_prefix(https));
    let mut cleared = Vec::new();
    for client in clients.iter().filter(|client| client.transport == Transport::Cookie) {
        let name = client.cookie_name_with_prefix(https);
        if kept_name.as_ref() != Some(&name) && !cleared.contains(&name) {
            append(headers, &name, "", &Attributes::of(client, "/", https, Duration::ZERO));
            cleared.push(name);
        }
    }
    // And those that a client had while it was of another kind.
    for name in COOKIE_NAMES.map(|name| format!("{}{name}", if https { "__Host-" } else { "" })) {
        if kept_name.as_ref() != Some(&name) && !cleared.contains(&name) {
            append(headers, &name, "", &Attributes::usual("/", https));
        }
    }
    if kept.is_none_or(|client| client.lifetimes.refresh.is_none()) {
        append(headers, refresh_name(https), "", &Attributes::usual(REFRESH_PATH, https));
    }
}

impl<'a> Attributes<'a> {
    fn of(client: &'a Client, path: &'a str, https: bool, lasting: Duration) -> Self {
        let (domain, same_site) = (client.cookie.domain.as_deref(), client.cookie.same_site);
        Self { path, domain, same_site, https, lasting }
    }

    /// Of a cookie that is to be forgotten and whose client says nothing about it.
    const fn usual(path: &'a str, https: bool) -> Self {
        Self { path, domain: None, same_site: SameSite::Lax, https, lasting: Duration::ZERO }
    }
}

/// Adds a `Set-Cookie` (RFC 6265 §4.1). Every value of ours is of characters that a cookie may hold.
fn append(headers: &mut HeaderMap, name: &str, value: &str, attributes: &Attributes<'_>) {
    let Attributes { path, domain, same_site, https, lasting } = attributes;
    let mut cookie = format!("{name}={value}; Path={path}; HttpOnly; Max-Age={}", lasting.as_secs());
    cookie.push_str(match same_site {
        SameSite::Lax => "; SameSite=Lax",
        SameSite::Strict => "; SameSite=Strict",
        SameSite::None => "; SameSite=None",
    });
    if *https {
        cookie.push_str("; Secure");
    }
    if let Some(domain) = domain {
        cookie.push_str("; Domain=");
        cookie.push_str(domain);
    }
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_core::client::builtin_clients;

    fn set(https: bool, domain: Option<&str>) -> String {
        let mut client = builtin_clients().unwrap().remove(0);
        client.cookie.domain = domain.map(str::to_owned);
        let mut headers = HeaderMap::new();
        set_credential(&mut headers, &client, "x", Duration::from_secs(60), https);
        headers[SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn ss_04_cookies_keep_to_this_host() {
        assert_eq!(set(false, None), "session_id=x; Path=/; HttpOnly; Max-Age=60; SameSite=Lax");
        assert_eq!(set(true, None), "__Host-session_id=x; Path=/; HttpOnly; Max-Age=60; SameSite=Lax; Secure");
        assert!(set(true, Some("example.com")).starts_with("__Secure-session_id=x; "));
    }

    #[test]
    fn ss_05_a_cookie_is_no_longer_than_browsers_keep() {
        let client = builtin_clients().unwrap().remove(0);
        for (https, name) in [(false, "session_id"), (true, "__Host-session_id")] {
            assert!(takes(&client, &"x".repeat(4096 - name.len()), https));
            assert!(!takes(&client, &"x".repeat(4097 - name.len()), https));
        }
    }

    #[test]
    fn ss_04_a_refresh_token_goes_to_this_host_alone_and_is_cleared_where_it_was_set() {
        let mut clients = builtin_clients().unwrap();
        for (client, domain) in clients.iter_mut().zip([None, Some("a.example.com"), Some("example.com")]) {
            client.transport = Transport::Cookie;
            client.cookie.domain = domain.map(str::to_owned);
        }
        let reach = |headers: &HeaderMap| {
            let cookies = headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
            let refresh: Vec<_> = cookies.filter(|cookie| cookie.starts_with("__Secure-refresh_token=")).collect();
            assert_eq!(refresh.len(), 1, "{refresh:?}");
            refresh[0].contains("; Path=/refresh; HttpOnly; ") && !refresh[0].contains("Domain")
        };
        for client in &clients[1..3] {
            let mut headers = HeaderMap::new();
            set_refresh(&mut headers, client, "x", Duration::from_secs(60), true);
            assert!(reach(&headers));
        }
        let clients = Clients::new(clients, &"web".to_owned().try_into().unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        clear_others(&mut headers, &clients, true, None);
        assert!(reach(&headers));
    }

    #[test]
    fn ss_05_no_name_is_set_twice() {
        let clients = builtin_clients().unwrap();
        let spa = clients[1].clone();
        let clients = Clients::new(clients, &"web".to_owned().try_into().unwrap()).unwrap();
        for kept in [None, Some(&spa)] {
            let mut headers = HeaderMap::new();
            if let Some(client) = kept {
                set_credential(&mut headers, client, "x", Duration::from_secs(60), false);
                set_refresh(&mut headers, client, "y", Duration::from_secs(60), false);
            }
            clear_others(&mut headers, &clients, false, kept);
            let mut names: Vec<_> =
                headers.get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap().split('=').next().unwrap()).collect();
            names.sort_unstable();
            assert_eq!(names, ["refresh_token", "session_id", "token"]);
        }
    }
}
