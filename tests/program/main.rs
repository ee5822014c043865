//! Tests of the built program as users and scripts run it, and of the sources themselves.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod architecture;
#[cfg(target_os = "linux")]
mod capture_file;
mod command_line;
mod crash_reports;
mod documents;
mod faults;
mod glossary;
mod tutorial;
