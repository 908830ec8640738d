//! What a browser is shown.
//!
//! Each page is a struct of plain text and a template of the same name. Nothing here knows the domain or
//! the routes: a handler fills the struct, askama escapes every value, and the answer is a string of HTML.
//! The pages need no script, and none has an inline style, so that they live under
//! `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`.

mod account;
pub mod assets;
mod device;
mod error;
mod login;
mod moment;
mod problem;
mod register;
mod setup;

pub use self::account::{AccountPage, LoginEntry, PasswordErrors, Profile, UnlistedLogin};
pub use self::device::device;
pub use self::error::ErrorPage;
pub use self::login::{LoginPage, LoginRefusal};
pub use self::moment::Moment;
pub use self::problem::ProblemPage;
pub use self::register::{NewAccountErrors, RegisterPage};
pub use self::setup::SetupPage;

/// The password policy, said to someone who is about to choose one. `minimum` is in code points.
fn password_hint(minimum: usize) -> String {
    format!("At least {minimum} characters; a sentence you can remember is good.")
}

/// `path`, with `return_to` in its query when there is one.
fn with_return_to(path: &str, return_to: Option<&str>) -> String {
    match return_to {
        Some(target) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", target).finish();
            format!("{path}?{query}")
        }
        None => path.to_owned(),
    }
}
