//! `/sessions` and what lies below it.

mod current_data;
mod delete_all;
mod delete_one;
mod list;
