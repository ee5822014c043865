//! Reads the arguments, then opens the window or serves in the terminal.
#![cfg_attr(feature = "gui", windows_subsystem = "windows")]

use std::io::{self, Write};
use std::process::ExitCode;

use echoscope::cli::{self, Front, Launch, Refused};
use echoscope::headless;
#[cfg(all(windows, feature = "gui"))]
use echoscope::platform::console;

fn main() -> ExitCode {
    let launch = match cli::read(std::env::args_os(), no_window()) {
        Ok(launch) => launch,
        Err(refused) => return answer(refused),
    };
    match launch.front {
        Front::Headless(format) => {
            take_part_in_console();
            for line in &launch.words {
                eprintln!("echoscope: {line}");
            }
            headless::run(launch.settings, format)
        }
        Front::Window { start } => open_window(launch, start),
    }
}

/// What there is to say or to do instead of serving.
fn answer(refused: Refused) -> ExitCode {
    take_part_in_console();
    let told = match refused {
        Refused::Answer(text) => Ok(text),
        Refused::Usage(line) => Err((line, ExitCode::from(2))),
        Refused::CreateCertificate(order) => order.run().map_err(|error| (error, ExitCode::FAILURE)),
    };
    match told {
        Ok(text) => {
            // Whoever closed the pipe has read enough.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err((line, code)) => {
            complain(&line);
            code
        }
    }
}

/// Only where something is to be printed: closing a console ends all that take part in it, a window too.
fn take_part_in_console() {
    #[cfg(all(windows, feature = "gui"))]
    console::attach();
}

/// Says what went wrong, where somebody hears it.
fn complain(line: &str) {
    eprintln!("echoscope: {line}");
    #[cfg(all(windows, feature = "gui"))]
    if !console::is_heard() {
        echoscope::ui::message_box(line);
    }
}

/// Why there can be no window, where there can't.
#[cfg_attr(
    not(feature = "gui"),
    expect(clippy::unnecessary_wraps, reason = "with the window it depends on the display")
)]
fn no_window() -> Option<&'static str> {
    #[cfg(feature = "gui")]
    return (!echoscope::ui::has_display())
        .then_some("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)");
    #[cfg(not(feature = "gui"))]
    return Some("this program was built without its window");
}

#[cfg(feature = "gui")]
fn open_window(launch: Launch, start: bool) -> ExitCode {
    match echoscope::ui::run(launch.settings, launch.settings_file, launch.words, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            take_part_in_console();
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn open_window(_launch: Launch, _start: bool) -> ExitCode {
    ExitCode::FAILURE
}
