//! An invisible display for the window: Xvfb, on a display number that Xvfb chooses.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{Outcome, machine, print_now};

/// A running Xvfb, which is killed on drop.
pub(crate) struct Display {
    server: Child,
    /// The value of the environment variable `DISPLAY`.
    pub(crate) name: String,
}

impl Display {
    /// Starts Xvfb. Returns `None`, and prints the reason, if the window can't be measured.
    pub(crate) fn open() -> Outcome<Option<Self>> {
        if !cfg!(feature = "gui") {
            print_now("skipped: the window (built without the feature gui)");
            return Ok(None);
        }
        if !machine::has_program("Xvfb")? {
            return Ok(None);
        }
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "+extension", "GLX"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xvfb can't be started: {error}"))?;
        let mut number = String::new();
        // Xvfb writes the number when it is ready, or closes the pipe when it exits.
        if let Some(pipe) = server.stdout.take() {
            let _ = BufReader::new(pipe).read_line(&mut number);
        }
        let display = Self { server, name: format!(":{}", number.trim()) };
        if number.trim().is_empty() { Err("Xvfb opened no display".to_owned()) } else { Ok(Some(display)) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
