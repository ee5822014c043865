//! A window for a test: a real app and real sockets, but no screen and nothing remembered.
#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use echoscope::app::{App, Options};
use echoscope::server::status::ServerState;
use echoscope::settings::Settings;
use echoscope::ui;
use egui::{Key, Modifiers, OutputCommand, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

/// How long a test waits for what comes from other threads: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Called from any thread when there is news.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// How a test presses what is in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    /// With the mouse, so that only what is in view can be pressed. After each press the window comes to rest.
    Mouse,
    /// As a screen reader does, which reaches what is scrolled out of view too. A spinner may turn for as long as
    /// something is being made: there is no rest to wait for then.
    Reader,
}

/// The window of an app in its own little world.
pub(crate) struct Window(pub(crate) Harness<'static, ui::Window>, Hand);

impl Window {
    pub(crate) fn open() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::sized(settings, [1180.0, 760.0])
    }

    /// On a free port, unless another than the usual one is asked for.
    pub(crate) fn sized(settings: Settings, size: [f32; 2]) -> Self {
        let settings = Settings { port: if settings.port == 12345 { 0 } else { settings.port }, ..settings };
        Self::new(settings, size, Hand::Mouse)
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.run();
    }

    pub(crate) fn new(settings: Settings, size: [f32; 2], hand: Hand) -> Self {
        Self::woken(settings, size, hand, Arc::new(|| {}))
    }

    /// The same, with a wake call of the test's own.
    pub(crate) fn woken(settings: Settings, size: [f32; 2], hand: Hand, wake: Wake) -> Self {
        let steps = match hand {
            Hand::Mouse => 20,
            Hand::Reader => 30,
        };
        let harness =
            Harness::builder().with_size(size).with_max_steps(steps).build_eframe(move |creation| {
                let options = Options { capture: true, wake, ..Options::default() };
                ui::Window::new(&creation.egui_ctx, App::new(settings, options)).without_native_dialogs()
            });
        let mut window = Self(harness, hand);
        window.run();
        window
    }

    /// Lets the window take in what was done.
    #[track_caller]
    pub(crate) fn run(&mut self) {
        match self.1 {
            Hand::Mouse => {
                self.0.run();
            }
            Hand::Reader => {
                self.0.run_ok();
            }
        }
    }

    /// Lets frames go by until something is so; what it waits for comes from other threads.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Harness<'static, ui::Window>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.0) {
            assert!(Instant::now() < deadline, "waited in vain for: {what}\n{:?}", self.0.root());
            self.0.step();
        }
        self.run();
    }

    #[track_caller]
    pub(crate) fn until_shown(&mut self, text: &str) {
        self.until(text, |window| window.query_all_by_label_contains(text).next().is_some());
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    #[track_caller]
    pub(crate) fn click(&mut self, name: &str) {
        let node = self.0.get_by_label(name);
        match self.1 {
            Hand::Mouse => node.click(),
            Hand::Reader => node.click_accesskit(),
        }
        self.run();
    }

    /// Replaces what stands in a text field.
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
    pub(crate) fn until_enabled(&mut self, button: &str) {
        self.until(button, |window| {
            window
                .query_by_role_and_label(Role::Button, button)
                .is_some_and(|node| !node.accesskit_node().is_disabled())
        });
    }

    pub(crate) fn app(&self) -> &App {
        self.0.state().app()
    }

    /// Presses Start, which has to be possible, and returns where the server listens.
    #[track_caller]
    pub(crate) fn start(&mut self) -> SocketAddr {
        if self.1 == Hand::Reader {
            // Certificate files are read first.
            self.until_enabled("Start server");
        }
        self.click("Start server");
        self.until_shown("Stop server");
        self.address()
    }

    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        match self.app().state() {
            ServerState::Listening { addresses, .. } => addresses[0],
            state => panic!("not listening: {state:?}"),
        }
    }

    /// What the last frame put into the clipboard.
    pub(crate) fn copied(&self) -> Option<String> {
        self.0.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }
}
