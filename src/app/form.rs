//! The form as it is typed: texts that may be wrong, and the last values that were right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::settings::fields::{self, Field, FieldError};
use crate::settings::{Mode, Settings, tls};

/// What stands in the form's fields.
#[derive(Debug, Clone)]
pub struct Form {
    texts: BTreeMap<Field, String>,
    errors: BTreeMap<Field, FieldError>,
    settings: Settings,
}

impl Form {
    pub(super) fn new(settings: Settings) -> Self {
        let texts = Field::ALL.into_iter().map(|field| (field, text_of(&settings, field))).collect();
        Self { texts, errors: BTreeMap::new(), settings }
    }

    /// What stands in a field, right or wrong.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.texts.get(&field).map_or("", String::as_str)
    }

    /// What is wrong with a field's text.
    #[must_use]
    pub fn error(&self, field: Field) -> Option<&FieldError> {
        self.errors.get(&field)
    }

    /// The first wrong field that a start would need, in the order of the form.
    #[must_use]
    pub fn first_error(&self) -> Option<&FieldError> {
        self.error(self.first_wrong()?)
    }

    /// Which field [`Form::first_error`] is about.
    #[must_use]
    pub fn first_wrong(&self) -> Option<Field> {
        let unused = |field: Field| match field {
            Field::PoolSize => self.settings.mode != Mode::Pool,
            Field::Alpn | Field::KeyLog => !self.settings.tls,
            // The server doesn't know them.
            Field::LogEntries | Field::LogMebibytes => true,
            _ => false,
        };
        self.errors.keys().copied().find(|field| !unused(*field))
    }

    /// How clients are to be served.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.settings.mode
    }

    /// Whether TLS is switched on.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.settings.tls
    }

    /// The last right value of every field.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub(super) fn edit(&mut self, field: Field, text: String) {
        match read(&mut self.settings, field, &text) {
            Ok(()) => self.errors.remove(&field),
            Err(error) => self.errors.insert(field, error),
        };
        self.texts.insert(field, text);
    }
}

fn read(settings: &mut Settings, field: Field, text: &str) -> Result<(), FieldError> {
    match field {
        Field::Host => settings.host = fields::host(text)?,
        Field::Port => settings.port = fields::number16(field, text)?,
        Field::Backlog => settings.backlog = fields::number16(field, text)?,
        Field::PoolSize => settings.pool_size = fields::number16(field, text)?,
        Field::RecvSize => settings.recv_size = fields::number(field, text)?,
        Field::MaxClients => settings.max_clients = fields::number(field, text)?,
        Field::IdleTimeout => settings.idle_timeout = fields::number(field, text)?,
        Field::LogEntries => settings.log_entries = fields::number(field, text)?,
        Field::LogMebibytes => settings.log_mebibytes = fields::number(field, text)?,
        Field::Certificate => settings.certificate = path(text),
        Field::Key => settings.key = path(text),
        Field::ClientCa => settings.client_ca = path(text),
        Field::Alpn => settings.alpn = tls::alpn(text)?,
        Field::KeyLog => settings.key_log = path(tls::key_log(text)?),
    }
    Ok(())
}

fn text_of(settings: &Settings, field: Field) -> String {
    match field {
        Field::Host => settings.host.clone(),
        Field::Port => settings.port.to_string(),
        Field::Backlog => settings.backlog.to_string(),
        Field::PoolSize => settings.pool_size.to_string(),
        Field::RecvSize => settings.recv_size.to_string(),
        Field::MaxClients => settings.max_clients.to_string(),
        Field::IdleTimeout => settings.idle_timeout.to_string(),
        Field::LogEntries => settings.log_entries.to_string(),
        Field::LogMebibytes => settings.log_mebibytes.to_string(),
        Field::Certificate => settings.certificate.display().to_string(),
        Field::Key => settings.key.display().to_string(),
        Field::ClientCa => settings.client_ca.display().to_string(),
        Field::Alpn => settings.alpn.join(","),
        Field::KeyLog => settings.key_log.display().to_string(),
    }
}

/// A typed path: `~` is the home folder, and quotes around it (as *Copy as path* gives them) are left out.
pub fn path(text: &str) -> PathBuf {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    match (text.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(text).to_path_buf(),
    }
}
