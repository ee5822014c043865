//! The hidden folder beside the files that are written: what is on its way lies there, new or old.
//!
//! Only its owner may enter it, so that also after a crash nobody else can read a key in it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::tls::create::write::Item;
use crate::tls::private;

/// When another program may come in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The file's place has been looked at.
    Looked,
    /// The old file, if there was one, is out of the way.
    SetAside,
}

/// How far a file has come.
pub(super) struct Step<'a> {
    pub(super) item: &'a Item,
    /// What was in its place is in the workshop.
    pub(super) old: bool,
    /// It is in its place.
    placed: bool,
}

impl<'a> Step<'a> {
    pub(super) fn new(item: &'a Item) -> Self {
        Self { item, old: false, placed: false }
    }
}

/// The hidden folder for files that are on their way. It goes when it is empty: an old file in it is never deleted
/// with it.
pub(super) struct Workshop<'a> {
    folder: &'a Path,
    path: PathBuf,
    items: &'a [Item],
}

impl<'a> Workshop<'a> {
    pub(super) fn open(folder: &'a Path, items: &'a [Item]) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        // An old key with wide rights is moved into it too.
        let path = private::folder(builder.prefix(".echoscope-")).tempdir_in(folder)?.keep();
        Ok(Self { folder, path, items })
    }

    fn place_of(&self, item: &Item) -> PathBuf {
        self.folder.join(item.name)
    }

    pub(super) fn old(&self, item: &Item) -> PathBuf {
        self.path.join(item.name)
    }

    fn new_one(&self, item: &Item) -> PathBuf {
        self.path.join(format!("{}.new", item.name))
    }

    pub(super) fn stage(&self, item: &Item) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = private::create(&mut options, item.secret).open(self.new_one(item))?;
        file.write_all(item.content.as_bytes())?;
        file.sync_all()
    }

    pub(super) fn place(
        &self,
        step: &mut Step<'_>,
        between: &mut impl FnMut(Moment, &str),
    ) -> io::Result<()> {
        let item = step.item;
        let path = self.place_of(item);
        if item.replace && fs::symlink_metadata(&path).is_ok() {
            not_a_folder(&path)?;
            between(Moment::Looked, item.name);
            match fs::rename(&path, self.old(item)) {
                Ok(()) => step.old = true,
                // Somebody else has taken it away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            // It may have come since: a folder is never replaced.
            not_a_folder(&self.old(item))?;
        }
        between(Moment::SetAside, item.name);
        move_to_free(&self.new_one(item), &path)?;
        step.placed = true;
        Ok(())
    }

    /// Takes the new files away and puts the old ones back, each also after one that failed. Returns where the old
    /// ones are that could not be put back, and the new ones that could not be taken away.
    pub(super) fn undo(&self, steps: &[Step<'_>]) -> (Vec<String>, Vec<String>) {
        let (mut kept, mut new) = (Vec::new(), Vec::new());
        let workshop = self.path.file_name().unwrap_or_default().to_string_lossy();
        let inside =
            |path: &Path| format!("{workshop}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        for step in steps.iter().rev() {
            let (item, path) = (step.item, self.place_of(step.item));
            // What somebody else has put there meanwhile is theirs.
            if step.placed && is(&path, item) {
                let taken = self.path.join(format!("{}.taken", item.name));
                if fs::rename(&path, &taken).is_err() {
                    new.push(item.name.to_owned());
                } else if is(&taken, item) {
                    let _ = fs::remove_file(&taken);
                } else if move_to_free(&taken, &path).is_err() {
                    // Theirs came just now, and another one since.
                    kept.push(inside(&taken));
                }
            }
            let old = self.old(item);
            if step.old && move_to_free(&old, &path).is_err() {
                kept.push(inside(&old));
            }
        }
        (kept, new)
    }
}

impl Drop for Workshop<'_> {
    fn drop(&mut self) {
        for item in self.items {
            let _ = fs::remove_file(self.new_one(item));
        }
        let _ = fs::remove_dir(&self.path);
    }
}

/// Whether this is the file that was written: by its bytes, which no other has by chance.
fn is(path: &Path, item: &Item) -> bool {
    let size = u64::try_from(item.content.len()).unwrap_or(u64::MAX);
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == size)
        && fs::read(path).is_ok_and(|bytes| bytes == item.content.as_bytes())
}

fn not_a_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() { Err(io::Error::from(io::ErrorKind::IsADirectory)) } else { Ok(()) }
}

/// Moves a file where none is; where one is, both stay.
fn move_to_free(from: &Path, to: &Path) -> io::Result<()> {
    TempPath::try_from_path(from)?.persist_noclobber(to).map_err(|error| {
        // Else it would be deleted with its owner.
        let _ = error.path.keep();
        error.error
    })
}
