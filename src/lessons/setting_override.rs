//! The settings that a lesson step needs, with the keys and values of the settings file.

use serde::{Deserialize, Deserializer, de};
use toml::{Table, Value};

use crate::settings::parse::value_text;
use crate::settings::{Scope, Setting, Settings};
use crate::text::sanitize;

/// A setting and the value that a lesson gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingOverride {
    /// The setting.
    pub setting: Setting,
    /// The value, as the form shows it.
    pub text: String,
}

impl SettingOverride {
    /// Parses one key and its value. A lesson can set only settings of the server, and no paths, since it may come from
    /// another computer.
    fn parse(key: &str, value: &Value) -> Result<Self, String> {
        let is_allowed = |setting: &Setting| setting.info().scope != Scope::Window && !setting.is_path();
        let Some(setting) = Setting::with_key(key).filter(is_allowed) else {
            let allowed = Setting::ALL.iter().filter(|setting| is_allowed(setting));
            let keys: Vec<&str> = allowed.map(|setting| setting.info().key).collect();
            return Err(format!(
                "unknown setting `{}`, expected one of {}",
                sanitize(key, 40),
                keys.join(", ")
            ));
        };
        let text = value_text(value).unwrap_or_else(|| value.to_string());
        let mut settings = Settings::default();
        setting.set(&mut settings, &text).map_err(|error| error.to_string())?;
        Ok(Self::of(setting, &settings))
    }

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

    /// Returns whether this is port 0: the OS chooses the port, so the server's port differs from the form's.
    #[must_use]
    pub fn is_free_port(&self) -> bool {
        self.setting == Setting::Port && self.text == "0"
    }

    /// Returns whether this turns TLS on.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.setting == Setting::Tls && self.holds(&Settings { tls: true, ..Settings::default() })
    }

    /// Returns the setting and its value in a few words, named as in the form: `Backlog 2`.
    #[must_use]
    pub fn description(&self) -> String {
        let label = self.setting.label();
        match self.text.as_str() {
            "true" => format!("{label} on"),
            "false" => format!("{label} off"),
            "" => format!("no {label}"),
            text => match self.setting.choices().into_iter().find(|(keyword, ..)| *keyword == text) {
                Some((_, choice, _)) => format!("{label} “{choice}”"),
                None => format!("{label} {text}"),
            },
        }
    }
}

/// The settings of a table in a lesson file, in the order of the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingOverrides(pub Vec<SettingOverride>);

impl<'de> Deserialize<'de> for SettingOverrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = Table::deserialize(deserializer)?;
        let parse = |(key, value): (String, Value)| SettingOverride::parse(&key, &value);
        let mut overrides =
            table.into_iter().map(parse).collect::<Result<Vec<_>, _>>().map_err(de::Error::custom)?;
        overrides.sort_by_key(|one| one.setting);
        Ok(Self(overrides))
    }
}

impl SettingOverrides {
    /// Returns whether the settings have all of these values.
    #[must_use]
    pub fn hold(&self, settings: &Settings) -> bool {
        self.0.iter().all(|one| one.holds(settings))
    }

    /// Returns all settings and values in a few words.
    #[must_use]
    pub fn description(&self) -> String {
        self.0.iter().map(SettingOverride::description).collect::<Vec<_>>().join(", ")
    }
}
