//! The progress in lessons: it is kept from one run to the next, and the result can be handed in.

use std::path::Path;

use echoscope::app::{App, Command, Options};
use echoscope::lessons::builtin_lessons;
use echoscope::lessons::lesson_run::StepMark;
use echoscope::settings::Settings;
use echoscope::settings::settings_file::SettingsFile;

use crate::lessons::player::Player;

/// Opens an app that keeps its settings in this folder, and waits until it has loaded the progress in a lesson.
fn open(folder: &Path, lesson: Option<usize>) -> Player {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let file = SettingsFile::new(folder.join("settings.toml"), settings.clone());
    let app = App::new(settings, Options { settings_file: Some(file), ..Options::default() });
    let mut player = Player::of(app);
    if let Some(lesson) = lesson {
        let title = &builtin_lessons()[lesson].title;
        player.wait_until("the progress", |app| app.lesson_progress(title).is_some());
    }
    player
}

#[test]
fn lesson_resumes_in_the_next_run_at_the_step_where_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = open(folder.path(), None);
    player.apply(Command::StartLesson(0));
    player.start();
    player.completes_step();
    player.skip();
    drop(player);
    let mut player = open(folder.path(), Some(0));
    player.apply(Command::StartLesson(0));
    let run = player.lesson();
    assert_eq!(run.position(), 2);
    assert_eq!(run.marks()[..3], [StepMark::Done, StepMark::Skipped, StepMark::Open]);
    player.apply(Command::LeaveLesson);
    player.apply(Command::StartLesson(1));
    assert_eq!(player.lesson().position(), 0, "another lesson begins at its first step");
}

#[test]
fn finished_lesson_stays_finished_and_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = open(folder.path(), None);
    player.apply(Command::StartLesson(2));
    assert_eq!(player.app.lesson_progress(&builtin_lessons()[2].title), None);
    while player.lesson().step().is_some() {
        player.apply(Command::NextStep);
    }
    drop(player);
    let mut player = open(folder.path(), Some(2));
    let finished = |app: &App| app.lesson_progress(&builtin_lessons()[2].title).unwrap().finished;
    assert!(finished(&player.app));
    player.apply(Command::StartLesson(2));
    assert_eq!(player.lesson().position(), 0);
    player.apply(Command::NextStep);
    player.app.poll();
    assert!(finished(&player.app), "a second try doesn't lose the check mark");
    assert_eq!(player.app.lesson_progress(&builtin_lessons()[2].title).unwrap().resumes_at(), Some(1));
}

#[test]
fn broken_file_with_progress_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lesson-progress.toml");
    std::fs::write(&path, "no TOML [").unwrap();
    let mut player = open(folder.path(), None);
    player.apply(Command::StartLesson(0));
    player.apply(Command::NextStep);
    drop(player);
    assert!(std::fs::read_to_string(&path).unwrap().contains("skipped"));
}

#[test]
fn result_of_a_lesson_is_saved_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.txt");
    let mut player = Player::begin(0);
    player.start();
    player.completes_step();
    while player.lesson().step().is_some() {
        player.apply(Command::NextStep);
    }
    player.apply(Command::SaveLessonResult(path.clone()));
    player.wait_until("the file", |app| app.notice().is_some());
    assert!(!player.app.notice().unwrap().problem);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("Your first echo") && text.contains("1 of 7 steps done, 6 skipped"), "{text}");
    assert!(text.contains("\n 1. done "), "{text}");
}
