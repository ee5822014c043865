//! Opens the window: with OpenGL, else with whatever wgpu finds, else with an error that says what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use eframe::{NativeOptions, Renderer};
use egui::{Context, IconData, ViewportBuilder};

use crate::app::{App, Command, Notice, Options};
use crate::settings::Settings;
use crate::ui::theme::size;
use crate::ui::window::Window;

/// No window could be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "No window could be opened: {reason}. Run “echoscope --headless” to serve without one{}.",
    hint(reason)
)]
pub struct WindowError {
    /// The windowing library's own words.
    reason: String,
}

fn hint(reason: &str) -> &'static str {
    if reason.contains("xkbcommon") {
        ", or install the package libxkbcommon-x11 (on Debian: libxkbcommon-x11-0)"
    } else {
        ""
    }
}

/// How long a burst of news is collected before it is painted. Waking the window for each single one costs more
/// than the echo itself.
const FRAME: Duration = Duration::from_millis(33);

/// Whether there is a screen to open a window on, as far as one can tell without trying.
#[must_use]
pub fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // Elsewhere the screen is the system's own and has no name.
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Opens the window and returns when the user has closed it. `words` are shown as a notice, with `start` the
/// server starts at once, and settings are remembered in `settings_file`.
///
/// # Errors
/// There is no display, or neither OpenGL nor wgpu can draw on it.
pub fn run(
    settings: Settings,
    settings_file: Option<PathBuf>,
    words: Vec<String>,
    start: bool,
) -> Result<(), WindowError> {
    let open = move |creation: &eframe::CreationContext<'_>| {
        let options =
            Options { settings_file: settings_file.clone(), wake: wake(&creation.egui_ctx), capture: true };
        let mut app = App::new(settings.clone(), options);
        for text in &words {
            app.tell(Notice { text: text.clone(), problem: true });
        }
        if start {
            app.apply(Command::Start);
        }
        Window::new(&creation.egui_ctx, app).remembering(settings_file.as_deref())
    };
    let Err(no_glow) = attempt(Renderer::Glow, &open) else { return Ok(()) };
    attempt(Renderer::Wgpu, &open).map_err(|no_wgpu| {
        // The second attempt has nothing to add where already the first found no screen.
        let same = no_glow == no_wgpu || no_wgpu.contains("can't be recreated");
        let reason = if same { no_glow } else { format!("{no_glow}; {no_wgpu}") };
        WindowError { reason: reason.trim_end_matches('.').to_owned() }
    })
}

/// Makes the app; called when a window is there, so at most once for each way of drawing.
type Open = dyn Fn(&eframe::CreationContext<'_>) -> Window;

fn attempt(renderer: Renderer, open: &Open) -> Result<(), String> {
    let run = || {
        eframe::run_native("Echoscope", options(renderer), Box::new(|creation| Ok(Box::new(open(creation)))))
    };
    // winit panics where a library is missing that it loads at run time, such as libxkbcommon-x11.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(without_source(&error.to_string())),
        Err(panic) => Err(panic_words(&*panic)),
    }
}

/// Leaves out in which line of which file a library noticed: `os error at /…/mod.rs:788: No X server`.
fn without_source(words: &str) -> String {
    words
        .rsplit_once(".rs:")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(words, |(_, rest)| rest)
        .to_owned()
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    words.unwrap_or("the windowing library gave up").to_owned()
}

/// What the server's threads call when there is news. They only knock: egui's lock, which the window holds while it
/// lays out a frame, is waited for by a thread that has nothing else to do.
fn wake(ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
    let (knock, knocked) = sync_channel(1);
    let window = ctx.clone();
    let wait = move || {
        while knocked.recv().is_ok() {
            window.request_repaint_after(FRAME);
        }
    };
    if thread::Builder::new().name("wake window".to_owned()).spawn(wait).is_err() {
        // Without a thread to spare the callers wake the window themselves.
        let window = ctx.clone();
        return Arc::new(move || window.request_repaint_after(FRAME));
    }
    Arc::new(move || {
        // Full: a knock is waiting already.
        let _ = knock.try_send(());
    })
}

fn options(renderer: Renderer) -> NativeOptions {
    let mut viewport = ViewportBuilder::default()
        .with_title("Echoscope")
        .with_app_id("echoscope")
        .with_inner_size(size::WINDOW)
        .with_min_inner_size(size::WINDOW_MIN)
        .with_drag_and_drop(true);
    if let Some(icon) = icon() {
        viewport = viewport.with_icon(icon);
    }
    // Dithering smooths gradients, of which there are none; where software draws, it costs a third of each frame.
    let mut options = NativeOptions { viewport, renderer, dithering: false, ..NativeOptions::default() };
    if let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        setup.power_preference = eframe::wgpu::PowerPreference::LowPower;
    }
    options
}

/// The picture in the task bar and in the window's corner. A window without it is still a window.
fn icon() -> Option<IconData> {
    eframe::icon_data::from_png_bytes(include_bytes!("../../icons/echoscope-256.png")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_can_be_read() {
        let icon = icon().unwrap();
        assert_eq!((icon.width, icon.height), (256, 256));
    }

    #[test]
    fn a_place_in_a_library_is_nothing_for_the_user() {
        let words =
            without_source("winit EventLoopError: os error at /x/mod.rs:788: Failed to open connection");
        assert_eq!(words, "Failed to open connection");
        assert_eq!(without_source("No OpenGL"), "No OpenGL");
    }

    #[test]
    fn the_error_says_what_to_do() {
        let error = WindowError { reason: "libxkbcommon-x11.so could not be loaded".to_owned() };
        let words = error.to_string();
        assert!(words.contains("--headless") && words.contains("libxkbcommon-x11-0"), "{words}");
    }
}
