//! Checks the imports in `src`: which module may import which, which crates stay inside one folder, and that no files
//! import each other in a circle. The checks read `use` statements and `crate::…` paths, except in unit tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules that each module at the top of `src` may import. `server::event` allows only that part of `server`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    (
        "app",
        &[
            "capture",
            "check",
            "client",
            "crash_report",
            "lessons",
            "log",
            "platform",
            "python",
            "resolve",
            "ring_buffer",
            "server",
            "settings",
            "sync",
            "text",
            "tls",
        ],
    ),
    ("capture", &["log::format", "platform::files", "server::event", "settings", "sync", "text", "tls"]),
    (
        "check",
        &[
            "client::echo_check",
            "crash_report",
            "log::format",
            "log::line",
            "platform",
            "resolve",
            "settings",
            "sync",
            "text",
            "tls",
        ],
    ),
    ("cli", &["check", "platform::signals", "settings", "text", "tls::create", "tls::options"]),
    ("client", &["crash_report", "platform", "resolve", "settings", "sync", "text", "tls"]),
    ("crash_report", &["platform", "sync", "text"]),
    (
        "headless",
        &[
            "app",
            "capture::pcapng",
            "cli",
            "log",
            "platform",
            "server::event",
            "server::start_error",
            "server::ServerState",
            "settings",
            "text",
        ],
    ),
    (
        "lessons",
        &[
            "check",
            "platform::process_usage",
            "server::calls",
            "server::event",
            "settings",
            "text",
            "tls::handshake",
            "tls::names",
        ],
    ),
    ("log", &["ring_buffer", "server::event", "server::start_error", "settings", "sync", "text", "tls"]),
    ("main", &["app", "cli", "crash_report", "headless", "platform", "settings", "ui"]),
    ("platform", &["sync"]),
    ("python", &["platform", "server::ServerConfig", "server::calls", "settings", "text"]),
    ("resolve", &["settings"]),
    ("ring_buffer", &[]),
    ("server", &["capture", "crash_report", "platform", "resolve", "settings", "sync", "text", "tls"]),
    ("settings", &["platform", "text"]),
    ("sync", &[]),
    ("text", &[]),
    ("tls", &["platform", "settings", "sync", "text"]),
    (
        "ui",
        &[
            "app",
            "capture",
            "check",
            "client",
            "crash_report",
            "lessons",
            "log",
            "platform",
            "python",
            "server",
            "settings",
            "sync",
            "text",
            "tls",
        ],
    ),
];

const SOCKETS: &str = "sockets belong to the server, the client and the checks";

/// Crates and types that only some files may use: the name, the files or folders, and the reason.
const RESTRICTED: &[(&str, &[&str], &str)] = &[
    ("egui::", &["ui/"], "nothing below the window uses the GUI toolkit"),
    ("eframe::", &["ui/", "platform/renderers.rs"], "nothing below the window uses the GUI toolkit"),
    ("rfd::", &["ui/"], "nothing below the window opens a dialog"),
    ("socket2::", &["server/", "client/", "check/", "platform/"], SOCKETS),
    ("mio::", &["server/", "client/", "platform/sockets.rs", "platform/socket_queues.rs"], SOCKETS),
    ("TcpStream", &["server/", "client/", "check/", "platform/"], SOCKETS),
    ("TcpListener", &["server/", "client/", "platform/sockets.rs", "platform/socket_queues.rs"], SOCKETS),
    ("UdpSocket", &["resolve.rs"], SOCKETS),
    (
        "rustls::",
        &["tls/", "server/", "client/", "check/", "capture/"],
        "the window and the app don't speak TLS",
    ),
    ("rcgen::", &["tls/create/"], "certificates are made in one place"),
    ("rustls_pemfile", &["tls/pem.rs"], "it is archived and will be replaced in one step"),
    ("Color32::from_", &["ui/theme.rs"], "colors are in the theme"),
    ("unsafe {", &["platform/"], "calls without a safe wrapper are in one place"),
];

/// The code by which a file checks for an operating system.
const OS_CHECKS: &[&str] =
    &["cfg(windows)", "cfg(unix)", "cfg!(windows)", "cfg!(unix)", "target_os", "target_family"];
/// The files outside of `platform/` that may check for an operating system.
const MAY_CHECK_OS: &[&str] = &["headless.rs"];

/// A source file without its unit tests and comments.
struct Source {
    /// The path relative to `src`, with `/` as separator.
    name: String,
    text: String,
}

impl Source {
    /// Returns the path of the file's module, for example `server::event`; empty for `lib.rs`.
    fn module(&self) -> String {
        let path = self.name.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        if path == "lib" { String::new() } else { path }
    }

    /// Returns the paths from the crate's root in imports and in code, with `{…}` expanded.
    fn imports(&self) -> Vec<String> {
        let text = self.text.replace("echoscope::", "crate::").replace("(in crate::", "(in ");
        let mut found = Vec::new();
        for (at, _) in text.match_indices("crate::") {
            expand("", &text[at + "crate::".len()..], &mut found);
        }
        found
    }
}

/// Adds the paths at the beginning of `tree`, which is the rest of a `use` statement or of a path in code. Returns the
/// text after them.
fn expand<'a>(prefix: &str, tree: &'a str, found: &mut Vec<String>) -> &'a str {
    let tree = tree.trim_start();
    if let Some(mut rest) = tree.strip_prefix('{') {
        while !rest.trim_start().starts_with('}') && !rest.is_empty() {
            let after = expand(prefix, rest, found);
            rest = after.trim_start().trim_start_matches(',');
            if after.len() == tree.len() {
                break;
            }
        }
        return rest.trim_start().strip_prefix('}').unwrap_or_default();
    }
    let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len());
    let (segment, rest) = tree.split_at(end);
    let path = if prefix.is_empty() { segment.to_owned() } else { format!("{prefix}::{segment}") };
    if let Some(more) = rest.strip_prefix("::") {
        return expand(&path, more, found);
    }
    found.push(if segment == "self" { prefix.to_owned() } else { path });
    // Skip an alias: `Name as Other`.
    rest.strip_prefix(" as ").map_or(rest, |alias| alias.trim_start_matches(|c: char| c.is_alphanumeric()))
}

fn sources(folder: &Path, name: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("src can be listed") {
        let entry = entry.expect("src can be listed");
        let name = format!("{name}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            sources(&entry.path(), &format!("{name}/"), found);
        } else if Path::new(&name).extension().is_some_and(|end| end == "rs") && !name.ends_with("tests.rs") {
            let text = fs::read_to_string(entry.path()).expect("a source can be read");
            assert!(text.starts_with("//! "), "src/{name} doesn't begin with a //! about its purpose");
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.push(Source { name, text: lines.collect::<Vec<_>>().join("\n") });
        }
    }
}

fn all_sources() -> Vec<Source> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(found.iter().any(|source| source.name == "lib.rs"), "no sources were found");
    found
}

/// Returns whether `path` is `start` or inside it.
fn is_within(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn modules_import_only_in_the_allowed_direction() {
    let mut broken = Vec::new();
    for source in all_sources().iter().filter(|source| source.name != "lib.rs") {
        let module = source.module();
        let top = module.split("::").next().unwrap_or_default();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == top) else {
            broken.push(format!("src/{}: add {top} to MAY_IMPORT", source.name));
            continue;
        };
        for path in source.imports() {
            let target = path.split("::").next().unwrap_or_default();
            let is_module = MAY_IMPORT.iter().any(|(module, _)| *module == target);
            if is_module && target != top && !allowed.iter().any(|allowed| is_within(&path, allowed)) {
                broken.push(format!("src/{}: {top} may not import {path}", source.name));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn crates_and_os_checks_stay_in_their_files() {
    let mut broken = Vec::new();
    for Source { name, text } in &all_sources() {
        let is_in = |files: &[&str]| {
            files.iter().any(|file| name == file || file.ends_with('/') && name.starts_with(file))
        };
        for (what, files, reason) in RESTRICTED {
            let named = text
                .match_indices(what)
                .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if named && !is_in(files) {
                broken.push(format!("src/{name}: `{what}` stays inside {files:?}: {reason}"));
            }
        }
        if !is_in(&["platform/"]) && !is_in(MAY_CHECK_OS) {
            let asks = OS_CHECKS.iter().filter(|check| text.contains(**check));
            broken.extend(
                asks.map(|check| format!("src/{name}: `{check}`: what differs by OS belongs in platform/")),
            );
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Two files that import each other, directly or through others, can't be understood one after the other.
#[test]
fn files_do_not_import_each_other_in_circles() {
    let sources = all_sources();
    let modules: BTreeMap<String, &str> =
        sources.iter().map(|source| (source.module(), source.name.as_str())).collect();
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.name != "lib.rs") {
        let files = source.imports().into_iter().filter_map(|mut path| {
            // Find the file of the longest module path that this path begins with.
            while !modules.contains_key(&path) {
                path.truncate(path.rfind("::")?);
            }
            modules.get(&path).copied().filter(|file| *file != source.name)
        });
        imports.insert(&source.name, files.collect());
    }
    // Repeatedly remove files that import none of the remaining files; only circles remain.
    loop {
        let left: BTreeSet<&str> = imports.keys().copied().collect();
        let before = imports.len();
        imports.retain(|_, files| files.iter().any(|file| left.contains(file)));
        let imported: BTreeSet<&str> = imports.values().flatten().copied().collect();
        imports.retain(|file, _| imported.contains(file));
        if imports.len() == before {
            break;
        }
    }
    let left: BTreeSet<&str> = imports.keys().copied().collect();
    let circles: Vec<_> = imports
        .iter()
        .map(|(file, files)| format!("{file} imports {:?}", files.intersection(&left).collect::<Vec<_>>()))
        .collect();
    assert!(circles.is_empty(), "circles among {} files:\n{}\n", circles.len(), circles.join("\n"));
}
