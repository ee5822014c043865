//! Lessons in the window: chosen from the menu, and done with the mouse and with keys alone.

use std::time::{Duration, Instant};

use echoscope::app::{App, Options};
use echoscope::lessons::LessonRun;
use echoscope::lessons::builtin_lessons;
use echoscope::settings::Settings;
use echoscope::ui;
use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable, by};

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
    assert!(window.shows("Step 1 of 6") && window.shows("Press “Start server” at the lower left."));
    assert!(window.shows("It is set up: TLS off."));
    window.click("Start server");
    window.wait_until_shown("Step 2 of 6");
    assert!(window.shows("Done: The server asked the system for a socket"));
    window.click("Show the Client tab");
    window.click("Connect");
    window.wait_until_shown("Step 3 of 6");
    let field = window.0.get_by_role_and_label(Role::TextInput, "Text to send");
    field.focus();
    field.type_text("Hello");
    window.0.run();
    window.press(Key::Enter);
    window.wait_until_shown("Step 4 of 6");
    window.click("Show the Log tab");
    window.wait_until_shown("Step 5 of 6");
    window.click("Show the Client tab");
    window.click("Close");
    window.wait_until_shown("Step 6 of 6");
    window.click("Stop server");
    window.wait_until_shown("All 6 steps complete");
    assert!(window.shows("6 done"));
    window.click("Next lesson: One at a time, and the backlog");
    assert!(window.shows("Step 1 of 7"));
    window.click("Set it up");
    assert!(window.shows("It is set up: Backlog 2, Clients “One at a time”, TLS off."));
    window.0.get_all_by_label("Leave the lesson").next().unwrap().click();
    window.0.run();
    assert!(!window.shows("Step 1 of 7") && window.shows("The form is as it was before the lesson"));
}

#[test]
fn steps_can_be_skipped_reviewed_and_restarted() {
    let mut window = Window::open();
    window.begin("1. Your first echo");
    window.click("Start server");
    window.wait_until_shown("Step 2 of 6");
    window.click("Back");
    assert!(window.shows("Step 1 of 6") && window.shows("Done: The server asked"));
    assert!(!window.shows("Skip this step"));
    window.click("Next step");
    window.click("Skip this step");
    assert!(window.shows("Step 3 of 6") && window.shows("1 done, 1 skipped"));
    window.click("Fold the lesson");
    assert!(window.shows("Step 3 of 6") && !window.shows("Skip this step"));
    window.click("Unfold the lesson");
    window.click("Restart");
    // The server still listens, so the first step is completed at once.
    window.wait_until_shown("Step 2 of 6");
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
    assert!(sentence(&window, "1. Your first echo").starts_with("Resumes at step 3 of 6. "));
    window.click("2. One at a time, and the backlog");
    window.click("Lessons");
    window.click("1. Your first echo");
    assert!(window.shows("Step 3 of 6"), "the lesson resumes where it was left");
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
    assert!(sentence(&window, "1. Your first echo").starts_with("Finished. "));
    window.click("1. Your first echo");
    assert!(window.shows("Step 1 of 6"), "a finished lesson starts over");
}
