//! The tutorial's program for the given settings, as Python that can be run.
//!
//! There are two versions of it, each with a template: [`Version::Tutorial`] is the tutorial's own program, changed only
//! where the settings differ from it. [`Version::Robust`] also handles errors, and prints what Echoscope prints in a
//! terminal for the same clients. [`program`] selects the template's lines and fills in the values. A line stores which
//! of the server's calls it makes, so that the window can show where a running server is. [`Program::notes`] lists what
//! the server does beyond the program.

pub mod tokens;

use std::ffi::OsStr;
use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;

use crate::server::ServerConfig;
use crate::server::calls::Call;
use crate::settings::parse::{is_localhost_name, is_loopback};
use crate::settings::{ClientAuth, Mode, Setting, Settings, TlsVersions};

/// A version of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The tutorial's own program.
    Tutorial,
    /// The program with error handling, timeouts and a line for each closed connection.
    Robust,
}

impl Version {
    /// Returns the lines of the program. Before `|` is the condition of a line: `a+!b` means *a and not b*, and an empty
    /// condition *always*. `@name@` is replaced by a value, and a line `=key` by the Python line that the table of
    /// settings has for this key.
    const fn template(self) -> &'static str {
        match self {
            Self::Tutorial => include_str!("tutorial.py.template"),
            Self::Robust => include_str!("robust.py.template"),
        }
    }
}

/// The texts that identify the lines that make the server's calls.
const CALLS: [(&str, Call); 8] = [
    ("= socket.socket(", Call::Socket),
    ("sock.bind(", Call::Bind),
    ("sock.listen(", Call::Listen),
    ("sock.accept(", Call::Accept),
    ("context.wrap_socket(", Call::Handshake),
    ("data = conn.recv(", Call::Recv),
    ("conn.sendall(", Call::SendAll),
    ("conn.close()", Call::Close),
];

/// A Python program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Which version of the program this is.
    pub version: Version,
    /// The lines of the program.
    pub lines: Vec<ProgramLine>,
    /// The server's behavior beyond the program: at most five ends of a sentence that begins with “the server”.
    pub notes: Vec<String>,
}

/// A line of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramLine {
    /// The text, indented, without a line end.
    pub text: String,
    /// The server's call that the line makes.
    pub call: Option<Call>,
    /// Whether the line passes an accepted client to the pool, where it waits for a thread.
    pub hands_over: bool,
}

impl Program {
    /// Returns the whole program, each line ended by `\n`.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }
}

/// Returns the program for a server with this configuration. It requires Python 3.8 or newer. Before Python 3.10, the
/// tutorial's version may also accept TLS 1.0 and 1.1, depending on OpenSSL's configuration.
///
/// Relative paths stay relative to the folder that the program is run in. If no certificate is chosen, the program uses
/// the tutorial's `server.crt` and `server.key`. It writes no key log: that setting is never remembered, and a saved
/// program would remember it.
#[must_use]
pub fn program(config: &ServerConfig, version: Version) -> Program {
    let host = HostKind::of(&config.host);
    let mut lines = Vec::new();
    for row in version.template().lines() {
        let (conditions, template) = row.split_once('|').unwrap_or_default();
        let holds = |condition: &str| match condition.strip_prefix('!') {
            Some(condition) => !holds(condition, config, host),
            None => holds(condition, config, host),
        };
        if !conditions.trim_end().split('+').all(holds) {
            continue;
        }
        let setting = template.strip_prefix('=').and_then(Setting::with_key);
        let template = setting.map_or(template, |setting| setting.info().python);
        let call = CALLS.iter().find(|(text, _)| template.contains(text)).map(|(_, call)| *call);
        let hands_over = template.contains("pool.submit(");
        // Parts with an odd index are names of values.
        let parts = template.split('@').enumerate().map(|(index, part)| match index % 2 {
            0 => part.to_owned(),
            _ => value(part, config, host),
        });
        let text: String = parts.collect();
        let texts = text.split('\n').map(str::to_owned);
        lines.extend(texts.map(|text| ProgramLine { text, call, hands_over }));
    }
    Program { version, lines, notes: notes(config, host, version) }
}

/// Returns what the server does beyond the program.
fn notes(config: &ServerConfig, host: HostKind, version: Version) -> Vec<String> {
    let is_tutorial = version == Version::Tutorial;
    let holds = |condition: &str| holds(condition, config, host);
    let mut notes = Vec::new();
    let mut add = |parts: &[(bool, &str)]| {
        let parts: Vec<_> = parts.iter().filter(|(applies, _)| *applies).map(|(_, part)| *part).collect();
        if !parts.is_empty() {
            notes.push(parts.join(", and "));
        }
    };
    add(&[
        (holds("localhost"), "listens on ::1 as well"),
        (holds("host_name"), "listens on every address of the host name"),
        (is_tutorial, "sets SO_REUSEADDR to restart at once (not on Windows)"),
    ]);
    add(&[(true, "sets TCP_NODELAY to send each echo at once"), (true, "calls shutdown() before close()")]);
    let handshake = format!("limits the TLS handshake to {} seconds", config.handshake_timeout.as_secs());
    add(&[
        (is_tutorial && holds("tls"), &handshake),
        (
            is_tutorial && !holds("tls") && holds("one"),
            "continues after a client's reset, which ends this program",
        ),
        (
            is_tutorial && !holds("tls") && holds("threads"),
            "handles a client's reset, which ends this program's thread with an error",
        ),
        (
            is_tutorial && !holds("tls") && holds("pool"),
            "reports a client's reset, which this program doesn't show",
        ),
        (holds("alpn"), "rejects clients that offer only other ALPN protocols"),
    ]);
    add(&[
        (is_tutorial, "logs how each connection ended"),
        (is_tutorial && holds("pool"), "doesn't wait for its clients when it stops"),
    ]);
    let ignored = [
        (is_tutorial && holds("idle"), Setting::IdleTimeout),
        (holds("max_clients"), Setting::MaxClients),
        (holds("key_log"), Setting::KeyLog),
    ];
    let ignored: Vec<_> = ignored.iter().filter(|(applies, _)| *applies).map(|(_, it)| it.label()).collect();
    let ignored_text = format!("applies settings that this program ignores: {}", ignored.join(", "));
    add(&[(!ignored.is_empty(), &ignored_text)]);
    notes
}

/// The kind of address that a host name stands for. It decides how the socket is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostKind {
    /// `localhost` and the names under it.
    Localhost,
    Ipv4(IpAddr),
    Ipv6,
    /// `::`, which also accepts IPv4 clients.
    AnyIpv6,
    /// A name to look up, or an IPv6 literal with a zone.
    Name,
}

impl HostKind {
    fn of(host: &str) -> Self {
        match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address @ IpAddr::V4(_)) => Self::Ipv4(address),
            Ok(address) if address.is_unspecified() => Self::AnyIpv6,
            Ok(_) => Self::Ipv6,
            Err(_) if is_localhost_name(host) => Self::Localhost,
            Err(_) => Self::Name,
        }
    }
}

/// Returns whether a condition of the template is true.
fn holds(condition: &str, config: &ServerConfig, host: HostKind) -> bool {
    match condition {
        "" => true,
        "one" => config.mode == Mode::One,
        "threads" => config.mode == Mode::Threads,
        "pool" => config.mode == Mode::Pool,
        "localhost" => host == HostKind::Localhost,
        "host_name" => host == HostKind::Name,
        "ipv4" => matches!(host, HostKind::Ipv4(_) | HostKind::Localhost),
        "ipv6" => matches!(host, HostKind::Ipv6 | HostKind::AnyIpv6),
        "any_ipv6" => host == HostKind::AnyIpv6,
        "network" => !matches!(host, HostKind::Localhost | HostKind::Name) && !is_loopback(&config.host),
        "any_port" => config.port == 0,
        "idle" => config.idle_timeout.is_some(),
        "max_clients" => {
            let default = Settings::default().max_clients as usize;
            config.mode != Mode::One && config.max_clients != default
        }
        _ => config.tls.as_ref().is_some_and(|tls| match condition {
            "tls" => true,
            "from_1.2" => tls.versions != TlsVersions::Only13,
            "up_to_1.2" => tls.versions == TlsVersions::Only12,
            "from_1.3" => tls.versions == TlsVersions::Only13,
            "client_auth" => tls.client_auth != ClientAuth::None,
            "optional" => tls.client_auth == ClientAuth::Optional,
            "required" => tls.client_auth == ClientAuth::Required,
            "alpn" => !tls.alpn.is_empty(),
            "no_tickets" => !tls.tickets,
            "key_log" => tls.key_log.is_some(),
            _ => unreachable!("an unknown condition in the template: {condition}"),
        }),
    }
}

/// Returns a value of the template as Python writes it.
fn value(name: &str, config: &ServerConfig, host: HostKind) -> String {
    let file = |path: Option<&Path>, default: &str| match path {
        Some(path) if !path.as_os_str().is_empty() => literal(path),
        _ => literal(default),
    };
    let tls = config.tls.as_ref();
    match name {
        "over_tls" => if tls.is_some() { " over TLS" } else { "" }.to_owned(),
        "host" => match host {
            HostKind::Localhost => literal("localhost"),
            // This also turns an IPv4-mapped IPv6 address into an IPv4 address.
            HostKind::Ipv4(address) => literal(address.to_string()),
            _ => literal(&config.host),
        },
        "port" => config.port.to_string(),
        "backlog" => config.backlog.to_string(),
        "recv_size" => config.recv_size.to_string(),
        "in_try" => if tls.is_some() { "    " } else { "" }.to_owned(),
        "pool_size" => config.pool_size.to_string(),
        "idle_timeout" => config.idle_timeout.unwrap_or_default().as_secs().to_string(),
        "handshake_timeout" => config.handshake_timeout.as_secs().to_string(),
        "certificate" => file(tls.map(|tls| tls.certificate.as_path()), "server.crt"),
        "key" => file(tls.map(|tls| tls.key.as_path()), "server.key"),
        "identity" => {
            let [certificate, key] = ["certificate", "key"].map(|name| value(name, config, host));
            let is_short = certificate.len() + key.len() < 60;
            certificate + if is_short { ", " } else { ",\n                        " } + &key
        }
        "client_ca" => file(tls.map(|tls| tls.client_ca.as_path()), "ca.crt"),
        "alpn" => {
            let names = tls.into_iter().flat_map(|tls| &tls.alpn);
            names.map(literal).collect::<Vec<_>>().join(",\n    ")
        }
        _ => unreachable!("an unknown value in the template: {name}"),
    }
}

/// Returns a text or a path as a Python string (Language Reference, section 2.4.1), in ASCII except for letters and
/// digits. Nothing in the result ends the string early, breaks the line, or changes the direction of the text. Bytes
/// that aren't UTF-8 are written as Python represents them (PEP 383).
fn literal(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_encoded_bytes();
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => out.push_str(r"\n"),
                '\r' => out.push_str(r"\r"),
                '\t' => out.push_str(r"\t"),
                '\\' => out.push_str(r"\\"),
                _ if character == quote => out.extend(['\\', character]),
                ' '..='~' => out.push(character),
                _ if character.is_alphanumeric() => out.push(character),
                _ => push_escape(&mut out, character.into()),
            }
        }
        chunk.invalid().iter().for_each(|byte| push_escape(&mut out, 0xdc00 + u32::from(*byte)));
    }
    out.push(quote);
    out
}

fn push_escape(out: &mut String, code: u32) {
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [Version; 2] = [Version::Tutorial, Version::Robust];

    fn with(version: Version, change: impl FnOnce(&mut Settings)) -> Program {
        let mut settings = Settings::default();
        change(&mut settings);
        program(&ServerConfig::from(&settings), version)
    }

    /// Returns the programs of every mode, with and without TLS.
    fn all(version: Version) -> impl Iterator<Item = (Mode, bool, Program)> {
        let cases = Mode::ALL.into_iter().flat_map(|mode| [(mode, false), (mode, true)]);
        cases.map(move |(mode, tls)| (mode, tls, with(version, |it| (it.mode, it.tls) = (mode, tls))))
    }

    #[test]
    fn each_call_is_made_on_one_line() {
        for version in VERSIONS {
            for (mode, tls, program) in all(version) {
                for (text, call) in CALLS {
                    let lines: Vec<_> = program.lines.iter().filter(|line| line.call == Some(call)).collect();
                    let expected = usize::from(tls || call != Call::Handshake);
                    assert_eq!(lines.len(), expected, "{version:?} {mode:?} {tls} {call:?}");
                    assert!(lines.iter().all(|line| line.text.contains(text)), "{call:?}: {lines:?}");
                }
            }
        }
    }

    #[test]
    fn tutorials_program_has_its_number_of_lines() {
        for (mode, tls, program) in all(Version::Tutorial) {
            let code = program.lines.iter().filter(|line| !line.text.is_empty()).count();
            let more_than_one = Mode::ALL.iter().position(|other| *other == mode).unwrap();
            assert_eq!(code, 26 + more_than_one + if tls { 8 } else { 0 }, "{mode:?} {tls}");
        }
        // The settings that need lines of their own.
        for host in ["::", "a.example"] {
            let program = with(Version::Tutorial, |settings| {
                (settings.host, settings.port, settings.mode) = (host.to_owned(), 0, Mode::One);
            });
            let code = program.lines.iter().filter(|line| !line.text.is_empty()).count();
            assert!(code <= 30, "{host}: {code}");
        }
    }

    #[test]
    fn functions_have_the_names_of_the_tutorial() {
        for (version, sock) in [(Version::Tutorial, "listen_socket"), (Version::Robust, "sock")] {
            for (mode, _, program) in all(version) {
                let text = program.text();
                let name = match mode {
                    Mode::One => "handle_new_connections_simple",
                    Mode::Threads => "handle_new_connections_threads",
                    Mode::Pool => "handle_new_connections_thread_pool",
                };
                for line in [
                    "def start_server():",
                    &format!("    {sock} = initialize_server_socket()"),
                    "def initialize_server_socket():",
                    &format!("    {name}({sock})"),
                    &format!("def {name}(sock):"),
                    "def handle_client(conn",
                ] {
                    assert!(text.contains(line), "{version:?} {mode:?}: {line}");
                }
                assert_eq!(text.matches("def handle_new_connections").count(), 1);
            }
        }
    }

    #[test]
    fn lines_fit_beside_the_form() {
        for version in VERSIONS {
            for (mode, tls, _) in all(version) {
                let program = with(version, |settings| {
                    (settings.mode, settings.tls, settings.idle_timeout) = (mode, tls, 30);
                    (settings.session_tickets, settings.max_clients) = (false, 7);
                });
                for line in program.lines {
                    assert!(line.text.chars().count() <= 96, "{}", line.text);
                    assert_eq!(line.text.trim_end(), line.text);
                }
            }
        }
    }

    #[test]
    fn notes_are_few_and_name_what_the_program_lacks() {
        let notes = |version, change: fn(&mut Settings)| with(version, change).notes;
        let usual = notes(Version::Tutorial, |_| ());
        assert!(usual[0].starts_with("listens on ::1 as well, and sets SO_REUSEADDR"), "{usual:?}");
        assert_eq!(usual.len(), 4, "{usual:?}");
        let robust = notes(Version::Robust, |_| ());
        assert_eq!(robust[0], "listens on ::1 as well");
        assert_eq!(robust.len(), 2, "{robust:?}");
        let everything = |settings: &mut Settings| {
            (settings.host, settings.mode, settings.tls) = ("a.example".to_owned(), Mode::Pool, true);
            (settings.idle_timeout, settings.max_clients) = (30, 7);
            (settings.alpn, settings.key_log) = (vec!["h2".to_owned()], "keys.log".into());
        };
        let all = notes(Version::Tutorial, everything);
        assert_eq!(all.len(), 5, "{all:?}");
        assert!(all.iter().all(|note| note.len() <= 100), "{all:?}");
        assert_eq!(all[4], "applies settings that this program ignores: Idle timeout, Max clients, Key log");
        let robust = notes(Version::Robust, everything);
        assert_eq!(robust[3], "applies settings that this program ignores: Max clients, Key log");
    }

    #[test]
    fn strings_are_written_as_python_does() {
        for (text, written) in [
            ("localhost", "'localhost'"),
            ("it's", r#""it's""#),
            (r#"'""#, r#"'\'"'"#),
            ("C:\\new\n", r"'C:\\new\n'"),
            ("\0\u{1b}\u{7f}", r"'\x00\x1b\x7f'"),
            ("süß 猫", "'süß 猫'"),
            ("a\u{202e}b\u{2028}\u{1f600}\u{a0}", r"'a\u202eb\u2028\U0001f600\xa0'"),
            ("'''\"\"\"#{x}%s", r##"'\'\'\'"""#{x}%s'"##),
        ] {
            assert_eq!(literal(text), written);
            assert_eq!(literal(Path::new(text)), written);
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_are_escaped() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(literal(Path::new(OsStr::from_bytes(b"a\xffb"))), r"'a\udcffb'");
    }
}
