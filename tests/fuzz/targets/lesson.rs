//! Lesson files: any text is read or refused with a place in it, and what was read can be done.
#![no_main]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::lessons::condition::{Condition, Seen};
use echoscope::lessons::facts::{Facts, Happening};
use echoscope::lessons::setting_override::SettingOverride;
use echoscope::lessons::{Lesson, Place, Running};
use echoscope::server::client_id::{ClientId, ClientInfo};
use echoscope::server::event::{Event, EventKind};
use echoscope_fuzz::{check_line, check_message, repository, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let text = &*String::from_utf8_lossy(data);
        let read = Lesson::parse(text);
        // Some editors put a mark before it, and nobody sees it.
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
        assert!(!step.text.is_empty() && !step.conditions.is_empty());
        step.settings.iter().map(SettingOverride::words).for_each(|words| check_line(&words));
    }
    for condition in lesson.steps.iter().flat_map(|step| &step.conditions) {
        if let Condition::Seen { what: Seen::Stream(wanted), .. } = condition {
            check_stream(&lesson, wanted, data);
        }
    }
    let mut running = Running::new(Arc::new(lesson));
    let facts = Facts { stopped: true, ..Facts::default() };
    let steps = running.lesson().steps.len();
    for round in 0..steps + 3 {
        for sign in running.signs() {
            check_line(&sign.words);
            assert!(sign.count.is_none_or(|(count, of)| count <= of && (count == of) == sign.met));
        }
        let turn = running.turn();
        running.look(&facts);
        running.happened(Happening::Event(&received(1, data)));
        running.happened(Happening::Opened(Place::ALL[round % Place::ALL.len()]));
        running.happened(Happening::Echo);
        assert!(running.at() <= steps && running.turn() >= turn);
        if running.turn() == turn {
            running.next();
        }
    }
    assert_eq!(running.step(), None, "a lesson can be gone through");
    running.back();
    running.restart();
    assert_eq!(running.at(), 0);
}

/// What is looked for in a stream is found however the stream is cut, and only where it is.
fn check_stream(lesson: &Lesson, wanted: &[u8], data: &[u8]) {
    let mut step = lesson.steps[0].clone();
    let seen = Seen::Stream(wanted.to_vec());
    step.conditions =
        vec![Condition::Seen { what: seen, at_least: 1, since: echoscope::lessons::condition::Since::Step }];
    step.goal = echoscope::lessons::condition::Goal::One(0);
    let lesson = Arc::new(Lesson { steps: vec![step], ..lesson.clone() });
    // Half of what is looked for before the rest of it, as streams have it.
    let stream = [&wanted[..wanted.len() / 2], wanted, &data[..data.len().min(64)]].concat();
    for (stream, size) in [
        (&stream[..], 1),
        (&stream, 3),
        (&stream[..wanted.len() / 2 + wanted.len() - 1], 2),
        (&data[..data.len().min(256)], 5),
    ] {
        let mut running = Running::new(Arc::clone(&lesson));
        for part in stream.chunks(size) {
            running.happened(Happening::Event(&received(1, part)));
            running.happened(Happening::Event(&received(2, b"another's")));
        }
        let is_there = |stream: &[u8]| stream.windows(wanted.len()).any(|window| window == wanted);
        let others = b"another's".repeat(stream.len().div_ceil(size));
        assert_eq!(running.at() == 1, is_there(stream) || is_there(&others), "{wanted:?} in {stream:?}");
    }
}

fn received(id: u64, data: &[u8]) -> Event {
    let client = ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) };
    let kind =
        EventKind::Received { echoed: data.len(), data: Arc::from(data), took: Duration::from_micros(41) };
    Event { at: SystemTime::UNIX_EPOCH, client: Some(client), kind }
}

/// The program's own lessons, whole and step by step: one step is quicker to be changed.
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
done = { all = [{ seen = "stream", contains = "abab" }, { any = [{ is = "connected", at_most = 0 }, { seen = "received", hex = "00 ff", length = 2, since = "lesson" }] }] }
"#;
