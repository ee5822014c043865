//! Where new certificates go when nobody says otherwise, and what a typed path means.

use std::path::{Path, PathBuf};

use crate::app::form;
use crate::settings::Settings;

/// The folder of the present certificate; else `echoscope` among the user's documents, or at home.
#[must_use]
pub fn default_folder(settings: &Settings) -> PathBuf {
    let present = settings.certificate.parent().filter(|folder| !folder.as_os_str().is_empty());
    present.map_or_else(among_documents, Path::to_owned)
}

/// Only the last folder of a path can be made new, so the one around it is one that is surely there.
fn among_documents() -> PathBuf {
    let Some(dirs) = directories::UserDirs::new() else { return PathBuf::new() };
    let around = dirs.document_dir().filter(|folder| folder.is_dir()).unwrap_or(dirs.home_dir());
    around.join("echoscope")
}

/// A path as it was typed: `~` is the home folder, and quotes around it are left out.
#[must_use]
pub fn typed_path(text: &str) -> PathBuf {
    form::path(text)
}
