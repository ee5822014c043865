//! Tests of the window as a user sees it: real servers, clients and files, without a screen.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, missing_docs)]

#[path = "../support/check_report.rs"]
mod check_report;
#[path = "../support/window.rs"]
mod harness;
#[path = "../support/parts.rs"]
mod parts;
#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod basics;
mod check_dialog;
mod client_tab;
mod code_tab;
mod crash_reports;
mod help;
mod idle;
mod layout;
mod lessons;
mod live_tab;
mod log_list;
mod log_tab;
mod newcomer;
mod notices;
mod remembered;
mod sizes;
mod snapshots;
mod split_view;
mod start_screen;
mod steps;
mod tls_dialogs;
mod wire_tab;
mod zoom;
