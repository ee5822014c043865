//! Lessons in the window: chosen from the menu, and done with the mouse and with keys alone.

use std::path::Path;
use std::time::{Duration, Instant};

use echoscope::app::clients::TrustChoice;
use echoscope::app::{App, Options};
use echoscope::client::client_event::ClientState;
use echoscope::lessons::lesson_run::StepMark;
use echoscope::lessons::{LessonRun, builtin_lessons, usage_text};
use echoscope::settings::Settings;
use echoscope::ui;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable, by};
use egui_kittest::{Harness, Node};

use crate::harness::PressMode;
use crate::support::can_reset;

/// A window whose app uses port 0 and saves no settings.
struct Window(Harness<'static, ui::Window>);

impl Window {
    fn sized(size: [f32; 2]) -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
        let mut harness =
            Harness::builder().with_size(size).with_max_steps(30).build_eframe(move |creation| {
                ui::Window::new(&creation.egui_ctx, App::new(settings, Options::default()))
            });
        harness.run();
        Self(harness)
    }

    fn open() -> Self {
        Self::sized([1180.0, 760.0])
    }

    #[track_caller]
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Harness<'static, ui::Window>) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_so(&self.0) {
            assert!(Instant::now() < deadline, "timed out waiting for: {what}\n{:?}", self.0.root());
            self.0.step();
        }
        self.0.run();
    }

    #[track_caller]
    fn wait_until_shown(&mut self, text: &str) {
        self.wait_until(text, |window| window.query_all_by_label_contains(text).next().is_some());
    }

    fn shows(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    #[track_caller]
    fn click(&mut self, name: &str) {
        self.0.get_by_label(name).click();
        self.0.run();
    }

    #[track_caller]
    fn begin(&mut self, lesson: &str) {
        self.click("Lessons");
        // In a short window, the mouse could reach the last lessons only after scrolling.
        self.0.get_by_label(lesson).click_accesskit();
        self.0.run();
    }

    fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.0.run();
    }

    fn at(&self) -> Option<usize> {
        self.0.state().app().lesson().map(LessonRun::position)
    }
}

#[test]
fn the_menu_lists_the_lessons() {
    let mut window = Window::open();
    assert!(!window.shows("Your first echo"));
    window.click("Lessons");
    for lesson in builtin_lessons() {
        assert!(window.shows(&lesson.title), "{}", lesson.title);
    }
    assert!(window.shows("Open a lesson file…") && !window.shows("Leave the lesson"));
    window.press(Key::Escape);
    assert!(!window.shows("Your first echo"));
    window.press(Key::F1);
    assert!(window.shows("Five minutes"));
}

#[test]
fn the_first_lesson_is_done_from_start_to_end() {
    let mut window = Window::open();
    window.begin("1. Your first echo");
    assert!(window.shows("Step 1 of 7") && window.shows("Press “Start server” at the lower left."));
    assert!(window.shows("It is set up: TLS off."));
    window.click("Start server");
    window.wait_until_shown("Step 2 of 7");
    assert!(window.shows(" done: The server called socket(), bind() and listen()"));
    window.click("Show the Client tab");
    window.click("Connect");
    window.wait_until_shown("Step 3 of 7");
    let field = window.0.get_by_role_and_label(Role::TextInput, "Text to send");
    field.focus();
    field.type_text("Hello");
    window.0.run();
    window.press(Key::Enter);
    window.wait_until_shown("Step 4 of 7");
    window.click("Show the Log tab");
    assert!(window.shows("Step 4 of 7"), "opening the tab is not enough");
    let listening = |row: &Node<'_>| {
        row.accesskit_node().label().is_some_and(|label| label.contains("Listening on 127.0.0.1"))
    };
    window.0.query_all_by_role(Role::ListBoxOption).find(listening).unwrap().click();
    window.0.run();
    assert!(window.shows("Step 4 of 7"), "another entry is not enough");
    window.0.get_by_label_contains("Received: b'Hello").click();
    window.0.run();
    window.wait_until_shown("Step 5 of 7");
    window.click("Show the Client tab");
    window.click("None");
    assert!(window.shows("Not quite. It is “b'', no bytes”.") && window.shows("Some courses write None"));
    assert!(window.shows("Step 5 of 7"), "an answer isn't the deed");
    window.click("Close");
    window.wait_until_shown("Step 6 of 7");
    window.click("Stop server");
    window.wait_until_shown("Step 7 of 7");
    window.click("Show the Code tab");
    assert!(window.shows("Step 7 of 7"));
    window.click("Twice");
    window.wait_until_shown("All 7 steps complete");
    assert!(window.shows("7 done") && window.shows("✓ Step 7 done: Right. It returned once with your line"));
    window.click("Next lesson: One at a time, and the backlog");
    assert!(window.shows("Step 1 of 7"));
    window.click("Set it up");
    assert!(window.shows("It is set up: Backlog 2, Clients “One at a time”, TLS off."));
    window.0.get_all_by_label("Leave the lesson").next().unwrap().click();
    window.0.run();
    assert!(!window.shows("Step 1 of 7") && window.shows("Restored your settings from before the lesson"));
}

#[test]
fn steps_can_be_skipped_reviewed_and_restarted() {
    let mut window = Window::open();
    window.begin("1. Your first echo");
    window.click("Start server");
    window.wait_until_shown("Step 2 of 7");
    window.click("Back");
    assert!(window.shows("Step 1 of 7") && window.shows("Done: The server called"));
    assert!(!window.shows("Skip this step"));
    window.click("Next step");
    window.click("Skip this step");
    assert!(window.shows("Step 3 of 7") && window.shows("1 done, 1 skipped"));
    window.click("Fold the lesson");
    assert!(window.shows("Step 3 of 7") && !window.shows("Skip this step"));
    window.click("Unfold the lesson");
    window.click("Restart");
    // The server still listens, so the first step is completed at once.
    window.wait_until_shown("Step 2 of 7");
}

#[test]
fn keys_alone_choose_a_lesson_and_set_it_up() {
    for size in [[1180.0, 760.0], [720.0, 480.0]] {
        let mut window = Window::sized(size);
        window.0.get_by_label("Lessons").focus();
        window.0.run();
        window.press(Key::Enter);
        let focused = |window: &Window| {
            let node =
                window.0.query_all(by().predicate(|node| node.is_focused() && !node.is_hidden())).next();
            node.map(|node| node.accesskit_node().label().unwrap_or_default())
        };
        let tab_to = |window: &mut Window, wanted: &str| {
            for _ in 0..60 {
                if focused(window).as_deref() == Some(wanted) {
                    return;
                }
                window.press(Key::Tab);
            }
            panic!("the Tab key never comes to {wanted}; it is at {:?}", focused(window));
        };
        tab_to(&mut window, "3. A stream has no messages");
        window.press(Key::Enter);
        assert!(window.shows("Step 1 of 6"), "{size:?}");
        tab_to(&mut window, "Set it up");
        window.press(Key::Space);
        assert_eq!(window.0.state().app().settings().recv_size, 4);
        window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        window.0.run();
        window.wait_until_shown("Step 2 of 6");
        tab_to(&mut window, "Skip this step");
        window.press(Key::Enter);
        assert_eq!(window.at(), Some(2));
    }
}

#[test]
fn a_small_window_shows_what_to_do_and_the_log() {
    let mut window = Window::sized([720.0, 480.0]);
    window.begin("7. A hundred clients");
    let screen = window.0.ctx.content_rect();
    for label in ["Set it up", "Skip this step", "Leave the lesson", "Log"] {
        let rect = window.0.get_by_label(label).rect();
        assert!(screen.contains_rect(rect), "{label} is at {rect:?}");
    }
    assert!(window.0.get_by_label("Log").rect().bottom() < 360.0, "the lesson leaves no room for the log");
}

#[test]
fn set_up_without_a_certificate_opens_its_dialog() {
    let mut window = Window::open();
    window.begin("6. What an eavesdropper sees");
    window.click("Start server");
    window.wait_until_shown("Step 2 of 7");
    window.click("Skip this step");
    window.click("Skip this step");
    assert!(window.shows("create a certificate first"));
    window.click("Set it up");
    assert!(window.shows("Create a certificate") && window.shows("Stop server"));
}

/// Returns the sentence that the menu shows below a lesson's title.
fn sentence(window: &crate::harness::Window, lesson: &str) -> String {
    window.0.get_by_label(lesson).accesskit_node().data().description().unwrap_or_default().to_owned()
}

#[test]
fn menu_shows_the_progress_and_a_finished_lesson_offers_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = crate::harness::Window::open();
    window.click("Lessons");
    window.click("1. Your first echo");
    window.click("Skip this step");
    window.click("Skip this step");
    window.click("Lessons");
    assert!(sentence(&window, "1. Your first echo").starts_with("Now at step 3 of 7. "));
    window.click("2. One at a time, and the backlog");
    window.click("Lessons");
    window.click("1. Your first echo");
    assert!(window.shows("Step 3 of 7"), "the lesson resumes where it was left");
    while window.shows("Skip this step") {
        window.click("Skip this step");
    }
    window.click("Save my result…");
    let path = folder.path().join("result.txt");
    let prompt = "No file dialog is available, so type the path.";
    let suggested = window.0.get_by_role_and_label(Role::TextInput, prompt).value().unwrap();
    assert!(suggested.ends_with("your-first-echo.txt"), "{suggested}");
    window.fill(prompt, &path.to_string_lossy());
    window.press(Key::Enter);
    window.wait_until_shown("The result was saved to");
    assert!(std::fs::read_to_string(&path).unwrap().contains("1. skipped"));
    window.click("Lessons");
    assert!(sentence(&window, "1. Your first echo").starts_with("Finished before. "));
    window.click("1. Your first echo");
    assert!(window.shows("Step 1 of 7"), "a finished lesson starts over");
}

/// A student who does a built-in lesson in the window.
struct Student {
    window: crate::harness::Window,
    /// The index of the step that the student is at.
    at: usize,
}

impl Student {
    fn begin(number: usize, settings: Settings) -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
        let mut window = crate::harness::Window::new(settings, [1280.0, 900.0], PressMode::Reader);
        window.click("Lessons");
        window.click(&format!("{}. {}", number + 1, builtin_lessons()[number].title));
        Self { window, at: 0 }
    }

    fn position(&self) -> usize {
        self.window.app().lesson().unwrap().position()
    }

    /// Asserts that nothing so far has completed the step.
    #[track_caller]
    fn step_is_open(&mut self) {
        self.window.run();
        assert_eq!(self.position(), self.at, "the step is done");
    }

    /// Waits until the step is done, and asserts that the next one isn't.
    #[track_caller]
    fn completes_step(&mut self) {
        let at = self.at;
        let position =
            |window: &Harness<'static, ui::Window>| window.state().app().lesson().map(LessonRun::position);
        self.window.wait_until("the end of the step", |window| position(window) > Some(at));
        self.at += 1;
        assert_eq!(self.window.app().lesson().unwrap().marks()[at], StepMark::Done);
        self.step_is_open();
    }

    #[track_caller]
    fn press(&mut self, button: &str) {
        let enabled = |node: &Node<'_>| !node.accesskit_node().is_disabled();
        self.window.wait_until(button, |window| {
            window.query_all_by_role_and_label(Role::Button, button).any(|node| enabled(&node))
        });
        let window = &self.window.0;
        window.query_all_by_role_and_label(Role::Button, button).find(enabled).unwrap().click_accesskit();
        self.window.run();
    }

    #[track_caller]
    fn set_up_and_start(&mut self) {
        self.step_is_open();
        self.press("Set it up");
        if self.window.app().state().is_stopped() {
            self.press("Start server");
        }
        self.completes_step();
    }

    #[track_caller]
    fn restart_server(&mut self) {
        self.press("Stop server");
        self.press("Start server");
    }

    fn open_tab(&mut self, name: &str) {
        self.window.0.get_by_role_and_label(Role::Tab, name).click_accesskit();
        self.window.run();
    }

    /// Chooses a client of the Client tab.
    fn client(&mut self, number: usize) {
        let name = format!("Client {number}, ");
        let is_chip =
            |node: &Node<'_>| node.accesskit_node().label().is_some_and(|label| label.starts_with(&name));
        let window = &self.window.0;
        window.query_all_by_label_contains(&name).find(is_chip).unwrap().click_accesskit();
        self.window.run();
    }

    /// Returns how many clients of the Client tab are connected.
    fn open_clients(app: &App) -> usize {
        app.clients().iter().filter(|tab| tab.state() == ClientState::Open).count()
    }

    #[track_caller]
    fn connect(&mut self) {
        let before = Self::open_clients(self.window.app());
        self.press("Connect");
        self.window
            .wait_until("the connection", |window| Self::open_clients(window.state().app()) == before + 1);
    }

    #[track_caller]
    fn fail_to_connect(&mut self) {
        self.press("Connect");
        self.window.wait_until("a failure", |window| window.query_by_label_contains(", failed").is_some());
    }

    fn send(&mut self, text: &str) {
        self.window.fill("Text to send", text);
        self.window.press(Key::Enter);
    }

    /// Creates a certificate with the dialog.
    #[track_caller]
    fn create_certificate(&mut self, folder: &Path, defect: Option<&str>, replaces: bool) {
        self.press("Create certificate…");
        self.window.fill("Folder", &folder.to_string_lossy());
        self.choose("Key", "ECDSA P-256");
        if let Some(defect) = defect {
            self.choose("Broken on purpose", defect);
        }
        if replaces {
            self.window.wait_until_shown("Replace existing files");
            self.window.click("Replace existing files");
        }
        self.press("Create");
        self.press("Done");
    }

    #[track_caller]
    fn choose(&mut self, list: &str, line: &str) {
        self.window.0.get_by_role_and_label(Role::ComboBox, list).click_accesskit();
        self.window.run();
        self.window.click(line);
    }

    #[track_caller]
    fn trust(&mut self, choice: TrustChoice) {
        if self.window.0.query_by_role_and_label(Role::ComboBox, "Trusts").is_none() {
            self.window.0.get_by_label_contains("TLS: ").click_accesskit();
            self.window.run();
        }
        self.choose("Trusts", choice.label());
    }

    #[track_caller]
    fn select_row(&mut self, text: &str) {
        let is_row = |row: &Node<'_>| row.accesskit_node().label().is_some_and(|label| label.contains(text));
        self.window
            .wait_until(text, |window| window.query_all_by_role(Role::ListBoxOption).any(|row| is_row(&row)));
        let window = &self.window.0;
        window.query_all_by_role(Role::ListBoxOption).find(is_row).unwrap().click_accesskit();
        self.window.run();
    }

    #[track_caller]
    fn finished(&self) {
        let count = self.window.app().lesson().unwrap().lesson().steps.len();
        assert_eq!(self.at, count, "there are more steps");
        assert!(self.window.shows(&format!("All {count} steps complete")));
    }
}

#[test]
fn lesson_about_the_backlog_fills_the_accept_queue() {
    let mut student = Student::begin(1, Settings::default());
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.send("first");
    student.completes_step();
    student.press("Add a client");
    student.connect();
    student.step_is_open();
    student.press("Yes, at once");
    assert!(student.window.shows("Not quite. It is “Not before client 1 closes”."));
    student.step_is_open();
    student.send("second");
    student.completes_step();
    // Each OS lets another number of clients wait, and then the next one isn't answered, or is refused.
    for _ in 0..4 {
        student.press("Add a client");
        student.press("Connect");
        let at = student.at;
        student.window.wait_until("an answer, or a full queue", |window| {
            let app = window.state().app();
            let newest = app.clients().get(app.clients().newest()).unwrap().state();
            newest != ClientState::Connecting || app.lesson().unwrap().position() > at
        });
        if student.position() > at {
            break;
        }
    }
    student.completes_step();
    student.client(1);
    student.press("Close");
    student.completes_step();
    student.set_up_and_start();
    for number in 1..=3 {
        student.client(number);
        student.connect();
        student.step_is_open();
        student.send("hello");
    }
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_the_stream_asks_before_it_shows() {
    let mut student = Student::begin(2, Settings::default());
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.press("Four");
    assert!(student.window.shows("Right. Each call returns at most four bytes"));
    student.step_is_open();
    student.send("Hello, world");
    student.completes_step();
    student.open_tab("Log");
    student.step_is_open();
    student.press("No, every byte arrived, in order");
    student.completes_step();
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.send("anything");
    student.step_is_open();
    student.press("Add a client");
    student.connect();
    student.completes_step();
    student.press("No line ending");
    student.send("one");
    student.send("two");
    student.step_is_open();
    student.client(1);
    student.press("Close");
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_the_end_shows_data_in_flight() {
    let mut student = Student::begin(3, Settings::default());
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.send("bye");
    student.window.wait_until_shown("received b'bye");
    student.press("Close");
    student.completes_step();
    student.connect();
    student.press("Add a client");
    student.connect();
    student.send("in flight");
    student.step_is_open();
    student.press("Half-close");
    student.completes_step();
    student.client(1);
    student.press("Close");
    student.completes_step();
    student.client(2);
    student.window.wait_until_shown("received b'in flight");
    student.client(1);
    student.connect();
    student.step_is_open();
    student.press("Abort");
    if !can_reset() {
        return; // The step waits for an RST.
    }
    student.completes_step();
    student.connect();
    student.open_tab("Live");
    student.window.wait_until_shown("Connection #5 from");
    student.window.0.get_by_label_contains("Connection #5 from").click_accesskit();
    student.window.run();
    student.step_is_open();
    student.press("Disconnect");
    student.completes_step();
    student.set_up_and_start();
    student.open_tab("Client");
    student.step_is_open();
    student.connect();
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_certificates_creates_three() {
    let folder = tempfile::tempdir().unwrap();
    let mut student = Student::begin(4, Settings::default());
    student.create_certificate(folder.path(), None, false);
    student.completes_step();
    student.press("Start server");
    student.completes_step();
    student.open_tab("Client");
    student.trust(TrustChoice::System);
    student.fail_to_connect();
    student.completes_step();
    student.press("Details… of the certificate");
    student.window.click("Close details");
    student.step_is_open();
    student.press("It has the name that was asked for");
    student.completes_step();
    student.trust(TrustChoice::ThisServer);
    student.connect();
    student.completes_step();
    student.press("Close");
    student.window.fill("Server name", "example.com");
    student.fail_to_connect();
    student.completes_step();
    student.create_certificate(folder.path(), Some("Expired"), true);
    student.step_is_open();
    student.restart_server();
    student.completes_step();
    student.window.fill("Server name", "");
    student.fail_to_connect();
    student.completes_step();
    student.create_certificate(folder.path(), None, true);
    student.restart_server();
    student.step_is_open();
    student.connect();
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_the_eavesdropper_hides_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut student = Student::begin(5, Settings { tls: true, certificate, key, ..Settings::default() });
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.send("the password is swordfish");
    student.completes_step();
    student.open_tab("Wire");
    student.step_is_open();
    student.window.click("As an eavesdropper");
    student.completes_step();
    assert!(student.window.shows("client to server: 26 bytes, b'the password is swordfish"));
    student.set_up_and_start();
    student.open_tab("Client");
    student.connect();
    student.step_is_open();
    student.press("Nothing");
    student.send("the password is swordfish");
    student.completes_step();
    student.open_tab("Wire");
    let knows = |student: &Student| {
        let mut rows = student.window.0.query_all_by_role(Role::ListBoxOption);
        rows.any(|row| row.accesskit_node().label().is_some_and(|label| label.contains("swordfish")))
    };
    assert!(!knows(&student), "an eavesdropper can't read the password");
    student.window.click("As an eavesdropper");
    assert!(knows(&student), "the server can");
    student.window.click("As an eavesdropper");
    student.step_is_open();
    student.select_row("server to client: Application data");
    student.step_is_open();
    student.select_row("client to server: Application data");
    student.completes_step();
    student.open_tab("Client");
    student.press("Close");
    student.window.0.get_by_label_contains("TLS: ").click_accesskit();
    student.window.run();
    student.window.click("TLS of the client");
    student.press("Connect");
    student.window.wait_until("a connection", |window| Student::open_clients(window.state().app()) == 1);
    student.send("hello?");
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_checks_is_done_with_the_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mut student = Student::begin(7, Settings::default());
    student.press("Start server");
    student.completes_step();
    student.press("Check a server…");
    student.press("Run the checks");
    student.completes_step();
    student.press("Done");
    student.set_up_and_start();
    student.press("Check a server…");
    student.choose("Expected mode", "All clients at once");
    student.press("Run the checks");
    student.completes_step();
    assert!(student.window.shows("Start with: “Number of clients served at once”."));
    assert!(student.window.shows("target=handle_client, args=(conn,)"));
    student.press("Done");
    student.press("It starts a thread for each client");
    student.completes_step();
    student.open_tab("Code");
    student.press("Save as ServerPython.py…");
    let file = folder.path().join("ServerPython.py");
    student.window.fill("No file dialog is available, so type the path.", &file.to_string_lossy());
    student.window.press(Key::Enter);
    student.window.wait_until_shown("The program was saved");
    let port = student.window.address().port().to_string();
    student.step_is_open();
    student.press("Stop server");
    student.completes_step();
    if crate::support::program("python3").is_none() {
        return;
    }
    student.press("Check a server…");
    student.choose("Server", "A Python file");
    student.window.fill("Server port", &port);
    student.choose("Expected mode", "Any");
    student.window.click("Course profile");
    student.press("Run the checks");
    student.completes_step();
    student.press("Change…");
    student.window.click("Course profile");
    student.press("Run the checks");
    student.window.wait_until_shown("Start with: “");
    student.step_is_open();
    student.press("Done");
    student.press("One that resets its connection");
    student.completes_step();
    student.finished();
}

#[test]
fn lesson_about_a_hundred_clients_shows_threads_and_memory() {
    let mut student = Student::begin(6, Settings::default());
    student.set_up_and_start();
    let measured = |student: &Student, step| student.window.app().lesson().unwrap().usage(step);
    let is_measured = cfg!(target_os = "linux");
    assert_eq!(student.window.shows("This program, with server and clients: "), is_measured);
    student.open_tab("Client");
    student.press("Crowd…");
    student.press("Connect them");
    student.completes_step();
    assert_eq!(measured(&student, 1).is_some(), is_measured);
    if let Some(usage) = measured(&student, 1) {
        assert!(usage.threads > 100, "{usage:?}");
        assert!(student.window.shows(&format!(" done: {}", usage_text(usage))));
    }
    student.press("Disconnect all");
    student.completes_step();
    student.set_up_and_start();
    student.press("Connect them");
    student.completes_step();
    student.press("Disconnect all");
    student.completes_step();
    student.finished();
}
