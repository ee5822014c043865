//! Settings that a lesson step needs: the keys and values of the settings file.

use crate::lessons::error::LessonError;
use crate::lessons::read::Keys;
use crate::settings::{ClientAuth, Mode, Scope, Setting, SettingChoice, Settings, TlsVersions};
use crate::text::with_thousands;

/// A setting and the value that a lesson gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingOverride {
    /// The setting.
    pub setting: Setting,
    /// Its value, as the form shows it.
    pub text: String,
}

/// Reads all settings in a table. A lesson changes only the server, and it names no files: it may come from another
/// computer.
pub(super) fn overrides(keys: &mut Keys<'_, '_, '_>) -> Result<Vec<SettingOverride>, LessonError> {
    let document = keys.document;
    let mut found = Vec::new();
    let allowed = |setting: &&Setting| setting.info().scope != Scope::Window && !setting.is_path();
    for setting in Setting::ALL.iter().copied().filter(|setting| allowed(&setting)) {
        let key = setting.info().key;
        let Some(value) = keys.take(key) else { continue };
        let keywords = setting.keywords();
        let text = match setting {
            _ if setting.info().range.is_some() => document.number(key, value)?.to_string(),
            _ if !keywords.is_empty() => {
                let words: Vec<_> = keywords.into_iter().map(|keyword| (keyword, keyword)).collect();
                document.one_of(key, value, &words)?.to_owned()
            }
            Setting::Tls | Setting::SessionTickets => document.truth(key, value)?.to_string(),
            Setting::Alpn => {
                let names = document.list(key, value)?;
                let names: Result<Vec<_>, _> = names.iter().map(|name| document.text(key, name)).collect();
                names?.join(",")
            }
            _ => document.text(key, value)?.to_owned(),
        };
        let mut settings = Settings::default();
        setting.set(&mut settings, &text).map_err(|error| document.about(value, error.to_string()))?;
        found.push(SettingOverride::of(setting, &settings));
    }
    Ok(found)
}

impl SettingOverride {
    /// Returns a setting with its value in `settings`.
    #[must_use]
    pub fn of(setting: Setting, settings: &Settings) -> Self {
        Self { setting, text: setting.text(settings) }
    }

    /// Returns whether the settings have this value.
    #[must_use]
    pub fn holds(&self, settings: &Settings) -> bool {
        self.setting.text(settings) == self.text
    }

    /// Returns whether the OS chooses the port, so that the server has another one than the form.
    #[must_use]
    pub fn is_free_port(&self) -> bool {
        self.setting == Setting::Port && self.text == "0"
    }

    /// Returns setting and value in a few words: `backlog 2`.
    #[must_use]
    pub fn words(&self) -> String {
        let text = self.text.as_str();
        let label = self.setting.label().to_lowercase();
        let on_or_off = if text == "true" { "on" } else { "off" };
        match self.setting {
            Setting::Mode => match Mode::parse(text) {
                Some(Mode::One) => "one client at a time".to_owned(),
                Some(Mode::Pool) => "a pool of threads".to_owned(),
                _ => "a thread for each client".to_owned(),
            },
            Setting::Tls => format!("TLS {on_or_off}"),
            Setting::SessionTickets => format!("{label} {on_or_off}"),
            Setting::TlsVersions => TlsVersions::parse(text).map_or("", SettingChoice::label).to_owned(),
            Setting::ClientAuth if text == ClientAuth::None.keyword() => format!("no {label}"),
            Setting::IdleTimeout if text == "0" => format!("no {label}"),
            Setting::IdleTimeout => format!("{label} {text} s"),
            Setting::Alpn if text.is_empty() => "no ALPN".to_owned(),
            Setting::Alpn => format!("ALPN {text}"),
            Setting::Port => format!("{label} {text}"),
            _ => {
                let value = text.parse::<u64>().map_or_else(|_| text.to_owned(), with_thousands);
                format!("{label} {value}")
            }
        }
    }
}
