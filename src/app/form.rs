//! The form: the text of each setting, which may be invalid, the last valid values, and the results of checking the
//! certificate and key files, which are read in the background as soon as their paths change.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::settings::parse::PathText;
use crate::settings::{Setting, SettingError, Settings};
use crate::text;
use crate::tls::create::{CLIENT_CERTIFICATE, CLIENT_KEY};
use crate::tls::file_error::{TlsError, TlsFileError};
use crate::tls::{self, CertificateFile, ClientCaFile, KeyFile, KeyType, LoadedFiles, ServedCertificate};

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

    /// Returns the last valid value of every setting.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn set(&mut self, setting: Setting, text: String) {
        if setting.is_path() {
            return self.set_path(setting, text.into());
        }
        self.set_value(setting, &text);
        self.texts.insert(setting, text);
    }

    pub(super) fn set_path(&mut self, setting: Setting, path: PathText) {
        self.set_value(setting, path.path);
        self.texts.insert(setting, path.text);
    }

    fn set_value(&mut self, setting: Setting, value: impl AsRef<OsStr>) {
        match setting.set(&mut self.settings, value) {
            Ok(()) => self.errors.remove(&setting),
            Err(error) => self.errors.insert(setting, error),
        };
    }
}

/// The result of checking a file.
#[derive(Debug, Clone, Default)]
pub enum Check<T> {
    /// No file is chosen.
    #[default]
    Empty,
    /// The file is being read.
    Reading,
    /// The file is usable and contains this.
    Good(T),
    /// The file is unusable for this reason.
    Bad(TlsFileError),
}

impl<T> Check<T> {
    /// Marks the file at this path as being read. A good result stays visible until the next one, which usually arrives
    /// within the same frame.
    pub(super) fn expect(&mut self, path: &Path) {
        if path.as_os_str().is_empty() {
            *self = Self::Empty;
        } else if !matches!(self, Self::Good(_)) {
            *self = Self::Reading;
        }
    }

    fn read(path: &Path, read: impl FnOnce(&Path) -> Result<T, TlsFileError>) -> Self {
        if path.as_os_str().is_empty() {
            return Self::Empty;
        }
        read(path).map_or_else(Self::Bad, Self::Good)
    }

    pub(super) fn good(&self) -> Option<&T> {
        if let Self::Good(file) = self { Some(file) } else { None }
    }

    fn map<R>(self, report: impl FnOnce(&T) -> R) -> Check<R> {
        match self {
            Self::Empty => Check::Empty,
            Self::Reading => Check::Reading,
            Self::Good(file) => Check::Good(report(&file)),
            Self::Bad(error) => Check::Bad(error),
        }
    }
}

/// The results for all files.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckedFiles {
    pub(super) certificate: Check<ServedCertificate>,
    pub(super) key: Check<KeyType>,
    /// The names of the CAs: `CN=Practice CA and 2 more`.
    pub(super) client_ca: Check<String>,
    /// Whether certificate and key match; `None` until both are good.
    pub(super) pair: Option<Result<(), TlsError>>,
    /// A client certificate and its key, found beside the client CA under the names that *Create certificate…* gives.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    /// The contents of the good files.
    pub(super) loaded: LoadedFiles,
}

impl CheckedFiles {
    /// Reads and checks the files. This may block for as long as the disk does.
    pub(super) fn read(certificate: &Path, key: &Path, client_ca: &Path) -> Self {
        let certificate = Check::read(certificate, CertificateFile::read);
        let key = Check::read(key, KeyFile::read);
        let pair = match (&certificate, &key) {
            (Check::Good(certificate), Check::Good(key)) => Some(tls::check_pair(certificate, key)),
            _ => None,
        };
        let files = [CLIENT_CERTIFICATE, CLIENT_KEY].map(|name| client_ca.with_file_name(name));
        let exist = !client_ca.as_os_str().is_empty() && files.iter().all(|file| file.is_file());
        let client_ca = Check::read(client_ca, ClientCaFile::read);
        let loaded = LoadedFiles::new(certificate.good(), key.good(), client_ca.good());
        Self {
            certificate: certificate.map(ServedCertificate::of),
            key: key.map(|file| file.key_type().clone()),
            client_ca: client_ca.map(|file| text::list(file.subjects(), 1)),
            pair,
            identity: exist.then(|| files.into()),
            loaded,
        }
    }
}
