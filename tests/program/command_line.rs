//! The command line, which scripts depend on: messages, exit codes, both log formats, settings.

use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
#[cfg(unix)]
use std::process::{ChildStdout, Command};
#[cfg(unix)]
use std::time::Duration;

use crate::support::{Finished, Guarded, Identity, Lines, Server, echoscope, finish, program};
use serde_json::Value;

/// Runs the program with arguments that make it exit at once.
fn run(arguments: &[&str]) -> Finished {
    finish(echoscope(arguments))
}

/// Asserts an exit code and exactly one line on stderr, and returns that line.
fn one_line(end: &Finished, code: i32, what: &str) -> String {
    assert_eq!(end.code, Some(code), "{what}: {end:?}");
    let lines = end.stderr.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 1, "{what}: not one line on stderr: {lines:#?}");
    assert_eq!(end.stdout, "", "{what}: something on stdout");
    assert_plain(lines[0], what);
    lines[0].to_owned()
}

/// Asserts that a line has no programmers' jargon.
fn assert_plain(line: &str, what: &str) {
    assert!(line.len() > 10, "{what}: too short to help: {line:?}");
    for jargon in ["Os {", "Err(", "Error(", "::", "code: ", "panicked", "os error", "unwrap"] {
        // `::` is allowed in an IPv6 address.
        let line = line.replace("::1", "");
        assert!(!line.contains(jargon), "{what}: {jargon:?} in {line:?}");
    }
}

#[test]
fn help_names_every_flag_and_its_default() {
    let end = run(&["--help"]);
    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
    let flags = [
        "--start",
        "--headless",
        "--host",
        "--port",
        "-p",
        "--backlog",
        "--mode",
        "--pool-size",
        "--recv-size",
        "--max-clients",
        "--idle-timeout",
        "--tls",
        "--no-tls",
        "--cert",
        "--key",
        "--tickets",
        "--no-tickets",
        "--log-format",
        "--settings",
        "--version",
    ];
    for flag in flags {
        assert!(end.stdout.contains(flag), "{flag} is not in the help:\n{}", end.stdout);
    }
    for default in ["localhost", "12345", "1024", "threads", "1000"] {
        let default = format!("[default: {default}]");
        assert!(end.stdout.contains(&default), "{default} is not in the help:\n{}", end.stdout);
    }
}

#[test]
fn help_has_headings_values_examples_and_exit_codes() {
    for (arguments, parts) in [
        (&["--help"][..], &["Server:", "TLS:", "Output:", "- threads: ", "- required: ", "Exit codes:"][..]),
        (&["create-certificate", "--help"], &["Certificate:", "Output:", "- rsa4096: ", "- no-san: "]),
    ] {
        let help = run(arguments).stdout;
        for part in parts.iter().chain(&["Examples:"]) {
            let line = help.lines().find(|line| line.trim_start().starts_with(part));
            assert!(line.is_some(), "{part} is not in the help:\n{help}");
        }
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "longer than a terminal is wide: {line}");
        }
    }
}

#[test]
fn short_help_fits_a_terminal_of_24_lines() {
    let help = run(&["-h"]).stdout;
    let lines: usize = help.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum();
    assert!(lines < 24, "{lines} lines, and the prompt needs another:\n{help}");
    for part in ["Server:", "TLS:", "Output:", "--port", "--tls", "--headless", "'--help'"] {
        assert!(help.contains(part), "{part} is not in the short help:\n{help}");
    }
}

/// Returns the command lines of the section “Examples” of a help text.
fn examples(help: &str) -> Vec<String> {
    let section = help.split("Examples:\n").nth(1).expect("the help has examples");
    let section = section.split("\n\n").next().expect("the section ends").replace("\\\n", "");
    section.lines().filter_map(|line| line.strip_prefix("      ")).map(str::to_owned).collect()
}

/// Returns a command that runs a line in a shell, which finds the built program. `None` if there is no such shell.
fn in_shell(line: &str, folder: &Path) -> Option<std::process::Command> {
    let mut shell = std::process::Command::new(program("bash")?);
    let built = echoscope(&[]);
    for (name, value) in built.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let programs = Path::new(built.get_program()).parent().expect("the program is in a folder");
    let old = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs.to_owned()].into_iter().chain(std::env::split_paths(&old)));
    shell.env("PATH", path.expect("the folders can be joined")).current_dir(folder);
    shell.args(["-c", line]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(shell)
}

/// Starts a server, and returns it with the port in its first line.
fn start_example(mut command: std::process::Command, line: &str) -> (Guarded, String) {
    let mut child = Guarded(command.spawn().expect("there is a shell"));
    let first = Lines::of(child.0.stdout.take().expect("stdout is piped")).next();
    let port = first.rsplit("port").next().unwrap_or_default();
    let port = port.trim_start_matches(|c: char| !c.is_ascii_digit());
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    assert!(port.parse::<u16>().is_ok(), "{line} printed {first:?}");
    (child, port)
}

/// Asserts that a client gets its own line back.
fn echo_through(mut command: std::process::Command, line: &str) {
    let mut client = Guarded(command.spawn().expect("there is a shell"));
    let mut input = client.0.stdin.take().expect("stdin is piped");
    input.write_all(b"Hello\n").expect("the client reads its input");
    let output = Lines::of(client.0.stdout.take().expect("stdout is piped"));
    assert_eq!(output.next(), "Hello", "{line}");
}

#[test]
fn every_example_of_the_help_works() {
    let mut server = None;
    for command in ["", "create-certificate", "completions", "manual-page"] {
        let arguments: Vec<_> = command.split_terminator(' ').chain(["--help"]).collect();
        let lines = examples(&run(&arguments).stdout);
        assert!(!lines.is_empty(), "{command} has no examples");
        let folder = tempfile::tempdir().expect("a folder for the files");
        for line in lines {
            let needed = if line.starts_with("openssl") { "openssl" } else { "man" };
            if line.contains(&format!("{needed} ")) && program(needed).is_none() {
                continue;
            }
            // Another program may use the default port.
            let free_port = if line.contains("--port") { "" } else { " --port 0" };
            let run = match &server {
                _ if line.starts_with("echoscope --") => format!("exec {line}{free_port}"),
                Some((_, port)) if needed == "openssl" => {
                    format!("exec {}", line.replace(":12345", &format!(":{port}")))
                }
                _ => line.clone(),
            };
            let Some(command) = in_shell(&run, folder.path()) else { return };
            if line.starts_with("echoscope --") {
                server = Some(start_example(command, &line));
            } else if needed == "openssl" {
                echo_through(command, &line);
            } else {
                let end = finish(command);
                assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""), "{line}");
            }
        }
    }
    assert!(server.is_some(), "no example serves");
}

#[test]
fn error_suggests_a_similar_option_value_or_subcommand() {
    for (arguments, suggestion) in [
        (&["--hedless"][..], "'--headless'"),
        (&["--no-tikets"], "'--no-tickets'"),
        (&["--mode", "thread"], "'threads'"),
        (&["--client-auth", "require"], "'required'"),
        (&["--log-format", "jsn"], "'json'"),
        (&["create-certificat"], "'create-certificate'"),
        (&["create-certificate", "--out", "x", "--signed-by"], "'--signed-by-ca'"),
        (&["create-certificate", "--out", "x", "--key", "p255"], "'p256'"),
        (&["completions", "bas"], "'bash'"),
    ] {
        let line = one_line(&run(arguments), 2, suggestion);
        assert!(line.contains("Tip: a similar ") && line.contains(suggestion), "{line}");
    }
}

#[test]
fn usage_error_names_the_help_of_its_command() {
    let line = one_line(&run(&["--no-such-option"]), 2, "unknown option");
    assert!(line.ends_with("Try echoscope --help."), "{line}");
    let line = one_line(&run(&["create-certificate"]), 2, "no folder");
    assert!(
        line.contains("--out <DIR>") && line.ends_with("Try echoscope create-certificate --help."),
        "{line}"
    );
}

#[test]
fn option_without_effect_prints_a_warning_and_serves() {
    let server = Server::start(&["--cert", "server.crt", "--pool-size", "3"]);
    for (option, needed) in [("--pool-size", "--mode pool"), ("--cert", "--tls")] {
        let expected = format!(
            "echoscope: {option} has no effect without {needed}. Add {needed}, or leave out {option}."
        );
        assert_eq!(server.err.next(), expected);
    }
    drop(server.connect());
}

#[test]
fn no_tls_overrides_saved_tls() {
    let identity = Identity::new();
    let file = identity.folder.path().join("settings.toml");
    let (certificate, key) = (&identity.certificate, &identity.key);
    fs::write(&file, format!("tls = true\ncertificate = '{certificate}'\nkey = '{key}'\n"))
        .expect("the settings can be written");
    let file = file.display().to_string();
    for (switches, is_plain) in [(&["--no-tls"][..], true), (&[], false)] {
        let server = Server::start(&[&["--settings", file.as_str()], switches].concat());
        let mut client = server.connect();
        client.write_all(b"Hello, and more than a TLS header\n").expect("the server reads");
        let mut echo = [0; 5];
        let is_echoed = client.read_exact(&mut echo).is_ok() && &echo == b"Hello";
        assert_eq!(is_echoed, is_plain, "{switches:?}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let end = run(&["--version"]);
    assert_eq!(
        (end.code, end.stdout.trim_end()),
        (Some(0), concat!("echoscope ", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_wrong_value_prints_one_line_and_exits_with_two() {
    let wrong: &[&[&str]] = &[
        &["--port", "70000"],
        &["--port", "-1"],
        &["--port", "http"],
        &["-p", ""],
        &["--backlog", "many"],
        &["--backlog", "65536"],
        &["--mode", "two"],
        &["--pool-size", "0"],
        &["--pool-size", "1001"],
        &["--recv-size", "0"],
        &["--recv-size", "1k"],
        &["--recv-size", "16777217"],
        &["--max-clients", "0"],
        &["--idle-timeout", "-5"],
        &["--idle-timeout", "86401"],
        &["--host", ""],
        &["--host", "http://localhost"],
        &["--host", "localhost:12345"],
        &["--host", "300.1.1.1"],
        &["--log-format", "xml"],
        &["--port"],
        &["--no-such-option"],
        &["stray"],
    ];
    for arguments in wrong {
        let mut all = vec!["--headless"];
        all.extend_from_slice(arguments);
        one_line(&run(&all), 2, &format!("{arguments:?}"));
    }
}

#[test]
fn an_error_about_a_value_lists_the_valid_ones() {
    let line = one_line(&run(&["--headless", "--port", "70000"]), 2, "port");
    assert!(line.to_lowercase().contains("port") && line.contains("65,535"), "{line:?}");
    let line = one_line(&run(&["--headless", "--mode", "two"]), 2, "mode");
    assert!(["one", "threads", "pool"].iter().all(|mode| line.contains(mode)), "{line:?}");
}

#[test]
fn a_failed_start_prints_one_line_and_exits_with_one() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let line = one_line(&run(&["--headless", "--host", "127.0.0.1", "-p", &port]), 1, "port in use");
    assert!(line.contains(&port) && line.contains("in use"), "{line:?}");

    let line =
        one_line(&run(&["--headless", "-p", "0", "--host", "no-such-name.invalid"]), 1, "no such name");
    assert!(line.contains("no-such-name.invalid"), "{line:?}");

    // An address for documentation (RFC 5737), which no computer has.
    let line = one_line(&run(&["--headless", "-p", "0", "--host", "192.0.2.1"]), 1, "not our address");
    assert!(line.contains("192.0.2.1"), "{line:?}");
}

#[test]
fn an_unusable_certificate_prints_one_line_and_exits_with_one() {
    let (good, other) = (Identity::new(), Identity::new());
    let junk = good.folder.path().join("junk.crt");
    fs::write(&junk, "not a certificate\n").expect("a file can be written");
    let junk = junk.to_str().expect("the path is UTF-8");
    let missing = good.folder.path().join("missing.crt");
    let missing = missing.to_str().expect("the path is UTF-8");
    let folder = good.folder.path().to_str().expect("the path is UTF-8");
    let pairs = [
        ("missing certificate", missing, good.key.as_str(), missing),
        ("missing key", &good.certificate, missing, missing),
        ("junk", junk, &good.key, junk),
        ("a folder", folder, &good.key, folder),
        ("swapped", &good.key, &good.certificate, ""),
        ("another's key", &good.certificate, &other.key, ""),
    ];
    for (what, certificate, key, named) in pairs {
        let end = run(&["--headless", "-p", "0", "--tls", "--cert", certificate, "--key", key]);
        let line = one_line(&end, 1, what);
        let name =
            Path::new(named).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        assert!(line.contains(&name), "{what}: which file? {line:?}");
    }
}

// Windows doesn't remove a folder that a program has as its current folder.
#[cfg(unix)]
#[test]
fn a_removed_current_folder_is_named_as_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--headless", "-p", "0", "--tls", "--cert", "s.crt", "--key", "s.key"][..],
        &["create-certificate", "--out", "lab"],
        &["create-certificate", "--out", "."],
    ] {
        let current = folder.path().join("current");
        fs::create_dir(&current).unwrap();
        let command = echoscope(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "cd \"$0\" && rmdir \"$0\" && exec \"$@\""]).arg(&current);
        shell.arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let line = one_line(&finish(shell), 1, arguments[0]);
        assert!(line.contains("no longer exists"), "{line}");
    }
}

#[test]
fn tls_without_files_names_the_missing_options() {
    let end = run(&["--headless", "-p", "0", "--tls"]);
    let line = one_line(&end, 2, "--tls alone");
    assert!(line.contains("--cert"), "{line:?}");
}

#[test]
fn saved_tls_without_files_is_a_failed_start() {
    let folder = tempfile::tempdir().expect("a folder for the settings");
    let file = folder.path().join("settings.toml");
    fs::write(&file, "tls = true\n").expect("the settings can be written");
    let end = run(&["--headless", "-p", "0", "--settings", &file.display().to_string()]);
    let line = one_line(&end, 1, "saved TLS");
    assert!(line.contains("saved settings") && line.contains("certificate"), "{line:?}");
    assert!(line.contains("--cert <FILE>") && line.contains("--no-tls"), "{line:?}");
}

#[test]
fn port_zero_prints_the_chosen_port() {
    let server = Server::start(&[]);
    assert_ne!(server.port, 0);
    drop(server.connect());
}

#[test]
fn json_lines_contain_the_fields_that_scripts_need() {
    let mut command =
        echoscope(&["--headless", "--host", "127.0.0.1", "--port", "0", "--log-format", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Guarded(command.spawn().expect("the program can be started"));
    let lines = Lines::of(child.0.stdout.take().expect("stdout is piped"));
    let next = || {
        let line = lines.next();
        let value: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value.is_object(), "{line}");
        let time = value["time"].as_str().unwrap_or_else(|| panic!("no time in {line}"));
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "not an RFC 3339 time: {line}");
        assert!(value["event"].is_string(), "no event in {line}");
        value
    };
    let wait_until = |event: &str| {
        loop {
            let value = next();
            if value["event"] == event {
                return value;
            }
        }
    };
    let port = wait_until("starting")["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let port = port.expect("the first line names the port");
    let mut client = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let peer = client.local_addr().expect("the client is bound").to_string();
    let say = |client: &mut TcpStream, data: &[u8]| {
        client.write_all(data).expect("the server reads");
        client.read_exact(&mut vec![0; data.len()]).expect("the server echoes");
        let received = wait_until("received");
        assert_eq!(
            (received["id"].as_u64(), received["peer"].as_str()),
            (Some(1), Some(peer.as_str())),
            "{received}"
        );
        assert_eq!(received["len"].as_u64(), Some(data.len() as u64), "{received}");
        received
    };
    let received = say(&mut client, "café \"\n".as_bytes());
    assert_eq!((received["encoding"].as_str(), received["data"].as_str()), (Some("text"), Some("café \"\n")));
    let received = say(&mut client, b"\x00\xff\n");
    assert_eq!((received["encoding"].as_str(), received["data"].as_str()), (Some("base64"), Some("AP8K")));
    drop(client);
    let closed = wait_until("closed");
    assert_eq!(closed["id"].as_u64(), Some(1), "{closed}");
}

#[test]
fn options_override_saved_settings_and_headless_changes_none() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("settings.toml");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let text =
        format!("host = \"127.0.0.1\"\nport = {port}\nmode = \"one\"\nrecv_size = 4\nfrom_the_future = 7\n");
    fs::write(&file, &text).expect("the settings can be written");
    let path = file.to_str().expect("the path is UTF-8");

    let server = Server::from(echoscope(&["--headless", "--settings", path]));
    assert_eq!(server.port, port, "the saved port");
    let mut client = server.connect();
    client.write_all(b"abcdef").expect("the server reads");
    client.read_exact(&mut [0; 6]).expect("the server echoes");
    server.out.wait_until(|line| line == "Received: b'abcd'");
    server.out.wait_until(|line| line == "Received: b'ef'");
    drop(client);
    drop(server);

    let server =
        Server::from(echoscope(&["--headless", "--settings", path, "--port", "0", "--recv-size", "64"]));
    assert_ne!(server.port, port, "the option overrides the saved port");
    let mut client = server.connect();
    client.write_all(b"abcdef").expect("the server reads");
    client.read_exact(&mut [0; 6]).expect("the server echoes");
    server.out.wait_until(|line| line == "Received: b'abcdef'");
    drop(server);

    assert_eq!(
        fs::read_to_string(&file).expect("the settings are still there"),
        text,
        "headless changed them"
    );
    assert_eq!(files_in(folder.path()), ["settings.toml"], "headless left something behind");
}

#[test]
fn a_broken_settings_file_does_not_stop_headless_and_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("settings.toml");
    fs::write(&file, "port = = 12\n").expect("the settings can be written");
    let path = file.to_str().expect("the path is UTF-8");
    let server = Server::from(echoscope(&["--headless", "--settings", path, "--port", "0"]));
    drop(server.connect());
    let message = server.err.next();
    assert!(message.contains("settings"), "{message:?}");
    assert_plain(&message, "broken settings");
    drop(server);
    assert_eq!(fs::read_to_string(&file).expect("the settings are still there"), "port = = 12\n");
    assert_eq!(files_in(folder.path()), ["settings.toml"]);
}

#[test]
fn headless_creates_no_settings_file() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("new.toml");
    let server = Server::start(&["--settings", path.to_str().expect("the path is UTF-8")]);
    drop(server.connect());
    drop(server);
    assert_eq!(files_in(folder.path()), Vec::<String>::new());
}

// Other OSs have no environment variable for the display.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_it_prints_a_message_and_serves() {
    for arguments in [&["--port", "0"][..], &["--start", "--port", "0"]] {
        let server = Server::from(echoscope(arguments));
        let mut client = server.connect();
        client.write_all(b"x").expect("the server reads");
        client.read_exact(&mut [0]).expect("the server echoes");
        let message = server.err.next();
        assert!(message.contains("--headless") || message.contains("display"), "{message:?}");
        assert_plain(&message, "no display");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_a_broken_settings_file_is_reported_and_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("settings.toml");
    fs::write(&file, "port = = 12\n").expect("the settings can be written");
    let path = file.to_str().expect("the path is UTF-8");
    let server = Server::from(echoscope(&["--settings", path, "--port", "0"]));
    let message = [server.err.next(), server.err.next()];
    assert!(message.iter().any(|line| line.contains("settings")), "{message:#?}");
    drop(server);
    assert_eq!(
        files_in(folder.path()),
        ["settings.toml"],
        "it ran without a window and changed the saved settings"
    );
}

/// Starts the program and reads only the first line of its stdout, which contains the port.
#[cfg(unix)]
fn start_with_unread_stdout() -> (Guarded, Lines, BufReader<ChildStdout>, u16) {
    let mut command = echoscope(&["--headless", "--host", "127.0.0.1", "--port", "0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Guarded(command.spawn().expect("the program can be started"));
    let complaints = Lines::of(child.0.stderr.take().expect("stderr is piped"));
    let mut first = String::new();
    let mut reader = BufReader::new(child.0.stdout.take().expect("stdout is piped"));
    reader.read_line(&mut first).expect("the program prints a line");
    let port = first.trim_end().rsplit(' ').next().and_then(|port| port.parse().ok());
    (child, complaints, reader, port.expect("the first line names the port"))
}

#[cfg(unix)]
fn terminate(child: &Guarded) {
    // This fails if the program has exited already.
    let line = format!("kill -TERM {} 2>/dev/null", child.0.id());
    let _ = Command::new("sh").args(["-c", &line]).status();
}

// Windows has no signals.
#[cfg(unix)]
#[test]
fn a_stalled_reader_of_stdout_delays_neither_the_echo_nor_the_stop() {
    // The test doesn't read stdout, like `echoscope --headless | less` without scrolling.
    let (mut child, _complaints, mut reader, port) = start_with_unread_stdout();
    let mut client = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    client.set_read_timeout(Some(crate::support::PATIENCE)).expect("a timeout can be set");
    let block = vec![b'.'; 32 << 10];
    let mut got = vec![0; block.len()];
    for _ in 0..1000 {
        client.write_all(&block).expect("the server reads");
        client.read_exact(&mut got).expect("the echo doesn't wait for stdout");
    }
    assert!(got == block);
    terminate(&child);
    let status =
        crate::support::wait(&mut child.0, Duration::from_secs(3)).expect("the stop doesn't wait for stdout");
    assert_eq!(status.code(), Some(0), "{status}");
    // The output is far smaller than the received data: events that didn't fit were counted, not kept.
    let mut printed = Vec::new();
    reader.read_to_end(&mut printed).expect("the pipe can be read");
    assert!(printed.len() < 8 << 20, "{} bytes were kept", printed.len());
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    entries.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect()
}
