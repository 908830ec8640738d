//! The life of a login, with every single call that the store could fail failing once: before it is done, and after.
//!
//! Whatever failed says so and nothing else; done again, it is done or says truthfully that it is; and nothing that was
//! acknowledged before is lost, ends and all.

mod accounts;
mod logins;
mod upkeep;

pub use accounts::*;
pub use logins::*;
pub use upkeep::*;
