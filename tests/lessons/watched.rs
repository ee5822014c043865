//! A teacher's own lesson about step mode and pausing: the session tells it what the server's threads do.

use echoscope::session::{Command, LessonCommand};

use crate::player::Player;

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

#[test]
fn step_mode_pauses_and_the_accept_queue_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.toml");
    std::fs::write(&path, LESSON).unwrap();
    let mut player = Player::at_rest();
    player.ask(LessonCommand::Open(path));
    player.until("the lesson", |session| session.lesson().is_some());
    player.not_yet();
    player.session.apply(Command::SetStepping(true));
    player.ticked();
    player.start();
    player.ticked();
    player.session.apply(Command::Step(None));
    player.ticked();
    player.session.apply(Command::GoOn);
    player.ticked();
    player.session.apply(Command::PauseAccepting(true));
    player.ticked();
    player.connect(0);
    player.not_yet();
    player.connect(1);
    player.ticked();
    player.finished();
}
