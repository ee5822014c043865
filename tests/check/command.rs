//! The subcommand `check` as scripts run it.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Server, echoscope, finish, program, wait};
use crate::{Turn, file, free_port};

#[test]
fn exit_code_is_zero_for_a_right_server_and_one_for_a_wrong_one() {
    let _turn = Turn::take();
    let server = Server::start(&["--host", "127.0.0.1"]);
    server.out.discard();
    let address = format!("127.0.0.1:{}", server.port);
    let right = finish(echoscope(&["check", &address, "--only", "half-close"]));
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(right.stdout.contains("✓ Sends pending data after a half-close: "), "{right:?}");
    let closed = format!("127.0.0.1:{}", free_port());
    let wrong = finish(echoscope(&["check", &closed, "--expect", "pool", "--profile", "course"]));
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let header = "Without TLS. Expected mode: several clients at once. Profile: course.";
    assert!(wrong.stdout.starts_with(&format!("Check of {closed}. {header}\n")), "{wrong:?}");
    assert!(wrong.stdout.contains("✗ Accepts a client: Connection refused: nothing listens on"), "{wrong:?}");
    assert!(wrong.stdout.contains("sock.listen(5)"), "{wrong:?}");
}

#[test]
fn unknown_host_is_named() {
    let end = finish(echoscope(&["check", "nohost.invalid:80"]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stdout.contains("✗ Accepts a client: Can't find nohost.invalid. Check the name."), "{end:?}");
    assert!(!end.stdout.contains("sock.bind") && end.stderr.is_empty(), "{end:?}");
}

// Other systems report other errors for this address, or none.
#[cfg(target_os = "linux")]
#[test]
fn os_error_names_the_address() {
    let end = finish(echoscope(&["check", "255.255.255.255:80"]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stdout.contains("The OS reports an error for 255.255.255.255:80: "), "{end:?}");
}

#[test]
fn wrong_options_get_one_line_and_exit_code_two() {
    for arguments in [
        &["check", "--only", "nonsense"][..],
        &["check", "--ca", "x"],
        &["check", "localhost:70000"],
        &["check", "localhost:0"],
        &["check", "::1:80"],
        &["check", ":80"],
        &["check", "http://localhost"],
        &["check", "--expect", "two"],
        &["check", "--timeout", "0"],
    ] {
        let end = finish(echoscope(arguments));
        assert_eq!((end.code, end.stdout.as_str()), (Some(2), ""), "{arguments:?}: {end:?}");
        assert_eq!(end.stderr.lines().count(), 1, "{arguments:?}: {end:?}");
    }
}

#[test]
fn list_names_every_check() {
    let end = finish(echoscope(&["check", "--list"]));
    assert_eq!(end.code, Some(0));
    for check in echoscope::check::CHECKS {
        assert!(
            end.stdout.lines().any(|line| line.split_whitespace().next() == Some(check.name)),
            "{check:?}"
        );
    }
}

#[test]
fn json_and_html_report_the_failed_check() {
    let Some(python) = program("python3") else { return };
    let _turn = Turn::take();
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let port = free_port().to_string();
    let address = format!("localhost:{port}");
    let server = file("broken/upper_case.py");
    let arguments =
        ["check", &address, "--expect", "threads", "--json", "--html", page.to_str().unwrap(), "--"];
    let command = [python.to_str().unwrap(), server.to_str().unwrap(), &port];
    let end = finish(echoscope(&[&arguments[..], &command].concat()));
    assert_eq!(end.code, Some(1), "{end:?}");
    let report: Value = serde_json::from_str(&end.stdout).unwrap();
    assert_eq!((&report["expect"], &report["profile"]), (&"threads".into(), &"strict".into()), "{report}");
    let line = &report["checks"][1];
    assert_eq!((&line["name"], &line["verdict"]), (&"line".into(), &"failed".into()), "{line}");
    assert_eq!(line["difference"], serde_json::json!({"offset": 1, "expected": 0x65, "got": 0x45}));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("conn.sendall(data)"), "{page}");
    assert!(page.contains("Without TLS. Expected mode: all clients at once.</p>"), "{page}");
    assert!(page.contains("Start with: “Echoes a line”.") && page.contains("<h2>Closing</h2>"), "{page}");
    assert!(page.contains("b&#39;HELLO\\n&#39;"), "{page}");
}

#[test]
fn busy_address_is_not_mistaken_for_the_program() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let end = finish(echoscope(&["check", &address, "--", "sleep", "600"]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stdout.contains("Another program listens on"), "{end:?}");
    assert!(end.stdout.contains("An earlier run of the program"), "{end:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn other_addresses_of_a_program_are_reported() {
    let Some(python) = program("python3") else { return };
    let (wanted, other) = (free_port(), free_port());
    let line = format!("import socket; s = socket.create_server(('127.0.0.1', {other})); s.accept()");
    let address = format!("127.0.0.1:{wanted}");
    let end = finish(echoscope(&["check", &address, "--", python.to_str().unwrap(), "-c", &line]));
    assert_eq!(end.code, Some(1), "{end:?}");
    let expected = format!("The program listens on 127.0.0.1:{other}, and the checks connect to {address}.");
    assert!(end.stdout.contains(&expected), "{end:?}");
}

#[test]
fn command_that_fails_is_reported_with_its_last_lines() {
    let Some(python) = program("python3") else { return };
    let address = format!("127.0.0.1:{}", free_port());
    let end = finish(echoscope(&[
        "check",
        &address,
        "--",
        python.to_str().unwrap(),
        "-c",
        "import nothing_like_it",
    ]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stdout.contains("The program ended before it listened (exit status: 1)."), "{end:?}");
    assert!(end.stdout.contains("ModuleNotFoundError"), "{end:?}");
    assert!(end.stdout.contains("stderr has the reason"), "{end:?}");
    assert!(!end.stdout.contains("right  "), "{end:?}");
    let empty = finish(echoscope(&["check", &address, "--", python.to_str().unwrap(), "-c", ""]));
    assert!(empty.stdout.contains("ended instead of waiting for clients.\n"), "{empty:?}");
    assert!(empty.stdout.contains("sock.accept()") && !empty.stdout.contains("sock.bind"), "{empty:?}");
}

#[test]
fn missing_interpreter_is_named() {
    let address = format!("127.0.0.1:{}", free_port());
    let end = finish(echoscope(&["check", &address, "--", "no-such-python", "server.py"]));
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stdout.contains("no-such-python isn't installed"), "{end:?}");
    assert!(!end.stdout.contains("right  ") && !end.stdout.contains("sock.bind"), "{end:?}");
}

// Windows has no signals.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_checks_and_the_program() {
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let script = format!("echo $$ > {}; exec sleep 600", mark.display());
    let address = format!("127.0.0.1:{}", free_port());
    let mut child =
        echoscope(&["check", &address, "--", "sh", "-c", &script]).stdout(Stdio::null()).spawn().unwrap();
    let program = loop {
        match std::fs::read_to_string(&mark).unwrap_or_default().trim().parse::<u32>() {
            Ok(program) => break program,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let kill = |arguments: &str| {
        std::process::Command::new("sh")
            .args(["-c", &format!("kill {arguments} 2>/dev/null")])
            .status()
            .unwrap()
    };
    kill(&format!("-INT {}", child.id()));
    let status = wait(&mut child, Duration::from_secs(10));
    assert_eq!(status.expect("Ctrl-C ends the checks").code(), Some(1));
    assert!(!kill(&format!("-0 {program}")).success(), "the program still runs");
}

#[test]
fn recommended_lines_are_valid_python() {
    let Some(python) = program("python3") else { return };
    let lines = echoscope::check::CHECKS.iter().filter_map(|check| Some(check.mistake?.python));
    let blocks: Vec<_> = lines
        .map(|line| {
            // A line about an exception needs its try, and a break its loop.
            let start = if line.starts_with("except ") { "    try: pass\n" } else { "" };
            format!("while False:\n{start}    {line}\n")
        })
        .collect();
    let code = blocks.concat();
    let mut command = std::process::Command::new(python);
    command.args(["-c", &code]).stdin(std::process::Stdio::null());
    let end = finish(command);
    assert_eq!(end.code, Some(0), "{code}{}", end.stderr);
}
