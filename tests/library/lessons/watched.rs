//! A teacher's own lessons: the session tells them what the server's threads and the client tabs do.

use std::time::Instant;

use echoscope::app::Command;
use echoscope::client::client_event::CloseMode;
use echoscope::client::client_status::{ClientState, ClientStatus};
use echoscope::client::input::LineEnding;
use echoscope::lessons::running::Mark;

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
    let mut player = Player::at_rest();
    player.ask(Command::OpenLesson(path));
    player.until("the lesson", |session| session.lesson().is_some());
    player
}

/// Waits until the first client is so, though the session doesn't look.
#[track_caller]
fn unseen(player: &Player, done: impl Fn(&ClientStatus) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(&player.app.clients().iter().next().unwrap().status()) {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::yield_now();
    }
}

/// Has an echo and leaves; the session knows of none of it yet.
fn unseen_echo(player: &mut Player) {
    player.connect(0);
    player.say(0, "Hello", LineEnding::Lf);
    unseen(player, |status| status.echo.is_exact());
    player.leave(0, CloseMode::Close);
    unseen(player, |status| status.state == ClientState::Closed);
}

#[test]
fn an_echo_from_before_next_does_not_tick_the_step_after_it() {
    let mut player = open(ECHOES);
    player.start();
    player.ticked();
    unseen_echo(&mut player);
    player.skip();
    assert_eq!(player.lesson().marks(), [Mark::Done, Mark::Skipped, Mark::Open, Mark::Open]);
    // And one that ticks off the very step that is to be skipped takes nothing else with it.
    unseen_echo(&mut player);
    player.skip();
    assert_eq!(player.lesson().marks(), [Mark::Done, Mark::Skipped, Mark::Done, Mark::Open]);
}

#[test]
fn step_mode_pauses_and_the_accept_queue_are_seen() {
    let mut player = open(LESSON);
    player.not_yet();
    player.app.apply(Command::SetStepping(true));
    player.ticked();
    player.start();
    player.ticked();
    player.app.apply(Command::Step(None));
    player.ticked();
    player.app.apply(Command::SetStepping(false));
    player.ticked();
    player.app.apply(Command::PauseAccepting(true));
    player.ticked();
    player.connect(0);
    player.not_yet();
    player.connect(1);
    player.ticked();
    player.finished();
}
