//! Crash reports: the files that panics leave beside the settings file. Nothing is sent.
//!
//! A panic hook collects the facts and lets a thread of its own write them. A panic inside a hook would abort the
//! process, a panic in that thread only costs the report. For the same reason the hook never waits for a lock, and
//! waits for the thread only for a limited time.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::platform::files::{self, folder_of, read_regular};
use crate::platform::{console, os_version};
use crate::text::io_error;

/// How many reports are kept in a folder, and how many a process writes at most: a client that causes a panic with each
/// connection must not fill the disk, and the first reports are the most helpful.
const MAX_REPORTS: usize = 5;
/// The beginning and the end of the names of reports. Between them is the time in UTC, so that names sort by age.
const NAME: (&str, &str) = ("echoscope-crash-", ".txt");
/// The maximum size of a report that is read, in bytes. A usual one has about 20 KiB.
const MAX_SIZE: u64 = 1 << 20;
/// How long writing a report may take. Finding the lines of a backtrace takes a second in a debug build.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The name of the thread that writes a report.
const WRITER: &str = "crash report";
/// The environment variable that requests a panic; see [`panic_if_requested`].
const PANIC_VARIABLE: &str = "ECHOSCOPE_PANIC";

/// Returns the last lines of the log without received data; `None` if a lock on them is held.
type LogSource = Arc<dyn Fn() -> Option<Vec<String>> + Send + Sync>;

/// The folder of the default settings file, and the one of the settings file in use.
static FOLDERS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
static RENDERER: OnceLock<String> = OnceLock::new();
static LOG: Mutex<Option<LogSource>> = Mutex::new(None);
/// The home folder of the user, as it is written in paths.
static HOMES: OnceLock<Vec<String>> = OnceLock::new();
/// How many reports this process has begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
/// The place where a panic was requested.
static REQUESTED: OnceLock<String> = OnceLock::new();

/// Makes each panic write a report, after the message on stderr. `settings_file` is the default settings file: the
/// reports are in its folder, unless [`use_settings_file`] names another one.
pub fn install(settings_file: Option<&Path>) {
    // Each of these values is set once, so none of the calls can fail.
    let _ = settings_file.and_then(absolute_folder).map(|folder| FOLDERS[0].set(folder));
    let _ = HOMES.set(std::env::home_dir().map_or_else(Vec::new, |home| spellings(&home)));
    let _ = std::env::var(PANIC_VARIABLE).map(|place| REQUESTED.set(place));
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        report(info);
    }));
}

/// Puts the reports into the folder of this settings file.
pub fn use_settings_file(path: &Path) {
    let _ = absolute_folder(path).map(|folder| FOLDERS[1].set(folder));
}

/// Returns the folder of the reports; `None` before [`install`], and if the OS has no folder for settings.
#[must_use]
pub fn folder() -> Option<&'static Path> {
    FOLDERS[1].get().or(FOLDERS[0].get()).map(PathBuf::as_path)
}

/// Sets the name of what draws the window.
pub fn set_renderer(name: String) {
    let _ = RENDERER.set(name);
}

/// Sets the source of the last log lines. It is called while any thread may hold any lock, so it must not wait.
pub fn set_log(lines: impl Fn() -> Option<Vec<String>> + Send + Sync + 'static) {
    *crate::sync::lock(&LOG) = Some(Arc::new(lines));
}

/// Returns the text that a panic was raised with, if it was a text.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref().map(String::as_str))
}

/// Panics once if the environment variable `ECHOSCOPE_PANIC` had the value `place` when the program started. For tests.
///
/// # Panics
/// If that was requested.
#[track_caller]
pub fn panic_if_requested(place: &str) {
    static DONE: AtomicBool = AtomicBool::new(false);
    let is_requested =
        REQUESTED.get().is_some_and(|requested| requested == place) && !DONE.swap(true, Relaxed);
    assert!(!is_requested, "{PANIC_VARIABLE} is {place}");
}

fn absolute_folder(settings_file: &Path) -> Option<PathBuf> {
    std::path::absolute(folder_of(settings_file)).ok()
}

/// The panic hook. It must not panic.
fn report(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    if thread.name() == Some(WRITER) {
        return;
    }
    let result = match folder() {
        None => Err((Path::new("the settings folder"), io::ErrorKind::NotFound.into())),
        Some(_) if BEGUN.fetch_add(1, Relaxed) >= MAX_REPORTS => return,
        Some(folder) => Report::new(info, thread.name()).write(folder).map_err(|error| (folder, error)),
    };
    let line = match result {
        Ok(path) => format!("A crash report is in {}. Nothing was sent.", path.display()),
        Err((folder, error)) => {
            format!("Can't write a crash report to {}: {}.", folder.display(), io_error(&error))
        }
    };
    console::print_error(&line);
}

/// The facts about a panic.
struct Report {
    at: Timestamp,
    thread: String,
    message: String,
    place: String,
    backtrace: Backtrace,
}

impl Report {
    fn new(info: &PanicHookInfo<'_>, thread: Option<&str>) -> Self {
        Self {
            at: Timestamp::now(),
            thread: thread.unwrap_or("without a name").to_owned(),
            message: without_quoted_text(info.payload_as_str().unwrap_or("no message")).to_owned(),
            place: info.location().map(ToString::to_string).unwrap_or_default(),
            backtrace: Backtrace::force_capture(),
        }
    }

    /// Writes the report on a thread of its own. Returns the path.
    fn write(self, folder: &'static Path) -> io::Result<PathBuf> {
        let report = Arc::new(self);
        let (sender, result) = sync_channel(1);
        let shared = Arc::clone(&report);
        let work = move || {
            let source = LOG.try_lock().ok().and_then(|log| log.clone());
            // The panic may come from the text of a log entry, and would then come again.
            let log = catch_unwind(AssertUnwindSafe(|| source.and_then(|lines| lines()))).unwrap_or_default();
            let _ = sender.send(shared.save(folder, log.as_deref()));
        };
        if thread::Builder::new().name(WRITER.to_owned()).spawn(work).is_err() {
            // The lack of threads may have caused the panic.
            return report.save(folder, None);
        }
        result.recv_timeout(WRITE_TIMEOUT).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => io::ErrorKind::TimedOut.into(),
                RecvTimeoutError::Disconnected => io::Error::other("another bug in Echoscope"),
            })
        })
    }

    fn save(&self, folder: &Path, log: Option<&[String]>) -> io::Result<PathBuf> {
        let time = self.at.strftime("%Y-%m-%dT%H-%M-%S.%6fZ");
        let path = folder.join(format!("{}{time}-{}{}", NAME.0, std::process::id(), NAME.1));
        let text = without_homes(&self.text(log), HOMES.get().map_or(&[], Vec::as_slice));
        std::fs::create_dir_all(folder)?;
        files::save(&path, 0o600, |out| out.write_all(text.as_bytes()))?;
        delete_oldest(folder);
        Ok(path)
    }

    fn text(&self, log: Option<&[String]>) -> String {
        let Self { at, thread, message, place, backtrace } = self;
        let version = env!("CARGO_PKG_VERSION");
        let (os, renderer) = (os_version::os_version(), RENDERER.get().map_or("none", String::as_str));
        let time = at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %:z");
        let mut text = format!(
            "Echoscope crash report\n\nVersion:  {version}\nTime:     {time}\nOS:       {os}\nRenderer: {renderer}\n\
             Thread:   {thread}\nMessage:  {message}\nPlace:    {place}\n\nLast log entries, without data:\n"
        );
        match log {
            None => text.push_str("The log is not available.\n"),
            Some([]) => text.push_str("The log is empty.\n"),
            Some(lines) => lines.iter().for_each(|line| text.extend([line, "\n"])),
        }
        // Writing to a string can't fail.
        let _ = write!(text, "\nBacktrace:\n{backtrace}");
        text
    }
}

/// Removes the text that std quotes in a panic about a wrong index, since it may be received data.
fn without_quoted_text(message: &str) -> &str {
    let is_about_text = message.contains("byte index") || message.contains("when slicing");
    let quoted = ["; it is inside", " `"].iter().filter_map(|start| message.find(start)).min();
    &message[..quoted.filter(|_| is_about_text).unwrap_or(message.len())]
}

/// Returns the ways in which a home folder is written in paths and in messages.
fn spellings(home: &Path) -> Vec<String> {
    let real = std::fs::canonicalize(home).ok();
    let mut spellings = Vec::new();
    for path in real.iter().map(PathBuf::as_path).chain([home]) {
        let path = path.display().to_string();
        let path = path.trim_start_matches(r"\\?\").trim_end_matches(['/', '\\']);
        // The folder of a service may be the root folder.
        if path.len() > 1 {
            // As in a library's error, and as `{:?}` writes it.
            spellings.extend([path.to_owned(), path.replace('\\', "/"), path.replace('\\', r"\\")]);
        }
    }
    spellings
}

/// Replaces the user's home folder by `~`, and also those of the computers that built the program and its libraries.
fn without_homes(text: &str, homes: &[String]) -> String {
    /// The folders of home folders on Linux, macOS and Windows, and the home folder of root.
    const PARENTS: [&str; 5] = ["/home/", "/Users/", r":\Users\", ":/Users/", r":\\Users\\"];
    const ROOT: &str = "/root";
    let starts_with = |rest: &str, start: &str| {
        rest.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    };
    let is_part_of_name = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    // The length of the home folder that a text begins with.
    let home_length = |rest: &str, before: Option<char>| {
        let is_end = |length: &usize| !is_part_of_name(rest[*length..].chars().next());
        let own = homes.iter().filter(|home| starts_with(rest, home)).map(String::len).filter(is_end).max();
        if own.is_some() || is_part_of_name(before) {
            return own;
        }
        if starts_with(rest, ROOT) && is_end(&ROOT.len()) {
            return Some(ROOT.len());
        }
        let drive = usize::from(rest.starts_with(|first: char| first.is_ascii_alphabetic()));
        let parent = PARENTS
            .iter()
            .find(|parent| parent.starts_with(':') == (drive == 1) && starts_with(&rest[drive..], parent))?;
        let name = &rest[drive + parent.len()..];
        let is_after_name = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '"' | '\'' | ')');
        let length = name.find(is_after_name).unwrap_or(name.len());
        (length > 0).then_some(drive + parent.len() + length)
    };
    let (mut kept, mut rest, mut before) = (String::with_capacity(text.len()), text, None);
    while let Some(next) = rest.chars().next() {
        let skipped = home_length(rest, before);
        match skipped {
            Some(_) => kept.push('~'),
            None => kept.push(next),
        }
        rest = &rest[skipped.unwrap_or(next.len_utf8())..];
        before = Some(next);
    }
    kept
}

/// Returns the user's reports in a folder, the oldest first. Others may write into the folder, too.
fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_report = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_own_file = |file: Metadata| file.is_file() && files::is_own(&file);
        name.starts_with(NAME.0)
            && name.ends_with(NAME.1)
            && std::fs::symlink_metadata(path).is_ok_and(is_own_file)
    };
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.retain(is_report);
    paths.sort();
    Ok(paths)
}

fn delete_oldest(folder: &Path) {
    let paths = paths(folder).unwrap_or_default();
    for path in &paths[..paths.len().saturating_sub(MAX_REPORTS)] {
        // If another process has deleted it, that is as good.
        let _ = std::fs::remove_file(path);
    }
}

/// A report in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashReport {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// Returns the reports in a folder that are newer than the one with the file name `seen`, the newest first.
#[must_use]
pub fn newer_than(folder: &Path, seen: &Path) -> Vec<CrashReport> {
    let paths = paths(folder).unwrap_or_default();
    let new = paths
        .into_iter()
        .rev()
        .take_while(|path| path.file_name().is_some_and(|name| Path::new(name) > seen));
    let read = |path: PathBuf| {
        let bytes = read_regular(&path, MAX_SIZE).ok()?;
        Some(CrashReport { text: String::from_utf8_lossy(&bytes).into_owned(), path })
    };
    new.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn home_folders_are_replaced() {
        let homes = spellings(Path::new("/data/people/ann"));
        for (text, expected) in [
            ("Can't read /data/people/ann/lab/server.key", "Can't read ~/lab/server.key"),
            ("/data/people/ann: denied", "~: denied"),
            ("\"/Data/People/Ann/x\" (/data/people/anna/x)", "\"~/x\" (/data/people/anna/x)"),
            (
                "at /home/builder/.cargo/registry/src/egui/lib.rs:3:7",
                "at ~/.cargo/registry/src/egui/lib.rs:3:7",
            ),
            ("at /root/.cargo/x.rs, /rootless, /mnt/root/x", "at ~/.cargo/x.rs, /rootless, /mnt/root/x"),
            ("/Users/ann/x and /srv/home/ann", "~/x and /srv/home/ann"),
            (r#"C:\Users\ann\x "D:\\Users\\bob\\x" c:/users/eve"#, r#"~\x "~\\x" ~"#),
            ("/home/ and \u{e9}/home/ann \u{20ac}", "/home/ and \u{e9}/home/ann \u{20ac}"),
        ] {
            assert_eq!(without_homes(text, &homes), expected);
        }
        let homes = spellings(Path::new(r"E:\Ann"));
        assert_eq!(without_homes(r#"E:\Ann\x e:/ann/x "E:\\Ann\\x""#, &homes), r#"~\x ~/x "~\\x""#);
        assert!(spellings(Path::new("/")).is_empty(), "nothing is replaced for a service");
    }

    #[test]
    fn text_in_the_message_of_a_panic_is_left_out() {
        let text = black_box("the secr\u{e9}t marker");
        let panics: [fn(&str) -> &str; 3] = [
            |text| &text[..100],
            |text| &text[9..],
            |text| {
                let (begin, end) = black_box((5, 2));
                &text[begin..end]
            },
        ];
        for slice in panics {
            let panic = catch_unwind(|| slice(text).len()).unwrap_err();
            let message = panic_message(panic.as_ref()).unwrap();
            assert!(message.contains("marker"), "{message}");
            let message = without_quoted_text(message);
            assert!(
                !message.contains("secr") && message.contains("byte") | message.contains("begin"),
                "{message}"
            );
        }
        let other = "called `Option::unwrap()` on a `None` value";
        assert_eq!(without_quoted_text(other), other);
    }

    fn report(second: i64) -> Report {
        Report {
            at: Timestamp::from_second(second).unwrap(),
            thread: "client".to_owned(),
            message: "a bug".to_owned(),
            place: "src/x.rs:1:2".to_owned(),
            backtrace: Backtrace::disabled(),
        }
    }

    #[test]
    fn five_reports_are_kept_for_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("echoscope-crash.toml");
        std::fs::write(&own, "not a report").unwrap();
        // A later time, and not in the order of the names of the process.
        let saved: Vec<_> =
            [3, 1, 2, 7, 5, 6, 4].map(|second| report(second).save(folder.path(), None)).into();
        let saved: Vec<_> = saved.into_iter().map(Result::unwrap).collect();
        let reports = newer_than(folder.path(), Path::new(""));
        let newest: Vec<_> = [3, 5, 4, 6, 0].map(|index| saved[index].clone()).into();
        assert_eq!(reports.iter().map(|report| report.path.clone()).collect::<Vec<_>>(), newest);
        let seen = Path::new(newest[2].file_name().unwrap());
        assert_eq!(newer_than(folder.path(), seen), reports[..2]);
        assert!(reports[0].text.contains("The log is not available."), "{}", reports[0].text);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
        assert!(own.exists());
        #[cfg(unix)]
        for path in &newest {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
