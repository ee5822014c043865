//! Reads the arguments, then opens the window or serves in the terminal.
#![cfg_attr(feature = "gui", windows_subsystem = "windows")]

use std::io::{self, Write};
use std::process::ExitCode;

use echoscope::cli::{self, Front, Invocation, Launch};
use echoscope::crash_report;
use echoscope::headless;
use echoscope::platform::console;
use echoscope::settings::settings_file;

fn main() -> ExitCode {
    crash_report::install(settings_file::default_path().as_deref());
    match cli::read(std::env::args_os(), no_window) {
        Ok(Invocation::Launch(launch)) => {
            if let Some(path) = &launch.settings_path {
                crash_report::use_settings_file(path);
            }
            if matches!(launch.front, Front::Headless(_)) {
                console::attach();
            }
            for line in &launch.warnings {
                console::print_error(line);
            }
            match launch.front {
                Front::Headless(format) => headless::run(launch.settings, format, launch.capture),
                Front::Window { start } => open_window(launch, start),
            }
        }
        Ok(Invocation::Print(text)) => print(&text),
        Ok(Invocation::CreateCertificate(command)) => match command.run() {
            Ok(text) => print(&text),
            Err(line) => fail(&line, ExitCode::FAILURE),
        },
        Ok(Invocation::Check(command)) => {
            console::attach();
            match command.run() {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(line) => fail(&line, ExitCode::FAILURE),
            }
        }
        Err(line) => fail(&line, ExitCode::from(2)),
    }
}

fn print(text: &str) -> ExitCode {
    console::attach();
    // The reader may close the pipe early, as `| head` does.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Reports an error on stderr, and in a message box if the user can't see stderr.
fn fail(line: &str, code: ExitCode) -> ExitCode {
    console::attach();
    console::print_error(line);
    #[cfg(feature = "gui")]
    if !console::is_stderr_visible() {
        echoscope::ui::message_box(line);
    }
    code
}

/// Returns why no window can be opened; `None` if one can.
fn no_window() -> Option<String> {
    #[cfg(feature = "gui")]
    return echoscope::platform::display::find().err().map(|error| error.to_string());
    #[cfg(not(feature = "gui"))]
    return Some("this program was built without a window".to_owned());
}

#[cfg(feature = "gui")]
fn open_window(launch: Launch, start: bool) -> ExitCode {
    match echoscope::ui::run(launch.settings, launch.settings_file, launch.warnings, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), ExitCode::FAILURE),
    }
}

#[cfg(not(feature = "gui"))]
fn open_window(_launch: Launch, _start: bool) -> ExitCode {
    ExitCode::FAILURE
}
