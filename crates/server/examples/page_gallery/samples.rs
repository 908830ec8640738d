//! Every page in each of its states, filled with made-up people. The tests of the pages read these too.

use std::time::Duration;

use askama::{Error, Template};
use counterfoil::pages::{
    AccountPage, ErrorPage, LoginEntry, LoginPage, LoginRefusal, Moment, NewAccountErrors, PasswordErrors, ProblemPage,
    Profile, RegisterPage, SetupPage, UnlistedLogin,
};

const NOW: i64 = 1_780_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.5 Mobile/15E148 Safari/604.1";

/// What somebody with bad intent would type wherever they can.
pub(crate) const HOSTILE: &str = r#""><script>alert('1')</script><img src=x onerror="alert(2)"> & '"#;

/// Name and HTML of each page in each state.
pub(crate) fn pages() -> Result<Vec<(&'static str, String)>, Error> {
    Ok(vec![
        ("login", login().render()?),
        ("login-refused", login_refused().render()?),
        ("login-throttled", login_throttled().render()?),
        ("login-notice", LoginPage { notice: Some(LoginPage::LOGGED_OUT), ..login() }.render()?),
        ("register", register().render()?),
        ("register-refused", register_refused().render()?),
        ("setup", setup().render()?),
        ("account", account().render()?),
        ("account-alone", account_alone().render()?),
        ("account-stateless", account_stateless().render()?),
        ("account-refused", account_refused().render()?),
        ("error", error().render()?),
        (
            "error-logged-in",
            ErrorPage { holder: Some("alice"), status: 403, title: "Not for you", ..error() }.render()?,
        ),
        ("problem", problem().render()?),
    ])
}

/// The same pages with [`HOSTILE`] in every field that a stranger can fill.
pub(crate) fn hostile_pages() -> Result<Vec<(&'static str, String)>, Error> {
    let errors = NewAccountErrors {
        username: Some(HOSTILE),
        email: Some(HOSTILE),
        password: Some(HOSTILE),
        form: Some(HOSTILE),
    };
    let login = LoginPage {
        username: HOSTILE,
        return_to: Some(HOSTILE),
        client: Some(HOSTILE),
        registration_open: true,
        notice: Some(HOSTILE),
        refusal: Some(LoginRefusal::Other(HOSTILE)),
    };
    let register = RegisterPage { username: HOSTILE, email: HOSTILE, return_to: Some(HOSTILE), errors, ..register() };
    let setup = SetupPage { code: HOSTILE, username: HOSTILE, email: HOSTILE, errors, ..setup() };
    let mut account = account();
    account.holder = HOSTILE;
    account.notice = Some(HOSTILE);
    HOSTILE.clone_into(&mut account.profile.username);
    account.profile.email = Some(HOSTILE.to_owned());
    account.profile.roles = vec![HOSTILE.to_owned()];
    account.unlisted = Some(UnlistedLogin { client: HOSTILE.to_owned(), expires: ahead(HOUR) });
    account.password_errors = PasswordErrors { current: Some(HOSTILE), new: Some(HOSTILE), form: Some(HOSTILE) };
    for login in &mut account.logins {
        for text in [&mut login.id, &mut login.client, &mut login.kind] {
            HOSTILE.clone_into(text);
        }
        login.ip = Some(HOSTILE.to_owned());
        login.user_agent = Some(HOSTILE.to_owned());
    }
    let error = ErrorPage {
        title: HOSTILE,
        detail: HOSTILE,
        request_id: HOSTILE,
        back_href: HOSTILE,
        back_text: HOSTILE,
        holder: Some(HOSTILE),
        ..error()
    };
    let problem = ProblemPage { slug: HOSTILE, title: HOSTILE, meaning: HOSTILE, remedy: HOSTILE, ..problem() };
    Ok(vec![
        ("login", login.render()?),
        ("register", register.render()?),
        ("setup", setup.render()?),
        ("account", account.render()?),
        ("error", error.render()?),
        ("problem", problem.render()?),
    ])
}

fn login() -> LoginPage<'static> {
    LoginPage { username: "", return_to: None, client: None, registration_open: true, notice: None, refusal: None }
}

fn login_refused() -> LoginPage<'static> {
    LoginPage {
        username: "alice@example.com",
        return_to: Some("/reports?month=5"),
        client: Some("spa"),
        refusal: Some(LoginRefusal::InvalidCredentials),
        ..login()
    }
}

fn login_throttled() -> LoginPage<'static> {
    LoginPage {
        username: "alice",
        registration_open: false,
        refusal: Some(LoginRefusal::TooManyAttempts(Duration::from_secs(95))),
        ..login()
    }
}

fn register() -> RegisterPage<'static> {
    RegisterPage { username: "", email: "", minimum_length: 15, return_to: None, errors: NewAccountErrors::default() }
}

fn register_refused() -> RegisterPage<'static> {
    RegisterPage {
        username: "alice",
        email: "alice@example",
        errors: NewAccountErrors {
            username: Some("Somebody else has the username “alice” already."),
            password: Some("This password has 9 characters; it needs at least 15."),
            ..NewAccountErrors::default()
        },
        ..register()
    }
}

fn setup() -> SetupPage<'static> {
    SetupPage { code: "sample-code", username: "", email: "", minimum_length: 15, errors: NewAccountErrors::default() }
}

fn account() -> AccountPage<'static> {
    AccountPage {
        holder: "alice",
        profile: Profile {
            username: "alice".to_owned(),
            email: Some("alice.appleton@example.com".to_owned()),
            roles: vec!["admin".to_owned(), "user".to_owned()],
            member_since: ago(812 * DAY),
        },
        has_more: false,
        logins: vec![
            entry("1", FIREFOX, "192.0.2.17", ("web", "session"), (3 * HOUR, 0, 27 * MINUTE), true),
            entry(
                "2",
                IPHONE,
                "2001:db8:85a3:8d3:1319:8a2e:370:7348",
                ("spa", "jwt"),
                (2 * DAY, 14 * MINUTE, 10 * HOUR),
                false,
            ),
            entry("3", "curl/8.5.0", "198.51.100.4", ("device", "token"), (11 * DAY, 5 * HOUR, 19 * DAY), false),
            LoginEntry {
                ip: None,
                ..entry("4", "acme-agent/1.0", "", ("api", "jwt"), (29 * DAY, 3 * DAY, DAY), false)
            },
        ],
        unlisted: None,
        minimum_length: 15,
        password_errors: PasswordErrors::default(),
        notice: None,
    }
}

fn account_alone() -> AccountPage<'static> {
    let mut page = account();
    page.logins.truncate(1);
    page.profile.email = None;
    page.profile.roles.clear();
    page.notice = Some(AccountPage::PASSWORD_CHANGED);
    page
}

fn account_stateless() -> AccountPage<'static> {
    let mut page = account();
    page.logins.drain(..2);
    page.unlisted = Some(UnlistedLogin { client: "stateless".to_owned(), expires: ahead(14 * MINUTE) });
    page
}

fn account_refused() -> AccountPage<'static> {
    let mut page = account();
    page.password_errors = PasswordErrors {
        current: Some("This is not your current password."),
        new: Some("This password is among the most common ones. Choose another."),
        form: None,
    };
    page
}

fn error() -> ErrorPage<'static> {
    ErrorPage {
        status: 404,
        title: "No such page",
        detail: "There is nothing at this address. The link may be old, or mistyped.",
        request_id: "0198a4c2-5d1e-7b3a-9f00-3c2b1a0d9e8f",
        back_href: "/dashboard",
        back_text: "Go to your account",
        holder: None,
    }
}

fn problem() -> ProblemPage<'static> {
    ProblemPage {
        slug: "ambiguous-credentials",
        status: 400,
        title: "Ambiguous credentials",
        meaning: "The request carried two credentials, for example a cookie and an Authorization header. The server \
                  does not guess which of them speaks for the caller.",
        remedy: "Send one of them. A program that uses a bearer token should not keep cookies for this server.",
    }
}

fn entry(
    id: &str,
    user_agent: &str,
    ip: &str,
    (client, kind): (&str, &str),
    (started, seen, expires): (i64, i64, i64),
    current: bool,
) -> LoginEntry {
    LoginEntry {
        id: id.to_owned(),
        client: client.to_owned(),
        kind: kind.to_owned(),
        ip: Some(ip.to_owned()),
        user_agent: Some(user_agent.to_owned()),
        started: ago(started),
        last_seen: ago(seen),
        expires: ahead(expires),
        current,
    }
}

fn ago(millis: i64) -> Moment {
    Moment::new(NOW - millis, NOW)
}

fn ahead(millis: i64) -> Moment {
    Moment::new(NOW + millis, NOW)
}
