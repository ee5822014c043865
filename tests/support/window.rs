//! A window for tests: a real app and real sockets, but no screen and no saved settings.
#![allow(dead_code, reason = "not every test program uses all of it")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use echoscope::app::{App, Options};
use echoscope::server::ServerState;
use echoscope::settings::Settings;
use echoscope::ui;
use egui::{Key, Modifiers, OutputCommand, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

/// How long a test waits for other threads: enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The callback that any thread calls when the app has something new to show.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// How a test presses controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PressMode {
    /// With the mouse: only controls in view can be pressed. After each press, frames run until the window requests
    /// no more.
    Mouse,
    /// As a screen reader, which also reaches controls that are scrolled out of view. The number of frames after a
    /// press is limited, because a spinner requests more as long as it turns.
    Reader,
}

/// The window in egui's test harness.
pub(crate) struct Window(pub(crate) Harness<'static, ui::Window>, PressMode);

impl Window {
    pub(crate) fn open() -> Self {
        Self::with_settings(Settings::default())
    }

    pub(crate) fn with_settings(settings: Settings) -> Self {
        Self::sized(settings, [1180.0, 760.0])
    }

    /// Opens a window of this size; replaces the default port with a free one.
    pub(crate) fn sized(settings: Settings, size: [f32; 2]) -> Self {
        let settings = Settings { port: if settings.port == 12345 { 0 } else { settings.port }, ..settings };
        Self::new(settings, size, PressMode::Mouse)
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.run();
    }

    pub(crate) fn new(settings: Settings, size: [f32; 2], press_mode: PressMode) -> Self {
        Self::woken(settings, size, press_mode, Arc::new(|| {}))
    }

    /// Opens a window with a wake callback. It doesn't show the start screen.
    pub(crate) fn woken(settings: Settings, size: [f32; 2], press_mode: PressMode, wake: Wake) -> Self {
        // Most tests look at the log.
        let tab = if settings.tab == 1 { 2 } else { settings.tab };
        let settings = Settings { start_screen: false, tab, ..settings };
        Self::with_options(settings, size, press_mode, Options { wake, ..Options::default() })
    }

    /// Opens a window with the start screen. *Try TLS* creates its certificate in this folder.
    pub(crate) fn first_run(size: [f32; 2], certificate_folder: &Path) -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
        let certificate_folder = Some(certificate_folder.to_owned());
        let options = Options { certificate_folder, ..Options::default() };
        Self::with_options(settings, size, PressMode::Mouse, options)
    }

    pub(crate) fn with_options(
        settings: Settings,
        size: [f32; 2],
        press_mode: PressMode,
        options: Options,
    ) -> Self {
        let options = Options { capture: true, ..options };
        Self::with_app(size, press_mode, move || App::new(settings, options))
    }

    pub(crate) fn with_app(
        size: [f32; 2],
        press_mode: PressMode,
        app: impl FnOnce() -> App + 'static,
    ) -> Self {
        let steps = match press_mode {
            PressMode::Mouse => 20,
            PressMode::Reader => 30,
        };
        let harness =
            Harness::builder().with_size(size).with_max_steps(steps).build_eframe(move |creation| {
                ui::Window::new(&creation.egui_ctx, app()).without_native_dialogs()
            });
        let mut window = Self(harness, press_mode);
        window.run();
        window
    }

    /// Runs the frames that the window requests.
    #[track_caller]
    pub(crate) fn run(&mut self) {
        match self.1 {
            PressMode::Mouse => {
                self.0.run();
            }
            PressMode::Reader => {
                self.0.run_ok();
            }
        }
    }

    /// Runs frames until `is_so` returns true, which may depend on other threads.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&Harness<'static, ui::Window>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.0) {
            assert!(Instant::now() < deadline, "timed out waiting for: {what}\n{:?}", self.0.root());
            self.0.step();
        }
        self.run();
    }

    #[track_caller]
    pub(crate) fn wait_until_shown(&mut self, text: &str) {
        self.wait_until(text, |window| window.query_all_by_label_contains(text).next().is_some());
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    #[track_caller]
    pub(crate) fn click(&mut self, name: &str) {
        let node = self.0.get_by_label(name);
        match self.1 {
            PressMode::Mouse => node.click(),
            PressMode::Reader => node.click_accesskit(),
        }
        self.run();
    }

    /// Replaces the text of a field.
    #[track_caller]
    pub(crate) fn fill(&mut self, field: &str, text: &str) {
        self.0.get_by_role_and_label(Role::TextInput, field).focus();
        self.run();
        self.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.run();
        self.0.key_press(Key::Backspace);
        self.run();
        self.0.get_by_role_and_label(Role::TextInput, field).type_text(text);
        self.run();
    }

    pub(crate) fn enabled(&self, button: &str) -> bool {
        !self.0.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
    }

    #[track_caller]
    pub(crate) fn wait_until_enabled(&mut self, button: &str) {
        self.wait_until(button, |window| {
            window
                .query_by_role_and_label(Role::Button, button)
                .is_some_and(|node| !node.accesskit_node().is_disabled())
        });
    }

    pub(crate) fn app(&self) -> &App {
        self.0.state().app()
    }

    /// Starts the server and returns its address.
    #[track_caller]
    pub(crate) fn start(&mut self) -> SocketAddr {
        if self.1 == PressMode::Reader {
            // The button is disabled until the certificate files are read.
            self.wait_until_enabled("Start server");
        }
        self.click("Start server");
        self.wait_until_shown("Stop server");
        self.address()
    }

    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        match self.app().state() {
            ServerState::Listening { addresses, .. } => addresses[0],
            state => panic!("not listening: {state:?}"),
        }
    }

    /// Returns the text that the last frame copied to the clipboard.
    pub(crate) fn copied(&self) -> Option<String> {
        self.0.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }
}
