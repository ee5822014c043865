//! Reading and writing the settings file: a broken file never keeps the app from starting, and a crash in the middle
//! of a save never leaves half a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::settings::Settings;

/// Where settings are remembered when no file is named: the system's folder for configuration.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "echoscope")?;
    Some(dirs.config_dir().join("settings.toml"))
}

/// What a settings file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings, with defaults where the file has none or none that can be used.
    pub settings: Settings,
    /// What was wrong with the file and what was done about it.
    pub complaint: Option<String>,
    /// Whether the file may be written: not where it is there and can't be read.
    pub may_save: bool,
}

/// What to do with a file that isn't TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Rename it, so that the next save doesn't overwrite what may be mended by hand.
    SetAside,
    /// Leave it where it is: this run saves nothing.
    Leave,
}

/// Reads a settings file. One that isn't there means defaults; unknown keys are left alone, since a newer version may
/// have written them; a value that can't be used is replaced by its default.
#[must_use]
pub fn load(path: &Path, broken: Broken) -> Loaded {
    let defaults = |complaint| Loaded { settings: Settings::default(), complaint, may_save: true };
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "it is not text".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return defaults(None),
        Err(error) => {
            let complaint = format!(
                "The settings in {} can't be read ({error}). Defaults are used, and changes are not remembered.",
                path.display()
            );
            return Loaded { may_save: false, ..defaults(Some(complaint)) };
        }
    };
    match text.and_then(|text| parse(&text)) {
        Ok((settings, bad)) if bad.is_empty() => Loaded { settings, complaint: None, may_save: true },
        Ok((settings, bad)) => {
            let complaint = format!(
                "Some settings in {} can't be used: {}. Their defaults are used instead.",
                path.display(),
                bad.join(", ")
            );
            Loaded { settings, complaint: Some(complaint), may_save: true }
        }
        Err(why) if broken == Broken::SetAside => defaults(Some(set_aside(path, &why))),
        Err(why) => {
            let complaint =
                format!("The settings file {} is broken ({why}). Defaults are used.", path.display());
            defaults(Some(complaint))
        }
    }
}

/// Writes a settings file, whole or not at all.
///
/// # Errors
/// The folder can't be made or written, or the disk is full; the old file is then as it was.
pub fn save(path: &Path, settings: &Settings) -> io::Result<()> {
    let mut table =
        std::fs::read_to_string(path).ok().and_then(|old| old.parse::<Table>().ok()).unwrap_or_default();
    // Over the old values, so that what a newer version has written stays.
    table.extend(Table::try_from(settings).map_err(io::Error::other)?);
    let text = toml::to_string(&table).map_err(io::Error::other)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The settings in a text, and the keys whose values can't be used.
///
/// # Errors
/// The text is not TOML; the words name the line.
pub fn parse(text: &str) -> Result<(Settings, Vec<String>), String> {
    let table = text.parse::<Table>().map_err(|error| first_line(&error, text))?;
    let mut good = Table::new();
    let mut bad = Vec::new();
    for (key, value) in table {
        // Each value by itself, so that one that can't be used doesn't take the others along.
        let alone = Table::from_iter([(key.clone(), value.clone())]);
        match Settings::deserialize(Value::Table(alone)) {
            Ok(settings) if settings.within_limits() => {
                good.insert(key, value);
            }
            _ => bad.push(key),
        }
    }
    let settings = Settings::deserialize(Value::Table(good)).map_err(|error| error.to_string())?;
    Ok((settings, bad))
}

fn first_line(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}")
}

fn set_aside(path: &Path, why: &str) -> String {
    let aside = path.with_extension("toml.broken");
    let done = std::fs::rename(path, &aside);
    let path = path.display();
    match done {
        Ok(()) => format!(
            "The settings file is broken ({why}). It was set aside as {}; defaults are used.",
            aside.display()
        ),
        Err(error) => format!(
            "The settings file {path} is broken ({why}) and could not be set aside ({error}). Defaults are used."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ClientAuth, TlsVersions};

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/settings.toml");
        let settings = Settings { port: 4242, host: "::1".to_owned(), tls: true, ..Settings::default() };
        save(&path, &settings).unwrap();
        assert_eq!(load(&path, Broken::SetAside), Loaded { settings, complaint: None, may_save: true });
    }

    #[test]
    fn what_a_newer_version_has_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "port = 1\nfrom_the_future = [1, 2]\n").unwrap();
        save(&path, &Settings::default()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("from_the_future = [1, 2]") && text.contains("port = 12345"), "{text}");
    }

    #[test]
    fn a_key_log_is_never_remembered() {
        let settings = Settings { key_log: "/tmp/keys.log".into(), ..Settings::default() };
        let text = toml::to_string(&settings).unwrap();
        assert!(!text.contains("keys.log") && !text.contains("key_log"), "{text}");
        let (settings, _) = parse("key_log = '/tmp/keys.log'\n").unwrap();
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn tls_choices_are_remembered_and_wrong_ones_cost_only_themselves() {
        let settings = Settings {
            tls_versions: TlsVersions::Only13,
            client_auth: ClientAuth::Required,
            client_ca: "ca.crt".into(),
            alpn: vec!["h2".to_owned()],
            session_tickets: false,
            ..Settings::default()
        };
        assert_eq!(parse(&toml::to_string(&settings).unwrap()).unwrap(), (settings, Vec::new()));
        let (settings, bad) =
            parse("tls_versions = '1.1'\nclient_auth = 'maybe'\nalpn = ['a,b']\nport = 7\n").unwrap();
        assert_eq!(settings, Settings { port: 7, ..Settings::default() });
        assert_eq!(bad, ["alpn", "client_auth", "tls_versions"]);
    }

    #[test]
    fn no_file_means_defaults_without_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load(&folder.path().join("none.toml"), Broken::SetAside);
        assert_eq!(loaded, Loaded { settings: Settings::default(), complaint: None, may_save: true });
    }

    #[test]
    fn one_bad_value_costs_only_itself() {
        let (settings, bad) =
            parse("port = 99999\nhost = 'a b'\nbacklog = 7\nfrom_the_future = [1]\n").unwrap();
        assert_eq!(settings, Settings { backlog: 7, ..Settings::default() });
        assert_eq!(bad, ["host", "port"]);
    }

    #[test]
    fn a_broken_file_is_set_aside_and_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "port = 1\nhost = [[\n").unwrap();
        let loaded = load(&path, Broken::SetAside);
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
