//! The client tabs of the app: following the server, limits, and the end of the app.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use echoscope::app::clients::{
    ClientCommand, ClientField, ClientTab, ClientTabId, Followed, MAX_BYTES, MAX_CLIENT_TABS, MAX_INPUT,
    SendKind, TabCommand, TranscriptEntry, TrustChoice,
};
use echoscope::app::{App, Command, Options};
use echoscope::client::client_event::{
    ClientCloseCause, ClientEventKind, ClientState, CloseMode, ConnectionOutcome,
};
use echoscope::client::echo_check::EchoVerdict;
use echoscope::client::input::LineEnding;
use echoscope::server::ServerState;
use echoscope::settings::{Mode, Setting, Settings};

use crate::support::{Identity, PATIENCE};

fn settings() -> Settings {
    Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() }
}

fn app(settings: Settings) -> App {
    App::new(settings, Options::default())
}

fn wait_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(app) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        app.poll();
        std::thread::yield_now();
    }
}

fn started(settings: Settings) -> App {
    let mut app = app(settings);
    app.apply(Command::Start);
    wait_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    app.poll();
    app
}

fn apply(app: &mut App, command: ClientCommand) {
    app.apply(Command::Client(command));
}

fn edit(app: &mut App, id: ClientTabId, field: ClientField, text: &str) {
    apply(app, ClientCommand::Tab(id, TabCommand::Edit(field, text.to_owned())));
}

fn tab(app: &App, id: ClientTabId) -> &ClientTab {
    app.clients().get(id).unwrap()
}

fn open(app: &mut App, id: ClientTabId) {
    apply(app, ClientCommand::Tab(id, TabCommand::Connect));
    wait_until(app, "open client", |app| {
        let status = tab(app, id).status();
        assert!(status.outcome.is_none(), "{:?}", status.outcome);
        status.state == ClientState::Open
    });
}

fn send_text(app: &mut App, id: ClientTabId, text: &str) {
    edit(app, id, ClientField::Text, text);
    apply(app, ClientCommand::Tab(id, TabCommand::Send));
    assert_eq!(tab(app, id).refused(), None);
}

fn is_sent(entry: &TranscriptEntry) -> bool {
    matches!(entry.event, ClientEventKind::Sent { .. })
}

fn is_received(entry: &TranscriptEntry) -> bool {
    matches!(entry.event, ClientEventKind::Received { .. })
}

const FIRST: ClientTabId = ClientTabId(1);

#[test]
fn tab_follows_the_server_field_by_field_until_edited() {
    let mut app = app(Settings { host: "0.0.0.0".to_owned(), port: 4711, ..settings() });
    let text = |app: &App, field| tab(app, FIRST).form().text(field).to_owned();
    assert_eq!(text(&app, ClientField::Host), "127.0.0.1");
    assert_eq!(text(&app, ClientField::Port), "4711");
    app.apply(Command::Set(Setting::Port, "4712".to_owned()));
    app.apply(Command::set(Setting::Tls, true));
    app.poll();
    assert_eq!(text(&app, ClientField::Port), "4712");
    assert!(tab(&app, FIRST).form().tls());
    edit(&mut app, FIRST, ClientField::Port, "99");
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetTls(false)));
    app.apply(Command::Set(Setting::Port, "4713".to_owned()));
    app.apply(Command::Set(Setting::Host, "::".to_owned()));
    app.poll();
    let form = tab(&app, FIRST).form();
    assert_eq!(
        (form.text(ClientField::Host), form.text(ClientField::Port), form.tls()),
        ("::1", "99", false)
    );
    assert!(form.is_following(Followed::Host) && !form.is_following(Followed::Port));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::FollowServer(Followed::Port)));
    assert_eq!(text(&app, ClientField::Port), "4713");
    assert!(!tab(&app, FIRST).form().tls());
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::FollowServer(Followed::Tls)));
    assert!(tab(&app, FIRST).form().tls());
}

#[test]
fn transcript_shows_an_echo_of_the_running_server() {
    let mut app = app(settings());
    // The OS has not chosen a port yet.
    assert!(tab(&app, FIRST).form().blocked().unwrap().1.contains("Start the server first"));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Connect));
    assert_eq!(tab(&app, FIRST).connections(), 0);
    app.apply(Command::Start);
    wait_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    open(&mut app, FIRST);
    send_text(&mut app, FIRST, r"Hello\x21");
    wait_until(&mut app, "echo", |app| tab(app, FIRST).transcript().iter().any(|entry| entry.echo.is_some()));
    assert!(tab(&app, FIRST).status().echo.is_exact());
    let transcript = tab(&app, FIRST).transcript();
    let sent = transcript.iter().find(|entry| is_sent(entry)).unwrap();
    assert_eq!(sent.data(), b"Hello!\n");
    assert!(sent.echo.is_some_and(|echo| echo.number == 1 && echo.verdict == EchoVerdict::Exact), "{sent:?}");
    let received = transcript.iter().filter(|entry| is_received(entry));
    assert_eq!(received.flat_map(|entry| entry.data().to_vec()).collect::<Vec<_>>(), b"Hello!\n");
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Close(CloseMode::Close)));
    wait_until(&mut app, "end", |app| tab(app, FIRST).status().outcome.is_some());
    assert!(
        matches!(tab(&app, FIRST).status().outcome, Some(ConnectionOutcome::Closed(closed)) if closed.cause == ClientCloseCause::Client(CloseMode::Close))
    );
    // Earlier entries stay, and entries of the next connection have its number.
    let before = tab(&app, FIRST).transcript().len();
    open(&mut app, FIRST);
    send_text(&mut app, FIRST, "again");
    wait_until(&mut app, "received entry", |app| {
        let last = tab(app, FIRST).transcript().iter().next_back().unwrap();
        last.connection == 2 && is_received(last)
    });
    let transcript = tab(&app, FIRST).transcript();
    assert!(transcript.len() > before);
    assert!(transcript.iter().zip(1..).all(|(entry, number)| entry.number == number));
}

#[test]
fn invalid_input_is_reported_and_not_sent() {
    let mut app = started(settings());
    open(&mut app, FIRST);
    edit(&mut app, FIRST, ClientField::Text, r"bad \q");
    assert_eq!(tab(&app, FIRST).form().input_error().unwrap().position, 4);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Send));
    assert!(tab(&app, FIRST).refused().unwrap().contains(r"\q is not an escape"));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetEscapes(false)));
    assert!(tab(&app, FIRST).cannot_send().is_none());
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetSendKind(SendKind::Hex)));
    edit(&mut app, FIRST, ClientField::Hex, "48 6");
    assert!(tab(&app, FIRST).cannot_send().unwrap().contains("two digits"));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetSendKind(SendKind::File)));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Send));
    assert!(tab(&app, FIRST).refused().unwrap().contains("Choose a file"));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Repeat));
    assert!(tab(&app, FIRST).refused().unwrap().contains("can't be repeated"));
    assert_eq!(tab(&app, FIRST).status().sends, 0);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetSendKind(SendKind::Text)));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetLineEnding(LineEnding::Nul)));
    edit(&mut app, FIRST, ClientField::Times, "3");
    edit(&mut app, FIRST, ClientField::Every, "0");
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Repeat));
    wait_until(&mut app, "repetition", |app| tab(app, FIRST).status().echo.compared == 3 * 7);
    assert_eq!(tab(&app, FIRST).status().sends, 3);
}

#[test]
fn input_is_truncated_at_its_limit() {
    let mut app = app(settings());
    edit(&mut app, FIRST, ClientField::Text, &"ä".repeat(MAX_INPUT - 1));
    assert_eq!(tab(&app, FIRST).form().full(), None);
    edit(&mut app, FIRST, ClientField::Text, &"ä".repeat(1 << 20));
    let form = tab(&app, FIRST).form();
    assert_eq!(form.text(ClientField::Text).chars().count(), MAX_INPUT);
    assert!(form.full().unwrap().contains("after the first 32,768"));
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetSendKind(SendKind::Hex)));
    assert_eq!(tab(&app, FIRST).form().full(), None);
    edit(&mut app, FIRST, ClientField::Hex, &"41 ".repeat(1 << 20));
    assert_eq!(tab(&app, FIRST).form().text(ClientField::Hex).len(), MAX_INPUT);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SetSendKind(SendKind::File)));
    assert_eq!(tab(&app, FIRST).form().full(), None);
}

#[test]
fn sixteen_clients_connect_and_no_more_can_be_added() {
    let mut app = started(settings());
    for _ in 0..MAX_CLIENT_TABS + 3 {
        apply(&mut app, ClientCommand::Add);
    }
    let ids: Vec<_> = app.clients().iter().map(ClientTab::id).collect();
    assert_eq!((ids.len(), app.clients().can_add()), (MAX_CLIENT_TABS, false));
    for id in &ids {
        apply(&mut app, ClientCommand::Tab(*id, TabCommand::Connect));
    }
    for id in &ids {
        wait_until(&mut app, "open client", |app| tab(app, *id).state() == ClientState::Open);
        send_text(&mut app, *id, &format!("I am {id}"));
    }
    for id in &ids {
        wait_until(&mut app, "echo", |app| tab(app, *id).status().echo.is_exact());
    }
    assert_eq!(app.counters().clients_now, 16);
    apply(&mut app, ClientCommand::Tab(ids[3], TabCommand::Remove));
    assert!(app.clients().get(ids[3]).is_none());
    wait_until(&mut app, "one fewer", |app| app.counters().clients_now == 15);
    apply(&mut app, ClientCommand::Add);
    assert_eq!(app.clients().newest(), ClientTabId(17));
}

#[test]
fn second_tab_waits_while_the_server_serves_one_client() {
    let mut app = started(Settings { mode: Mode::One, ..settings() });
    apply(&mut app, ClientCommand::Add);
    let second = app.clients().newest();
    open(&mut app, FIRST);
    send_text(&mut app, FIRST, "first");
    wait_until(&mut app, "echo", |app| tab(app, FIRST).status().echo.is_exact());
    open(&mut app, second);
    send_text(&mut app, second, "second");
    wait_until(&mut app, "bytes in flight", |app| tab(app, second).status().sent == 7);
    assert_eq!(tab(&app, second).status().echo.outstanding, 7);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::Close(CloseMode::Close)));
    wait_until(&mut app, "echo", |app| tab(app, second).status().echo.is_exact());
}

#[test]
fn tab_follows_tls_and_trusts_the_servers_certificate() {
    let identity = Identity::new();
    let mut app = started(Settings {
        tls: true,
        host: "localhost".to_owned(),
        certificate: identity.certificate.clone().into(),
        key: identity.key.clone().into(),
        alpn: vec!["echo".to_owned()],
        ..settings()
    });
    open(&mut app, FIRST);
    let agreed = tab(&app, FIRST).status().handshake.unwrap();
    assert_eq!((agreed.agreed.alpn.as_deref(), agreed.name.as_str()), (Some("echo"), "localhost"));
    apply(&mut app, ClientCommand::Add);
    let second = app.clients().newest();
    apply(&mut app, ClientCommand::Tab(second, TabCommand::SetTrust(TrustChoice::CaFile)));
    assert_eq!(tab(&app, second).form().blocked().unwrap().0, Some(ClientField::CaFile));
    apply(&mut app, ClientCommand::Tab(second, TabCommand::SetTrust(TrustChoice::Nothing)));
    assert!(TrustChoice::Nothing.caution().is_some() && TrustChoice::ThisServer.caution().is_none());
    edit(&mut app, second, ClientField::ServerName, "other.test");
    open(&mut app, second);
    assert_eq!(
        tab(&app, second).status().handshake.unwrap().agreed.server_name.as_deref(),
        Some("other.test")
    );
}

#[test]
fn flood_stays_bounded_and_rarely_wakes_the_window() {
    let woken = Arc::new(AtomicU64::new(0));
    let wake = Arc::clone(&woken);
    let options = Options {
        wake: Arc::new(move || {
            wake.fetch_add(1, SeqCst);
        }),
        ..Options::default()
    };
    let mut app = App::new(Settings { recv_size: 65_536, ..settings() }, options);
    app.apply(Command::Start);
    wait_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    open(&mut app, FIRST);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 20 << 20]).unwrap();
    let before = woken.load(SeqCst);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::SendFile(path)));
    let deadline = Instant::now() + PATIENCE;
    let mut polls = 0;
    while tab(&app, FIRST).status().echo.compared < 20 << 20 {
        assert!(Instant::now() < deadline, "{:?}", tab(&app, FIRST).status());
        std::thread::sleep(Duration::from_millis(10));
        app.poll();
        polls += 1;
    }
    // The server and the client may each wake the window once between two polls.
    assert!(woken.load(SeqCst) - before <= 2 * polls + 4, "{} for {polls}", woken.load(SeqCst) - before);
    app.poll();
    let transcript = tab(&app, FIRST).transcript();
    let kept: usize = transcript.iter().map(|entry| entry.data().len()).sum();
    assert!(kept <= MAX_BYTES, "{kept}");
    assert!(tab(&app, FIRST).status().echo.is_exact());
    let skipped = transcript.iter().filter(|entry| matches!(entry.event, ClientEventKind::NotShown { .. }));
    assert!(skipped.count() > 0 || transcript.evicted() > 0);
    apply(&mut app, ClientCommand::Tab(FIRST, TabCommand::ClearTranscript));
    assert!(tab(&app, FIRST).transcript().is_empty());
}

#[test]
fn shutdown_closes_clients_in_every_state() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut app = started(settings());
    for _ in 0..4 {
        apply(&mut app, ClientCommand::Add);
    }
    let ids: Vec<_> = app.clients().iter().map(ClientTab::id).collect();
    // The states of the clients, in order: echoing, blocked, in an endless handshake, repeating, closing.
    open(&mut app, ids[0]);
    send_text(&mut app, ids[0], "Hello");
    edit(&mut app, ids[1], ClientField::Port, &port);
    open(&mut app, ids[1]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![b'x'; 20 << 20]).unwrap();
    apply(&mut app, ClientCommand::Tab(ids[1], TabCommand::SendFile(path)));
    wait_until(&mut app, "a blocked client", |app| tab(app, ids[1]).status().blocked_since.is_some());
    edit(&mut app, ids[2], ClientField::Port, &port);
    apply(&mut app, ClientCommand::Tab(ids[2], TabCommand::SetTls(true)));
    apply(&mut app, ClientCommand::Tab(ids[2], TabCommand::SetTrust(TrustChoice::Nothing)));
    apply(&mut app, ClientCommand::Tab(ids[2], TabCommand::Connect));
    wait_until(&mut app, "handshake", |app| tab(app, ids[2]).state() == ClientState::Handshake);
    open(&mut app, ids[3]);
    edit(&mut app, ids[3], ClientField::Times, "1000000");
    edit(&mut app, ids[3], ClientField::Every, "1");
    edit(&mut app, ids[3], ClientField::Text, "tick");
    apply(&mut app, ClientCommand::Tab(ids[3], TabCommand::Repeat));
    edit(&mut app, ids[4], ClientField::Port, &port);
    open(&mut app, ids[4]);
    apply(&mut app, ClientCommand::Tab(ids[4], TabCommand::Close(CloseMode::Close)));
    app.shutdown();
    for id in ids {
        assert_eq!(tab(&app, id).state(), ClientState::Closed, "{id}");
        assert!(tab(&app, id).status().outcome.is_some(), "{id}");
    }
}
