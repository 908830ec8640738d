//! The server from outside: the binary as a process, real HTTP, and the contract to the letter.
//!
//! The path is the address: what is about one route stands in `api/` under that route's name; what is about all of them, or
//! about the process itself, stands beside it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy spares test functions alone, not what they call")]

mod api;
mod at_rest;
mod audit;
mod audit_repair;
mod bodies;
mod canary;
mod clients;
mod credentials;
mod demo;
mod ends;
mod evasion;
mod expiry;
mod forgeries;
mod half_way;
mod imported;
mod listener;
mod logs;
mod modes;
mod moving;
mod nodes;
mod outage;
mod pages;
mod passwords;
mod races;
mod redirects;
mod refusals;
mod restored;
mod seeds;
mod start;
mod support;
mod survival;
mod waiting;
mod web;
