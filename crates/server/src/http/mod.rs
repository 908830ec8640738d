//! How HTTP is spoken, whatever is said: bodies, cookies, headers, errors.

pub mod address;
pub mod body;
pub mod cookie;
pub mod error;
pub mod headers;
pub mod visitor;

pub use body::{Body, Json, Query};
pub use error::{Failure, no_refresh_token};
pub use visitor::{Visitor, wants_page};
