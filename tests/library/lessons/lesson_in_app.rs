//! Lessons from files, run in the app, which passes them the events of the server's threads and of the client tabs.

use std::time::Instant;

use echoscope::app::Command;
use echoscope::client::client_event::{ClientState, ClientStatus, CloseMode};
use echoscope::client::input::LineEnding;
use echoscope::lessons::lesson_run::StepMark;

use crate::lessons::player::{PATIENCE, Player};

const LESSON: &str = "
title = 'Step by step'
summary = 'Each call of the server by itself.'
[[step]]
text = 'Switch step mode on.'
done = { is = 'stepping' }
[[step]]
text = 'Start the server.'
done = { is = 'halted', before = 'socket' }
[[step]]
text = 'Let one call happen.'
done = { is = 'halted', before = 'bind' }
[[step]]
text = 'Go on.'
done = { all = [{ is = 'listening' }] }
[[step]]
text = 'Pause accepting.'
done = { is = 'paused' }
[[step]]
text = 'Connect two clients.'
done = { is = 'waiting', at_least = 2 }
";

const ECHOES: &str = "
title = 'Echoes'
summary = 'One after the other.'
[[step]]
text = 'Start the server.'
done = { is = 'listening' }
[[step]]
text = 'Pause accepting.'
done = { is = 'paused' }
[[step]]
text = 'Send something.'
done = { seen = 'echo' }
[[step]]
text = 'Send something else.'
done = { seen = 'echo' }
";

fn open(lesson: &str) -> Player {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lesson.toml");
    std::fs::write(&path, lesson).unwrap();
    let mut player = Player::without_lesson();
    player.apply(Command::OpenLesson(path));
    player.wait_until("the lesson", |app| app.lesson().is_some());
    player
}

/// Waits for a state of the first client without polling the app.
#[track_caller]
fn wait_without_poll(player: &Player, done: impl Fn(&ClientStatus) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(&player.app.clients().iter().next().unwrap().status()) {
        assert!(Instant::now() < deadline, "timed out");
        std::thread::yield_now();
    }
}

/// Sends, receives the echo and disconnects without polling the app.
fn echo_without_poll(player: &mut Player) {
    player.connect(0);
    player.send(0, "Hello", LineEnding::Lf);
    wait_without_poll(player, |status| status.echo.is_exact());
    player.disconnect(0, CloseMode::Close);
    wait_without_poll(player, |status| status.state == ClientState::Closed);
}

#[test]
fn echo_before_next_doesnt_complete_the_following_step() {
    let mut player = open(ECHOES);
    player.start();
    player.completes_step();
    echo_without_poll(&mut player);
    player.skip();
    assert_eq!(player.lesson().marks(), [StepMark::Done, StepMark::Skipped, StepMark::Open, StepMark::Open]);
    // The echo completes the current step before it is skipped, and no other step.
    echo_without_poll(&mut player);
    player.skip();
    assert_eq!(player.lesson().marks(), [StepMark::Done, StepMark::Skipped, StepMark::Done, StepMark::Open]);
}

#[test]
fn step_mode_pausing_and_the_accept_queue_complete_steps() {
    let mut player = open(LESSON);
    player.step_is_open();
    player.app.apply(Command::SetStepping(true));
    player.completes_step();
    player.start();
    player.completes_step();
    player.app.apply(Command::Step(None));
    player.completes_step();
    player.app.apply(Command::SetStepping(false));
    player.completes_step();
    player.app.apply(Command::PauseAccepting(true));
    player.completes_step();
    player.connect(0);
    player.step_is_open();
    player.connect(1);
    player.completes_step();
    player.finished();
}
