//! The page at `GET /dashboard`: who one is, where one is logged in, and the password.

use askama::Template;

use super::{Moment, device};

/// The account page.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
pub struct AccountPage<'a> {
    /// Who is logged in, for the header: the username.
    pub holder: &'a str,
    /// What is known of them.
    pub profile: Profile,
    /// Their stored logins, in the order in which to show them.
    pub logins: Vec<LoginEntry>,
    /// Whether there may be older ones that are not among them.
    pub has_more: bool,
    /// The login that asks, when nothing is stored about it.
    pub unlisted: Option<UnlistedLogin>,
    /// The least number of code points in a password.
    pub minimum_length: usize,
    /// Why the last change of password was refused.
    pub password_errors: PasswordErrors<'a>,
    /// What went well just before, such as [`AccountPage::PASSWORD_CHANGED`].
    pub notice: Option<&'a str>,
}

impl AccountPage<'_> {
    /// The notice after a change of password.
    pub const PASSWORD_CHANGED: &'static str = "Your password is changed, and every other login of yours has ended.";
    /// The notice after one login was ended.
    pub const LOGIN_ENDED: &'static str = "That login has ended.";
    /// The notice to someone whose access token had to be renewed first, and whose form was lost on the way.
    pub const NOT_DONE: &'static str = "Nothing was changed: the page had been open for too long. Please do it again.";
    /// The notice after all others were ended.
    pub const OTHERS_ENDED: &'static str = "Every other login of yours has ended.";

    fn has_others(&self) -> bool {
        self.logins.iter().any(|login| !login.current)
    }
}

/// A user, as the user is shown to themselves.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The unique name.
    pub username: String,
    /// The address, when one was given.
    pub email: Option<String>,
    /// The roles, in the order in which to show them.
    pub roles: Vec<String>,
    /// When the account was made.
    pub member_since: Moment,
}

/// One stored login.
#[derive(Debug, Clone)]
pub struct LoginEntry {
    /// The session's id, as `DELETE /sessions/{id}` knows it: no credential.
    pub id: String,
    /// The client's id.
    pub client: String,
    /// The kind of credential: `session`, `token` or `jwt`.
    pub kind: String,
    /// From which address it was last used.
    pub ip: Option<String>,
    /// The `User-Agent` of the login.
    pub user_agent: Option<String>,
    /// When it began.
    pub started: Moment,
    /// When it was last used.
    pub last_seen: Moment,
    /// When it ends by itself.
    pub expires: Moment,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl LoginEntry {
    fn device(&self) -> String {
        device(self.user_agent.as_deref())
    }
}

/// A login about which nothing is stored.
#[derive(Debug, Clone)]
pub struct UnlistedLogin {
    /// The client's id.
    pub client: String,
    /// When it ends by itself.
    pub expires: Moment,
}

/// Why a password was not changed, field by field, in sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordErrors<'a> {
    /// What is wrong with the current password.
    pub current: Option<&'a str>,
    /// What is wrong with the new one.
    pub new: Option<&'a str>,
    /// What is wrong with neither of them.
    pub form: Option<&'a str>,
}

impl PasswordErrors<'_> {
    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000;

    fn login(id: &str, current: bool) -> LoginEntry {
        LoginEntry {
            id: id.to_owned(),
            client: "web".to_owned(),
            kind: "session".to_owned(),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("curl/8.5.0".to_owned()),
            started: Moment::new(NOW - 3 * 3_600_000, NOW),
            last_seen: Moment::new(NOW, NOW),
            expires: Moment::new(NOW + 60_000, NOW),
            current,
        }
    }

    fn page(logins: Vec<LoginEntry>) -> AccountPage<'static> {
        AccountPage {
            holder: "alice",
            profile: Profile {
                username: "alice".to_owned(),
                email: None,
                roles: vec!["admin".to_owned(), "user".to_owned()],
                member_since: Moment::new(0, NOW),
            },
            has_more: false,
            logins,
            unlisted: None,
            minimum_length: 15,
            password_errors: PasswordErrors::default(),
            notice: None,
        }
    }

    #[test]
    fn every_login_but_this_one_can_be_ended_by_name() {
        let html = page(vec![login("one", true), login("two", false)]).render().unwrap();
        assert_eq!(html.matches("This device").count(), 1);
        assert!(!html.contains("/account/sessions/one/end"));
        assert!(html.contains(
            r#"action="/account/sessions/two/end"><button class="danger" type="submit">End<span class="unseen"> login curl, started 3 hours ago"#
        ));
        assert!(html.contains("/account/sessions/end-others"));
        assert!(html.contains("admin, user"));
    }

    #[test]
    fn a_login_alone_has_no_others_to_end() {
        let html = page(vec![login("one", true)]).render().unwrap();
        assert!(!html.contains("end-others"));
    }

    #[test]
    fn a_login_that_is_not_stored_says_so() {
        let mut page = page(Vec::new());
        page.unlisted =
            Some(UnlistedLogin { client: "stateless".to_owned(), expires: Moment::new(NOW + 840_000, NOW) });
        let html = page.render().unwrap();
        assert!(html.contains("nothing is stored about it"));
        assert!(html.contains("in 14 minutes"));
        assert!(html.contains("There are no stored logins."));
    }

    #[test]
    fn a_refused_password_is_explained_at_its_field() {
        let mut page = page(vec![login("one", true)]);
        page.password_errors.current = Some("This is not your current password.");
        let html = page.render().unwrap();
        assert!(html.contains(r#"aria-invalid="true" aria-describedby="current_password-error""#));
        assert!(html.contains(r##"<a href="#current_password">This is not your current password.</a>"##));
        assert_eq!(html.matches("aria-invalid").count(), 1);
    }
}
