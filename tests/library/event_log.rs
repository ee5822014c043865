//! The log as data: its limits, the filter compared with a simple model, the export, and bytes compared with Python's
//! `repr`.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use echoscope::log::event_log::{Category, CategorySet};
use echoscope::log::filter::Filter;
use echoscope::log::filter::FilteredLog;
use echoscope::log::{EventLog, format, json, line};
use echoscope::ring_buffer::Limits;
use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind, Problem};
use echoscope::settings::DataFormat;

/// A deterministic random number generator (xorshift64), so that a failure can be reproduced.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

fn event(client: Option<u64>, kind: EventKind) -> Event {
    let client = client.map(|id| ClientInfo { id: ClientId(id), peer: "[::1]:49751".parse().unwrap() });
    Event { at: SystemTime::now(), client, kind }
}

fn received(client: u64, data: &Arc<[u8]>) -> Event {
    let took = Duration::from_micros(41);
    event(Some(client), EventKind::Received { data: Arc::clone(data), echoed: data.len(), offset: 0, took })
}

fn random_event(random: &mut Random) -> Event {
    let client = random.next() % 4 + 1;
    let closed = Closed {
        reason: CloseReason::EndOfStream,
        raw: None,
        received: 6,
        sent: 6,
        lasted: Duration::from_secs(1),
    };
    match random.below(8) {
        0 => event(None, EventKind::Starting { port: 12345 }),
        1 => event(Some(client), EventKind::Opened),
        2 => event(Some(client), EventKind::Closed(closed)),
        3 => event(Some(client), EventKind::Problem(Problem::TlsOnPlain)),
        4 => event(None, EventKind::NotShown { count: 12 }),
        5 => {
            let data: Vec<u8> = (0..random.below(100)).map(|_| random.byte()).collect();
            received(client, &data.into())
        }
        _ => {
            let text =
                random.pick(&["Hello\n", "CAFÉ it's \"café\"", "C:\\dir\tHello world", "", "error: élan"]);
            let times = random.below(300) * random.below(5) + 1;
            received(client, &text.repeat(times).into_bytes().into())
        }
    }
}

fn random_filter(random: &mut Random) -> (String, CategorySet) {
    const WORDS: [&str; 14] = [
        "", "#2", "#1", "#", "hello", "HELLO", "café", "É", "it's", "error", "problem", "\\n", "c:\\",
        "received",
    ];
    let text = (0..random.below(3)).map(|_| random.pick(&WORDS)).collect::<Vec<_>>().join(" ");
    let mut shown = CategorySet::ALL;
    for chip in Category::CHIPS.into_iter().filter(|_| random.below(5) == 0) {
        shown.toggle(chip);
    }
    (text, shown)
}

/// Returns whether the filter should show an event: the simplest implementation of the filter's documentation.
fn matches(event: &Event, text: &str, categories: CategorySet) -> bool {
    let lines = [DataFormat::Python, DataFormat::Text].map(|format| line::line(event, format).to_lowercase());
    let own = event.client.map(|client| client.id.to_string());
    let (clients, words): (Vec<&str>, Vec<&str>) =
        text.split_whitespace().partition(|word| word.starts_with('#'));
    let numbers: Vec<&str> = clients.iter().copied().filter(|word| *word != "#").collect();
    let is_problem = Category::of(event) == Category::Problems;
    categories.contains(Category::of(event))
        && (clients.is_empty() || own.is_some())
        && (numbers.is_empty() || own.is_some_and(|own| numbers.contains(&own.as_str())))
        && words.iter().map(|word| word.to_lowercase()).all(|word| {
            lines.iter().any(|line| line.contains(&word))
                || is_problem && ["error", "problem"].contains(&word.as_str())
        })
}

#[test]
fn log_stays_within_both_limits() {
    let limits = Limits { entries: 3_000, bytes: 1 << 20 };
    let mut log = EventLog::new(limits, 0);
    let small: Arc<[u8]> = Arc::from(&b"Hello\n"[..]);
    let large: Arc<[u8]> = Arc::from(vec![0; 200_000]);
    let (mut most_entries, mut most_bytes) = (0, 0);
    for index in 0..100_000_u64 {
        let is_large = index > 50_000 && index % 1_000 == 0;
        // In the end, other entries than data are as many as may be kept.
        let event = match index {
            90_000.. if index % 7 == 0 => event(Some(1), EventKind::Opened),
            _ => received(1, if is_large { &large } else { &small }),
        };
        assert_eq!(log.append(event), index);
        assert!(log.len() <= limits.entries && log.bytes() <= limits.bytes);
        most_entries = most_entries.max(log.len());
        most_bytes = most_bytes.max(log.bytes());
    }
    assert_eq!(most_entries, limits.entries, "the limit on entries was reached");
    assert!(most_bytes > limits.bytes - 1000, "the limit on bytes was reached");
    assert_eq!(log.evicted().total() + log.len() as u64, 100_000);
    let kept = log.iter().take_while(|entry| entry.number < log.first_recent()).collect::<Vec<_>>();
    assert!(kept.iter().all(|entry| matches!(entry.event.kind, EventKind::Opened)));
    assert!((500..=limits.entries / 4).contains(&kept.len()), "{} entries are kept", kept.len());
    let recent = log.iter().skip(kept.len()).map(|entry| entry.number);
    assert!(recent.eq(log.first_recent()..100_000), "the numbers have no gaps");
    assert_eq!(log.by_number(99_999).unwrap().number, 99_999);
    assert!(log.by_number(log.first_number() - 1).is_none());
}

#[test]
fn filtered_log_shows_what_a_simple_model_shows() {
    let mut random = Random(0x5eed);
    let mut log = EventLog::new(Limits { entries: 300, bytes: 100_000 }, 0);
    let mut shown = FilteredLog::default();
    let (mut text, mut categories) = (String::new(), CategorySet::ALL);
    for round in 0..1500 {
        match random.below(20) {
            0 => log.clear(),
            1..4 => (text, categories) = random_filter(&mut random),
            _ => (0..random.below(40)).for_each(|_| _ = log.append(random_event(&mut random))),
        }
        let filter = Filter::new(&text, categories);
        let done = shown.update(&log, &filter, Duration::ZERO);
        let so_far: Vec<u64> = shown.iter().collect();
        assert!(so_far.is_sorted() && so_far.iter().all(|&number| log.by_number(number).is_some()));
        if !done && random.below(2) == 0 {
            continue;
        }
        while !shown.update(&log, &filter, Duration::ZERO) {}
        let model = log.iter().filter(|entry| matches(&entry.event, &text, categories));
        let model: Vec<u64> = model.map(|entry| entry.number).collect();
        assert_eq!(shown.iter().collect::<Vec<_>>(), model, "round {round}, {text:?} {categories:?}");
    }
}

#[test]
fn full_line_has_time_client_and_line() {
    let starting = event(None, EventKind::Starting { port: 12345 });
    let hello = received(1, &Arc::from(&b"Hello\n"[..]));
    let [starting, hello] = [starting, hello].map(|event| line::full_line(&event, DataFormat::Python));
    for line in [&starting, &hello] {
        let zeros: String = line[..12].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(zeros, "00:00:00.000");
    }
    assert_eq!(&starting[12..], "        Starting server on port 12345");
    assert_eq!(&hello[12..], "  #1    Received: b'Hello\\n'");
}

#[test]
fn json_is_valid_for_every_event() {
    let mut random = Random(77);
    for _ in 0..500 {
        let event = random_event(&mut random);
        let line = json::json_line(&event);
        assert!(!line.contains('\n'));
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(object["time"].as_str().unwrap().ends_with('Z') && object["event"].is_string());
        assert_eq!(object["id"].as_u64(), event.client.map(|client| client.id.0));
        assert_eq!(object["peer"].as_str(), event.client.map(|_| "[::1]:49751"));
        if let EventKind::Received { data, .. } = &event.kind {
            let text = object["data"].as_str().unwrap();
            let bytes = match object["encoding"].as_str().unwrap() {
                "text" => text.as_bytes().to_vec(),
                _ => BASE64_STANDARD.decode(text).unwrap(),
            };
            assert_eq!((&bytes[..], object["len"].as_u64()), (&data[..], Some(data.len() as u64)));
        }
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "python3 isn't installed everywhere")]
fn python_repr_matches_python_itself() {
    const PROGRAM: &str = "import sys\nfor line in sys.stdin: print(repr(bytes.fromhex(line)))";
    // The samples have few different bytes, so that quotes, escapes and plain text occur in every order.
    let few = b"'\"\\\n\r\t a\x00\x7f\xff";
    let mut random = Random(0xb17e5);
    let mut samples: Vec<Vec<u8>> = vec![Vec::new(), (0..=255).collect(), b"'".to_vec(), b"\"'".to_vec()];
    samples.extend((0..=255).map(|byte| vec![byte]));
    samples.extend((0..2000).map(|_| (0..random.below(12)).map(|_| few[random.below(few.len())]).collect()));
    samples.extend((0..200).map(|_| (0..random.below(300)).map(|_| random.byte()).collect()));

    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = samples.iter().map(|sample| format::hex(sample)).collect();
    std::fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    let input = std::fs::File::open(file.path()).unwrap();
    let output = Command::new("python3").args(["-c", PROGRAM]).stdin(input).output();
    let output = output.expect("python3 is installed");
    assert!(output.status.success(), "{output:?}");
    let output = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.lines().count(), samples.len());
    for (sample, expected) in samples.iter().zip(output.lines()) {
        assert_eq!(format::python(sample), expected);
    }
}
