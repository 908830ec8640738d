//! What `[server]` may not be together: who can reach it, and over what.

use super::mistakes::{check, wrong};

#[test]
fn cr_08_plain_http_beyond_this_machine() {
    let refused = "server.listen: beyond this machine, plain HTTP would show every password on the way: name \
                   `tls_certificate` and `tls_key`; or, behind a proxy that speaks HTTPS, its address in `trusted_proxies`; \
                   or listen on 127.0.0.1";
    for address in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[2001:db8::1]:80"] {
        assert_eq!(wrong(&format!("server.listen = '{address}'")), format!("1:17: {refused}"));
        let text = format!("server.listen = '{address}'\nserver.tls = 'self-signed'");
        assert_eq!(wrong(&text), "");
        let text = format!("server.listen = '{address}'\nserver.trusted_proxies = ['10.0.0.0/8', '::1']");
        assert_eq!(wrong(&text), "");
    }
    for address in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
        assert_eq!(wrong(&format!("server.listen = '{address}'")), "");
    }
}

#[test]
fn tls_that_does_not_fit() {
    check(&[
        ("server.tls = 'on'", "1:14: server.tls: expected \"off\", \"files\" or \"self-signed\", found \"on\""),
        ("server.tls_key = 'k'", "1:1: server.tls_certificate: must name a file in PEM, as `tls` is \"files\""),
        ("server.tls_certificate = 'c'", "1:1: server.tls_key: must name a file in PEM, as `tls` is \"files\""),
        (
            "server.tls = 'self-signed'\nserver.public_url = 'http://a.example'",
            "2:21: server.public_url: must begin with https://, as the server speaks HTTPS itself",
        ),
        (
            "server.trusted_proxies = ['10.0.0.1/8']",
            "1:26: server.trusted_proxies: expected a list, each item an address such as \"10.0.0.1\" or a network such as \
            \"10.0.0.0/8\", without bits behind its prefix, found a list",
        ),
    ]);
}
