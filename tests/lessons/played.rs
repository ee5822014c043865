//! The lessons that come with the app, each done from start to end; each step is ticked off then and not before.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use echoscope::lessons::{Place, shipped};
use echoscope::server::event::ClientId;
use echoscope::session::Command;
use echoscope::settings::Mode;
use echoscope::tls::create::Broken;

use crate::clients::{abort, connect, create, echo, read_back, tls};
use crate::player::Player;

/// Where the kernel tells how many wait.
const TELLS_QUEUE: bool = cfg!(target_os = "linux");

#[test]
fn all_seven_are_there() {
    let titles: Vec<&str> = shipped().iter().map(|lesson| lesson.title.as_str()).collect();
    assert_eq!(titles.len(), 7, "{titles:?}");
    for lesson in shipped() {
        for step in &lesson.steps {
            assert!(step.why.is_some(), "{}: {}: nothing is explained", lesson.title, step.text);
            assert!(
                step.text.contains("Set it up") <= !step.settings.is_empty(),
                "{}: no settings",
                step.text
            );
        }
    }
}

#[test]
fn your_first_echo() {
    let mut player = Player::begin(0);
    player.not_yet();
    player.start();
    player.ticked();
    let address = player.address();
    let mut client = connect(address);
    player.ticked();
    echo(&mut client, b"hullo\n");
    player.not_yet();
    echo(&mut client, b"Hello\n");
    player.ticked();
    player.open(Place::Connections);
    player.not_yet();
    player.open(Place::Log);
    player.ticked();
    client.shutdown(Shutdown::Both).unwrap();
    player.ticked();
    player.stop();
    player.ticked();
    player.finished();
}

#[test]
fn one_at_a_time_and_the_backlog() {
    let mut player = Player::begin(1);
    player.set_up_and_start();
    assert_eq!(player.session.settings().mode, Mode::One);
    let address = player.address();
    let mut first = connect(address);
    echo(&mut first, b"first\n");
    player.ticked();
    let mut second = connect(address);
    second.write_all(b"second\n").unwrap();
    tick_waiting(&mut player);
    let third = connect(address);
    tick_waiting(&mut player);
    drop(first);
    player.ticked();
    read_back(&mut second, b"second\n");
    player.set_up_and_start();
    drop((second, third));
    let address = player.address();
    let mut clients: Vec<TcpStream> = (0..3).map(|_| connect(address)).collect();
    player.until_clients(3, 3);
    player.not_yet();
    for client in &mut clients {
        echo(client, b"hello\n");
    }
    player.ticked();
    player.finished();
}

fn tick_waiting(player: &mut Player) {
    if TELLS_QUEUE {
        player.ticked();
    } else {
        player.skip();
    }
}

#[test]
fn a_stream_has_no_messages() {
    let mut player = Player::begin(2);
    player.set_up_and_start();
    let mut client = connect(player.address());
    echo(&mut client, b"Hello");
    player.not_yet();
    echo(&mut client, b", world\n");
    player.not_yet();
    echo(&mut client, b"Hello, world\n");
    player.ticked();
    player.open(Place::Log);
    player.ticked();
    player.set_up_and_start();
    let address = player.address();
    let mut first = connect(address);
    echo(&mut first, b"anything\n");
    player.not_yet();
    let mut second = connect(address);
    tick_waiting(&mut player);
    second.set_nodelay(true).unwrap();
    second.write_all(b"one").unwrap();
    second.write_all(b"two").unwrap();
    player.not_yet();
    drop(first);
    player.ticked();
    read_back(&mut second, b"onetwo");
    player.finished();
}

#[test]
fn who_hangs_up() {
    let mut player = Player::begin(3);
    // The form says so already; only the start is missing.
    player.start();
    player.ticked();
    let address = player.address();
    let mut closes = connect(address);
    echo(&mut closes, b"bye\n");
    player.not_yet();
    drop(closes);
    player.ticked();
    let mut half = connect(address);
    echo(&mut half, b"bye\n");
    player.not_yet();
    half.shutdown(Shutdown::Write).unwrap();
    player.ticked();
    assert_eq!(half.read(&mut [0]).unwrap(), 0);
    let aborts = connect(address);
    player.until_clients(1, 3);
    player.not_yet();
    abort(aborts);
    player.ticked();
    let _stays = connect(address);
    player.until_clients(1, 4);
    player.not_yet();
    player.session.apply(Command::Disconnect(ClientId(4)));
    player.ticked();
    player.set_up_and_start();
    let _silent = connect(player.address());
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
    let certificate = created.certificate.clone();
    player.not_yet();
    player.session.apply(Command::UseCreated(created));
    player.ticked();
    player.start();
    player.ticked();
    let address = player.address();
    assert!(tls(address, None, "localhost").is_err());
    player.ticked();
    player.open(Place::CertificateDetails);
    player.ticked();
    let mut trusting = tls(address, Some(&certificate), "localhost").unwrap();
    player.ticked();
    echo(&mut trusting, b"Hello\n");
    player.not_yet();
    assert!(tls(address, Some(&certificate), "example.com").is_err());
    player.ticked();
    let expired = create(folder.path(), Some(Broken::Expired));
    player.session.apply(Command::UseCreated(expired));
    player.not_yet();
    player.stop();
    player.until("the stop", |session| session.state().is_at_rest());
    player.not_yet();
    player.start();
    player.ticked();
    assert!(tls(player.address(), Some(&certificate), "localhost").is_err());
    player.ticked();
    player.finished();
}

#[test]
fn what_an_eavesdropper_sees() {
    let folder = tempfile::tempdir().unwrap();
    let mut player = Player::begin(5);
    assert!(player.session.lesson_lacks_certificate());
    let created = create(folder.path(), None);
    let certificate = created.certificate.clone();
    player.session.apply(Command::UseCreated(created));
    player.until("the files", |session| !session.lesson_lacks_certificate());
    player.set_up_and_start();
    let mut plain = connect(player.address());
    echo(&mut plain, b"the password is sword");
    player.not_yet();
    echo(&mut plain, b"fish\n");
    player.ticked();
    player.open(Place::Wire);
    player.ticked();
    player.set_up_and_start();
    let address = player.address();
    let mut client = tls(address, Some(&certificate), "localhost").unwrap();
    player.not_yet();
    echo(&mut client, b"the password is swordfish\n");
    player.ticked();
    player.open(Place::Wire);
    player.ticked();
    connect(address).write_all(b"hello?\n").unwrap();
    player.ticked();
    player.finished();
}

#[test]
fn a_hundred_clients() {
    let mut player = Player::begin(6);
    player.set_up_and_start();
    let address = player.address();
    let mut crowd: Vec<TcpStream> = (0..99).map(|_| connect(address)).collect();
    for client in &mut crowd {
        echo(client, b"hello\n");
    }
    player.not_yet();
    crowd.push(connect(address));
    player.until_clients(100, 100);
    player.not_yet();
    echo(&mut crowd[99], b"hello\n");
    player.ticked();
    crowd.truncate(1);
    player.until_clients(1, 100);
    player.not_yet();
    crowd.clear();
    player.ticked();
    player.set_up_and_start();
    let address = player.address();
    let mut crowd: Vec<TcpStream> = (0..100).map(|_| connect(address)).collect();
    player.until_clients(100, 100);
    player.not_yet();
    for client in &mut crowd {
        client.write_all(b"hello\n").unwrap();
    }
    player.ticked();
    assert!(player.session.counters().bytes_received < 600, "more than ten were served");
    for client in &crowd {
        client.shutdown(Shutdown::Write).unwrap();
    }
    for client in &mut crowd {
        read_back(client, b"hello\n");
    }
    player.ticked();
    player.finished();
}
