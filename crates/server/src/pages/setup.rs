//! The page behind the one-time set-up link, which a refused `POST /setup` shows again.

use askama::Template;

use super::NewAccountErrors;

/// The form that makes the first administrator.
#[derive(Clone, Template)]
#[template(path = "setup.html")]
pub struct SetupPage<'a> {
    /// The one-time code of the link; the form carries it.
    pub code: &'a str,
    /// What was typed as username; empty at first.
    pub username: &'a str,
    /// What was typed as e-mail; empty at first.
    pub email: &'a str,
    /// The least number of code points in a password.
    pub minimum_length: usize,
    /// Why the last attempt was refused.
    pub errors: NewAccountErrors<'a>,
}

/// Without the code: whoever has it becomes the administrator.
impl std::fmt::Debug for SetupPage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetupPage")
            .field("username", &self.username)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_carries_the_code_and_a_log_does_not() {
        let page = SetupPage {
            code: "one-time-code",
            username: "",
            email: "",
            minimum_length: 15,
            errors: NewAccountErrors::default(),
        };
        assert!(page.render().unwrap().contains(r#"<input type="hidden" name="code" value="one-time-code">"#));
        assert!(!format!("{page:?}").contains("one-time-code"));
    }
}
