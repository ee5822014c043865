//! The lessons that come with the app, each done from start to end with nothing but what the app offers; each step
//! is ticked off then and not before.

use std::net::TcpStream;

use echoscope::app::clients::{ClientCommand, ClientField, Followed, TrustChoice};
use echoscope::app::{App, Command};
use echoscope::client::client_event::CloseMode;
use echoscope::client::input::LineEnding;
use echoscope::lessons::{Place, shipped};
use echoscope::server::client_id::ClientId;
use echoscope::settings::Mode;
use echoscope::tls::create::Defect;

use crate::lessons::clients::{connect, create};
use crate::lessons::player::Player;
use crate::support::can_reset;

/// Where the kernel tells how many wait.
const TELLS_QUEUE: bool = cfg!(target_os = "linux");

#[test]
fn all_seven_are_there() {
    let titles: Vec<&str> = shipped().iter().map(|lesson| lesson.title.as_str()).collect();
    assert_eq!(titles.len(), 7, "{titles:?}");
    for lesson in shipped() {
        for step in &lesson.steps {
            assert!(step.why.is_some(), "{}: {}: nothing is explained", lesson.title, step.text);
            let says = step.text.contains("Set it up");
            assert!(!says || !step.settings.is_empty(), "{}: nothing to set up", step.text);
        }
    }
}

#[test]
fn your_first_echo() {
    let mut player = Player::begin(0);
    player.not_yet();
    player.start();
    player.ticked();
    player.connect(0);
    player.ticked();
    player.echo(0, "hullo");
    player.not_yet();
    player.echo(0, "Hello");
    player.ticked();
    player.open(Place::Connections);
    player.not_yet();
    player.open(Place::Log);
    player.ticked();
    player.leave(0, CloseMode::Close);
    player.ticked();
    player.stop();
    player.ticked();
    player.finished();
}

#[test]
fn one_at_a_time_and_the_backlog() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    assert_eq!(player.app.settings().mode, Mode::One);
    player.connect(0);
    player.not_yet();
    player.echo(0, "first");
    player.ticked();
    player.connect(1);
    player.say(1, "second", LineEnding::Lf);
    player.ticked();
    player.not_yet();
    player.connect(2);
    player.ticked();
    player.leave(0, CloseMode::Close);
    player.ticked();
    player.until_answered(1);
    player.set_up_and_start();
    for index in 0..3 {
        player.connect(index);
    }
    player.until_clients(3, 3);
    // Three lines of one client are not one of each.
    for index in [0, 0, 0, 1, 2] {
        player.not_yet();
        player.echo(index, "hello");
    }
    player.ticked();
    player.finished();
}

#[test]
fn a_stream_has_no_messages() {
    let mut player = Player::begin(2);
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "Hello");
    player.not_yet();
    player.echo(0, ", world");
    player.not_yet();
    player.echo(0, "Hello, world");
    player.ticked();
    player.open(Place::Log);
    player.ticked();
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "anything");
    player.not_yet();
    player.connect(1);
    player.ticked();
    player.say(1, "one", LineEnding::None);
    player.say(1, "two", LineEnding::None);
    let id = player.tab(1);
    player.until("both sent", |app| app.clients().get(id).unwrap().status().sent == 6);
    player.not_yet();
    player.leave(0, CloseMode::Close);
    player.ticked();
    player.until_answered(1);
    player.finished();
}

#[test]
fn who_hangs_up() {
    let mut player = Player::begin(3);
    // The form says so already; only the start is missing.
    player.start();
    player.ticked();
    player.connect(0);
    player.echo(0, "bye");
    player.not_yet();
    player.leave(0, CloseMode::Close);
    player.ticked();
    player.connect(0);
    player.echo(0, "bye");
    player.not_yet();
    player.leave(0, CloseMode::HalfClose);
    player.ticked();
    player.connect(0);
    player.until_clients(1, 3);
    player.not_yet();
    player.leave(0, CloseMode::Abort);
    // The step waits for an RST.
    if !can_reset() {
        return;
    }
    player.ticked();
    player.connect(0);
    player.until_clients(1, 4);
    player.not_yet();
    player.app.apply(Command::Disconnect(ClientId(4)));
    player.ticked();
    player.set_up_and_start();
    player.connect(0);
    player.until_clients(1, 1);
    player.not_yet();
    player.ticked();
    player.finished();
}

#[test]
fn a_certificate_of_your_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(4);
    let created = create(folder.path(), None);
    player.not_yet();
    player.app.apply(Command::UseCreated(created));
    player.ticked();
    player.start();
    player.ticked();
    let id = player.tab(0);
    player.tell(ClientCommand::SetTrust(id, TrustChoice::System));
    player.connect_in_vain(0);
    player.ticked();
    player.open(Place::CertificateDetails);
    player.ticked();
    player.tell(ClientCommand::SetTrust(id, TrustChoice::ThisServer));
    player.connect(0);
    player.ticked();
    player.echo(0, "Hello");
    player.leave(0, CloseMode::Close);
    player.not_yet();
    player.tell(ClientCommand::Edit(id, ClientField::ServerName, "example.com".to_owned()));
    player.connect_in_vain(0);
    player.ticked();
    let expired = create(folder.path(), Some(Defect::Expired));
    player.app.apply(Command::UseCreated(expired));
    player.not_yet();
    player.stop();
    player.until("the stop", |app| app.state().is_stopped());
    player.not_yet();
    player.start();
    player.ticked();
    player.tell(ClientCommand::Edit(id, ClientField::ServerName, String::new()));
    player.connect_in_vain(0);
    player.ticked();
    let good = create(folder.path(), None);
    player.app.apply(Command::UseCreated(good));
    player.stop();
    player.until("the stop", |app| app.state().is_stopped());
    player.start();
    player.not_yet();
    player.connect(0);
    player.ticked();
    player.finished();
}

#[test]
fn what_an_eavesdropper_sees() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(5);
    assert!(player.app.lesson_lacks_certificate());
    // What the lesson before may have left.
    let expired = create(folder.path(), Some(Defect::Expired));
    player.app.apply(Command::UseCreated(expired));
    player.until("the files", |app| app.pair().is_some());
    assert!(player.app.lesson_lacks_certificate());
    let created = create(folder.path(), None);
    player.app.apply(Command::UseCreated(created));
    player.until("the files", |app| !app.lesson_lacks_certificate());
    player.set_up_and_start();
    player.connect(0);
    player.echo(0, "the password is sword");
    player.not_yet();
    player.echo(0, "the password is swordfish");
    player.ticked();
    player.open(Place::Wire);
    player.ticked();
    player.set_up_and_start();
    player.connect(0);
    player.not_yet();
    player.echo(0, "the password is swordfish");
    player.ticked();
    player.open(Place::Wire);
    player.ticked();
    let id = player.tab(1);
    player.tell(ClientCommand::SetTls(id, false));
    player.connect(1);
    player.say(1, "hello?", LineEnding::Lf);
    player.ticked();
    player.finished();
    player.app.apply(Command::LeaveLesson);
    let first = player.app.clients().get(id).unwrap();
    assert!(first.form().is_following(Followed::Tls), "the client keeps TLS off after the lesson");
}

#[test]
fn a_hundred_clients() {
    let mut player = Player::begin(6);
    player.set_up_and_start();
    player.not_yet();
    player.app.apply(Command::Client(ClientCommand::ConnectLoad));
    player.ticked();
    let echoed = |app: &App| app.clients().load().status().map_or(0, |status| status.echoed);
    player.until("every echo", |app| echoed(app) == 100);
    player.not_yet();
    player.app.apply(Command::Client(ClientCommand::CloseLoad));
    player.ticked();
    player.until("the end of the crowd", |app| !app.clients().load().is_running());
    player.set_up_and_start();
    player.app.apply(Command::Client(ClientCommand::ConnectLoad));
    player.ticked();
    player.until_clients(100, 100);
    assert!(echoed(&player.app) <= 10, "more than ten were served");
    player.not_yet();
    player.app.apply(Command::Client(ClientCommand::CloseLoad));
    player.ticked();
    assert_eq!(player.app.counters().clients_total, 100);
    player.finished();
}

#[test]
fn clients_of_other_programs_count_as_well() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    let address = player.address();
    let mut first = connect(address);
    crate::lessons::clients::echo(&mut first, b"first\n");
    player.ticked();
    let _waiting: Vec<TcpStream> = (0..2).map(|_| connect(address)).collect();
    if TELLS_QUEUE {
        player.until("both steps", |app| app.lesson().is_some_and(|running| running.at() == 4));
    }
}
