//! What the tests stand on: the server as a process, HTTP without a library's help, and people who log in.

pub(crate) mod answer;
pub(crate) mod command;
pub(crate) mod cookie;
pub(crate) mod mode;
pub(crate) mod patience;
pub(crate) mod person;
pub(crate) mod place;
pub(crate) mod problem;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod token;

pub(crate) use answer::Answer;
pub(crate) use mode::{MODES, Mode, Ticket};
pub(crate) use person::{PASSWORD, Person};
pub(crate) use place::Place;
pub(crate) use request::Request;
pub(crate) use server::{Log, Server, Setup, Shared};
