//! The page at `GET /register`, which a refused `POST /register` shows again.

use askama::Template;

/// The registration form.
#[derive(Debug, Clone, Template)]
#[template(path = "register.html")]
pub struct RegisterPage<'a> {
    /// What was typed as username; empty at first.
    pub username: &'a str,
    /// What was typed as e-mail; empty at first.
    pub email: &'a str,
    /// The least number of code points in a password.
    pub minimum_length: usize,
    /// Where the browser wants to go after it has logged in.
    pub return_to: Option<&'a str>,
    /// Why the last attempt was refused.
    pub errors: NewAccountErrors<'a>,
}

impl RegisterPage<'_> {
    fn login_href(&self) -> String {
        super::with_return_to("/login", self.return_to)
    }
}

/// Why an account was not made, field by field, in sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewAccountErrors<'a> {
    /// What is wrong with the username.
    pub username: Option<&'a str>,
    /// What is wrong with the e-mail.
    pub email: Option<&'a str>,
    /// What is wrong with the password.
    pub password: Option<&'a str>,
    /// What is wrong with none of them, such as a closed registration.
    pub form: Option<&'a str>,
}

impl NewAccountErrors<'_> {
    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(errors: NewAccountErrors<'_>) -> String {
        RegisterPage { username: "bob", email: "bob@example.org", minimum_length: 15, return_to: None, errors }
            .render()
            .unwrap()
    }

    #[test]
    fn an_error_stands_at_its_field_and_in_the_summary() {
        let html = page(NewAccountErrors { username: Some("Taken by somebody else."), ..Default::default() });
        assert!(html.contains(r#"aria-invalid="true" aria-describedby="username-error""#));
        assert!(html.contains(r#"id="username-error""#));
        assert!(html.contains(r##"<a href="#username">Taken by somebody else.</a>"##));
        assert!(html.contains("<title>Error: Register"));
        assert_eq!(html.matches("aria-invalid").count(), 1);
    }

    #[test]
    fn what_was_typed_is_kept_except_the_password() {
        let html = page(NewAccountErrors { password: Some("Too short."), ..Default::default() });
        assert!(html.contains(r#"value="bob""#) && html.contains(r#"value="bob@example.org""#));
        let password = html.split("<input").find(|tag| tag.contains(r#"type="password""#)).unwrap();
        assert!(!password.split('>').next().unwrap().contains("value"));
        assert!(password.contains(r#"aria-describedby="password-error password-hint""#));
    }

    #[test]
    fn a_fresh_form_has_the_policy_and_no_error() {
        let html = page(NewAccountErrors::default());
        assert!(html.contains("At least 15 characters"));
        assert!(!html.contains("role=\"alert\"") && !html.contains("aria-invalid"));
    }
}
