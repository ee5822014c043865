//! Reads the arguments, then opens the window or serves in the terminal.

use std::process::ExitCode;

use echoscope::cli::{self, Front, Launch, Refused};
use echoscope::headless;

fn main() -> ExitCode {
    let launch = match cli::read(std::env::args_os()) {
        Ok(launch) => launch,
        Err(Refused::Answer(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refused::Usage(line)) => {
            eprintln!("echoscope: {line}");
            return ExitCode::from(2);
        }
    };
    match launch.front {
        Front::Headless(format) => {
            if let Some(complaint) = &launch.complaint {
                eprintln!("echoscope: {complaint}");
            }
            headless::run(launch.settings, format)
        }
        Front::Window { start, fallback } => open_window(launch, start, fallback),
    }
}

#[cfg(feature = "gui")]
fn open_window(launch: Launch, start: bool, fallback: cli::LogFormat) -> ExitCode {
    let Launch { settings, settings_file, complaint, .. } = launch;
    if !echoscope::ui::has_display() {
        eprintln!(
            "echoscope: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): going on as --headless."
        );
        return headless::run(settings, fallback);
    }
    match echoscope::ui::run(settings, settings_file, complaint, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echoscope: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
fn open_window(launch: Launch, _start: bool, fallback: cli::LogFormat) -> ExitCode {
    eprintln!("echoscope: this program was built without its window: going on as --headless.");
    headless::run(launch.settings, fallback)
}
