//! Reads the arguments, then opens the window or serves in the terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use echoscope::cli::{self, Front, Launch, Refused};
use echoscope::headless;

fn main() -> ExitCode {
    let launch = match cli::read(std::env::args_os(), no_window()) {
        Ok(launch) => launch,
        Err(Refused::Answer(text)) => {
            // Whoever closed the pipe has read enough.
            let _ = io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(Refused::Usage(line)) => {
            eprintln!("echoscope: {line}");
            return ExitCode::from(2);
        }
        Err(Refused::CreateCertificate(order)) => {
            return match order.run() {
                Ok(text) => {
                    let _ = io::stdout().write_all(text.as_bytes());
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("echoscope: {error}");
                    ExitCode::FAILURE
                }
            };
        }
    };
    match launch.front {
        Front::Headless(format) => {
            for line in &launch.words {
                eprintln!("echoscope: {line}");
            }
            headless::run(launch.settings, format)
        }
        Front::Window { start } => open_window(launch, start),
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
            eprintln!("echoscope: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn open_window(_launch: Launch, _start: bool) -> ExitCode {
    ExitCode::FAILURE
}
