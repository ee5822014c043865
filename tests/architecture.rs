//! The house's rules, read off the sources: which module may import which, and what each file looks like.
//!
//! `main -> ui | headless -> app -> server, client, log, settings`, and `server, client -> tls`. What a
//! module may name is listed in [`MAY_NAME`] and nowhere else; a new module needs a line there. Tests inside the
//! sources (`#[cfg(test)]`) are free.

#[path = "support/tokens.rs"]
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use tokens::{Token, tokens, without_tests};

/// For each module at the top of `src`: the modules that it may name, by path. `server::event` lets in that
/// part of `server` only.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["cli", "console", "headless", "ui", "app", "settings"]),
    ("console", &[]),
    ("cli", &["settings", "tls::create"]),
    ("headless", &["cli", "app", "settings", "journal", "server::event", "server::error", "server::status"]),
    (
        "ui",
        &[
            "app",
            "settings",
            "journal",
            "code",
            "lessons",
            "server::calls",
            // Which connections were captured; the ladder reads what is in them.
            "server::capture",
            "ladder",
            "server::event",
            "server::error",
            "server::status",
            "tls::CertificateReport",
            "tls::ClientCaReport",
            "tls::KeyReport",
            // What the lab's dialogs ask for and show, as plain values; session::lab does the work.
            "tls::create",
            "tls::details",
            "tls::error",
            "tls::handshake",
            // What a client tells, as plain values; session::clients holds the connections.
            "client::echo",
            "client::event",
            "client::status",
            "client::typed",
            "tls::connecting",
        ],
    ),
    ("app", &["server", "client", "journal", "ladder", "lessons", "code", "settings", "terminal", "tls"]),
    ("server", &["tls", "settings"]),
    // How the system's errors are numbered.
    ("client", &["tls", "settings", "server::system"]),
    // A capture is plain values that grow; times, amounts and bytes are written as in the log.
    ("ladder", &["server::capture", "journal", "tls::names", "settings"]),
    // What a server is started with, and the calls that it makes.
    ("code", &["server::calls", "server::config", "settings"]),
    // tls::names and tls::offer are plain values and their names.
    (
        "journal",
        &[
            "settings",
            "server::event",
            "server::error",
            "tls::handshake",
            "tls::error",
            "tls::names",
            "tls::offer",
        ],
    ),
    // What happens and how the server is set, as plain values.
    ("lessons", &["settings", "server::calls", "server::event", "tls::handshake"]),
    // The choices of how TLS is served are plain values.
    ("tls", &["settings::fields", "settings::tls", "terminal"]),
    ("settings", &[]),
    ("terminal", &[]),
];

/// What stays inside some files: the path, the files that may name it (a folder ends in `/`), and the reason.
const KEPT_IN: &[(&str, &[&str], &str)] = &[
    ("egui", &["ui/"], "nothing below the window knows it"),
    ("eframe", &["ui/"], "nothing below the window knows it"),
    ("rfd", &["ui/"], "nothing below the window knows it"),
    ("socket2", &["server/", "client/"], "sockets are the server's and the client's"),
    ("mio", &["server/", "client/"], "sockets are the server's and the client's"),
    ("std::net::TcpStream", &["server/", "client/"], "sockets are the server's and the client's"),
    ("std::net::TcpListener", &["server/", "client/"], "sockets are the server's and the client's"),
    ("std::net::UdpSocket", &["server/", "client/"], "sockets are the server's and the client's"),
    ("std::net::*", &[], "import what is meant by name, so that sockets show"),
    ("rustls", &["tls/", "server/", "client/"], "TLS is theirs"),
    ("rcgen", &["tls/create/"], "certificates are made in one place"),
    ("rustls_pemfile", &["tls/pem.rs"], "it is archived and will be replaced in one step"),
];

/// Where systems differ: the only files that may ask which one it is, each for the reason in its own words.
const SYSTEMS_IN: &[&str] = &[
    // Sockets; who may read a key, and a file that is replaced; a lock file; the ends of a certificate's lines.
    "server/system.rs",
    "tls/private.rs",
    "app/disk.rs",
    "tls/create/lock.rs",
    "tls/create/text.rs",
    // What a user is told to do or to type.
    "terminal.rs",
    "tls/sentences.rs",
    // Python's spelling of a path that is no text.
    "code/literal.rs",
    // A console, signals, a display, file dialogs.
    "console.rs",
    "main.rs",
    "headless.rs",
    "ui/mod.rs",
    "ui/launch.rs",
    "ui/dialogs.rs",
];

/// Colours that say nothing about light or dark.
const NEUTRAL_COLOURS: &[&str] = &["TRANSPARENT", "PLACEHOLDER"];

const LONGEST_FILE: usize = 500;

/// The only file where `unsafe` may stand: two calls to Windows.
const UNSAFE_IN: &str = "src/console.rs";

#[test]
fn the_sources_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    let sources = rust_files(&root.join("src"));
    assert!(sources.iter().any(|file| file.ends_with("lib.rs")), "the sources were not found: {sources:?}");
    for file in sources {
        let name = relative(&root.join("src"), &file);
        let text = fs::read_to_string(&file).expect("a source file can be read");
        broken.extend(import_violations(&name, &text).into_iter().map(|words| format!("src/{name}:{words}")));
        broken.extend(shape_violations(&format!("src/{name}"), &text));
    }
    for file in ["tests", "assets"].iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let text = fs::read_to_string(&file).expect("a test file can be read");
        let name = relative(root, &file);
        broken.extend(shape_violations(&name, &text));
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn a_broken_rule_is_noticed() {
    let caught = [
        ("server/listener.rs", "use crate::log::Entry;", "server may not name journal"),
        ("server/mod.rs", "use crate::{settings::Settings, session::{Command, Session}};", "name app"),
        ("server/modes/pool.rs", "use super::super::super::ui;", "server may not name ui"),
        ("settings/file.rs", "fn f() { let _ = crate::tls::config::load; }", "settings may not name tls"),
        ("log/words.rs", "use crate::server::listener::Listener;", "log may not name server::listener"),
        ("headless.rs", "use echoscope::{server::listener};", "headless may not name server::listener"),
        ("app/mod.rs", "use crate::*;", "app may not name all modules at once"),
        ("novel.rs", "use crate::settings::Mode;", "novel has no line in MAY_NAME"),
        ("app/mod.rs", "type Ui = egui::Ui;", "eframe stays inside"),
        ("app/mod.rs", "use ::egui::Context;", "egui stays inside"),
        (
            "ui/app.rs",
            "use std::{io, net::{IpAddr, TcpStream as Stream}};",
            "std::net::TcpStream stays inside",
        ),
        ("ui/app.rs", "use std::net::*;", "std::net::* stays inside"),
        (
            "ui/app.rs",
            "use std::net;\nfn f() { net::TcpListener::bind(a) }",
            "std::net::TcpListener stays inside",
        ),
        ("ui/app.rs", "use rustls::ServerConfig;", "rustls stays inside"),
        ("tls/key.rs", "fn f() { rustls_pemfile::certs(&mut r) }", "rustls_pemfile stays inside"),
        ("ui/log.rs", "let red = egui::Color32::from_rgb(1, 2, 3);", "a colour outside"),
        ("ui/log.rs", "use egui::Color32;\nlet red = Color32::RED;", "a colour outside"),
        ("client/mod.rs", "const A: u8 = if cfg!(windows) { 1 } else { 2 };", "from system to system"),
        ("client/mod.rs", "#[cfg(all(test, not(unix)))]\nfn f() {}", "from system to system"),
        ("ui/app.rs", "#[cfg(target_os = \"macos\")]\nfn f() {}", "from system to system"),
    ];
    for (file, text, words) in caught {
        let found = import_violations(file, text);
        assert!(found.iter().any(|found| found.contains(words)), "{file}: {text}: {found:?}");
    }
    assert_eq!(shape_violations("src/a.rs", "use std::io;\n").len(), 1);
    assert_eq!(
        shape_violations("src/a.rs", &format!("//! One job.\n{}", "\n".repeat(LONGEST_FILE))).len(),
        1
    );
    assert_eq!(shape_violations("src/a.rs", "//! One job.\n\nfn f() { unsafe { g() } }\n").len(), 1);
}

#[test]
fn what_is_allowed_passes() {
    let fine = [
        ("lib.rs", "pub mod server; pub use server::Event; use crate::ui::App;"),
        ("server/modes.rs", "use super::event::{self, Event}; use crate::tls::config; use self::pool::Pool;"),
        (
            "server/mod.rs",
            "// use crate::ui;\n/* crate::ui::App /* nested */ */ const A: &str = \"crate::ui::App\";",
        ),
        (
            "server/mod.rs",
            "const A: &str = r#\"\" crate::ui::App\"#; const B: char = '\"'; fn f<'a>(a: &'a str) {}",
        ),
        ("server/mod.rs", "#[cfg(test)]\nmod tests { use crate::ui::App; use egui::Context; }"),
        (
            "log/words.rs",
            "use crate::server::event::{Client, EventKind}; use crate::tls::handshake::Handshake;",
        ),
        ("ui/app.rs", "use std::net::{IpAddr, SocketAddr}; let clear = egui::Color32::TRANSPARENT;"),
        ("ui/theme.rs", "const TEAL: egui::Color32 = egui::Color32::from_rgb(12, 132, 130);"),
        ("tls/pem.rs", "use rustls_pemfile::Item;"),
        ("tls/private.rs", "#[cfg(unix)]\nuse std::os::unix::fs::PermissionsExt;"),
    ];
    for (file, text) in fine {
        assert_eq!(import_violations(file, text), Vec::<String>::new(), "{file}: {text}");
    }
    assert!(shape_violations("src/a.rs", "//! One job; no unsafe.\n").is_empty());
    assert!(shape_violations(UNSAFE_IN, "//! One job.\nfn f() { unsafe { g() } }\n").is_empty());
}

/// What a file's text breaks of the rules for all files. `file` is relative to the package.
fn shape_violations(file: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    if !text.trim_start_matches('\u{feff}').starts_with("//! ") {
        broken.push(format!("{file}: the first line is not a //! that names the file's one job"));
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        broken.push(format!("{file}: {lines} lines are too many: split it at a job that has a name"));
    }
    if file != UNSAFE_IN {
        let found = tokens(text).into_iter().filter(|token| token.text == "unsafe");
        broken.extend(found.map(|token| format!("{file}:{}: unsafe stays inside {UNSAFE_IN}", token.line)));
    }
    broken
}

/// What a source names and should not, each with its line. `file` is relative to `src`.
fn import_violations(file: &str, text: &str) -> Vec<String> {
    let own = module_of(file);
    let top = own.first().map_or_else(|| file.trim_end_matches(".rs"), String::as_str);
    let allowed = MAY_NAME.iter().find(|(module, _)| *module == top).map(|(_, allowed)| *allowed);
    let mut broken = Vec::new();
    if top != "lib" && allowed.is_none() {
        broken.push(format!("1: {top} has no line in MAY_NAME (tests/architecture.rs)"));
    }
    let tokens = without_tests(tokens(text));
    if !SYSTEMS_IN.contains(&file) {
        broken.extend(asked_systems(&tokens).map(|line| {
            format!(
                "{line}: what differs from system to system stays inside SYSTEMS_IN (tests/architecture.rs)"
            )
        }));
    }
    for path in paths(&tokens) {
        let Named { line, segments } = &path;
        let Some(ours) = within_crate(segments, &own) else {
            broken.extend(outside_violations(file, *line, segments));
            continue;
        };
        let named = ours.join("::");
        let Some(allowed) = allowed.filter(|_| top != "lib") else { continue };
        let first = ours.first().map_or("", String::as_str);
        if first == "*" || first.is_empty() {
            broken.push(format!("{line}: {top} may not name all modules at once"));
        } else if first != top
            && MAY_NAME.iter().any(|(module, _)| *module == first)
            && !allowed.iter().any(|allowed| starts_with_path(&named, allowed))
        {
            broken.push(format!("{line}: {top} may not name {named}"));
        }
    }
    broken
}

/// The lines that ask which system it is: `cfg(windows)`, `cfg!(not(unix))`, `target_os = …`.
fn asked_systems(tokens: &[Token]) -> impl Iterator<Item = usize> {
    tokens.windows(2).filter_map(|pair| {
        let [before, token] = pair else { return None };
        let is_asked = match token.text.as_str() {
            "windows" | "unix" => matches!(before.text.as_str(), "(" | ","),
            "target_os" | "target_family" => true,
            _ => false,
        };
        is_asked.then_some(token.line)
    })
}

fn outside_violations(file: &str, line: usize, segments: &[String]) -> Vec<String> {
    let mut broken = Vec::new();
    // `use std::net;` and then `net::TcpStream` is the same thing said in two steps.
    let named = segments.join("::");
    let named = if segments[0] == "net" { format!("std::{named}") } else { named };
    for (kept, places, reason) in KEPT_IN {
        let at_home =
            places.iter().any(|place| file == *place || (place.ends_with('/') && file.starts_with(place)));
        if starts_with_path(&named, kept) && !at_home {
            broken.push(format!("{line}: {kept} stays inside {places:?}: {reason}"));
        }
    }
    let colour = segments.windows(2).find(|pair| pair[0] == "Color32").map(|pair| pair[1].as_str());
    let says_a_colour = |name: &str| {
        name.starts_with("from_")
            || (name == name.to_uppercase() && !NEUTRAL_COLOURS.contains(&name) && name != "*")
    };
    if file != "ui/theme.rs" && colour.is_some_and(says_a_colour) {
        broken.push(format!("{line}: a colour outside src/ui/theme.rs: {named}"));
    }
    broken
}

/// Whether `path` is `start` or goes on from it.
fn starts_with_path(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The module path of a file: `server/event.rs` is `server::event`, `lib.rs` the root.
fn module_of(file: &str) -> Vec<String> {
    let mut path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect::<Vec<_>>();
    if path.last().is_some_and(|last| last == "mod") || matches!(file, "lib.rs" | "main.rs") {
        path.pop();
    }
    path
}

/// A path as seen from the crate's root; `None` for one that leads elsewhere.
fn within_crate(segments: &[String], own: &[String]) -> Option<Vec<String>> {
    let mut from = match segments[0].as_str() {
        "crate" | "echoscope" => Vec::new(),
        "self" => own.to_vec(),
        "super" => own[..own.len().saturating_sub(1)].to_vec(),
        _ => return None,
    };
    for segment in &segments[1..] {
        match segment.as_str() {
            "super" => drop(from.pop()),
            "self" => {}
            _ => from.push(segment.clone()),
        }
    }
    Some(from)
}

/// A path named in a source, `use` trees taken apart, and its line.
struct Named {
    line: usize,
    segments: Vec<String>,
}

/// Every path of at least two segments, and every one in a `use`.
fn paths(tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let in_use = tokens[at].text == "use";
        let start = at + usize::from(in_use);
        let start = start + usize::from(in_use && tokens.get(start).is_some_and(|token| token.text == "::"));
        if !tokens.get(start).is_some_and(|token| token.is_name() || (in_use && token.text == "{")) {
            at += 1;
            continue;
        }
        let mut tree = Vec::new();
        at = path_tree(tokens, start, &[], &mut tree).max(at + 1);
        found.extend(tree.into_iter().filter(|path| in_use || path.segments.len() > 1));
    }
    found
}

/// Reads one path or `use` tree from `at`, adds its paths, and tells where it ends.
fn path_tree(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut segments = before.to_vec();
    loop {
        if text(at) == "{" {
            at += 1;
            while at < tokens.len() && text(at) != "}" {
                at = path_tree(tokens, at, &segments, found).max(at + 1);
                if text(at) == "as" {
                    at += 2;
                }
                if text(at) == "," {
                    at += 1;
                }
            }
            return at + 1;
        }
        if !(text(at) == "*" || tokens.get(at).is_some_and(Token::is_name)) {
            break;
        }
        segments.push(text(at).to_owned());
        at += 1;
        // `Vec::<u8>` ends the path: nothing of interest comes after its types.
        let goes_on = text(at) == "::"
            && (matches!(text(at + 1), "{" | "*") || tokens.get(at + 1).is_some_and(Token::is_name));
        if !goes_on {
            break;
        }
        at += 1;
    }
    if !segments.is_empty() {
        found.push(Named { line, segments });
    }
    at
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources can be listed") {
        let path = entry.expect("a folder of sources can be listed").path();
        if path.is_dir() && path.ends_with("target") {
            // What a build of the fuzz targets by themselves leaves behind.
        } else if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn relative(root: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(root).unwrap_or(file);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
