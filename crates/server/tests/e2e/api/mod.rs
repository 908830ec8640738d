//! One file for each route.

mod account;
mod dashboard;
mod exchange;
mod health;
mod login;
mod logout;
mod openapi;
mod password;
mod problems;
mod profile;
mod refresh;
mod register;
mod sessions;
mod setup;
mod verify;
mod well_known;
