//! The client tabs of a session: what they follow, what they keep, and that they end with it.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use echoscope::client::echo::Verdict;
use echoscope::client::event::{CloseHow, EventKind, Leave};
use echoscope::client::status::State;
use echoscope::client::typed::LineEnding;
use echoscope::server::status::State as ServerState;
use echoscope::session::clients::{
    ClientCommand, ClientField, ClientTab, ClientTabId, Direction, Ended, EntryKind, Followed, MOST_BYTES,
    MOST_CLIENTS, MOST_TYPED, SendKind, TrustChoice,
};
use echoscope::session::{Command, Options, Session};
use echoscope::settings::fields::Field;
use echoscope::settings::{Mode, Settings};

use crate::support::{Identity, PATIENCE};

fn settings() -> Settings {
    Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() }
}

fn session(settings: Settings) -> Session {
    Session::new(settings, Options::default())
}

fn until(session: &mut Session, what: &str, mut done: impl FnMut(&Session) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(session) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        session.poll();
        std::thread::yield_now();
    }
}

fn started(settings: Settings) -> Session {
    let mut session = session(settings);
    session.apply(Command::Start);
    until(&mut session, "listening", |session| matches!(session.state(), ServerState::Listening { .. }));
    session.poll();
    session
}

fn ask(session: &mut Session, command: ClientCommand) {
    session.apply(Command::Client(command));
}

fn edit(session: &mut Session, id: ClientTabId, field: ClientField, text: &str) {
    ask(session, ClientCommand::Edit(id, field, text.to_owned()));
}

fn tab(session: &Session, id: ClientTabId) -> &ClientTab {
    session.clients().get(id).unwrap()
}

fn open(session: &mut Session, id: ClientTabId) {
    ask(session, ClientCommand::Connect(id));
    until(session, "open client", |session| {
        assert!(tab(session, id).ended().is_none(), "{:?}", tab(session, id).ended());
        tab(session, id).state() == State::Open
    });
}

fn say(session: &mut Session, id: ClientTabId, text: &str) {
    edit(session, id, ClientField::Text, text);
    ask(session, ClientCommand::Send { id });
    assert_eq!(tab(session, id).refused(), None);
}

const FIRST: ClientTabId = ClientTabId(1);

#[test]
fn a_tab_follows_the_server_field_by_field_until_it_is_changed() {
    let mut session = session(Settings { host: "0.0.0.0".to_owned(), port: 4711, ..settings() });
    let text = |session: &Session, field| tab(session, FIRST).form().text(field).to_owned();
    assert_eq!(text(&session, ClientField::Host), "127.0.0.1");
    assert_eq!(text(&session, ClientField::Port), "4711");
    session.apply(Command::Edit(Field::Port, "4712".to_owned()));
    session.apply(Command::SetTls(true));
    session.poll();
    assert_eq!(text(&session, ClientField::Port), "4712");
    assert!(tab(&session, FIRST).form().tls());
    edit(&mut session, FIRST, ClientField::Port, "99");
    ask(&mut session, ClientCommand::SetTls(FIRST, false));
    session.apply(Command::Edit(Field::Port, "4713".to_owned()));
    session.apply(Command::Edit(Field::Host, "::".to_owned()));
    session.poll();
    let form = tab(&session, FIRST).form();
    assert_eq!(
        (form.text(ClientField::Host), form.text(ClientField::Port), form.tls()),
        ("::1", "99", false)
    );
    assert!(form.is_following(Followed::Host) && !form.is_following(Followed::Port));
    ask(&mut session, ClientCommand::FollowServer(FIRST, Some(Followed::Port)));
    assert_eq!(text(&session, ClientField::Port), "4713");
    assert!(!tab(&session, FIRST).form().tls());
    ask(&mut session, ClientCommand::FollowServer(FIRST, None));
    assert!(tab(&session, FIRST).form().tls());
}

#[test]
fn the_running_servers_port_is_followed_and_an_echo_is_told_in_full() {
    let mut session = session(settings());
    // Nobody knows the port before the system has chosen it.
    assert!(tab(&session, FIRST).form().blocked().unwrap().1.contains("Start the server first"));
    ask(&mut session, ClientCommand::Connect(FIRST));
    assert_eq!(tab(&session, FIRST).connections(), 0);
    session.apply(Command::Start);
    until(&mut session, "listening", |session| matches!(session.state(), ServerState::Listening { .. }));
    open(&mut session, FIRST);
    say(&mut session, FIRST, r"Hello\x21");
    until(&mut session, "echo", |session| {
        let mut entries = tab(session, FIRST).transcript().iter();
        entries.any(|entry| matches!(entry.kind, EntryKind::Sent { back: Some(_), .. }))
    });
    assert!(tab(&session, FIRST).status().echo.is_exact());
    let transcript = tab(&session, FIRST).transcript();
    let sent = transcript.iter().find(|entry| entry.direction() == Some(Direction::Out)).unwrap();
    assert_eq!(sent.data(), b"Hello!\n");
    let EntryKind::Sent { back: Some((Verdict::Exact, took)), send: 1, .. } = sent.kind else {
        panic!("{sent:?}");
    };
    assert!(took < PATIENCE);
    let received = transcript.iter().filter(|entry| entry.direction() == Some(Direction::In));
    assert_eq!(received.flat_map(|entry| entry.data().to_vec()).collect::<Vec<_>>(), b"Hello!\n");
    ask(&mut session, ClientCommand::Leave { id: FIRST, how: Leave::Close });
    until(&mut session, "end", |session| tab(session, FIRST).ended().is_some());
    assert!(
        matches!(tab(&session, FIRST).ended(), Some(Ended::Closed(closed)) if closed.how == CloseHow::Us(Leave::Close))
    );
    // What went before stays, and the next connection carries its number.
    let before = tab(&session, FIRST).transcript().len();
    open(&mut session, FIRST);
    say(&mut session, FIRST, "again");
    until(&mut session, "received entry", |session| {
        let last = tab(session, FIRST).transcript().iter().next_back().unwrap();
        last.connection == 2 && last.direction() == Some(Direction::In)
    });
    let transcript = tab(&session, FIRST).transcript();
    assert!(transcript.len() > before);
    assert!(transcript.iter().zip(1..).all(|(entry, number)| entry.number == number));
}

#[test]
fn what_is_typed_wrong_is_told_and_not_sent() {
    let mut session = started(settings());
    open(&mut session, FIRST);
    edit(&mut session, FIRST, ClientField::Text, r"bad \q");
    assert_eq!(tab(&session, FIRST).form().typed_error().unwrap().position, 4);
    ask(&mut session, ClientCommand::Send { id: FIRST });
    assert!(tab(&session, FIRST).refused().unwrap().contains(r"\q is not an escape"));
    ask(&mut session, ClientCommand::SetEscapes(FIRST, false));
    assert!(tab(&session, FIRST).cannot_send().is_none());
    ask(&mut session, ClientCommand::SetSendKind(FIRST, SendKind::Hex));
    edit(&mut session, FIRST, ClientField::Hex, "48 6");
    assert!(tab(&session, FIRST).cannot_send().unwrap().contains("two digits"));
    ask(&mut session, ClientCommand::SetSendKind(FIRST, SendKind::File));
    ask(&mut session, ClientCommand::Send { id: FIRST });
    assert!(tab(&session, FIRST).refused().unwrap().contains("Choose a file"));
    ask(&mut session, ClientCommand::Repeat { id: FIRST });
    assert!(tab(&session, FIRST).refused().unwrap().contains("can't be repeated"));
    assert_eq!(tab(&session, FIRST).status().sends, 0);
    ask(&mut session, ClientCommand::SetSendKind(FIRST, SendKind::Text));
    ask(&mut session, ClientCommand::SetLineEnding(FIRST, LineEnding::Nul));
    edit(&mut session, FIRST, ClientField::Times, "3");
    edit(&mut session, FIRST, ClientField::Every, "0");
    ask(&mut session, ClientCommand::Repeat { id: FIRST });
    until(&mut session, "repetition", |session| tab(session, FIRST).status().echo.compared == 3 * 7);
    assert_eq!(tab(&session, FIRST).status().sends, 3);
}

#[test]
fn what_is_typed_to_be_sent_has_its_bound_and_says_so() {
    let mut session = session(settings());
    edit(&mut session, FIRST, ClientField::Text, &"ä".repeat(MOST_TYPED - 1));
    assert_eq!(tab(&session, FIRST).form().full(), None);
    edit(&mut session, FIRST, ClientField::Text, &"ä".repeat(1 << 20));
    let form = tab(&session, FIRST).form();
    assert_eq!(form.text(ClientField::Text).chars().count(), MOST_TYPED);
    assert!(form.full().unwrap().contains("32,768 characters"));
    ask(&mut session, ClientCommand::SetSendKind(FIRST, SendKind::Hex));
    assert_eq!(tab(&session, FIRST).form().full(), None);
    edit(&mut session, FIRST, ClientField::Hex, &"41 ".repeat(1 << 20));
    assert_eq!(tab(&session, FIRST).form().text(ClientField::Hex).len(), MOST_TYPED);
    ask(&mut session, ClientCommand::SetSendKind(FIRST, SendKind::File));
    assert_eq!(tab(&session, FIRST).form().full(), None);
}

#[test]
fn sixteen_clients_at_once_and_no_more() {
    let mut session = started(settings());
    for _ in 0..MOST_CLIENTS + 3 {
        ask(&mut session, ClientCommand::Add);
    }
    let ids: Vec<_> = session.clients().iter().map(ClientTab::id).collect();
    assert_eq!((ids.len(), session.clients().can_add()), (MOST_CLIENTS, false));
    for id in &ids {
        ask(&mut session, ClientCommand::Connect(*id));
    }
    for id in &ids {
        until(&mut session, "open client", |session| tab(session, *id).state() == State::Open);
        say(&mut session, *id, &format!("I am {id}"));
    }
    for id in &ids {
        until(&mut session, "echo", |session| tab(session, *id).status().echo.is_exact());
    }
    assert_eq!(session.counters().clients_now, 16);
    ask(&mut session, ClientCommand::Remove(ids[3]));
    assert!(session.clients().get(ids[3]).is_none());
    until(&mut session, "one fewer", |session| session.counters().clients_now == 15);
    ask(&mut session, ClientCommand::Add);
    assert_eq!(session.clients().newest(), ClientTabId(17));
}

#[test]
fn one_at_a_time_can_be_seen_with_two_tabs() {
    let mut session = started(Settings { mode: Mode::One, ..settings() });
    ask(&mut session, ClientCommand::Add);
    let second = session.clients().newest();
    open(&mut session, FIRST);
    say(&mut session, FIRST, "first");
    until(&mut session, "echo", |session| tab(session, FIRST).status().echo.is_exact());
    open(&mut session, second);
    say(&mut session, second, "second");
    until(&mut session, "bytes on their way", |session| tab(session, second).status().sent == 7);
    assert_eq!(tab(&session, second).status().echo.outstanding, 7);
    ask(&mut session, ClientCommand::Leave { id: FIRST, how: Leave::Close });
    until(&mut session, "echo", |session| tab(session, second).status().echo.is_exact());
}

#[test]
fn tls_is_followed_with_this_servers_certificate() {
    let identity = Identity::new();
    let mut session = started(Settings {
        tls: true,
        host: "localhost".to_owned(),
        certificate: identity.certificate.clone().into(),
        key: identity.key.clone().into(),
        alpn: vec!["echo".to_owned()],
        ..settings()
    });
    open(&mut session, FIRST);
    let agreed = tab(&session, FIRST).status().agreed.unwrap();
    assert_eq!((agreed.alpn.as_deref(), agreed.name.as_str()), (Some("echo"), "localhost"));
    ask(&mut session, ClientCommand::Add);
    let second = session.clients().newest();
    ask(&mut session, ClientCommand::SetTrust(second, TrustChoice::CaFile));
    assert_eq!(tab(&session, second).form().blocked().unwrap().0, Some(ClientField::CaFile));
    ask(&mut session, ClientCommand::SetTrust(second, TrustChoice::Nothing));
    assert!(TrustChoice::Nothing.caution().is_some() && TrustChoice::ThisServer.caution().is_none());
    edit(&mut session, second, ClientField::ServerName, "other.test");
    open(&mut session, second);
    assert_eq!(tab(&session, second).status().agreed.unwrap().sni.as_deref(), Some("other.test"));
}

#[test]
fn a_flood_stays_bounded_and_the_window_is_woken_seldom() {
    let woken = Arc::new(AtomicU64::new(0));
    let wake = Arc::clone(&woken);
    let options = Options {
        wake: Arc::new(move || {
            wake.fetch_add(1, SeqCst);
        }),
        ..Options::default()
    };
    let mut session = Session::new(Settings { recv_size: 65_536, ..settings() }, options);
    session.apply(Command::Start);
    until(&mut session, "listening", |session| matches!(session.state(), ServerState::Listening { .. }));
    open(&mut session, FIRST);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 20 << 20]).unwrap();
    let before = woken.load(SeqCst);
    ask(&mut session, ClientCommand::SendFile { id: FIRST, path });
    let deadline = Instant::now() + PATIENCE;
    let mut polls = 0;
    while tab(&session, FIRST).status().echo.compared < 20 << 20 {
        assert!(Instant::now() < deadline, "{:?}", tab(&session, FIRST).status());
        std::thread::sleep(Duration::from_millis(10));
        session.poll();
        polls += 1;
    }
    // The server and the client each may wake once between two polls.
    assert!(woken.load(SeqCst) - before <= 2 * polls + 4, "{} for {polls}", woken.load(SeqCst) - before);
    session.poll();
    let transcript = tab(&session, FIRST).transcript();
    let kept: usize = transcript.iter().map(|entry| entry.data().len()).sum();
    assert!(kept <= MOST_BYTES, "{kept}");
    assert!(tab(&session, FIRST).status().echo.is_exact());
    let told =
        transcript.iter().filter(|entry| matches!(entry.kind, EntryKind::Event(EventKind::NotShown { .. })));
    assert!(told.count() > 0 || transcript.forgotten() > 0);
    ask(&mut session, ClientCommand::ClearTranscript(FIRST));
    assert!(tab(&session, FIRST).transcript().is_empty());
}

#[test]
fn the_end_of_the_session_ends_clients_in_whatever_they_do() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut session = started(settings());
    for _ in 0..4 {
        ask(&mut session, ClientCommand::Add);
    }
    let ids: Vec<_> = session.clients().iter().map(ClientTab::id).collect();
    // Echoing, stuck, shaking hands for ever, repeating, saying goodbye.
    open(&mut session, ids[0]);
    say(&mut session, ids[0], "Hello");
    edit(&mut session, ids[1], ClientField::Port, &port);
    open(&mut session, ids[1]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 20 << 20]).unwrap();
    ask(&mut session, ClientCommand::SendFile { id: ids[1], path });
    until(&mut session, "standstill", |session| tab(session, ids[1]).status().blocked_since.is_some());
    edit(&mut session, ids[2], ClientField::Port, &port);
    ask(&mut session, ClientCommand::SetTls(ids[2], true));
    ask(&mut session, ClientCommand::SetTrust(ids[2], TrustChoice::Nothing));
    ask(&mut session, ClientCommand::Connect(ids[2]));
    until(&mut session, "handshake", |session| tab(session, ids[2]).state() == State::Handshake);
    open(&mut session, ids[3]);
    edit(&mut session, ids[3], ClientField::Times, "1000000");
    edit(&mut session, ids[3], ClientField::Every, "1");
    edit(&mut session, ids[3], ClientField::Text, "tick");
    ask(&mut session, ClientCommand::Repeat { id: ids[3] });
    edit(&mut session, ids[4], ClientField::Port, &port);
    open(&mut session, ids[4]);
    ask(&mut session, ClientCommand::Leave { id: ids[4], how: Leave::Close });
    let start = Instant::now();
    session.shutdown();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    for id in ids {
        assert_eq!(tab(&session, id).state(), State::Closed, "{id}");
        assert!(tab(&session, id).ended().is_some(), "{id}");
    }
}
