//! Opens the OS's window, drawn by the first renderer that works. If none does, the error suggests what to do instead.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use eframe::{CreationContext, NativeOptions, Renderer};
use egui::{IconData, ViewportBuilder};
use rfd::{MessageDialog, MessageLevel};

use crate::app::{App, Command, Notice, NoticeTopic, Options, WakeFn};
use crate::crash_report::{self, panic_message};
use crate::platform::display::hidden_window_notifier;
use crate::platform::renderers::{DrawingDevice, RENDERERS, save_power};
use crate::settings::Settings;
use crate::settings::settings_file::SettingsFile;
use crate::ui::frame_pacing::FramePacing;
use crate::ui::remembered;
use crate::ui::theme::size;
use crate::ui::window::Window;

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No renderer can draw a window. The reason is the error of the windowing library.
    #[error(
        "Can't open a window: {}. Run “echoscope --headless” to serve without one{}.",
        .0, hint(.0)
    )]
    NotOpened(String),
    /// The windowing library or the window itself panicked, with this message.
    #[error(
        "The window failed: {}. Run “echoscope --headless” to serve without one{}.",
        .0, hint(.0)
    )]
    Panicked(String),
}

fn hint(reason: &str) -> &'static str {
    if reason.contains("xkbcommon") {
        ", or install the package libxkbcommon-x11 (on Debian: libxkbcommon-x11-0)"
    } else {
        ""
    }
}

/// Shows an error in a message box of the OS and waits until it is closed. For a program without a terminal, as on
/// Windows.
pub fn message_box(error: &str) {
    MessageDialog::new().set_level(MessageLevel::Error).set_title("Echoscope").set_description(error).show();
}

/// Opens the window and returns when the user has closed it. The window shows `warnings` as a notice, starts
/// the server at once if `start` is true, and saves settings to `settings_file`.
///
/// # Errors
/// There is no display, no renderer can draw on it, or something panicked.
pub fn run(
    settings: Settings,
    settings_file: Option<SettingsFile>,
    warnings: Vec<String>,
    start: bool,
) -> Result<(), WindowError> {
    let viewport = remembered::viewport(&settings);
    let create = move |creation: &CreationContext<'_>, renderer: Renderer| {
        let device = DrawingDevice::of(creation);
        crash_report::set_renderer(format!("{renderer}, {}", device.name));
        let pacing = Arc::new(FramePacing::default());
        let wake = wake(creation, Arc::clone(&pacing));
        let options = Options {
            settings_file: settings_file.clone(),
            crash_folder: crash_report::folder().map(Path::to_owned),
            wake,
            capture: true,
            ..Options::default()
        };
        let mut app = App::new(settings.clone(), options);
        if !warnings.is_empty() {
            app.tell(Notice::bad(NoticeTopic::Startup, warnings.join(" ")));
        }
        if start {
            app.apply(Command::Start);
        }
        Window::new(&creation.egui_ctx, app).drawn_by(device, pacing)
    };
    first_that_works(RENDERERS, |renderer| {
        let create =
            |creation: &CreationContext<'_>| Ok(Box::new(create(creation, renderer)) as Box<dyn eframe::App>);
        eframe::run_native("Echoscope", options(renderer, viewport.clone()), Box::new(create))
    })
}

/// Runs the window with the first renderer that works. After a panic there is no other attempt: winit has only one
/// event loop, which may be left in any state.
fn first_that_works(
    renderers: &[Renderer],
    mut run: impl FnMut(Renderer) -> eframe::Result,
) -> Result<(), WindowError> {
    let mut errors: Vec<String> = Vec::new();
    for &renderer in renderers {
        // winit panics if a library that it loads at run time is missing, such as libxkbcommon-x11, and for a scale
        // factor that it can't use.
        let error = match catch_unwind(AssertUnwindSafe(|| run(renderer))) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => without_source_location(&error.to_string()),
            Err(panic) => {
                let message = panic_message(panic.as_ref()).unwrap_or("the windowing library panicked");
                return Err(WindowError::Panicked(part_of_sentence(message)));
            }
        };
        // If the first attempt failed to create the event loop, the next one reports only that it can't be recreated.
        if !errors.contains(&error) && !error.contains("can't be recreated") {
            errors.push(error);
        }
    }
    Err(WindowError::NotOpened(part_of_sentence(&errors.join("; "))))
}

/// Returns a library's message as a part of a sentence on one line.
fn part_of_sentence(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// Removes the location in a library's source from its error, as in `os error at /…/mod.rs:788: No X server`.
fn without_source_location(error: &str) -> String {
    let rest = error.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    rest.map_or(error, |(_, rest)| rest).to_owned()
}

/// Returns the callback that wakes the window when the app has new events. The callback only signals a thread, which
/// requests the repaint: the caller must not wait for egui's lock, which the window holds while it lays out a frame.
fn wake(creation: &CreationContext<'_>, pacing: Arc<FramePacing>) -> WakeFn {
    let (signal, signals) = sync_channel(1);
    let ctx = creation.egui_ctx.clone();
    let repaint = {
        let pacing = Arc::clone(&pacing);
        move || ctx.request_repaint_after(pacing.delay(Instant::now()))
    };
    let repaint_here = repaint.clone();
    let mut notify_if_hidden =
        hidden_window_notifier(creation.winit_window().map(|window| u64::from(window.id())));
    let wait = move || {
        for () in signals {
            if !pacing.is_hidden() {
                notify_if_hidden();
            }
            repaint();
        }
    };
    if thread::Builder::new().name("wake window".to_owned()).spawn(wait).is_err() {
        return Arc::new(repaint_here);
    }
    Arc::new(move || {
        // If the channel is full, the thread repaints soon anyway.
        let _ = signal.try_send(());
    })
}

fn options(renderer: Renderer, viewport: ViewportBuilder) -> NativeOptions {
    let mut viewport = viewport
        .with_title("Echoscope")
        .with_app_id("echoscope")
        .with_min_inner_size(size::WINDOW_MIN)
        .with_drag_and_drop(true);
    viewport.icon = icon().map(Arc::new);
    // Dithering smooths gradients, which the window doesn't have. Without a GPU, it would take a third of the time.
    let mut options = NativeOptions { viewport, renderer, dithering: false, ..NativeOptions::default() };
    save_power(&mut options);
    options
}

/// Returns the window's icon.
fn icon() -> Option<IconData> {
    eframe::icon_data::from_png_bytes(include_bytes!("../../icons/echoscope-256.png")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icon_is_a_png_of_256_pixels() {
        let icon = icon().unwrap();
        assert_eq!((icon.width, icon.height), (256, 256));
    }

    #[test]
    fn source_location_is_removed_from_errors() {
        let error = "winit EventLoopError: os error at /x/mod.rs:788: Failed to open connection";
        assert_eq!(without_source_location(error), "Failed to open connection");
        assert_eq!(without_source_location("No OpenGL"), "No OpenGL");
    }

    const BOTH: [Renderer; 2] = [Renderer::Glow, Renderer::Wgpu];

    #[test]
    fn next_renderer_is_tried_after_an_error_but_not_after_a_panic() {
        let mut tried = Vec::new();
        let result = first_that_works(&BOTH, |renderer| {
            tried.push(renderer);
            Err(eframe::Error::AppCreation(format!("no {renderer}").into()))
        });
        assert!(
            matches!(&result, Err(WindowError::NotOpened(reason)) if reason.contains("wgpu")),
            "{result:?}"
        );
        assert_eq!(tried, BOTH);
        for renderer in BOTH {
            let mut tried = Vec::new();
            let result = first_that_works(&BOTH, |next| {
                tried.push(next);
                assert_ne!(next, renderer, "a scale factor of 0");
                Err(eframe::Error::AppCreation("no OpenGL".into()))
            });
            assert!(
                matches!(&result, Err(WindowError::Panicked(reason)) if reason.contains("scale factor")),
                "{result:?}"
            );
            assert_eq!(tried.last(), Some(&renderer));
        }
    }

    #[test]
    fn error_names_headless_mode_and_missing_package() {
        for error in [WindowError::NotOpened, WindowError::Panicked] {
            let text = error("libxkbcommon-x11.so could not be loaded".to_owned()).to_string();
            assert!(text.contains("--headless") && text.contains("libxkbcommon-x11-0"), "{text}");
        }
    }
}
