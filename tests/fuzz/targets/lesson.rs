//! Lesson files: any text is parsed or rejected with a one-line message, and a parsed lesson can be completed.
#![no_main]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::lessons::condition::LessonPlace;
use echoscope::lessons::condition::{Condition, EventPattern, Goal};
use echoscope::lessons::lesson_event::{LessonEvent, LessonFacts};
use echoscope::lessons::{Lesson, LessonRun};
use echoscope::server::event::{ClientId, ClientInfo, Event, EventKind};
use echoscope_fuzz::{check_line, check_message, repository, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let text = &*String::from_utf8_lossy(data);
        let read = Lesson::parse(text);
        // Some editors write a byte order mark, which must make no difference.
        assert_eq!(Lesson::parse(&format!("\u{feff}{}", text.strip_prefix('\u{feff}').unwrap_or(text))), read);
        match read {
            Ok(lesson) => check_lesson(lesson, data),
            Err(error) => {
                check_message(&error.to_string());
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                let line = error.line.checked_sub(1).and_then(|before| text.split('\n').nth(before));
                let length = line.expect("the line is in the text").chars().count();
                assert!((1..=length + 1).contains(&error.column), "{error}");
            }
        }
    }
);

fn check_lesson(lesson: Lesson, data: &[u8]) {
    check_line(&lesson.title);
    assert!(!lesson.title.is_empty() && !lesson.summary.is_empty() && !lesson.steps.is_empty());
    for step in &lesson.steps {
        assert!(!step.text.is_empty() && !step.goal.conditions().is_empty());
        check_line(&step.settings.description());
    }
    for condition in lesson.steps.iter().flat_map(|step| step.goal.conditions()) {
        if let Condition::Seen { pattern: EventPattern::Stream { contains }, .. } = condition {
            check_stream(&lesson, condition, &contains.0, data);
        }
    }
    let mut run = LessonRun::new(Arc::new(lesson));
    let facts = LessonFacts { stopped: true, ..LessonFacts::default() };
    let places = [LessonPlace::Log, LessonPlace::Wire, LessonPlace::CertificateDetails];
    let steps = run.lesson().steps.len();
    for round in 0..steps + 3 {
        for status in run.condition_statuses() {
            check_line(&status.text);
            assert!(status.count.is_none_or(|(count, of)| count <= of && (count == of) == status.is_met));
        }
        let generation = run.generation();
        run.update(&facts);
        run.on_event(LessonEvent::Server(&received(1, data)));
        run.on_event(LessonEvent::Opened(places[round % places.len()]));
        run.on_event(LessonEvent::Echo);
        assert!(run.position() <= steps && run.generation() >= generation);
        if run.generation() == generation {
            run.next();
        }
    }
    assert_eq!(run.step(), None, "every lesson can be completed");
    run.back();
    run.restart();
    assert_eq!(run.position(), 0);
}

/// Checks that a text is found in a stream however the stream is split, and only if it is there.
fn check_stream(lesson: &Lesson, condition: &Condition, wanted: &[u8], data: &[u8]) {
    let mut condition = condition.clone();
    if let Condition::Seen { at_least, .. } = &mut condition {
        *at_least = 1;
    }
    let mut lesson = lesson.clone();
    lesson.steps.truncate(1);
    lesson.steps[0].goal = Goal::One(condition);
    let lesson = Arc::new(lesson);
    // The text follows its own first half, which a search of a stream must handle.
    let stream = [&wanted[..wanted.len() / 2], wanted, &data[..data.len().min(64)]].concat();
    for (stream, size) in [
        (&stream[..], 1),
        (&stream, 3),
        (&stream[..wanted.len() / 2 + wanted.len() - 1], 2),
        (&data[..data.len().min(256)], 5),
    ] {
        let mut run = LessonRun::new(Arc::clone(&lesson));
        for part in stream.chunks(size) {
            run.on_event(LessonEvent::Server(&received(1, part)));
            run.on_event(LessonEvent::Server(&received(2, b"another's")));
        }
        let contains = |stream: &[u8]| stream.windows(wanted.len()).any(|window| window == wanted);
        let others = b"another's".repeat(stream.len().div_ceil(size));
        assert_eq!(run.position() == 1, contains(stream) || contains(&others), "{wanted:?} in {stream:?}");
    }
}

fn received(id: u64, data: &[u8]) -> Event {
    let client = ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) };
    let kind = EventKind::Received {
        echoed: data.len(),
        data: Arc::from(data),
        offset: 0,
        took: Duration::from_micros(41),
    };
    Event { at: SystemTime::UNIX_EPOCH, client: Some(client), kind }
}

/// Returns the built-in lessons, and each of their steps as a lesson, since short inputs are mutated faster.
fn seeds() -> Vec<Vec<u8>> {
    let folder = fs::read_dir(repository().join("assets/lessons")).expect("the lessons are there");
    let files =
        folder.map(|entry| fs::read_to_string(entry.expect("it is listed").path()).expect("it is text"));
    let long = "long".repeat(300);
    let strange = ["\\n", "\\u202e", &long];
    let place = |word: &'static str| {
        strange.iter().map(move |strange| SHORT.replacen(word, &format!("{word}{strange}"), 1))
    };
    let mut seeds: Vec<_> = ["T", "::1", "h2", "abab", "connected", "wire"]
        .into_iter()
        .flat_map(place)
        .map(String::into_bytes)
        .collect();
    seeds.extend(strange.map(|strange| SHORT.replacen("open", &format!("\"{strange}\""), 1).into_bytes()));
    seeds.push(SHORT.into());
    for lesson in files {
        let mut steps = lesson.split("[[step]]");
        let head = steps.next().unwrap_or_default();
        seeds.extend(steps.map(|step| format!("{head}[[step]]{step}").into_bytes()));
        seeds.push(lesson.into_bytes());
    }
    seeds
}

const SHORT: &str = r#"title = "T"
summary = "S"
needs = ["tls"]
[[step]]
text = "Do it."
why = "So."
settings = { host = "::1", port = 0, backlog = 2, mode = "pool", alpn = ["h2"], tls_versions = "1.3" }
open = "wire"
done = { all = [{ seen = "stream", contains = "abab" }, { any = [{ is = "connected", at_most = 0 }, { seen = "received", hex = "00 ff", length = 2 }] }] }
"#;
