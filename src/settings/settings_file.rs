//! Loads and saves the settings file. A broken file never keeps the app from starting, and a save changes only what the
//! user changed in this window: other windows, other versions and the user's editor write into the same file.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use toml::Table;
use toml_edit::DocumentMut;

use crate::platform::files::{self, FolderLock, ReadError, folder_of, owner_only, read_regular};
use crate::settings::definitions::{Setting, Settings};
use crate::settings::parse::{value_path, value_text};
use crate::text::io_error;

/// The maximum size of a settings file in bytes. A file with every setting has less than 1 KiB.
const MAX_SIZE: u64 = 1 << 20;

/// The maximum number of invalid settings that a message lists.
const MAX_ERRORS: usize = 3;

/// Returns the default path of the settings file, in the OS's folder for configuration; `None` if the OS has none.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "echoscope")?;
    Some(dirs.config_dir().join("settings.toml"))
}

/// The result of reading a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedSettings {
    /// The settings, with defaults where the file has none or an invalid value.
    pub settings: Settings,
    /// A message about what is wrong with the file and what was done about it.
    pub complaint: Option<String>,
    /// Whether the file may be written: false if it exists and can be neither used nor kept elsewhere.
    pub may_save: bool,
}

/// How to treat a file that isn't TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBrokenFile {
    /// Copy it, so that it can be repaired by hand after a save has replaced it.
    Copy,
    /// Only report it, since this run saves nothing.
    Keep,
}

/// Reads a settings file. A missing file means defaults, unknown keys are ignored because a newer version may have
/// written them, and an invalid value is replaced by its default.
#[must_use]
pub fn load(path: &Path, on_broken: OnBrokenFile) -> LoadedSettings {
    let defaults =
        |complaint, may_save| LoadedSettings { settings: Settings::default(), complaint, may_save };
    let bytes = match read_regular(path, MAX_SIZE) {
        Ok(bytes) => bytes,
        Err(ReadError::Path(error)) if error.kind() == io::ErrorKind::NotFound => {
            return defaults(None, true);
        }
        Err(error) => {
            let complaint = format!(
                "Can't read the settings in {}: {}. The defaults are used, and changes aren't saved.",
                path.display(),
                io_error(&error.into())
            );
            return defaults(Some(complaint), false);
        }
    };
    match str::from_utf8(&bytes).map_err(|_| "not UTF-8".to_owned()).and_then(parse) {
        Ok((settings, invalid)) => {
            let complaint = (!invalid.is_empty()).then(|| {
                format!(
                    "{} has invalid settings, so their defaults are used. {}",
                    path.display(),
                    first_errors(&invalid)
                )
            });
            LoadedSettings { settings, complaint, may_save: true }
        }
        Err(reason) => {
            let copied = match on_broken {
                OnBrokenFile::Keep => Ok(String::new()),
                OnBrokenFile::Copy => keep_copy(path, &bytes).map(|copy| {
                    format!(" The next change replaces the file; a copy is in {}.", copy.display())
                }),
            };
            let may_save = copied.is_ok();
            let action = copied.unwrap_or_else(|error| {
                format!(" Changes aren't saved, because the file can't be copied: {}.", io_error(&error))
            });
            let complaint = format!(
                "The settings file {} isn't valid TOML ({reason}), so the defaults are used.{action}",
                path.display()
            );
            defaults(Some(complaint), may_save)
        }
    }
}

/// Returns the first errors, and the number of the others.
fn first_errors(errors: &[String]) -> String {
    match errors.get(MAX_ERRORS..) {
        None | Some([]) => errors.join(" "),
        Some(others) => format!("{} And {} more.", errors[..MAX_ERRORS].join(" "), others.len()),
    }
}

/// A settings file, and the settings that this process loaded from it or saved to it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    path: PathBuf,
    known: Box<Settings>,
}

impl SettingsFile {
    /// Returns the file at a path. `loaded` are the settings that [`load`] returned.
    #[must_use]
    pub fn new(path: PathBuf, loaded: Settings) -> Self {
        Self { path, known: Box::new(loaded) }
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the settings that changed since the last save, and keeps everything else in the file. If the file is
    /// missing or broken, writes every setting that isn't its default. Returns the copy of a broken file.
    ///
    /// # Errors
    /// The file isn't a regular file or can't be read, copied or written. It is then unchanged.
    pub fn save(&mut self, settings: &Settings) -> io::Result<Option<PathBuf>> {
        std::fs::create_dir_all(folder_of(&self.path))?;
        let target = std::fs::canonicalize(&self.path);
        // Without the lock, two windows that save at the same moment could lose a change.
        let _lock = FolderLock::wait(folder_of(target.as_ref().unwrap_or(&self.path)));
        let bytes = match read_regular(&self.path, MAX_SIZE) {
            Err(ReadError::Path(error)) if error.kind() == io::ErrorKind::NotFound => None,
            bytes => Some(bytes?),
        };
        let old = bytes.as_deref().and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default();
        let (defaults, mut copy) = (Settings::default(), None);
        let (mut document, known) = match (old.parse(), &bytes) {
            (Ok(document), Some(bytes)) if old.len() == bytes.len() => (document, &*self.known),
            (_, None) => (DocumentMut::new(), &defaults),
            (_, Some(bytes)) => {
                copy = Some(keep_copy(&self.path, bytes)?);
                (DocumentMut::new(), &defaults)
            }
        };
        for setting in Setting::ALL.iter().filter(|setting| setting.is_saved()) {
            let value = setting.toml(settings);
            if value != setting.toml(known) {
                change(&mut document, setting.info().key, value)?;
            }
        }
        let new = with_line_ends_of(old, document.to_string());
        if bytes.unwrap_or_default() != new.as_bytes() {
            files::save(&self.path, 0o600, |out| out.write_all(new.as_bytes()))?;
        }
        *self.known = settings.clone();
        Ok(copy)
    }
}

/// Gives a key a value and keeps its comments, or removes a key whose value can't be stored.
fn change(document: &mut DocumentMut, key: &str, value: Option<toml::Value>) -> io::Result<()> {
    let Some(value) = value else {
        document.remove(key);
        return Ok(());
    };
    let mut value: toml_edit::Value = value.to_string().parse().map_err(io::Error::other)?;
    if let Some(old) = document.get_mut(key).and_then(toml_edit::Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return Ok(());
    }
    // A comment at the end of the file stays before the new line.
    let has_tables = document.iter().any(|(_, item)| !item.is_value());
    let mut prefix = document.trailing().as_str().filter(|_| !has_tables).unwrap_or_default().to_owned();
    if !has_tables {
        document.set_trailing("");
    }
    if !prefix.is_empty() && !prefix.ends_with('\n') {
        prefix.push('\n');
    }
    document.insert(key, toml_edit::value(value));
    if let Some(mut key) = document.key_mut(key) {
        key.leaf_decor_mut().set_prefix(prefix);
    }
    Ok(())
}

/// Returns a document with the byte order mark and the line ends of the old text, which `toml_edit` leaves out.
fn with_line_ends_of(old: &str, new: String) -> String {
    let bom = if old.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let has_crlf = old.contains('\n') && old.matches('\n').count() == old.matches("\r\n").count();
    let new = if has_crlf { new.replace('\n', "\r\n") } else { new };
    format!("{bom}{}", new.trim_start_matches('\u{feff}'))
}

/// Copies the content of a broken file to a new file beside it: `settings.toml.broken`, `settings.toml.broken-2` and so
/// on. Returns the path of the copy. A file that has the content already is not copied again.
fn keep_copy(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(if number == 1 { ".broken".to_owned() } else { format!(".broken-{number}") });
        match owner_only(OpenOptions::new().write(true).create_new(true)).open(&name) {
            Ok(mut file) => {
                let written = file.write_all(content).and_then(|()| file.sync_all());
                written.inspect_err(|_| drop(std::fs::remove_file(&name)))?;
                return Ok(name.into());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if read_regular(name.as_ref(), MAX_SIZE).is_ok_and(|copy| copy == content) {
                    return Ok(name.into());
                }
            }
            Err(error) => return Err(error),
        }
        number += 1;
    }
}

/// Returns the settings in a text, and for each invalid value the key and the error.
///
/// # Errors
/// The text isn't TOML; the error names the line.
pub fn parse(text: &str) -> Result<(Settings, Vec<String>), String> {
    let table = text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}", before.matches('\n').count() + 1)
    })?;
    let mut settings = Settings::default();
    let mut invalid = Vec::new();
    for (key, value) in table {
        let Some(setting) = Setting::with_key(&key).filter(|setting| setting.is_saved()) else {
            continue;
        };
        let text = if setting.is_path() {
            value_path(&value).map(PathBuf::into_os_string)
        } else {
            value_text(&value).map(Into::into)
        };
        let result = match text {
            Some(text) => setting.set(&mut settings, text).map_err(|error| error.to_string()),
            None => Err(format!("{} can't have a value of this type.", setting.label())),
        };
        if let Err(error) = result {
            invalid.push(format!("{key}: {error}"));
        }
    }
    Ok((settings, invalid))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::settings::{ClientAuth, ThemeChoice, TlsVersions};

    /// Returns a folder and the settings file in it, with this content.
    fn with_content(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    /// Loads the settings as a new window does.
    fn open(path: &Path) -> (SettingsFile, Settings) {
        let loaded = load(path, OnBrokenFile::Copy);
        assert!(loaded.may_save, "{loaded:?}");
        (SettingsFile::new(path.to_owned(), loaded.settings.clone()), loaded.settings)
    }

    fn settings_in(path: &Path) -> Settings {
        let loaded = load(path, OnBrokenFile::Keep);
        assert_eq!(loaded.complaint, None);
        loaded.settings
    }

    /// Returns the keys of invalid settings, without the errors.
    fn keys(invalid: &[String]) -> Vec<&str> {
        invalid.iter().filter_map(|invalid| Some(invalid.split_once(": ")?.0)).collect()
    }

    #[test]
    fn saved_settings_are_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/settings.toml");
        let (mut file, _) = open(&path);
        let settings = Settings { port: 4242, host: "::1".to_owned(), tls: true, ..Settings::default() };
        file.save(&settings).unwrap();
        #[cfg(unix)]
        assert_eq!(mode(&path), 0o600, "only its owner can read a new file");
        assert_eq!(settings_in(&path), settings);
        assert_eq!(fs::read_to_string(&path).unwrap(), "host = \"::1\"\nport = 4242\ntls = true\n");
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
    }

    #[test]
    fn a_save_changes_only_what_the_user_changed() {
        let text =
            "# mine\n port=1 # low\nmode = \"event-loop\"\n\nfrom_the_future = [1, 2]\n[table]\nport = 2\n";
        for line_end in ["\n", "\r\n"] {
            for bom in ["", "\u{feff}"] {
                let text = format!("{bom}{text}").replace('\n', line_end);
                let (_folder, path) = with_content(&text);
                let (mut file, loaded) = open(&path);
                file.save(&Settings { port: 7, theme: ThemeChoice::Dark, ..loaded }).unwrap();
                let expected = text
                    .replace("port=1 ", "port=7 ")
                    .replace("[1, 2]", &format!("[1, 2]{line_end}theme = \"dark\""));
                assert_eq!(fs::read_to_string(&path).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_new_setting_comes_after_the_last_comment() {
        for (old, new) in [
            ("", "port = 7\n"),
            ("# mine", "# mine\nport = 7\n"),
            ("# mine\r\n\r\n", "# mine\r\n\r\nport = 7\r\n"),
            ("tls = true\n# end\n", "tls = true\n# end\nport = 7\n"),
            ("tls = true", "tls = true\nport = 7\n"),
            (
                "tls = true # on\n# next\n[next]\n# end\n",
                "tls = true # on\nport = 7\n# next\n[next]\n# end\n",
            ),
            ("[port] # a table\nx = 1\n[next]\n", "port = 7\n[next]\n"),
            ("port.x = 1\nnext.x = 2\n", "port = 7\nnext.x = 2\n"),
        ] {
            let (_folder, path) = with_content(old);
            let (mut file, loaded) = open(&path);
            file.save(&Settings { port: 7, ..loaded }).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), new, "{old:?}");
        }
    }

    #[test]
    fn windows_keep_the_changes_of_each_other() {
        let (_folder, path) = with_content("port = 1\n");
        let ((mut first, old), (mut second, _)) = (open(&path), open(&path));
        first.save(&Settings { host: "127.0.0.9".to_owned(), ..old.clone() }).unwrap();
        second.save(&Settings { theme: ThemeChoice::Dark, ..old.clone() }).unwrap();
        second.save(&Settings { theme: ThemeChoice::Light, ..old.clone() }).unwrap();
        let expected = Settings { host: "127.0.0.9".to_owned(), theme: ThemeChoice::Light, ..old };
        assert_eq!(settings_in(&path), expected);
    }

    #[test]
    fn windows_that_save_at_the_same_moment_lose_nothing() {
        let (_folder, path) = with_content("");
        let change = |setting: Setting, range: std::ops::Range<u32>| {
            let (mut file, mut settings) = open(&path);
            for number in range {
                setting.set(&mut settings, number.to_string()).unwrap();
                file.save(&settings).unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| change(Setting::Port, 1..30));
            scope.spawn(|| change(Setting::Backlog, 31..60));
            scope.spawn(|| change(Setting::RecvSize, 61..90));
        });
        let settings = settings_in(&path);
        assert_eq!((settings.port, settings.backlog, settings.recv_size), (29, 59, 89));
    }

    #[test]
    fn a_file_that_was_deleted_is_written_again() {
        let (folder, path) = with_content("port = 1\n");
        let (mut file, mut settings) = open(&path);
        fs::remove_dir_all(folder.path()).unwrap();
        settings.backlog = 9;
        file.save(&settings).unwrap();
        assert_eq!(settings_in(&path), settings);
    }

    #[test]
    fn a_failed_save_is_repeated_by_the_next_one() {
        let (_folder, path) = with_content("port = 1\n");
        let (mut file, mut settings) = open(&path);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        settings.backlog = 9;
        assert_eq!(file.save(&settings).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "port = 1\n").unwrap();
        settings.recv_size = 3;
        file.save(&settings).unwrap();
        assert_eq!(settings_in(&path), settings);
    }

    #[test]
    fn key_log_is_never_saved() {
        let (_folder, path) = with_content("key_log = '/tmp/keys.log'\n");
        let (mut file, settings) = open(&path);
        assert_eq!(settings, Settings::default());
        file.save(&Settings { key_log: "/tmp/other.log".into(), port: 1, ..settings }).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "key_log = '/tmp/keys.log'\nport = 1\n");
    }

    #[test]
    fn invalid_choice_affects_only_its_own_setting() {
        let settings = Settings {
            tls_versions: TlsVersions::Only13,
            client_auth: ClientAuth::Required,
            client_ca: "ca.crt".into(),
            alpn: vec!["h2".to_owned()],
            session_tickets: false,
            ..Settings::default()
        };
        let (_folder, path) = with_content("");
        open(&path).0.save(&settings).unwrap();
        assert_eq!(settings_in(&path), settings);
        let (settings, invalid) =
            parse("tls_versions = '1.1'\nclient_auth = 'maybe'\nalpn = ['a', '']\nport = 7\n").unwrap();
        assert_eq!(settings, Settings { port: 7, ..Settings::default() });
        assert_eq!(keys(&invalid), ["alpn", "client_auth", "tls_versions"]);
    }

    #[cfg(unix)]
    #[test]
    fn paths_outside_of_utf_8_come_back_exactly() {
        use std::os::unix::ffi::OsStringExt;
        let odd = |bytes: &[u8]| PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()));
        let (_folder, path) = with_content("certificate = 'a' # mine\n");
        let (mut file, settings) = open(&path);
        let settings = Settings {
            certificate: odd(b"/100%41/\xff.crt"),
            key: "%FF.key".into(),
            client_ca: odd(b"a\n\xc3"),
            theme: ThemeChoice::Dark,
            ..settings
        };
        file.save(&settings).unwrap();
        assert_eq!(settings_in(&path), settings);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("certificate = { percent = \"/100%2541/%FF.crt\" } # mine\n"), "{text}");
        assert!(text.contains("key = \"%FF.key\"\n"), "{text}");
        let (settings, invalid) = parse("key = { percent = '%F' }\ncertificate = { bytes = 'a' }").unwrap();
        assert_eq!((settings, keys(&invalid)), (Settings::default(), vec!["certificate", "key"]));
    }

    #[test]
    fn missing_file_means_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load(&folder.path().join("none.toml"), OnBrokenFile::Copy);
        assert_eq!(loaded, LoadedSettings { settings: Settings::default(), complaint: None, may_save: true });
    }

    #[test]
    fn invalid_value_is_replaced_by_its_default() {
        let (settings, invalid) =
            parse("port = 99999\nhost = 'a b'\nbacklog = 7\nfrom_the_future = [1]\n").unwrap();
        assert_eq!(settings, Settings { backlog: 7, ..Settings::default() });
        assert_eq!(keys(&invalid), ["host", "port"]);
        assert_eq!(invalid[1], "port: Port must be a whole number from 0 to 65,535.");
    }

    #[test]
    fn message_lists_the_first_invalid_settings() {
        let (_folder, path) =
            with_content("port = -1\nmode = 'two'\nkey = 7\nbacklog = 'x'\nrecv_size = 0\n");
        let complaint = load(&path, OnBrokenFile::Keep).complaint.unwrap();
        let expected = " has invalid settings, so their defaults are used. backlog: Backlog must be a whole number from \
                        0 to 65,535. key: server.key can't have a value of this type. mode: Clients must be “one”, \
                        “threads”, or “pool”. And 2 more.";
        assert!(complaint.ends_with(expected), "{complaint}");
    }

    #[test]
    fn every_broken_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.conf");
        let broken = [&b"port = 1\nhost = [[\n"[..], b"second = [", b"\xff", b"second = ["];
        for content in broken {
            fs::write(&path, content).unwrap();
            let loaded = load(&path, OnBrokenFile::Copy);
            assert_eq!((&loaded.settings, loaded.may_save), (&Settings::default(), true));
            let complaint = loaded.complaint.unwrap();
            assert!(complaint.contains("s.conf.broken"), "{complaint}");
            assert_eq!(complaint.contains("line 2"), content == broken[0], "{complaint}");
        }
        for (name, content) in [("s.conf.broken", 0), ("s.conf.broken-2", 1), ("s.conf.broken-3", 2)] {
            assert_eq!(fs::read(folder.path().join(name)).unwrap(), broken[content]);
        }
        assert!(!folder.path().join("s.conf.broken-4").exists(), "the same content was kept twice");
    }

    #[test]
    fn a_file_that_was_broken_meanwhile_is_kept() {
        let (folder, path) = with_content("port = 1\n");
        let (mut file, mut settings) = open(&path);
        fs::write(&path, "port = [ # half-typed").unwrap();
        settings.backlog = 9;
        let copy = file.save(&settings).unwrap().unwrap();
        assert_eq!(copy, folder.path().join("settings.toml.broken"));
        assert_eq!(fs::read_to_string(copy).unwrap(), "port = [ # half-typed");
        assert_eq!(settings_in(&path), settings);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_reported_and_never_written() {
        let (folder, path) = with_content(vec![b'#'; usize::try_from(MAX_SIZE).unwrap() + 1]);
        for path in [
            path.as_path(),
            folder.path(),
            #[cfg(unix)]
            Path::new("/dev/zero"),
        ] {
            let loaded = load(path, OnBrokenFile::Copy);
            assert!(!loaded.may_save && loaded.complaint.is_some(), "{}", path.display());
            let mut file = SettingsFile::new(path.to_owned(), Settings::default());
            assert!(file.save(&Settings { port: 1, ..Settings::default() }).is_err(), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_linked_and_keeps_its_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, path) = with_content("port = 1 # mine\n");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.toml");
        symlink("settings.toml", &link).unwrap();
        let (mut file, settings) = open(&link);
        file.save(&Settings { port: 7, ..settings }).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "port = 7 # mine\n");
        assert_eq!(mode(&path), 0o640);
    }
}
