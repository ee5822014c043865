//! *Set it up*: which settings it changes, when it restarts the server, and that leaving the lesson restores the
//! settings.

use echoscope::app::clients::{ClientCommand, ClientField, Followed, TabCommand, TrustChoice};
use echoscope::app::{Command, SetUp};
use echoscope::server::ServerState;
use echoscope::settings::Mode;
use echoscope::settings::Setting;

use crate::lessons::clients::{connect, create, echo};
use crate::lessons::player::Player;

#[test]
fn set_up_fills_in_the_form() {
    let mut player = Player::begin(1);
    assert_eq!(player.app.lesson_set_up(), SetUp::Needed);
    player.apply(Command::SetUpLesson);
    assert_eq!(player.app.lesson_set_up(), SetUp::Ready);
    assert_eq!((player.app.settings().mode, player.app.form().text(Setting::Backlog)), (Mode::One, "2"));
    assert!(
        matches!(player.app.state(), ServerState::Stopped),
        "only the user starts a server that is stopped"
    );
    player.step_is_open();
}

#[test]
fn set_up_restarts_a_server_with_other_settings() {
    let mut player = Player::begin(1);
    player.start();
    let address = player.address();
    echo(&mut connect(address), b"x");
    assert_eq!(player.app.lesson_set_up(), SetUp::NeedsRestart);
    player.step_is_open();
    player.apply(Command::SetUpLesson);
    player.completes_step();
    assert!(!player.app.needs_restart(Setting::Backlog));
    assert!(matches!(player.app.state(), ServerState::Listening { .. }));
}

#[test]
fn leaving_restores_settings_that_the_user_didnt_change() {
    let mut player = Player::without_lesson();
    player.app.apply(Command::Set(Setting::Backlog, "7".to_owned()));
    player.apply(Command::StartLesson(1));
    player.apply(Command::SetUpLesson);
    player.app.apply(Command::set(Setting::Mode, Mode::Pool));
    player.apply(Command::LeaveLesson);
    assert!(player.app.lesson().is_none());
    let settings = player.app.settings();
    assert_eq!((settings.backlog, settings.mode), (7, Mode::Pool));
    let notice = player.app.notice().unwrap();
    assert_eq!(notice.text, "Restored your settings from before the lesson: Backlog 7.");
    assert!(!notice.problem);
}

#[test]
fn leaving_restores_the_clients_tls_choices() {
    let mut player = Player::without_lesson();
    let [first, second] = [0, 1].map(|index| player.tab(index));
    player.apply_to_client(ClientCommand::Tab(first, TabCommand::SetTls(true)));
    player.apply_to_client(ClientCommand::Tab(first, TabCommand::SetTrust(TrustChoice::System)));
    player.apply_to_client(ClientCommand::Tab(
        first,
        TabCommand::Edit(ClientField::ServerName, "mine".to_owned()),
    ));
    player.apply(Command::StartLesson(4));
    let third = player.tab(2);
    for id in [first, second, third] {
        player.apply_to_client(ClientCommand::Tab(id, TabCommand::SetTls(false)));
        player.apply_to_client(ClientCommand::Tab(id, TabCommand::SetTrust(TrustChoice::Nothing)));
        player.apply_to_client(ClientCommand::Tab(
            id,
            TabCommand::Edit(ClientField::ServerName, "example.com".to_owned()),
        ));
    }
    // The next lesson begins with the choices from before this one.
    player.apply(Command::StartLesson(5));
    let choices = |player: &Player, id| {
        let form = player.app.clients().get(id).unwrap().form();
        (
            form.is_following(Followed::Tls),
            form.tls(),
            form.trust,
            form.text(ClientField::ServerName).to_owned(),
        )
    };
    let expected = (false, true, TrustChoice::System, "mine".to_owned());
    assert_eq!(choices(&player, first), expected);
    assert_eq!(choices(&player, second), (true, false, TrustChoice::ThisServer, String::new()));
    assert!(choices(&player, third).0);
    player.apply_to_client(ClientCommand::Tab(second, TabCommand::Remove));
    player.apply_to_client(ClientCommand::Tab(first, TabCommand::SetTls(false)));
    player.apply(Command::LeaveLesson);
    assert_eq!(choices(&player, first), expected);
}

#[test]
fn two_set_ups_are_restored_to_the_settings_before_the_first() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    for _ in 0..4 {
        player.skip();
    }
    player.apply(Command::SetUpLesson);
    assert_eq!(player.app.settings().mode, Mode::Threads);
    player.apply(Command::StartLesson(0));
    assert_eq!((player.app.settings().mode, player.app.settings().backlog), (Mode::Threads, 5));
    assert!(player.app.notice().is_none(), "the next lesson begins without a notice in its way");
}

#[test]
fn set_up_of_tls_waits_for_a_certificate_and_leaves_the_server_running() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(5);
    player.start();
    player.completes_step();
    for _ in 0..2 {
        player.skip();
    }
    assert_eq!(player.app.lesson_set_up(), SetUp::NeedsCertificate);
    player.apply(Command::SetUpLesson);
    assert!(matches!(player.app.state(), ServerState::Listening { tls: false, .. }));
    assert!(!player.app.settings().tls);
    player.apply(Command::UseCreated(create(folder.path(), None)));
    player.wait_until("the files", |app| !app.lesson_lacks_certificate());
    // The dialog has turned TLS on in the form, but the server runs without it.
    assert_eq!(player.app.lesson_set_up(), SetUp::NeedsRestart);
    player.apply(Command::SetUpLesson);
    player.completes_step();
    assert!(matches!(player.app.state(), ServerState::Listening { tls: true, .. }));
}
