//! Opens the OS's window, and draws it with OpenGL or, if that fails, with wgpu. If neither works, the error suggests
//! what to do instead.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use eframe::{CreationContext, NativeOptions, Renderer};
use egui::{Context, IconData, ViewportBuilder};
use rfd::{MessageDialog, MessageLevel};

use crate::app::{App, Command, Notice, Options};
use crate::settings::Settings;
use crate::ui::theme::size;
use crate::ui::window::Window;

/// The error if the window can't be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "No window could be opened: {reason}. Run “echoscope --headless” to serve without one{}.",
    hint(reason)
)]
pub struct WindowError {
    /// The error of the windowing library.
    reason: String,
}

fn hint(reason: &str) -> &'static str {
    if reason.contains("xkbcommon") {
        ", or install the package libxkbcommon-x11 (on Debian: libxkbcommon-x11-0)"
    } else {
        ""
    }
}

/// How long a repaint that another thread requests is delayed, so that many events share it: a repaint for each event
/// would cost more than the echo itself.
const REPAINT_DELAY: Duration = Duration::from_millis(33);

/// Shows an error in a message box of the OS and waits until it is closed. For a program without a terminal, as on
/// Windows.
pub fn message_box(error: &str) {
    MessageDialog::new().set_level(MessageLevel::Error).set_title("Echoscope").set_description(error).show();
}

/// Opens the window and returns when the user has closed it. The window shows `warnings` as notices, starts the server
/// at once if `start` is true, and saves settings to `settings_file`.
///
/// # Errors
/// Fails if there is no display, or if neither OpenGL nor wgpu can draw on it.
pub fn run(
    settings: Settings,
    settings_file: Option<PathBuf>,
    warnings: Vec<String>,
    start: bool,
) -> Result<(), WindowError> {
    let create = move |creation: &CreationContext<'_>| {
        let options =
            Options { settings_file: settings_file.clone(), wake: wake(&creation.egui_ctx), capture: true };
        let mut app = App::new(settings.clone(), options);
        for text in &warnings {
            app.tell(Notice { text: text.clone(), problem: true });
        }
        if start {
            app.apply(Command::Start);
        }
        Window::new(&creation.egui_ctx, app)
    };
    let Err(glow_error) = attempt(Renderer::Glow, &create) else { return Ok(()) };
    attempt(Renderer::Wgpu, &create).map_err(|wgpu_error| {
        // winit creates only one event loop. If the first attempt got that far, the second reports only that it can't
        // be recreated.
        let same = glow_error == wgpu_error || wgpu_error.contains("can't be recreated");
        let reason = if same { glow_error } else { format!("{glow_error}; {wgpu_error}") };
        WindowError { reason: reason.trim_end_matches('.').to_owned() }
    })
}

/// Runs the window with one renderer. `create` is called only once a window exists.
fn attempt(renderer: Renderer, create: &dyn Fn(&CreationContext<'_>) -> Window) -> Result<(), String> {
    let run = || {
        let create = Box::new(|creation: &CreationContext<'_>| Ok(Box::new(create(creation)) as Box<_>));
        eframe::run_native("Echoscope", options(renderer), create)
    };
    // winit panics if a library that it loads at run time is missing, such as libxkbcommon-x11.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| without_source_location(&error.to_string())),
        Err(panic) => Err(match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(message), _) => message.clone(),
            (None, Some(message)) => (*message).to_owned(),
            (None, None) => "the windowing library panicked".to_owned(),
        }),
    }
}

/// Removes the location in a library's source from its error, as in `os error at /…/mod.rs:788: No X server`.
fn without_source_location(error: &str) -> String {
    let rest = error.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    rest.map_or(error, |(_, rest)| rest).to_owned()
}

/// Returns the callback that wakes the window when the app has new events. The callback only signals a thread, which
/// requests the repaint: the caller must not wait for egui's lock, which the window holds while it lays out a frame.
fn wake(ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
    let (signal, signals) = sync_channel(1);
    let repaint = {
        let ctx = ctx.clone();
        move || ctx.request_repaint_after(REPAINT_DELAY)
    };
    let repaint_here = repaint.clone();
    let wait = move || signals.iter().for_each(|()| repaint());
    if thread::Builder::new().name("wake window".to_owned()).spawn(wait).is_err() {
        return Arc::new(repaint_here);
    }
    Arc::new(move || {
        // If the channel is full, the thread repaints soon anyway.
        let _ = signal.try_send(());
    })
}

fn options(renderer: Renderer) -> NativeOptions {
    let mut viewport = ViewportBuilder::default()
        .with_title("Echoscope")
        .with_app_id("echoscope")
        .with_inner_size(size::WINDOW)
        .with_min_inner_size(size::WINDOW_MIN)
        .with_drag_and_drop(true);
    viewport.icon = icon().map(Arc::new);
    // Dithering smooths gradients, which the window doesn't have. Without a GPU, it would take a third of the time.
    let mut options = NativeOptions { viewport, renderer, dithering: false, ..NativeOptions::default() };
    if let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        setup.power_preference = eframe::wgpu::PowerPreference::LowPower;
    }
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

    #[test]
    fn error_names_headless_mode_and_missing_package() {
        let error = WindowError { reason: "libxkbcommon-x11.so could not be loaded".to_owned() };
        let text = error.to_string();
        assert!(text.contains("--headless") && text.contains("libxkbcommon-x11-0"), "{text}");
    }
}
