//! Which events and states complete a step, without sockets.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::lessons::condition::{LessonPlace, RowPlace};
use echoscope::lessons::lesson_event::{LessonEvent, LessonFacts};
use echoscope::lessons::lesson_run::{LessonProgress, StepMark};
use echoscope::lessons::{Lesson, LessonRun};
use echoscope::platform::process_usage::ProcessUsage;
use echoscope::server::calls::Call;
use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind, Problem};
use echoscope::settings::{Mode, Settings};
use echoscope::tls::client_hello::OtherProtocol;
use echoscope::tls::session_error::{ServerContext, ServerTlsError};
use rustls::AlertDescription;

/// Starts a lesson with these steps, each given as the value of `done` in a lesson file.
fn lesson(steps: &[&str]) -> LessonRun {
    let steps = steps.iter().map(|done| format!("[[step]]\ntext = 'Do it.'\ndone = {done}\n"));
    let text = format!("title = 'T'\nsummary = 'S.'\n{}", steps.collect::<String>());
    LessonRun::new(Arc::new(Lesson::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))))
}

fn event(client: u64, kind: EventKind) -> Event {
    let peer = ([127, 0, 0, 1], 50_000).into();
    let client = (client > 0).then_some(ClientInfo { id: ClientId(client), peer });
    Event { at: SystemTime::UNIX_EPOCH, client, kind }
}

fn received(client: u64, data: &[u8]) -> Event {
    let kind = EventKind::Received { data: data.into(), echoed: data.len(), offset: 0, took: Duration::ZERO };
    event(client, kind)
}

fn closed(reason: CloseReason) -> Event {
    event(1, EventKind::Closed(Closed { reason, raw: None, received: 0, sent: 0, lasted: Duration::ZERO }))
}

fn tls_failed(cause: rustls::Error) -> Event {
    let error = ServerTlsError::new(cause.into(), true, Arc::new(ServerContext::default()));
    event(1, EventKind::Problem(Problem::Tls(Arc::new(error))))
}

/// Asserts that the last of these events completes a step with this condition, and that no earlier event does.
#[track_caller]
fn assert_last_completes(done: &str, events: &[Event]) {
    let mut run = lesson(&[done]);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(run.marks(), [StepMark::Open], "{done}: completed before event {number}");
        run.on_event(LessonEvent::Server(event));
    }
    assert_eq!(run.marks(), [StepMark::Done], "{done}");
}

#[track_caller]
fn assert_never_completes(done: &str, events: &[Event]) {
    let mut run = lesson(&[done]);
    for event in events {
        run.on_event(LessonEvent::Server(event));
    }
    assert_eq!(run.marks(), [StepMark::Open], "{done}");
}

#[test]
fn events_complete_matching_conditions() {
    let opened = || event(1, EventKind::Opened);
    assert_last_completes("{ seen = 'accepted', at_least = 2 }", &[opened(), opened()]);
    assert_last_completes("{ seen = 'received' }", &[opened(), received(1, b"x")]);
    assert_last_completes(
        "{ seen = 'received', equals = \"a\\n\" }",
        &[received(1, b"a"), received(1, b"a\n")],
    );
    assert_last_completes("{ seen = 'received', contains = 'b' }", &[received(1, b"a"), received(1, b"abc")]);
    assert_last_completes(
        "{ seen = 'received', hex = '00 fF' }",
        &[received(1, b"\0"), received(1, b"\0\xff")],
    );
    assert_last_completes("{ seen = 'received', length = 4 }", &[received(1, b"abc"), received(1, b"abcd")]);
    assert_last_completes("{ seen = 'received', at_least = 2 }", &[received(1, b"abc"), received(2, b"d")]);
    assert_last_completes("{ seen = 'received', bytes = 4 }", &[received(1, b"abc"), received(2, b"d")]);
    assert_last_completes(
        "{ seen = 'stream', contains = 'abc' }",
        &[received(1, b"xa"), received(1, b"b"), received(1, b"cd")],
    );
    assert_never_completes("{ seen = 'stream', contains = 'ab' }", &[received(1, b"a"), received(2, b"b")]);
    // Each client counts once, however often it sends the text.
    assert_last_completes(
        "{ seen = 'stream', contains = 'ab', at_least = 2 }",
        &[received(1, b"ab"), received(1, b"ab"), received(1, b"a"), received(1, b"b"), received(2, b"ab")],
    );
    assert_last_completes("{ seen = 'closed' }", &[closed(CloseReason::Idle)]);
    for (name, reason) in [
        ("end_of_stream", CloseReason::EndOfStream),
        ("without_close_notify", CloseReason::EndWithoutCloseNotify),
        ("lost", CloseReason::Reset),
        ("disconnected", CloseReason::Disconnected),
        ("idle", CloseReason::Idle),
        ("tls", CloseReason::Tls),
        ("handshake_limit", CloseReason::HandshakeLimit),
        ("server_stopped", CloseReason::ServerStopped),
    ] {
        let done = format!("{{ seen = 'closed', reason = '{name}' }}");
        assert_last_completes(&done, &[closed(CloseReason::Panicked), closed(reason)]);
    }
    let done = "{ seen = 'tls_failed', alert = ['unknown_ca', 'bad_certificate'] }";
    assert_last_completes(
        done,
        &[
            tls_failed(rustls::Error::NoCertificatesPresented),
            tls_failed(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)),
            tls_failed(rustls::Error::AlertReceived(AlertDescription::UnknownCA)),
        ],
    );
    assert_last_completes(
        "{ seen = 'not_tls' }",
        &[event(1, EventKind::Problem(Problem::NotTls { start: vec![], protocol: OtherProtocol::Http }))],
    );
    assert_last_completes("{ seen = 'tls_on_plain' }", &[event(1, EventKind::Problem(Problem::TlsOnPlain))]);
    assert_last_completes(
        "{ seen = 'stopped' }",
        &[event(0, EventKind::Stopping), event(0, EventKind::Stopped)],
    );
    let any = "{ any = [{ seen = 'accepted' }, { all = [{ seen = 'stopped' }, { seen = 'received' }] }] }";
    assert_last_completes(any, &[received(1, b"x"), event(0, EventKind::Stopped)]);
    assert_last_completes(any, &[opened()]);
}

#[test]
fn events_of_the_window_complete_conditions() {
    for (done, happening) in [
        ("{ seen = 'opened', place = 'wire' }", LessonEvent::Opened(LessonPlace::Wire)),
        ("{ seen = 'certificate_created' }", LessonEvent::CertificateCreated),
        ("{ seen = 'echo' }", LessonEvent::Echo),
        ("{ seen = 'half_closed' }", LessonEvent::HalfClosed),
        ("{ seen = 'refused' }", LessonEvent::Refused),
        ("{ seen = 'sent' }", LessonEvent::Sent(b"")),
        ("{ seen = 'sent', contains = 'ell' }", LessonEvent::Sent(b"Hello\n")),
        ("{ seen = 'selected', place = 'wire' }", LessonEvent::Selected(RowPlace::Wire, "Application data")),
        (
            "{ seen = 'selected', place = 'log', contains = 'Received' }",
            LessonEvent::Selected(RowPlace::Log, "Received: b'x'"),
        ),
    ] {
        let mut run = lesson(&[done]);
        let others = [
            LessonEvent::Opened(LessonPlace::Log),
            LessonEvent::Selected(RowPlace::Log, "Listening"),
            LessonEvent::Answered,
        ];
        for other in others {
            run.on_event(other);
        }
        assert_eq!(run.marks(), [StepMark::Open], "{done}");
        run.on_event(happening);
        assert_eq!(run.marks(), [StepMark::Done], "{done}");
    }
}

#[test]
fn states_complete_conditions() {
    let run = Settings { mode: Mode::One, backlog: 2, recv_size: 4, ..Settings::default() };
    let facts = LessonFacts {
        running: Some(run),
        form: Settings { tls: true, ..Settings::default() },
        connected: 3,
        waiting: Some(2),
        connecting: 1,
        paused_before: vec![Call::Accept],
        ..LessonFacts::default()
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
        ("{ is = 'connecting' }", true),
        ("{ is = 'connecting', at_least = 2 }", false),
        ("{ is = 'eavesdropping' }", false),
        ("{ is = 'certificate' }", false),
        ("{ is = 'halted' }", true),
        ("{ is = 'halted', before = 'accept' }", true),
        ("{ is = 'halted', before = 'recv' }", false),
        ("{ is = 'paused' }", false),
        ("{ is = 'stepping' }", false),
    ] {
        let mut run = lesson(&[done]);
        run.update(&facts);
        assert_eq!(run.marks() == [StepMark::Done], holds, "{done}");
    }
    // An unknown number of waiting clients counts as none.
    let mut run = lesson(&["{ is = 'waiting' }"]);
    run.update(&LessonFacts { waiting: None, ..facts });
    assert_eq!(run.marks(), [StepMark::Open]);
}

#[test]
fn events_before_a_step_dont_complete_it() {
    let mut run = lesson(&["{ seen = 'accepted' }", "{ seen = 'received', at_least = 2 }"]);
    run.on_event(LessonEvent::Server(&received(1, b"early")));
    run.on_event(LessonEvent::Server(&event(1, EventKind::Opened)));
    assert_eq!(run.marks(), [StepMark::Done, StepMark::Open]);
    run.on_event(LessonEvent::Server(&received(1, b"one")));
    assert_eq!(run.condition_statuses()[0].count, Some((1, 2)));
    run.on_event(LessonEvent::Server(&received(1, b"two")));
    assert_eq!(run.marks(), [StepMark::Done, StepMark::Done]);
    assert!(run.step().is_none());
}

#[test]
fn each_lesson_has_its_own_generations() {
    let (mut first, second) = (lesson(&["{ seen = 'accepted' }"]), lesson(&["{ seen = 'accepted' }"]));
    let before = first.generation();
    first.next();
    let numbers = [before, first.generation(), second.generation()];
    assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[2] != numbers[0], "{numbers:?}");
}

#[test]
fn one_event_completes_one_step() {
    let mut run = lesson(&["{ seen = 'accepted' }", "{ seen = 'accepted' }"]);
    run.on_event(LessonEvent::Server(&event(1, EventKind::Opened)));
    assert_eq!(run.marks(), [StepMark::Done, StepMark::Open]);
}

#[test]
fn steps_can_be_skipped_reviewed_and_restarted() {
    let mut run = lesson(&["{ seen = 'accepted' }", "{ seen = 'received' }", "{ seen = 'stopped' }"]);
    run.on_event(LessonEvent::Server(&event(1, EventKind::Opened)));
    run.next();
    assert_eq!((run.position(), run.marks()), (2, &[StepMark::Done, StepMark::Skipped, StepMark::Open][..]));
    // A skipped step starts over when the user goes back to it, and a completed one stays completed.
    run.back();
    assert_eq!(run.marks()[1], StepMark::Open);
    run.back();
    assert!(run.is_review());
    run.on_event(LessonEvent::Server(&event(2, EventKind::Opened)));
    run.update(&LessonFacts::default());
    assert_eq!(run.position(), 0);
    run.next();
    assert_eq!((run.position(), run.marks()[0]), (1, StepMark::Done));
    run.on_event(LessonEvent::Server(&received(1, b"x")));
    assert_eq!(run.position(), 2);
    run.next();
    run.next();
    assert_eq!((run.position(), run.marks()[2]), (3, StepMark::Skipped));
    let generation = run.generation();
    run.restart();
    assert_eq!((run.position(), run.marks()), (0, &[StepMark::Open; 3][..]));
    assert!(run.generation() > generation);
    run.back();
    assert_eq!(run.position(), 0);
}

/// Starts a lesson whose first step asks a question and is done by this condition. Its second step waits for a client.
fn asking(done: &str) -> LessonRun {
    let question =
        "[step.question]\ntext = 'Q?'\nanswers = ['no', 'yes', 'both']\nright = 2\nwhy = 'Because.'\n";
    let first = format!("[[step]]\ntext = 'Think.'\nmeasure = true\ndone = {done}\n{question}");
    let second = "[[step]]\ntext = 'Wait.'\ndone = { seen = 'accepted' }\n";
    let text = format!("title = 'T'\nsummary = 'S.'\n{first}{second}");
    LessonRun::new(Arc::new(Lesson::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))))
}

#[test]
fn any_answer_completes_a_step_that_waits_for_one() {
    for answer in 0..3 {
        let mut run = asking("{ seen = 'answered' }");
        run.answer(3);
        assert_eq!((run.position(), run.question(0).unwrap().1), (0, None), "there is no fourth answer");
        run.answer(answer);
        assert_eq!((run.position(), run.marks()[0]), (1, StepMark::Done));
        let (question, given) = run.question(0).unwrap();
        assert_eq!((given, question.is_right(answer)), (Some(answer), answer == 1));
        let result = run.result_text(SystemTime::now());
        let right = usize::from(answer == 1);
        assert!(result.contains(&format!("Answers: {right} of 1 question right")), "{result}");
        let line = ["“no” Not quite. It is “yes”.", "“yes” Right.", "“both” Not quite. It is “yes”."][answer];
        assert!(result.contains(&format!("Answer:   {line}\n")), "{result}");
    }
}

#[test]
fn question_never_blocks_a_step() {
    let mut run = asking("{ seen = 'received' }");
    let generation = run.generation();
    run.answer(0);
    run.answer(1);
    assert_eq!((run.position(), run.question(0).unwrap().1), (0, Some(0)), "only the first answer counts");
    assert!(run.generation() > generation, "the answer is saved");
    run.on_event(LessonEvent::Server(&received(1, b"x")));
    assert_eq!((run.position(), run.question(0).unwrap().1), (1, Some(0)));
    let mut run = asking("{ seen = 'received' }");
    run.on_event(LessonEvent::Server(&received(1, b"x")));
    assert_eq!(run.position(), 1, "the step is done without an answer");
    assert!(run.result_text(SystemTime::now()).contains("Answer:   not answered"));
}

#[test]
fn answers_are_resumed_and_files_without_answers_can_be_read() {
    let mut run = asking("{ seen = 'answered' }");
    run.answer(2);
    let saved = toml::to_string(&run.progress()).unwrap();
    let read: LessonProgress = toml::from_str(&saved).unwrap();
    assert_eq!(read, run.progress());
    let resumed = LessonRun::resume(Arc::new(run.lesson().clone()), &read);
    assert_eq!((resumed.position(), resumed.question(0).unwrap().1), (1, Some(2)));
    let old: LessonProgress =
        toml::from_str("finished = false\nposition = 1\nsteps = ['done', 'open']").unwrap();
    let resumed = LessonRun::resume(Arc::new(run.lesson().clone()), &old);
    assert_eq!((resumed.position(), resumed.question(0).unwrap().1), (1, None));
    let wrong = LessonProgress { answers: vec![9, 9, 9], ..old };
    let resumed = LessonRun::resume(Arc::new(run.lesson().clone()), &wrong);
    assert_eq!(resumed.question(0).unwrap().1, None, "there is no ninth answer");
}

#[test]
fn resumed_step_asks_again() {
    let question = "[step.question]\ntext = 'Q?'\nanswers = ['a', 'b']\nright = 1\nwhy = 'W.'\n";
    let first = "[[step]]\ntext = 'Wait.'\ndone = { seen = 'accepted' }\n";
    let done = "{ all = [{ seen = 'received' }, { seen = 'answered' }] }";
    let text =
        format!("title = 'T'\nsummary = 'S.'\n{first}[[step]]\ntext = 'Think.'\ndone = {done}\n{question}");
    let mut run = LessonRun::new(Arc::new(Lesson::parse(&text).unwrap()));
    run.on_event(LessonEvent::Server(&event(1, EventKind::Opened)));
    run.answer(0);
    let mut resumed = LessonRun::resume(Arc::new(run.lesson().clone()), &run.progress());
    assert_eq!((resumed.position(), resumed.question(1).unwrap().1), (1, None));
    resumed.on_event(LessonEvent::Server(&received(1, b"x")));
    resumed.answer(1);
    assert_eq!(resumed.marks(), [StepMark::Done; 2]);
}

#[test]
fn last_measurement_of_a_step_is_kept() {
    let mut run = asking("{ seen = 'received' }");
    let facts = |threads| LessonFacts {
        usage: Some(ProcessUsage { threads, resident: 3 << 20 }),
        ..LessonFacts::default()
    };
    run.update(&facts(4));
    run.update(&facts(104));
    run.update(&LessonFacts::default());
    run.on_event(LessonEvent::Server(&received(1, b"x")));
    run.update(&facts(9));
    assert_eq!(run.usage(0).map(|usage| usage.threads), Some(104));
    assert_eq!(run.usage(1), None, "the second step doesn't measure");
    let result = run.result_text(SystemTime::now());
    assert!(result.contains("Measured: 104 threads, 3.0 MiB of memory"), "{result}");
}

#[test]
fn restarted_step_asks_again() {
    let mut run = asking("{ seen = 'received' }");
    run.answer(0);
    run.next();
    assert_eq!(run.question(0).unwrap().1, Some(0), "a skipped step keeps its answer");
    run.back();
    assert_eq!(run.question(0).unwrap().1, None);
}
