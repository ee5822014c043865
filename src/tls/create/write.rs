//! Writes several files as one: all of them or none, never over others unless told to, keys for their owner's eyes.
//!
//! Everything that is on its way lies in a hidden folder beside the files, which only its owner may enter: also after
//! a crash nobody else can read a key there.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::problem::CreateError;

/// A file to write.
pub(super) struct Item {
    /// Its name in the folder.
    pub(super) name: &'static str,
    pub(super) content: String,
    /// Only its owner may read it (mode 0600 on Unix).
    pub(super) secret: bool,
    /// It may take the place of a file that is there.
    pub(super) replace: bool,
}

/// Writes the files into the folder, which is there. After an error the folder is as it was, or the error says what
/// is not.
pub(super) fn all(folder: &Path, items: &[Item]) -> Result<(), CreateError> {
    all_while(folder, items, |_, _| ())
}

/// Whether files can be made in the folder: tried, since the rights alone don't tell.
pub(super) fn try_folder(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".echoscope-").tempfile_in(folder).map(drop)
}

/// When another program may come in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The file's place has been looked at.
    Looked,
    /// The old file, if there was one, is out of the way.
    SetAside,
}

/// As [`all`]; tests come in between.
fn all_while(
    folder: &Path,
    items: &[Item],
    mut between: impl FnMut(Moment, &str),
) -> Result<(), CreateError> {
    let first = items.first().map_or("", |item| item.name);
    let workshop = Workshop::open(folder, items).map_err(|error| write_error(first, &error))?;
    // The slow part first, and where a full disk shows: under other names.
    for item in items {
        workshop.stage(item).map_err(|error| write_error(item.name, &error))?;
    }
    let mut steps = Vec::with_capacity(items.len());
    for item in items {
        let mut step = Step { item, old: false, placed: false };
        let end = workshop.place(&mut step, &mut between);
        steps.push(step);
        if let Err(error) = end {
            let (kept, new) = workshop.undo(&steps);
            let name = item.name.to_owned();
            return Err(if !kept.is_empty() || !new.is_empty() {
                CreateError::HalfWritten { name, raw: error.to_string(), kept, new }
            } else if error.kind() == io::ErrorKind::AlreadyExists && !item.replace {
                CreateError::Exists { folder: folder.to_owned(), names: vec![name] }
            } else {
                write_error(item.name, &error)
            });
        }
    }
    // What was replaced goes only when nothing can fail any more; one that stays for want of a right does no harm.
    for step in steps.iter().filter(|step| step.old) {
        let _ = fs::remove_file(workshop.old(step.item));
    }
    Ok(())
}

/// How far a file has come.
struct Step<'a> {
    item: &'a Item,
    /// What was in its place is in the workshop.
    old: bool,
    /// It is in its place.
    placed: bool,
}

/// The hidden folder for files that are on their way. It goes when it is empty: an old file in it is never deleted
/// with it.
struct Workshop<'a> {
    folder: &'a Path,
    path: PathBuf,
    items: &'a [Item],
}

impl<'a> Workshop<'a> {
    fn open(folder: &'a Path, items: &'a [Item]) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".echoscope-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // From the start, not afterwards: an old key with wide rights is moved into it too.
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let path = builder.tempdir_in(folder)?.keep();
        Ok(Self { folder, path, items })
    }

    fn place_of(&self, item: &Item) -> PathBuf {
        self.folder.join(item.name)
    }

    fn old(&self, item: &Item) -> PathBuf {
        self.path.join(item.name)
    }

    fn new_one(&self, item: &Item) -> PathBuf {
        self.path.join(format!("{}.new", item.name))
    }

    fn stage(&self, item: &Item) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // From the first byte on; the system takes from it what the user's umask says.
            options.mode(if item.secret { 0o600 } else { 0o644 });
        }
        let mut file = options.open(self.new_one(item))?;
        file.write_all(item.content.as_bytes())?;
        file.sync_all()
    }

    fn place(&self, step: &mut Step<'_>, between: &mut impl FnMut(Moment, &str)) -> io::Result<()> {
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
    fn undo(&self, steps: &[Step<'_>]) -> (Vec<String>, Vec<String>) {
        let (mut kept, mut new) = (Vec::new(), Vec::new());
        let workshop = self.path.file_name().unwrap_or_default().to_string_lossy();
        let inside =
            |path: &Path| format!("{workshop}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        for step in steps.iter().rev() {
            let (item, path) = (step.item, self.place_of(step.item));
            // What somebody else has put there meanwhile is theirs.
            if step.placed && is(&path, item) {
                let taken = self.new_one(item);
                if fs::rename(&path, &taken).is_err() {
                    new.push(item.name.to_owned());
                } else if !is(&taken, item) {
                    // It was put there just now.
                    let theirs = self.path.join(format!("{}.other", item.name));
                    let back = fs::rename(&taken, &theirs).and_then(|()| move_to_free(&theirs, &path));
                    kept.extend(back.is_err().then(|| inside(&theirs)));
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

fn write_error(name: &str, error: &io::Error) -> CreateError {
    CreateError::Write { name: name.to_owned(), raw: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &'static str, content: &str, replace: bool) -> Item {
        Item { name, content: content.to_owned(), secret: name.ends_with("key"), replace }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_in_the_middle_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("b.key"), "old").unwrap();
        // A folder can't be replaced by a file.
        fs::create_dir(path("d.crt")).unwrap();
        let items = ["a.key", "b.key", "c.crt", "d.crt"].map(|name| item(name, "new", true));
        let error = all(folder.path(), &items).unwrap_err();
        assert!(matches!(&error, CreateError::Write { name, .. } if name == "d.crt"), "{error}");
        assert_eq!(names(folder.path()), ["b.key", "d.crt"]);
        assert_eq!(fs::read_to_string(path("b.key")).unwrap(), "old");
    }

    #[test]
    fn what_appears_in_between_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.crt"), "another's").unwrap();
        let items = [item("a.key", "new", false), item("b.crt", "new", false)];
        let error = all(folder.path(), &items).unwrap_err();
        assert!(matches!(&error, CreateError::Exists { names, .. } if names == &["b.crt"]), "{error}");
        assert_eq!(names(folder.path()), ["b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("b.crt")).unwrap(), "another's");
    }

    #[test]
    fn an_old_file_whose_place_is_taken_is_kept_under_a_name_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.key"), "old").unwrap();
        let items = [item("c.crt", "new", true), item("a.key", "new", true)];
        let error = all_while(folder.path(), &items, |moment, name| {
            if (moment, name) == (Moment::SetAside, "a.key") {
                fs::write(path("a.key"), "another's").unwrap();
            }
        });
        let error = error.unwrap_err();
        let CreateError::HalfWritten { name, kept, new, .. } = &error else { panic!("{error}") };
        assert_eq!((name.as_str(), kept.len(), new.len()), ("a.key", 1, 0));
        assert!(!error.to_string().contains("Nothing was changed"), "{error}");
        assert!(
            error.to_string().contains(&format!("kept in the folder as {}: put it back", kept[0])),
            "{error}"
        );
        assert_eq!(fs::read_to_string(path(&kept[0])).unwrap(), "old");
        assert_eq!(fs::read_to_string(path("a.key")).unwrap(), "another's");
        let hidden = kept[0].split('/').next().unwrap();
        assert_eq!(names(folder.path()), [hidden, "a.key"], "c.crt was to be taken away again");
        assert_eq!(names(&path(hidden)), ["a.key"], "no new key stays");
    }

    #[test]
    fn what_another_has_put_in_place_of_a_new_file_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("b.crt"), "old").unwrap();
        let items = ["a.key", "b.crt", "c.crt"].map(|name| item(name, "new", true));
        let error = all_while(folder.path(), &items, |moment, name| {
            if (moment, name) == (Moment::SetAside, "c.crt") {
                fs::write(path("a.key"), "another's").unwrap();
                fs::remove_file(path("b.crt")).unwrap();
                fs::create_dir(path("c.crt")).unwrap();
            }
        });
        // Nothing that was written is left, and the old file is back: there is nothing to do by hand.
        let error = error.unwrap_err();
        assert!(matches!(&error, CreateError::Write { name, .. } if name == "c.crt"), "{error}");
        assert_eq!(names(folder.path()), ["a.key", "b.crt", "c.crt"]);
        assert_eq!(fs::read_to_string(path("a.key")).unwrap(), "another's");
        assert_eq!(fs::read_to_string(path("b.crt")).unwrap(), "old");
    }

    #[test]
    fn a_folder_that_is_swapped_in_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.key"), "old").unwrap();
        let error = all_while(folder.path(), &[item("a.key", "new", true)], |moment, _| {
            if moment == Moment::Looked {
                fs::remove_file(path("a.key")).unwrap();
                fs::create_dir(path("a.key")).unwrap();
                fs::write(path("a.key").join("inside"), "theirs").unwrap();
            }
        });
        let error = error.unwrap_err();
        assert!(matches!(error, CreateError::Write { .. }), "{error}");
        assert_eq!(names(folder.path()), ["a.key"]);
        assert_eq!(names(&path("a.key")), ["inside"]);
    }

    /// As a crash would leave them: whoever looks while files are on their way finds no key that others can read.
    #[cfg(unix)]
    #[test]
    fn keys_on_their_way_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.key"), "old").unwrap();
        fs::set_permissions(folder.path().join("b.key"), fs::Permissions::from_mode(0o644)).unwrap();
        let mut seen = Vec::new();
        all_while(
            folder.path(),
            &[item("a.key", "new", false), item("b.key", "new", true)],
            |moment, name| {
                if (moment, name) == (Moment::SetAside, "b.key") {
                    let hidden = names(folder.path()).into_iter().find(|name| name.starts_with('.')).unwrap();
                    let hidden = folder.path().join(hidden);
                    assert_eq!(mode(&hidden), 0o700);
                    assert_eq!(mode(&hidden.join("b.key.new")), 0o600);
                    assert_eq!(mode(&folder.path().join("a.key")), 0o600);
                    seen = names(&hidden);
                }
            },
        )
        .unwrap();
        assert_eq!(seen, ["b.key", "b.key.new"], "the old one and the new one, and nowhere else");
        assert_eq!(names(folder.path()), ["a.key", "b.key"]);
    }

    #[test]
    fn what_may_be_replaced_is_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.key"), "old").unwrap();
        all(folder.path(), &[item("a.key", "new", true), item("b.crt", "new", true)]).unwrap();
        assert_eq!(names(folder.path()), ["a.key", "b.crt"]);
        assert_eq!(fs::read_to_string(folder.path().join("a.key")).unwrap(), "new");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode("a.key"), 0o600);
            assert_eq!(mode("b.crt") & 0o600, 0o600);
        }
    }
}
