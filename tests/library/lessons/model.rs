//! What ticks a step off and what doesn't, without sockets.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::lessons::facts::{Facts, Happening};
use echoscope::lessons::running::Mark;
use echoscope::lessons::{Lesson, Place, Running};
use echoscope::server::calls::Call;
use echoscope::server::client_id::{ClientId, ClientInfo};
use echoscope::server::event::{CloseReason, Closed, Event, EventKind, Problem};
use echoscope::settings::{Mode, Settings};
use echoscope::tls::session_error::{ServerContext, ServerTlsError};
use rustls::AlertDescription;

/// A lesson with these steps, each the value of `done`.
fn lesson(steps: &[&str]) -> Running {
    let steps = steps.iter().map(|done| format!("[[step]]\ntext = 'Do it.'\ndone = {done}\n"));
    let text = format!("title = 'T'\nsummary = 'S.'\n{}", steps.collect::<String>());
    Running::new(Arc::new(Lesson::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))))
}

fn event(client: u64, kind: EventKind) -> Event {
    let peer = ([127, 0, 0, 1], 50_000).into();
    let client = (client > 0).then_some(ClientInfo { id: ClientId(client), peer });
    Event { at: SystemTime::UNIX_EPOCH, client, kind }
}

fn received(client: u64, data: &[u8]) -> Event {
    let kind = EventKind::Received { data: data.into(), echoed: data.len(), took: Duration::ZERO };
    event(client, kind)
}

fn closed(reason: CloseReason) -> Event {
    event(1, EventKind::Closed(Closed { reason, received: 0, sent: 0, lasted: Duration::ZERO }))
}

fn tls_failed(cause: rustls::Error) -> Event {
    let error = ServerTlsError::new(cause.into(), true, Arc::new(ServerContext::default()));
    event(1, EventKind::Problem(Problem::Tls(Arc::new(error))))
}

/// Whether exactly the last of these events ticks the condition off.
#[track_caller]
fn last_ticks(done: &str, events: &[Event]) {
    let mut running = lesson(&[done]);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(running.marks(), [Mark::Open], "{done}: ticked off before event {number}");
        running.happened(Happening::Event(event));
    }
    assert_eq!(running.marks(), [Mark::Done], "{done}");
}

#[track_caller]
fn never_ticks(done: &str, events: &[Event]) {
    let mut running = lesson(&[done]);
    for event in events {
        running.happened(Happening::Event(event));
    }
    assert_eq!(running.marks(), [Mark::Open], "{done}");
}

#[test]
fn events_tick_what_they_are_about() {
    let opened = || event(1, EventKind::Opened);
    last_ticks("{ seen = 'accepted', at_least = 2 }", &[opened(), opened()]);
    last_ticks("{ seen = 'received' }", &[opened(), received(1, b"x")]);
    last_ticks("{ seen = 'received', equals = \"a\\n\" }", &[received(1, b"a"), received(1, b"a\n")]);
    last_ticks("{ seen = 'received', contains = 'b' }", &[received(1, b"a"), received(1, b"abc")]);
    last_ticks("{ seen = 'received', hex = '00 fF' }", &[received(1, b"\0"), received(1, b"\0\xff")]);
    last_ticks("{ seen = 'received', length = 4 }", &[received(1, b"abc"), received(1, b"abcd")]);
    last_ticks("{ seen = 'received', at_least = 2 }", &[received(1, b"abc"), received(2, b"d")]);
    last_ticks("{ seen = 'received', bytes = 4 }", &[received(1, b"abc"), received(2, b"d")]);
    last_ticks(
        "{ seen = 'stream', contains = 'abc' }",
        &[received(1, b"xa"), received(1, b"b"), received(1, b"cd")],
    );
    never_ticks("{ seen = 'stream', contains = 'ab' }", &[received(1, b"a"), received(2, b"b")]);
    // Once for each client, however often it says it.
    last_ticks(
        "{ seen = 'stream', contains = 'ab', at_least = 2 }",
        &[received(1, b"ab"), received(1, b"ab"), received(1, b"a"), received(1, b"b"), received(2, b"ab")],
    );
    last_ticks("{ seen = 'closed' }", &[closed(CloseReason::Idle)]);
    for (name, reason) in [
        ("end_of_stream", CloseReason::EndOfStream),
        ("without_close_notify", CloseReason::EndWithoutCloseNotify),
        ("lost", CloseReason::Lost { raw: "reset".to_owned() }),
        ("disconnected", CloseReason::Disconnected),
        ("idle", CloseReason::Idle),
        ("tls", CloseReason::Tls),
        ("server_stopped", CloseReason::ServerStopped),
    ] {
        let done = format!("{{ seen = 'closed', reason = '{name}' }}");
        last_ticks(&done, &[closed(CloseReason::Panicked), closed(reason)]);
    }
    let done = "{ seen = 'tls_failed', alert = ['unknown_ca', 'bad_certificate'] }";
    last_ticks(
        done,
        &[
            tls_failed(rustls::Error::NoCertificatesPresented),
            tls_failed(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)),
            tls_failed(rustls::Error::AlertReceived(AlertDescription::UnknownCA)),
        ],
    );
    last_ticks(
        "{ seen = 'not_tls' }",
        &[event(1, EventKind::Problem(Problem::NotTls { start: vec![], http: true }))],
    );
    last_ticks("{ seen = 'tls_on_plain' }", &[event(1, EventKind::Problem(Problem::TlsOnPlain))]);
    last_ticks("{ seen = 'stopped' }", &[event(0, EventKind::Stopping), event(0, EventKind::Stopped)]);
    let any = "{ any = [{ seen = 'accepted' }, { all = [{ seen = 'stopped' }, { seen = 'received' }] }] }";
    last_ticks(any, &[received(1, b"x"), event(0, EventKind::Stopped)]);
    last_ticks(any, &[opened()]);
}

#[test]
fn what_is_done_in_the_window_ticks_too() {
    for (done, happening) in [
        ("{ seen = 'opened', place = 'wire' }", Happening::Opened(Place::Wire)),
        ("{ seen = 'certificate_created' }", Happening::CertificateCreated),
        ("{ seen = 'echo' }", Happening::Echo),
        ("{ seen = 'half_closed' }", Happening::HalfClosed),
    ] {
        let mut running = lesson(&[done]);
        running.happened(Happening::Opened(Place::Log));
        assert_eq!(running.marks(), [Mark::Open], "{done}");
        running.happened(happening);
        assert_eq!(running.marks(), [Mark::Done], "{done}");
    }
}

#[test]
fn what_is_so_ticks_as_long_as_it_is_so() {
    let running = Settings { mode: Mode::One, backlog: 2, recv_size: 4, ..Settings::default() };
    let facts = Facts {
        running: Some(running),
        form: Settings { tls: true, ..Settings::default() },
        connected: 3,
        waiting: Some(2),
        halted: vec![Call::Accept],
        ..Facts::default()
    };
    for (done, holds) in [
        ("{ is = 'listening' }", true),
        ("{ is = 'listening', mode = 'one', backlog = 2, tls = false, recv_size = 4 }", true),
        ("{ is = 'listening', mode = 'one', backlog = 3 }", false),
        ("{ is = 'stopped' }", false),
        ("{ is = 'settings', tls = true }", true),
        ("{ is = 'settings', tls = true, alpn = ['h2'] }", false),
        ("{ is = 'connected', at_least = 3 }", true),
        ("{ is = 'connected', at_least = 4 }", false),
        ("{ is = 'connected', at_most = 2 }", false),
        ("{ is = 'connected', at_most = 3 }", true),
        ("{ is = 'waiting', at_least = 2 }", true),
        ("{ is = 'waiting', at_least = 3 }", false),
        ("{ is = 'certificate' }", false),
        ("{ is = 'halted' }", true),
        ("{ is = 'halted', before = 'accept' }", true),
        ("{ is = 'halted', before = 'recv' }", false),
        ("{ is = 'paused' }", false),
        ("{ is = 'stepping' }", false),
    ] {
        let mut running = lesson(&[done]);
        running.look(&facts);
        assert_eq!(running.marks() == [Mark::Done], holds, "{done}");
    }
    // Where nobody can tell, nobody is said to wait.
    let mut running = lesson(&["{ is = 'waiting' }"]);
    running.look(&Facts { waiting: None, ..facts });
    assert_eq!(running.marks(), [Mark::Open]);
}

#[test]
fn what_happened_before_a_step_does_not_tick_it_off() {
    let mut running = lesson(&["{ seen = 'accepted' }", "{ seen = 'received', at_least = 2 }"]);
    running.happened(Happening::Event(&received(1, b"early")));
    running.happened(Happening::Event(&event(1, EventKind::Opened)));
    assert_eq!(running.marks(), [Mark::Done, Mark::Open]);
    running.happened(Happening::Event(&received(1, b"one")));
    assert_eq!(running.signs()[0].count, Some((1, 2)));
    running.happened(Happening::Event(&received(1, b"two")));
    assert_eq!(running.marks(), [Mark::Done, Mark::Done]);
    assert!(running.step().is_none());
}

#[test]
fn since_the_lesson_counts_what_came_before_the_step() {
    let since = "{ all = [{ seen = 'received', since = 'lesson' }, { seen = 'closed' }] }";
    let mut running = lesson(&["{ seen = 'accepted' }", since]);
    running.happened(Happening::Event(&received(1, b"early")));
    running.happened(Happening::Event(&closed(CloseReason::EndOfStream)));
    running.happened(Happening::Event(&event(1, EventKind::Opened)));
    assert_eq!(running.signs().iter().map(|sign| sign.met).collect::<Vec<_>>(), [true, false]);
    running.happened(Happening::Event(&closed(CloseReason::EndOfStream)));
    assert_eq!(running.marks(), [Mark::Done, Mark::Done]);
}

#[test]
fn one_event_ticks_one_step() {
    let mut running = lesson(&["{ seen = 'accepted' }", "{ seen = 'accepted' }"]);
    running.happened(Happening::Event(&event(1, EventKind::Opened)));
    assert_eq!(running.marks(), [Mark::Done, Mark::Open]);
}

#[test]
fn one_can_skip_go_back_and_begin_anew() {
    let mut running = lesson(&["{ seen = 'accepted' }", "{ seen = 'received' }", "{ seen = 'stopped' }"]);
    running.happened(Happening::Event(&event(1, EventKind::Opened)));
    running.next();
    assert_eq!((running.at(), running.marks()), (2, &[Mark::Done, Mark::Skipped, Mark::Open][..]));
    // A skipped step begins anew; a done one stays done and is not ticked a second time.
    running.back();
    assert_eq!(running.marks()[1], Mark::Open);
    running.back();
    assert!(running.is_review());
    running.happened(Happening::Event(&event(2, EventKind::Opened)));
    running.look(&Facts::default());
    assert_eq!(running.at(), 0);
    running.next();
    assert_eq!((running.at(), running.marks()[0]), (1, Mark::Done));
    running.happened(Happening::Event(&received(1, b"x")));
    assert_eq!(running.at(), 2);
    running.next();
    running.next();
    assert_eq!((running.at(), running.marks()[2]), (3, Mark::Skipped));
    let turn = running.turn();
    running.restart();
    assert_eq!((running.at(), running.marks()), (0, &[Mark::Open; 3][..]));
    assert!(running.turn() > turn);
    running.back();
    assert_eq!(running.at(), 0);
}
