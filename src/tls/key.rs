//! Reads and checks `server.key`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::SigningKey;

use crate::tls::error::{self, Fault, FileError, Role};
use crate::tls::kind::KeyKind;
use crate::tls::pem::{self, Decoded};
use crate::tls::sections::{self, Label, Section};
use crate::tls::{der, file};

/// A private key that we can sign with. Its secret is in no message and in no debug output.
#[derive(Clone)]
pub struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) signing: Arc<dyn SigningKey>,
    report: KeyReport,
}

/// What the window tells about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Its kind.
    pub kind: KeyKind,
}

impl KeyFile {
    /// Reads the first private key of the file. May wait for a disk: not for the window's thread.
    ///
    /// # Errors
    /// Everything in [`Fault`] that a key file can have.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::try_read(path).map_err(|fault| FileError::new(path, Role::Key, fault))
    }

    /// What to tell about it.
    #[must_use]
    pub fn report(&self) -> &KeyReport {
        &self.report
    }

    fn try_read(path: &Path) -> Result<Self, Fault> {
        let bytes = file::read(path)?;
        let found = sections::find(&bytes);
        let Decoded::Key(key) = pem::decode(choose(&bytes, &found)?)? else { return Err(Fault::NoneFound) };
        let kind =
            der::key_kind(&key).ok_or_else(|| Fault::BadKey { raw: "unknown structure".to_owned() })?;
        match kind {
            KeyKind::Rsa { bits } if !(2048..=8192).contains(&bits) => return Err(Fault::RsaLength { bits }),
            KeyKind::Other(_) => return Err(Fault::UnsupportedKey { kind }),
            _ => {}
        }
        let signing = any_supported_type(&key).map_err(|error| Fault::BadKey { raw: error.to_string() })?;
        Ok(Self { path: path.to_owned(), signing, report: KeyReport { kind } })
    }
}

/// The block to use: the first key in a usable form, or else what to say about the file.
fn choose<'a>(bytes: &[u8], found: &'a [Section]) -> Result<&'a Section, Fault> {
    if let Some(section) = found.iter().find(|section| section.label.is_plain_key()) {
        return Ok(section);
    }
    Err(match found.iter().find(|section| section.label.is_private_key()).map(|section| &section.label) {
        Some(Label::LockedKey) => Fault::Locked { binary: false },
        Some(Label::OpenSshKey) => Fault::OpenSsh,
        Some(_) => Fault::UnsupportedKey { kind: KeyKind::Other("DSA".to_owned()) },
        None => error::instead(Role::Key, bytes, found),
    })
}

impl KeyReport {
    /// One line for under the field, for example `RSA 2048`.
    #[must_use]
    pub fn line(&self) -> String {
        self.kind.to_string()
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("path", &self.path)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
