//! Small Python servers, each with one classical mistake.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use echoscope::check::{self, CheckOptions, CheckProgress, CheckVerdict, Expect, Report};

use crate::support::Identity;
use crate::{Turn, file, free_port, python, text, with_verdict};

/// Runs the checks on a wrong server, with a change to the options. `None` without Python.
fn run(name: &str, change: impl FnOnce(&mut CheckOptions), is_cut: bool) -> Option<Report> {
    let _turn = Turn::take();
    let port = free_port();
    let identity = Identity::new();
    let is_tls = name.contains("tls_");
    let mut arguments = vec![port.to_string()];
    if is_tls {
        arguments.extend([identity.certificate.clone(), identity.key.clone()]);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut options = CheckOptions {
        tls: is_tls || name == "not_tls",
        timeout: Duration::from_secs(4),
        command: python(&file(&format!("broken/{name}.py")), &arguments)?,
        ..CheckOptions::new("localhost", port)
    };
    change(&mut options);
    let cancel = AtomicBool::new(false);
    Some(check::run(&options, &cancel, |progress| {
        if let CheckProgress::Finished(result) = progress
            && result.outcome.verdict == CheckVerdict::Failed
        {
            cancel.store(is_cut, Ordering::Relaxed);
        }
    }))
}

/// Asserts that the first check that a server fails is this one, and that the explanation contains a text.
fn assert_caught(name: &str, check: &str, mistake: &str) {
    let change = |options: &mut CheckOptions| {
        options.expect = (check == "idle").then_some(Expect::Threads);
    };
    let Some(report) = run(name, change, true) else { return };
    let failed = report.results.iter().find(|result| result.outcome.verdict == CheckVerdict::Failed);
    let failed = failed.unwrap_or_else(|| panic!("{name} failed no check:\n{}", text(&report)));
    assert_eq!(failed.check.name, check, "{name}:\n{}", text(&report));
    let found = failed.outcome.mistake.unwrap_or_else(|| panic!("{name} got no explanation"));
    assert!(found.text.contains(mistake), "{name}: {mistake:?} is not in {found:?}\n{}", text(&report));
    assert!(!report.is_passed());
}

/// Makes a test for each wrong server: its file, the check meant for its mistake, and a part of the explanation.
macro_rules! servers {
    ($($name:ident: $check:literal, $mistake:literal;)*) => {
        const SERVERS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                assert_caught(stringify!($name), $check, $mistake);
            }
        )*
    };
}

servers! {
    greeting: "line", "something else";
    adds_newline: "line", "changes the data";
    upper_case: "line", "upper or lower case";
    strips_newline: "line", "removes the newline";
    sends_repr: "line", "print shows";
    one_recv: "again", "recv only once";
    one_client: "next", "accept only once";
    first_line_only: "two-messages", "for one message";
    decodes: "utf8", "decodes";
    decodes_with_replacement: "utf8", "decodes";
    closes_without_newline: "utf8", "before the client has ended its stream";
    text_only: "bytes", "decodes";
    readline: "no-newline", "readline";
    quit_command: "single-bytes", "special way";
    cuts_long_data: "long", "cuts long data";
    partial_send: "late-reader", "calls send";
    never_closes: "close", "end of the stream";
    pending_lost: "half-close", "hasn't sent back everything";
    leaks_sockets: "sockets", "keeps the sockets";
    not_threaded: "idle", "instead of passing";
    joins_thread: "idle", "join";
    loses_waiting_clients: "waiting-client", "closes its listening socket";
    global_buffer: "crowd", "share a variable";
    expects_data: "empty-client", "each client sends something";
    dies_on_reset: "reset", "ConnectionResetError";
    dies_in_transfer: "reset-in-transfer", "BrokenPipeError";
    prints_other_lines: "lines", "first line";
    decodes_lines: "lines", "received data";
    ignores_ctrl_c: "ctrl-c", "keeps the program alive";
    no_reuseaddr: "restart", "TIME_WAIT";
    not_tls: "connect", "doesn't wrap";
    tls_no_close_notify: "close-notify", "can't rule out truncation";
    tls_dies_on_plaintext: "plaintext", "error of wrap_socket";
    tls_dies_on_truncation: "truncated", "without close_notify";
    tls_handshake_blocks: "stuck-handshake", "others wait to be accepted";
}

#[test]
fn every_wrong_server_has_a_test() {
    let entries = std::fs::read_dir(file("broken")).unwrap();
    let files: BTreeSet<_> = entries
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".py").map(str::to_owned))
        .collect();
    assert_eq!(files, SERVERS.iter().map(|name| (*name).to_owned()).collect());
    assert!(SERVERS.len() >= 20);
}

#[test]
fn dependent_checks_are_skipped_and_name_the_failed_one() {
    let Some(report) = run("cuts_long_data", |_| (), false) else { return };
    assert_eq!(with_verdict(&report, CheckVerdict::Failed), ["long"], "{}", text(&report));
    for name in ["late-reader", "half-close", "reset-in-transfer"] {
        let result = report.results.iter().find(|result| result.check.name == name).unwrap();
        assert_eq!(result.outcome.verdict, CheckVerdict::Skipped, "{name}");
        assert_eq!(result.outcome.finding, "depends on “Echoes more than one recv returns”");
    }
}

#[test]
fn server_that_calls_recv_once_fails_one_check() {
    let Some(report) = run("one_recv", |_| (), false) else { return };
    assert_eq!(with_verdict(&report, CheckVerdict::Failed), ["again"], "{}", text(&report));
    for name in ["utf8", "single-bytes", "long", "crowd"] {
        let result = report.results.iter().find(|result| result.check.name == name).unwrap();
        assert_eq!(result.outcome.finding, "depends on “Echoes again on the same connection”", "{name}");
    }
}

#[test]
fn dead_server_is_named_and_started_again() {
    let Some(report) = run("dies_on_reset", |_| (), false) else { return };
    let result = report.results.iter().find(|result| result.check.name == "reset").unwrap();
    let finding = &result.outcome.finding;
    assert!(finding.ends_with("The program ended (exit status: 1)."), "{finding}");
    assert!(result.outcome.stderr.last().unwrap().contains("ConnectionResetError"), "{result:?}");
    // The checks after it ran with a new process.
    assert!(with_verdict(&report, CheckVerdict::Passed).contains(&"ctrl-c"), "{}", text(&report));
}

#[test]
fn only_the_wanted_check_and_its_dependencies_run() {
    let Some(report) = run("upper_case", |options| options.only = vec!["next"], false) else { return };
    let names: Vec<_> = report.results.iter().map(|result| result.check.name).collect();
    assert_eq!(names, ["connect", "line", "next"]);
}
