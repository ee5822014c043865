//! Canceling a run: it ends at once, whatever it waits for.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use echoscope::check::{self, CheckOptions, CheckProgress, CheckVerdict, Report};
use socket2::{Domain, Socket, Type};

use crate::support::PATIENCE;
use crate::{Turn, file, free_port, python, text};

/// A limit for one step that is longer than a test waits.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Runs the checks, cancels them a moment after this one has begun, and returns the report.
fn run_and_cancel(options: CheckOptions, during: &'static str) -> Report {
    let _turn = Turn::take();
    let cancel = Arc::new(AtomicBool::new(false));
    let (begun, begins) = channel();
    let (ended, ends) = channel();
    let canceled = Arc::clone(&cancel);
    thread::spawn(move || {
        let report = check::run(&options, &canceled, |progress| {
            if let CheckProgress::Started(check) = progress
                && check.name == during
            {
                begun.send(()).unwrap();
            }
        });
        ended.send(report).unwrap();
    });
    begins.recv_timeout(Duration::from_mins(1)).expect("the check begins");
    thread::sleep(Duration::from_millis(200));
    cancel.store(true, Ordering::Relaxed);
    let report = ends.recv_timeout(PATIENCE).expect("the run ends");
    assert!(report.is_canceled && !report.is_passed());
    report
}

// Other systems answer a client although the accept queue is full.
#[cfg(target_os = "linux")]
#[test]
fn server_that_does_not_answer_delays_no_cancellation() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut clients = Vec::new();
    while let Ok(client) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        clients.push(client);
    }
    let options = CheckOptions { timeout: TIMEOUT, ..CheckOptions::new("127.0.0.1", address.port()) };
    let report = run_and_cancel(options, "connect");
    let skipped = report.results.iter().all(|result| result.outcome.verdict == CheckVerdict::Skipped);
    assert!(skipped, "{}", text(&report));
}

#[test]
fn program_that_ignores_ctrl_c_delays_no_cancellation() {
    let port = free_port();
    let server = file("broken/ignores_ctrl_c.py");
    let Some(command) = python(&server, &[&port.to_string()]) else { return };
    let options = CheckOptions { command, timeout: TIMEOUT, ..CheckOptions::new("localhost", port) };
    run_and_cancel(options, "ctrl-c");
    TcpStream::connect(("127.0.0.1", port)).expect_err("the program was ended");
}
