//! The promises of every store, kept by this one, and what only a server can promise. MariaDB stands for MySQL as well.

mod mariadb;
