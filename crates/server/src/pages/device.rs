//! What a `User-Agent` says of the device. It is the client's own claim, good enough for a person to
//! recognise a login by, and for nothing else.

/// The program and system that `user_agent` claims: "Firefox on Linux", "curl"; else "Unknown device".
pub fn device(user_agent: Option<&str>) -> String {
    let agent = user_agent.unwrap_or_default();
    let Some(program) = first_match(agent, PROGRAMS) else {
        return "Unknown device".to_owned();
    };
    match first_match(agent, SYSTEMS) {
        Some(system) => format!("{program} on {system}"),
        None => program.to_owned(),
    }
}

/// A mark in the text, and the name it stands for. The order matters: a browser also claims to be those
/// that came before it, so that the most particular mark stands first.
type Marks = &'static [(&'static str, &'static str)];

const PROGRAMS: Marks = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("HTTPie/", "HTTPie"),
    ("PostmanRuntime/", "Postman"),
    ("insomnia/", "Insomnia"),
    ("python-requests/", "Python Requests"),
    ("python-httpx/", "HTTPX"),
    ("Go-http-client/", "Go program"),
    ("okhttp/", "OkHttp"),
];

const SYSTEMS: Marks = &[
    ("Windows NT", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
];

/// The name of the first mark that begins a word of `agent`.
fn first_match(agent: &str, marks: Marks) -> Option<&'static str> {
    marks.iter().find(|(mark, _)| begins_word(agent, mark)).map(|(_, name)| *name)
}

fn begins_word(text: &str, mark: &str) -> bool {
    text.match_indices(mark).any(|(at, _)| !text[..at].ends_with(|before: char| before.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn the_common_ones_are_told_apart() {
        const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox on Linux"),
            (format!("{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"), "Safari on macOS"),
            (format!("{MAC} {WEBKIT} Chrome/138.0.0.0 Safari/537.36"), "Chrome on macOS"),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
                ),
                "Edge on Windows",
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/137.0.0.0 Safari/537.36 OPR/122.0.0.0"
                ),
                "Opera on Windows",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 14; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
                ),
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/138.0.0.0 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 \
                 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Safari on iPad",
            ),
            (
                format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/138.0.0.0 Safari/537.36"),
                "Chrome on ChromeOS",
            ),
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/138.0.0.0 Safari/537.36"),
                "Chrome on Linux",
            ),
            ("curl/8.5.0".to_owned(), "curl"),
            ("python-requests/2.32.0".to_owned(), "Python Requests"),
            ("Wget/1.21.3 (Linux x86_64)".to_owned(), "Wget on Linux"),
        ] {
            assert_eq!(device(Some(&agent)), expected, "{agent}");
        }
    }

    #[test]
    fn whatever_else_is_unknown() {
        for agent in [None, Some(""), Some("acme-agent/1.0"), Some("libcurl/8.5.0"), Some("<script>alert(1)</script>")]
        {
            assert_eq!(device(agent), "Unknown device", "{agent:?}");
        }
        assert_eq!(device(Some("日本Firefox/1")), "Unknown device", "no panic between characters");
    }
}
