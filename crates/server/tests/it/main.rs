//! The server through its real router, on SQLite and on PostgreSQL.

mod access;
mod accounts;
mod matrix;
mod openapi;
mod requests;
mod support;
mod ui;
