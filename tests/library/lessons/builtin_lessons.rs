//! Each built-in lesson, done from start to end using only the app's commands. Each step is completed by its own
//! actions and not earlier.

use std::net::TcpStream;
use std::time::SystemTime;

use echoscope::app::clients::{ClientCommand, ClientField, Followed, TabCommand, TrustChoice};
use echoscope::app::{App, Command};
use echoscope::check::{CheckOptions, Expect, Profile};
use echoscope::client::client_event::CloseMode;
use echoscope::client::input::LineEnding;
use echoscope::lessons::condition::{Condition, EventPattern, LessonPlace, RowPlace};
use echoscope::lessons::{builtin_lessons, usage_text};
use echoscope::server::event::ClientId;
use echoscope::settings::Mode;
use echoscope::tls::create::Defect;

use crate::lessons::clients::{connect, create};
use crate::lessons::player::Player;
use crate::support::{can_reset, program};

/// Whether the OS reports how many clients wait in the accept queue, and the threads of this process.
const REPORTS_QUEUE: bool = cfg!(target_os = "linux");

#[test]
fn every_step_explains_itself() {
    let titles: Vec<&str> = builtin_lessons().iter().map(|lesson| lesson.title.as_str()).collect();
    assert_eq!(titles.len(), 8, "{titles:?}");
    for lesson in builtin_lessons() {
        for step in &lesson.steps {
            let place = format!("{}: {}", lesson.title, step.text);
            assert!(step.why.is_some() || step.waits_for_answer(), "{place}: nothing is explained");
            let questions = step.question.as_ref().map(|question| &question.why);
            for why in step.why.iter().chain(questions) {
                assert!(sentences(why) <= 2, "{place}: {why}");
            }
            let mentions = step.text.contains("Set it up");
            assert!(!mentions || !step.settings.0.is_empty(), "{}: nothing to set up", step.text);
        }
    }
}

/// Counts the sentences of an explanation: words with a period at their end, other than `b'…'.`.
fn sentences(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.ends_with(['.', '?', '!'])).count()
}

#[test]
fn no_step_is_done_by_opening_a_tab() {
    for step in builtin_lessons().iter().flat_map(|lesson| &lesson.steps) {
        for condition in step.goal.conditions() {
            let opened = matches!(condition, Condition::Seen { pattern: EventPattern::Opened { .. }, .. });
            assert!(!opened, "{}", step.text);
        }
    }
}

#[test]
fn every_lesson_asks_a_question() {
    for lesson in builtin_lessons() {
        assert!(lesson.steps.iter().any(|step| step.question.is_some()), "{}", lesson.title);
        assert!(lesson.steps.len() <= 9, "{}", lesson.title);
    }
}

#[test]
fn your_first_echo() {
    let mut player = Player::begin(0);
    player.step_is_open();
    player.start();
    player.completes_step();
    player.connect(0);
    player.completes_step();
    player.echo(0, "hullo");
    player.step_is_open();
    player.echo(0, "Hello");
    player.completes_step();
    player.open(LessonPlace::Log);
    player.select(RowPlace::Log, "Listening on 127.0.0.1:12345");
    player.select(RowPlace::Wire, "Received: b'Hello\\n'");
    player.step_is_open();
    player.select(RowPlace::Log, "Received: b'Hello\\n'");
    player.completes_step();
    assert!(!player.answer("None"), "wrong");
    player.step_is_open();
    player.disconnect(0, CloseMode::Close);
    player.completes_step();
    player.stop();
    player.completes_step();
    player.open(LessonPlace::Code);
    player.step_is_open();
    assert!(player.answer("Twice"));
    player.completes_step();
    player.finished();
}

#[test]
fn one_at_a_time_and_the_backlog() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    assert_eq!(player.app.settings().mode, Mode::One);
    player.connect(0);
    player.step_is_open();
    player.echo(0, "first");
    player.completes_step();
    player.connect(1);
    player
        .wait_until("a client in the queue", |app| app.counters().waiting.is_none_or(|waiting| waiting == 1));
    player.step_is_open();
    player.send(1, "something else", LineEnding::Lf);
    player.step_is_open();
    player.send(1, "second", LineEnding::Lf);
    player.completes_step();
    // Until the queue is full, a client that connects doesn't complete the step.
    for index in [2, 3] {
        player.connect(index);
        player.step_is_open();
    }
    let id = player.tab(4);
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::Connect));
    player.completes_step();
    player.disconnect(0, CloseMode::Close);
    player.completes_step();
    player.wait_until_answered(1);
    player.set_up_and_start();
    for index in 0..3 {
        player.connect(index);
    }
    player.wait_until_clients(3, 3);
    // The step needs a line from each of the three clients, not three lines from one.
    for index in [0, 0, 0, 1, 2] {
        player.step_is_open();
        player.echo(index, "hello");
    }
    player.completes_step();
    player.finished();
}

#[test]
fn a_stream_has_no_messages() {
    let mut player = Player::begin(2);
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "Hello");
    player.step_is_open();
    player.echo(0, ", world");
    player.step_is_open();
    player.echo(0, "Hello, world");
    player.completes_step();
    player.open(LessonPlace::Log);
    player.step_is_open();
    assert!(!player.answer("There is no way to tell"), "wrong, and yet an answer");
    player.completes_step();
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "anything");
    player.step_is_open();
    player.connect(1);
    player.completes_step();
    player.send(1, "one", LineEnding::None);
    player.send(1, "two", LineEnding::None);
    let id = player.tab(1);
    player.wait_until("both sent", |app| app.clients().get(id).unwrap().status().sent == 6);
    player.step_is_open();
    player.disconnect(0, CloseMode::Close);
    player.completes_step();
    player.wait_until_answered(1);
    player.finished();
}

#[test]
fn closing_a_connection() {
    let mut player = Player::begin(3);
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "bye");
    player.step_is_open();
    player.disconnect(0, CloseMode::Close);
    player.completes_step();
    player.connect(0);
    player.wait_until_clients(1, 2);
    player.connect(1);
    player.send(1, "in flight", LineEnding::Lf);
    player.step_is_open();
    player.disconnect(1, CloseMode::HalfClose);
    player.completes_step();
    let id = player.tab(1);
    assert_eq!(player.app.clients().get(id).unwrap().status().received, 0, "client 2 waits");
    player.disconnect(0, CloseMode::Close);
    player.completes_step();
    player.wait_until_answered(1);
    player.connect(0);
    player.wait_until_clients(1, 4);
    player.step_is_open();
    player.disconnect(0, CloseMode::Abort);
    // The step waits for an RST.
    if !can_reset() {
        return;
    }
    player.completes_step();
    player.connect(0);
    player.wait_until_clients(1, 5);
    player.step_is_open();
    player.app.apply(Command::Disconnect(ClientId(5)));
    player.completes_step();
    player.set_up_and_start();
    player.connect(0);
    player.wait_until_clients(1, 1);
    player.step_is_open();
    player.completes_step();
    player.finished();
}

#[test]
fn a_certificate_of_your_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(4);
    let created = create(folder.path(), None);
    player.step_is_open();
    player.app.apply(Command::UseCreated(created));
    player.completes_step();
    player.start();
    player.completes_step();
    let id = player.tab(0);
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::SetTrust(TrustChoice::System)));
    player.fail_to_connect(0);
    player.completes_step();
    player.open(LessonPlace::CertificateDetails);
    player.step_is_open();
    player.answer("It trusts the issuer");
    player.completes_step();
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::SetTrust(TrustChoice::ThisServer)));
    player.connect(0);
    player.completes_step();
    player.echo(0, "Hello");
    player.disconnect(0, CloseMode::Close);
    player.step_is_open();
    player.apply_to_client(ClientCommand::Tab(
        id,
        TabCommand::Edit(ClientField::ServerName, "example.com".to_owned()),
    ));
    player.fail_to_connect(0);
    player.completes_step();
    let expired = create(folder.path(), Some(Defect::Expired));
    player.app.apply(Command::UseCreated(expired));
    player.step_is_open();
    player.stop();
    player.wait_until("the stop", |app| app.state().is_stopped());
    player.step_is_open();
    player.start();
    player.completes_step();
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::Edit(ClientField::ServerName, String::new())));
    player.fail_to_connect(0);
    player.completes_step();
    let good = create(folder.path(), None);
    player.app.apply(Command::UseCreated(good));
    player.stop();
    player.wait_until("the stop", |app| app.state().is_stopped());
    player.start();
    player.step_is_open();
    player.connect(0);
    player.completes_step();
    player.finished();
}

#[test]
fn eavesdropping() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(5);
    assert!(player.app.lesson_lacks_certificate());
    // The previous lesson may leave an expired certificate behind.
    let expired = create(folder.path(), Some(Defect::Expired));
    player.app.apply(Command::UseCreated(expired));
    player.wait_until("the files", |app| app.pair().is_some());
    assert!(player.app.lesson_lacks_certificate());
    let created = create(folder.path(), None);
    player.app.apply(Command::UseCreated(created));
    player.wait_until("the files", |app| !app.lesson_lacks_certificate());
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "the password is sword");
    player.step_is_open();
    player.echo(0, "the password is swordfish");
    player.completes_step();
    player.open(LessonPlace::Wire);
    player.step_is_open();
    player.apply(Command::SetEavesdropping(true));
    player.completes_step();
    player.set_up_and_start();
    player.connect(0);
    player.step_is_open();
    player.echo(0, "the password is swordfish");
    player.completes_step();
    player.open(LessonPlace::Wire);
    player.select(RowPlace::Wire, "1. 0.1 ms, in, client to server: ClientHello · 517 B");
    player.step_is_open();
    player.select(RowPlace::Wire, "9. 2.9 ms, in, client to server: Application data · 48 B");
    player.completes_step();
    let id = player.tab(1);
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::SetTls(false)));
    player.connect(1);
    player.send(1, "hello?", LineEnding::Lf);
    player.completes_step();
    player.finished();
    player.app.apply(Command::LeaveLesson);
    let first = player.app.clients().get(id).unwrap();
    assert!(first.form().is_following(Followed::Tls), "the client keeps TLS off after the lesson");
}

#[test]
fn a_hundred_clients() {
    let mut player = Player::begin(6);
    player.set_up_and_start();
    player.step_is_open();
    let before = player.lesson().usage(0);
    player.app.apply(Command::Client(ClientCommand::ConnectLoad));
    player.completes_step();
    let after = player.lesson().usage(1);
    if let Some((before, after)) = before.zip(after) {
        assert!(after.threads >= before.threads + 50, "{before:?}, then {after:?}");
        assert!(player.lesson().result_text(SystemTime::now()).contains(&usage_text(after)));
    }
    assert_eq!(before.is_some(), REPORTS_QUEUE, "Linux reports both");
    let echoed = |app: &App| app.clients().load().status().map_or(0, |status| status.echoed);
    player.wait_until("every echo", |app| echoed(app) == 100);
    player.step_is_open();
    player.app.apply(Command::Client(ClientCommand::CloseLoad));
    player.completes_step();
    player.wait_until("the end of the crowd", |app| !app.clients().load().is_running());
    player.set_up_and_start();
    player.app.apply(Command::Client(ClientCommand::ConnectLoad));
    player.completes_step();
    player.wait_until_clients(100, 100);
    assert!(echoed(&player.app) <= 10, "more than ten were served");
    player.step_is_open();
    player.app.apply(Command::Client(ClientCommand::CloseLoad));
    player.completes_step();
    assert_eq!(player.app.counters().clients_total, 100);
    player.finished();
}

#[test]
fn check_your_own_program() {
    let mut player = Player::begin(7);
    player.start();
    player.completes_step();
    let own = |player: &Player| player.app.options_for_own_check().unwrap();
    let run = |player: &mut Player, options: CheckOptions| {
        player.app.apply(Command::RunCheck(Box::new(options)));
    };
    let options = own(&player);
    run(&mut player, CheckOptions { only: vec!["line"], ..options });
    player.completes_step();
    player.set_up_and_start();
    let only = vec!["idle"];
    let options = CheckOptions { only, expect: Some(Expect::Threads), ..own(&player) };
    run(&mut player, options.clone());
    player.app.apply(Command::CancelCheck);
    player.wait_until("the report", |app| app.check_run().is_some_and(|run| run.report().is_some()));
    player.step_is_open();
    run(&mut player, options);
    player.completes_step();
    assert!(player.answer("It starts a thread for each client"));
    player.completes_step();
    let folder = tempfile::tempdir().unwrap();
    player.app.apply(Command::SaveProgram(folder.path().to_owned()));
    player.wait_until("a failure", |app| app.save_failure().is_some());
    player.stop();
    player.wait_until("the stop", |app| app.state().is_stopped());
    player.step_is_open();
    player.start();
    let port = player.address().port();
    let file = folder.path().join("ServerPython.py");
    player.app.apply(Command::SaveProgram(file.clone()));
    player.wait_until("the file", |app| !app.is_saving());
    player.step_is_open();
    player.stop();
    player.completes_step();
    let Some(python) = program("python3") else { return };
    let command = vec![python.into_os_string(), file.into_os_string()];
    let strict = CheckOptions { only: vec!["reset"], command, ..CheckOptions::new("127.0.0.1", port) };
    run(&mut player, CheckOptions { profile: Profile::Course, ..strict.clone() });
    player.completes_step();
    run(&mut player, strict);
    player.wait_until("the failure", |app| {
        app.check_run().and_then(|run| run.report()?.first_failed()).is_some()
    });
    player.step_is_open();
    assert!(player.answer("One that resets its connection"));
    player.completes_step();
    let first = player.app.check_run().and_then(|run| run.report()?.first_failed()).unwrap();
    assert_eq!(first.check.name, "reset");
    player.finished();
}

#[test]
fn clients_of_other_programs_count() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    let address = player.address();
    let mut first = connect(address);
    crate::lessons::clients::echo(&mut first, b"first\n");
    player.completes_step();
    // The lesson can't see what they send before the server has accepted them.
    player.skip();
    let _waiting: Vec<TcpStream> = (0..3).map(|_| connect(address)).collect();
    player.step_is_open();
    let id = player.tab(0);
    player.apply_to_client(ClientCommand::Tab(id, TabCommand::Connect));
    if REPORTS_QUEUE {
        player.completes_step();
    }
}
