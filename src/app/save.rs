//! Saves the log, a connection's sequence diagram and the Python program to files, in the background.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::app::background::JobResult;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::capture::sequence::{Sequence, SequenceFormat};
use crate::log::export;
use crate::platform::files;
use crate::platform::terminal::{PYTHON, argument};
use crate::server::event::ClientId;
use crate::text::{self, with_thousands};

/// The format of a saved log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The lines as the window shows them, with time and client.
    Text,
    /// One JSON object a line, as `--log-format json` prints them.
    JsonLines,
}

impl App {
    pub(super) fn save_log(&mut self, path: PathBuf, format: ExportFormat) {
        let (log, data) = (self.log.clone(), self.settings().data_format);
        let saved = format!(
            "The log ({} entries) was saved to {}.",
            with_thousands(log.len() as u64),
            path.display()
        );
        self.save_file("The log".to_owned(), path, move |out| {
            match format {
                ExportFormat::Text => export::write_text(log.iter(), data, out)?,
                ExportFormat::JsonLines => export::write_json_lines(log.iter(), out)?,
            }
            Ok(saved)
        });
    }

    pub(super) fn save_program(&mut self, path: PathBuf) {
        let program = self.program();
        let saved = format!(
            "The program was saved. Run it while the server is stopped: {PYTHON} {}",
            argument(&path)
        );
        self.save_file("The program".to_owned(), path, move |out| {
            out.write_all(program.text().as_bytes()).map(|()| saved)
        });
    }

    pub(super) fn save_sequence(&mut self, id: ClientId, path: PathBuf, format: SequenceFormat) {
        let Some(capture) = self.capture(id) else {
            return self.tell(Notice::bad(format!(
                "What went by on connection {id} is no longer kept, so it can't be saved. Save another one sooner."
            )));
        };
        let what = format!("The sequence diagram of {id}");
        let (saved, place) = (what.clone(), path.display().to_string());
        self.save_file(what, path, move |out| {
            let mut sequence = Sequence::new(&capture);
            sequence.update(&capture);
            format.write(&sequence, out)?;
            let rows = text::count(sequence.rows().len() as u64, "row");
            Ok(format!("{saved} ({rows}) was saved to {place}."))
        });
    }

    /// Writes a file on a thread of its own, then shows the text that `write` returns.
    fn save_file(
        &mut self,
        what: String,
        path: PathBuf,
        write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<String> + Send + 'static,
    ) {
        let started = self.background.run("save", true, move || {
            JobResult::Notice(match files::write_atomically(&path, write) {
                Ok(saved) => Notice::good(saved),
                Err(error) => Notice::bad(format!(
                    "{what} could not be saved to {}: {}. Choose another place.",
                    path.display(),
                    text::io_error(&error)
                )),
            })
        });
        if let Err(error) = started {
            self.tell(Notice::bad(format!(
                "The file could not be saved: {}. Try again.",
                text::io_error(&error)
            )));
        }
    }
}
