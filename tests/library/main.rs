//! Tests of the library below the window and below the terminal front end.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod app;
mod capture;
mod certificate_inspection;
mod certificate_matrix;
mod client;
mod create_certificate;
mod echo_property;
mod event_log;
mod first_steps;
mod fuzz_cases;
mod lessons;
mod live;
mod load_clients;
mod python_program;
mod server;
mod step_mode;
mod tcp_facts;
mod tls_files;
mod tls_options;
mod tls_server;
