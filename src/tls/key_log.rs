//! Writes the keys of TLS connections to a file in NSS format, which Wireshark reads.
//!
//! Anyone with the file can decrypt recordings of the connections, so only its owner may read it. An existing file is
//! changed only if it is a key log.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};

use rustls::KeyLog;

use crate::platform::files::{is_own, non_blocking, open_regular, owner_only, restrict_to_owner};
use crate::sync::lock;
use crate::tls::file_error::{FileProblem, FileRole, TlsFileError};
use crate::tls::load::read_problem;

/// The number of bytes at the start of an existing file that are checked.
const CHECKED_BYTES: u64 = 256;

/// The function that is called with the first error.
type OnError = Box<dyn Fn(&Path, &io::Error) + Send + Sync>;

/// A file to which keys are appended. Its debug output contains none of them.
pub(super) struct KeyLogFile {
    path: PathBuf,
    file: Mutex<Appender>,
    on_error: OnError,
    failed: Once,
}

struct Appender {
    file: File,
    /// Whether the last line has no end: it was written by an editor, or writing it failed.
    is_in_line: bool,
}

impl Appender {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let start = if self.is_in_line { "\n" } else { "" };
        self.is_in_line = true;
        self.file.write_all(format!("{start}{line}").as_bytes())?;
        self.is_in_line = false;
        Ok(())
    }
}

impl KeyLogFile {
    /// Opens the file for appending. Creates it if it is missing, readable only by its owner.
    pub(super) fn open(path: &Path, on_error: OnError) -> Result<Self, TlsFileError> {
        let file = open(path).map_err(|problem| TlsFileError::new(path, FileRole::KeyLog, problem))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), on_error, failed: Once::new() })
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let result = lock(&self.file).append(&key_log_line(label, client_random, secret));
        if let Err(error) = result {
            self.failed.call_once(|| (self.on_error)(&self.path, &error));
        }
    }
}

/// Returns a line of a key log.
pub(crate) fn key_log_line(label: &str, client_random: &[u8], secret: &[u8]) -> String {
    let mut line = label.to_owned();
    for bytes in [client_random, secret] {
        line.push(' ');
        // Writing to a string can't fail.
        for byte in bytes {
            let _ = write!(line, "{byte:02x}");
        }
    }
    line.push('\n');
    line
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogFile").field("path", &self.path).finish_non_exhaustive()
    }
}

fn open(path: &Path) -> Result<Appender, FileProblem> {
    if path.as_os_str().is_empty() {
        return Err(FileProblem::NoPath);
    }
    // The kind is checked before the file is opened, because opening a device can have an effect on it.
    match open_regular(path).map(drop).map_err(|error| read_problem(path, error)) {
        // A file that can only be written is reported below.
        Ok(()) | Err(FileProblem::NoSuchFile(_) | FileProblem::NotReadable(_)) => {}
        Err(problem) => return Err(problem),
    }
    let mut options = OpenOptions::new();
    let mut file = owner_only(non_blocking(options.read(true).append(true).create(true)))
        .open(path)
        .map_err(write_problem)?;
    let metadata = file.metadata().map_err(write_problem)?;
    if !metadata.is_file() {
        return Err(FileProblem::NotOrdinary);
    }
    if !is_own(&metadata) {
        return Err(FileProblem::NotOwn);
    }
    let mut start = Vec::new();
    (&mut file).take(CHECKED_BYTES).read_to_end(&mut start).map_err(write_problem)?;
    if !is_key_log(&start) {
        return Err(FileProblem::NotAKeyLog);
    }
    let mut last = Vec::new();
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(1))).map_err(write_problem)?;
    (&mut file).take(1).read_to_end(&mut last).map_err(write_problem)?;
    // Others may have been able to read an existing file.
    restrict_to_owner(&file).map_err(write_problem)?;
    Ok(Appender { file, is_in_line: !matches!(last.as_slice(), [] | b"\n") })
}

/// Returns whether a file starts like a key log: after comments, it ends or has a label and 32 bytes in hexadecimal.
fn is_key_log(start: &[u8]) -> bool {
    // An editor may have added a byte order mark or empty lines.
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    // Comments come first. A script begins with `#!`.
    let line = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    let mut fields = line.split(|byte| *byte == b' ');
    let (label, random) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let is_label = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let is_entry = !label.is_empty()
        && label.iter().all(is_label)
        && random.len() == 64
        && random.iter().all(u8::is_ascii_hexdigit);
    !text.starts_with(b"#!") && (line.is_empty() || is_entry)
}

fn write_problem(error: io::Error) -> FileProblem {
    FileProblem::NotWritable(error.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::tls::explain::explain_key_log_error;

    fn open(path: &Path) -> Result<KeyLogFile, TlsFileError> {
        KeyLogFile::open(path, Box::new(|_, _| {}))
    }

    #[test]
    fn keys_are_appended_in_nss_format_readable_only_by_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        for number in [1, 2] {
            open(&path).unwrap().log("CLIENT_RANDOM", &[number; 32], &[0xab; 48]);
        }
        let text = fs::read_to_string(&path).unwrap();
        let line = |number: &str| format!("CLIENT_RANDOM {} {}\n", number.repeat(32), "ab".repeat(48));
        assert_eq!(text, line("01") + &line("02"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn only_a_key_log_is_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        let problem = |path: &Path| open(path).unwrap_err().problem;
        fs::write(&path, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        assert!(matches!(problem(&path), FileProblem::NotAKeyLog));
        assert_eq!(fs::read_to_string(&path).unwrap(), "-----BEGIN PRIVATE KEY-----\n");
        assert!(matches!(problem(folder.path()), FileProblem::Folder));
        assert!(matches!(problem(&path.join("x")), FileProblem::NotAFolder(_)));
        assert!(matches!(problem(&folder.path().join("a/b")), FileProblem::NoSuchFolder(_)));
        for text in ["# keys\n", "\u{feff}# keys\n", "\r\n\n# keys\n", "\n"] {
            fs::write(&path, text).unwrap();
            assert!(open(&path).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_key_begins_a_new_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        fs::write(&path, "# my keys").unwrap();
        open(&path).unwrap().log("CLIENT_RANDOM", &[1; 32], &[0xab; 48]);
        open(&path).unwrap().log("CLIENT_RANDOM", &[2; 32], &[0xab; 48]);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().map(|line| &line[..9]).collect();
        assert_eq!((lines, text.ends_with('\n')), (vec!["# my keys", "CLIENT_RA", "CLIENT_RA"], true));
        // A write fails halfway through a line: the disk was full.
        let mut file = Appender { file: File::open(&path).unwrap(), is_in_line: false };
        assert!(file.append("LOST").is_err() && file.is_in_line);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_log_of_another_user_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        fs::write(&path, "# keys\n").unwrap();
        if std::os::unix::fs::chown(&path, Some(1), None).is_err() {
            let _ = writeln!(std::io::stderr(), "skipped: only root can give a file to another user");
            return;
        }
        assert!(matches!(open(&path).unwrap_err().problem, FileProblem::NotOwn));
        assert_eq!(fs::read_to_string(&path).unwrap(), "# keys\n");
    }

    #[test]
    fn an_error_is_reported_once_and_without_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        fs::write(&path, "").unwrap();
        let (errors, reported) = channel();
        let log = KeyLogFile {
            path: path.clone(),
            // Opened for reading, so that every write fails.
            file: Mutex::new(Appender { file: File::open(&path).unwrap(), is_in_line: false }),
            on_error: Box::new(move |path, error| {
                errors.send(explain_key_log_error(path, error)).unwrap();
            }),
            failed: Once::new(),
        };
        for _ in 0..3 {
            log.log("CLIENT_RANDOM", &[1; 32], &[0xab; 48]);
        }
        let text = reported.try_recv().unwrap();
        assert!(text.contains("keys.log") && !text.contains("abab"), "{text}");
        assert!(reported.try_recv().is_err());
        assert!(!format!("{log:?}").contains("abab"));
    }
}
