//! The form: the text of each setting, which may be invalid, and the last valid values.

use std::collections::BTreeMap;

use crate::settings::{Mode, Setting, SettingError, Settings, parse};

/// The texts in the form and the settings that they stand for.
#[derive(Debug, Clone)]
pub struct Form {
    texts: BTreeMap<Setting, String>,
    errors: BTreeMap<Setting, SettingError>,
    settings: Settings,
}

impl Form {
    pub(super) fn new(settings: Settings) -> Self {
        let texts = Setting::ALL.iter().map(|setting| (*setting, setting.text(&settings))).collect();
        Self { texts, errors: BTreeMap::new(), settings }
    }

    /// Returns the text of a setting, valid or not.
    #[must_use]
    pub fn text(&self, setting: Setting) -> &str {
        self.texts.get(&setting).map_or("", String::as_str)
    }

    /// Returns why the text of a setting is invalid.
    #[must_use]
    pub fn error(&self, setting: Setting) -> Option<&SettingError> {
        self.errors.get(&setting)
    }

    /// Returns the first invalid setting that a start needs, in the order of the form.
    #[must_use]
    pub fn first_invalid(&self) -> Option<Setting> {
        self.errors.keys().copied().find(|setting| setting.affects_server(&self.settings))
    }

    /// Returns how clients are served.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.settings.mode
    }

    /// Returns whether TLS is on.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.settings.tls
    }

    /// Returns the last valid value of every setting.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn set(&mut self, setting: Setting, text: String) {
        let result = if setting.is_path() {
            setting.set(&mut self.settings, &parse::path(&text).to_string_lossy())
        } else {
            setting.set(&mut self.settings, &text)
        };
        match result {
            Ok(()) => self.errors.remove(&setting),
            Err(error) => self.errors.insert(setting, error),
        };
        self.texts.insert(setting, text);
    }
}
