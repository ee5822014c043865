//! Loads and saves the settings file. A broken file never keeps the app from starting, and a crash during a save never
//! leaves half a file.

use std::io;
use std::path::{Path, PathBuf};

use toml::Table;

use crate::platform::files::{self, folder_of};
use crate::settings::definitions::{Setting, Settings};
use crate::settings::parse::value_text;

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
    /// Whether the file may be overwritten: false if it exists and can't be read.
    pub may_save: bool,
}

/// How to treat a file that isn't TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBrokenFile {
    /// Rename it, so that the next save doesn't overwrite a file that can be repaired by hand.
    Rename,
    /// Leave it where it is, since this run saves nothing.
    Keep,
}

/// Reads a settings file. A missing file means defaults, unknown keys are ignored because a newer version may have
/// written them, and an invalid value is replaced by its default.
#[must_use]
pub fn load(path: &Path, on_broken: OnBrokenFile) -> LoadedSettings {
    let defaults = |complaint| LoadedSettings { settings: Settings::default(), complaint, may_save: true };
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "it is not text".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return defaults(None),
        Err(error) => {
            let complaint = format!(
                "The settings in {} can't be read ({error}). Defaults are used, and changes are not remembered.",
                path.display()
            );
            return LoadedSettings { may_save: false, ..defaults(Some(complaint)) };
        }
    };
    match text.and_then(|text| parse(&text)) {
        Ok((settings, invalid)) => {
            let complaint = (!invalid.is_empty()).then(|| {
                format!(
                    "Some settings in {} can't be used: {}. Their defaults are used instead.",
                    path.display(),
                    invalid.join(", ")
                )
            });
            LoadedSettings { settings, complaint, may_save: true }
        }
        Err(reason) => {
            let renamed = path.with_extension("toml.broken");
            let action = match on_broken {
                OnBrokenFile::Keep => String::new(),
                OnBrokenFile::Rename => match std::fs::rename(path, &renamed) {
                    Ok(()) => format!(" The file was renamed to {}.", renamed.display()),
                    Err(error) => format!(" The file can't be renamed ({error})."),
                },
            };
            defaults(Some(format!(
                "The settings file {} is broken ({reason}). Defaults are used.{action}",
                path.display()
            )))
        }
    }
}

/// Writes a settings file completely or not at all, and keeps keys that a newer version wrote.
///
/// # Errors
/// The folder can't be created or written, or the disk is full. The old file is then unchanged.
pub fn save(path: &Path, settings: &Settings) -> io::Result<()> {
    let mut table =
        std::fs::read_to_string(path).ok().and_then(|old| old.parse::<Table>().ok()).unwrap_or_default();
    table.extend(Table::try_from(settings).map_err(io::Error::other)?);
    let text = toml::to_string(&table).map_err(io::Error::other)?;
    std::fs::create_dir_all(folder_of(path))?;
    files::save(path, 0o600, |out| out.write_all(text.as_bytes()))
}

/// Returns the settings in a text, and the keys with invalid values.
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
        let Some(setting) = Setting::with_key(&key).filter(|setting| *setting != Setting::KeyLog) else {
            continue;
        };
        let set = value_text(&value).is_some_and(|text| setting.set(&mut settings, &text).is_ok());
        if !set {
            invalid.push(key);
        }
    }
    Ok((settings, invalid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ClientAuth, TlsVersions};

    #[test]
    fn saved_settings_are_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/settings.toml");
        let settings = Settings { port: 4242, host: "::1".to_owned(), tls: true, ..Settings::default() };
        save(&path, &settings).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "only its owner can read a new file");
        }
        assert_eq!(
            load(&path, OnBrokenFile::Rename),
            LoadedSettings { settings, complaint: None, may_save: true }
        );
    }

    #[test]
    fn unknown_keys_survive_a_save() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "port = 1\nfrom_the_future = [1, 2]\n").unwrap();
        save(&path, &Settings::default()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("from_the_future = [1, 2]") && text.contains("port = 12345"), "{text}");
    }

    #[test]
    fn key_log_is_never_remembered() {
        let settings = Settings { key_log: "/tmp/keys.log".into(), ..Settings::default() };
        let text = toml::to_string(&settings).unwrap();
        assert!(!text.contains("keys.log") && !text.contains("key_log"), "{text}");
        let (settings, _) = parse("key_log = '/tmp/keys.log'\n").unwrap();
        assert_eq!(settings, Settings::default());
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
        assert_eq!(parse(&toml::to_string(&settings).unwrap()).unwrap(), (settings, Vec::new()));
        let (settings, invalid) =
            parse("tls_versions = '1.1'\nclient_auth = 'maybe'\nalpn = ['a', '']\nport = 7\n").unwrap();
        assert_eq!(settings, Settings { port: 7, ..Settings::default() });
        assert_eq!(invalid, ["alpn", "client_auth", "tls_versions"]);
    }

    #[test]
    fn missing_file_means_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load(&folder.path().join("none.toml"), OnBrokenFile::Rename);
        assert_eq!(loaded, LoadedSettings { settings: Settings::default(), complaint: None, may_save: true });
    }

    #[test]
    fn invalid_value_is_replaced_by_its_default() {
        let (settings, invalid) =
            parse("port = 99999\nhost = 'a b'\nbacklog = 7\nfrom_the_future = [1]\n").unwrap();
        assert_eq!(settings, Settings { backlog: 7, ..Settings::default() });
        assert_eq!(invalid, ["host", "port"]);
    }

    #[test]
    fn broken_file_is_renamed_and_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "port = 1\nhost = [[\n").unwrap();
        let loaded = load(&path, OnBrokenFile::Rename);
        assert_eq!(loaded.settings, Settings::default());
        let complaint = loaded.complaint.unwrap();
        assert!(complaint.contains("line 2") && complaint.contains("settings.toml.broken"), "{complaint}");
        assert!(!path.exists());
        assert_eq!(
            std::fs::read_to_string(path.with_extension("toml.broken")).unwrap(),
            "port = 1\nhost = [[\n"
        );
    }
}
