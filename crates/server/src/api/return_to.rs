//! Where a browser goes after a login: within this site, always.

use axum::response::Redirect;

/// Where a login leads when nothing else is said.
pub(super) const HOME: &str = "/dashboard";

/// The path to go to, if it is one of this site: anything that a browser could take for another host is not (CWE-601).
pub(super) fn within_site(return_to: Option<&str>) -> &str {
    return_to.filter(|path| is_local(path)).unwrap_or(HOME)
}

/// Sends a browser to `path`, which is to send it on to `return_to`.
pub(super) fn by_way_of(path: &str, return_to: &str) -> Redirect {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    Redirect::to(&format!("{path}?{query}"))
}

/// A path of this origin: one slash and then anything but a slash or what browsers turn into one, and no character that a
/// URL's parser drops (WHATWG URL §4.4).
fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.len() <= 2048
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lg_10_a_login_leads_nowhere_else() {
        for local in ["/", "/a", "/a/b?c=d#e", "/a//b", "/%2f%2fevil.example", "/a?to=https://evil.example"] {
            assert_eq!(within_site(Some(local)), local);
        }
        for other in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "///evil.example",
            "/a\\b",
            "/\u{2f}/evil.example",
            "/é",
            "data:text/html,x",
            "?a",
            "#a",
            "@evil.example",
        ] {
            assert_eq!(within_site(Some(other)), HOME, "{other:?}");
        }
    }
}
