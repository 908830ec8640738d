//! The page at `GET /login`, which a refused `POST /login` shows again.

use std::time::Duration;

use askama::Template;

/// The log-in form.
#[derive(Debug, Clone, Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    /// What was typed as username or e-mail; empty at first.
    pub username: &'a str,
    /// Where the browser wants to go afterwards. The form carries it; whoever redirects must judge it.
    pub return_to: Option<&'a str>,
    /// The client to log in to, when it is not the default one.
    pub client: Option<&'a str>,
    /// Whether to offer registration.
    pub registration_open: bool,
    /// What went well just before, such as [`LoginPage::LOGGED_OUT`].
    pub notice: Option<&'a str>,
    /// Why the last attempt was refused.
    pub refusal: Option<LoginRefusal<'a>>,
}

impl LoginPage<'_> {
    /// The notice after a log-out.
    pub const LOGGED_OUT: &'static str = "You are logged out.";
    /// The notice after a registration.
    pub const REGISTERED: &'static str = "Your account is ready. Log in to use it.";
    /// The notice to someone whose login has run out.
    pub const ENDED: &'static str = "Your login has ended. Log in again to go on.";

    fn blames_fields(&self) -> bool {
        self.refusal.as_ref().is_some_and(LoginRefusal::blames_fields)
    }

    fn register_href(&self) -> String {
        super::with_return_to("/register", self.return_to)
    }
}

/// Why a log-in was refused, as far as the person may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal<'a> {
    /// No such user, wrong password, disabled: alike for every cause.
    InvalidCredentials,
    /// The throttle closed; how long until it opens.
    TooManyAttempts(Duration),
    /// The password is locked, if there is one: only another one helps.
    Locked,
    /// The server cannot tell right now.
    Unavailable,
    /// Anything else, in words.
    Other(&'a str),
}

impl LoginRefusal<'_> {
    fn title(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "That did not match",
            Self::TooManyAttempts(_) | Self::Locked => "Too many attempts",
            Self::Unavailable => "Logging in is not possible right now",
            Self::Other(_) => "You are not logged in",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::InvalidCredentials => {
                "No account has this username or e-mail together with this password. Check both; capital letters count."
                    .to_owned()
            }
            Self::TooManyAttempts(wait) => format!("Wait {}, then try again.", spell(*wait)),
            Self::Locked => {
                "Wrong passwords were tried too often, so none counts any more, not even the right one. Ask whoever runs this \
                 service for another one."
                    .to_owned()
            }
            Self::Unavailable => "Nothing is wrong with your account. Try again in a minute.".to_owned(),
            Self::Other(text) => (*text).to_owned(),
        }
    }

    fn blames_fields(&self) -> bool {
        matches!(self, Self::InvalidCredentials)
    }
}

/// A wait in words, rounded up, so that whoever waits that long is not refused again.
fn spell(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60 => "a minute".to_owned(),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        for (millis, words) in
            [(1, "a second"), (1_001, "2 seconds"), (59_000, "59 seconds"), (59_500, "a minute"), (61_000, "2 minutes")]
        {
            assert_eq!(spell(Duration::from_millis(millis)), words);
        }
    }

    #[test]
    fn only_wrong_credentials_blame_the_fields() {
        let page = |refusal| LoginPage {
            username: "alice",
            return_to: None,
            client: None,
            registration_open: false,
            notice: None,
            refusal: Some(refusal),
        };
        let blamed = page(LoginRefusal::InvalidCredentials).render().unwrap();
        assert_eq!(blamed.matches(r#"aria-invalid="true" aria-describedby="refusal""#).count(), 2);
        assert!(blamed.contains(r#"value="alice""#), "what was typed is kept");
        let waits = LoginRefusal::TooManyAttempts(Duration::from_secs(5));
        for other in [waits, LoginRefusal::Locked, LoginRefusal::Unavailable] {
            let html = page(other).render().unwrap();
            assert!(!html.contains("aria-invalid"));
            assert!(html.contains(r#"role="alert""#));
        }
    }

    #[test]
    fn where_to_go_next_survives_the_way_through_registration() {
        let page = LoginPage {
            username: "",
            return_to: Some("/app?a=1&b=2"),
            client: Some("spa"),
            registration_open: true,
            notice: Some(LoginPage::LOGGED_OUT),
            refusal: None,
        };
        let html = page.render().unwrap();
        assert!(html.contains(r#"href="/register?return_to=%2Fapp%3Fa%3D1%26b%3D2""#));
        assert!(html.contains(r#"<input type="hidden" name="client" value="spa">"#));
        assert!(html.contains(r#"<p class="notice" role="status">You are logged out.</p>"#));
    }
}
