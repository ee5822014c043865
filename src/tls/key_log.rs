//! Writes the keys of TLS connections to a file in NSS' format, which Wireshark reads, for who asks for it.
//!
//! Whoever has the file can read the recorded connections, so it is made for its owner alone, and nothing but a key log
//! is ever added to.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

use crate::tls::error::{Fault, FileError, Role};
use crate::tls::{file, private};

/// How much of an existing file is looked at to tell what it is.
const START: u64 = 256;

/// What to keep in mind while keys are written to this file.
#[must_use]
pub fn caution(path: &Path) -> String {
    format!(
        "The keys of every TLS connection go to {}: whoever has this file can read a recording of \
         these connections. Delete it when you are done.",
        crate::text::display_path(path)
    )
}

/// A file that keys are appended to. Its debug output tells none of them.
pub(super) struct KeyLogFile {
    path: PathBuf,
    file: Mutex<File>,
    /// Hears of the first write that fails; the others would say the same.
    trouble: Box<dyn Fn(String) + Send + Sync>,
    told: AtomicBool,
}

impl KeyLogFile {
    /// Opens the file to append to it, and makes it where there is none, readable for its owner alone.
    pub(super) fn open(
        path: &Path,
        trouble: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, FileError> {
        let file = open(path).map_err(|fault| FileError::new(path, Role::KeyLog, fault))?;
        let trouble = Box::new(trouble);
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), trouble, told: AtomicBool::new(false) })
    }

    fn append(&self, line: &str) -> io::Result<()> {
        // A panic can't leave the file half-written, so a poisoned lock is as good as any.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = format!("{label} ");
        hex(&mut line, client_random);
        line.push(' ');
        hex(&mut line, secret);
        line.push('\n');
        if let Err(error) = self.append(&line)
            && !self.told.swap(true, Relaxed)
        {
            (self.trouble)(format!(
                "The key log could not be written to {}: {error}. Connections go on, but the log lacks their keys: make \
                 room or choose another file, then start again.",
                crate::text::display_path(&self.path)
            ));
        }
    }
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogFile").field("path", &self.path).finish_non_exhaustive()
    }
}

fn hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // A String takes everything.
        let _ = write!(out, "{byte:02x}");
    }
}

fn open(path: &Path) -> Result<File, Fault> {
    if path.as_os_str().is_empty() {
        return Err(Fault::NoPath);
    }
    match fs::metadata(path) {
        // Asked before the open: to open a pipe that nobody reads would wait forever.
        Ok(metadata) => file::check_kind(&metadata)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound && file::folder_of(path).is_dir() => {}
        Err(error) => return Err(file::from_metadata(path, &error)),
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    private::create(&mut options, true);
    let not_written = |error: io::Error| Fault::NotWritable { raw: error.to_string() };
    let file = options.open(path).map_err(not_written)?;
    let metadata = file.metadata().map_err(not_written)?;
    file::check_kind(&metadata)?;
    if metadata.len() > 0 && !is_key_log(&file).map_err(not_written)? {
        return Err(Fault::NotAKeyLog);
    }
    // One that was there already may be open to others.
    private::take_back(&file).map_err(not_written)?;
    Ok(file)
}

/// Whether a file begins as a key log does: with a comment, or with a label and hexadecimal digits.
fn is_key_log(file: &File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start)?;
    let line = start.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let label = words.next().unwrap_or_default();
    let random = words.next().unwrap_or_default();
    let is_label = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_');
    Ok(line.starts_with(b"#")
        || (!label.is_empty()
            && label.iter().all(is_label)
            && random.len() == 64
            && random.iter().all(u8::is_ascii_hexdigit)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use super::*;

    fn quiet(path: &Path) -> Result<KeyLogFile, FileError> {
        KeyLogFile::open(path, |_| {})
    }

    #[test]
    fn lines_are_appended_in_nss_format_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        for number in [1, 2] {
            quiet(&path).unwrap().log("CLIENT_RANDOM", &[number; 32], &[0xab; 48]);
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
    fn nothing_but_a_key_log_is_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        fs::write(&path, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        assert_eq!(quiet(&path).unwrap_err().fault, Fault::NotAKeyLog);
        assert_eq!(fs::read_to_string(&path).unwrap(), "-----BEGIN PRIVATE KEY-----\n");
        assert_eq!(quiet(folder.path()).unwrap_err().fault, Fault::Folder);
        assert!(matches!(quiet(&path.join("x")).unwrap_err().fault, Fault::NoSuchFolder { .. }));
        fs::write(&path, "# keys\n").unwrap();
        assert!(quiet(&path).is_ok());
    }

    #[test]
    fn a_failure_is_told_once_and_without_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        fs::write(&path, "").unwrap();
        let (told, heard) = channel();
        let told = Mutex::new(told);
        let log = KeyLogFile {
            path: path.clone(),
            // Opened for reading, so that every write fails.
            file: Mutex::new(File::open(&path).unwrap()),
            trouble: Box::new(move |text| told.lock().unwrap().send(text).unwrap()),
            told: AtomicBool::new(false),
        };
        let log = Arc::new(log);
        for _ in 0..3 {
            log.log("CLIENT_RANDOM", &[1; 32], &[0xab; 48]);
        }
        let text = heard.try_recv().unwrap();
        assert!(text.contains("keys.log") && !text.contains("abab"), "{text}");
        assert!(heard.try_recv().is_err());
        assert!(!format!("{log:?}").contains("abab"));
    }
}
