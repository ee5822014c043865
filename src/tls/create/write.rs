//! Writes several files as one: all of them or none, never over others unless told to, keys for their owner's eyes.

use std::fs;
use std::io;
use std::path::Path;

use crate::tls::create::error::CreateError;
use crate::tls::create::lock::{Lock, NAME};
use crate::tls::create::workshop::{Moment, Step, Workshop};

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

/// Writes the files into the folder, which is there, unless another does so at the same time. After an error the folder is as it was, or the error says what
/// is not.
pub(super) fn all(folder: &Path, items: &[Item]) -> Result<(), CreateError> {
    let _lock = lock(folder)?;
    all_while(folder, items, |_, _| ())
}

/// Keeps other writers out of the folder, which is there, as long as it is held.
pub(super) fn lock(folder: &Path) -> Result<Lock, CreateError> {
    let busy = || CreateError::Busy { folder: folder.to_owned() };
    Lock::take(folder).map_err(|error| write_error(NAME, &error))?.ok_or_else(busy)
}

/// Whether files can be made in the folder: tried, since the rights alone don't tell.
pub(super) fn try_folder(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".echoscope-").tempfile_in(folder).map(drop)
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
        let mut step = Step::new(item);
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
