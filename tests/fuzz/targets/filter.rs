//! The log and its filter: a query shows what a plain search of the lines would, however the view got there, and each
//! line is one line.
#![no_main]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::log::filter::{Filter, Kind, KindSet};
use echoscope::log::view::View;
use echoscope::log::{EventLog, Limits, json, words};
use echoscope::server::client_id::{ClientInfo, ClientId};
use echoscope::server::event::{CloseReason, Closed, Event, EventKind, Problem};
use echoscope::settings::DataFormat;
use echoscope_fuzz::{check_line, seed};
use libfuzzer_sys::fuzz_target;

/// Words beyond so many are not looked for.
const MOST_WORDS: usize = 64;

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let mut parts = data.splitn(3, |byte| *byte == b'\n');
        let mut query = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let queries = [query(), query()];
        let events = events(parts.next().unwrap_or_default());
        // Data that is long only for the pieces of a search has nothing to tell here.
        for event in events.iter().filter(|event| !is_padded(event)) {
            check_words(event);
        }
        check_view(&queries, events);
    }
);

/// Fills a log with the events while a view follows it, now with the one query, now with the other.
fn check_view(queries: &[String; 2], events: Vec<Event>) {
    let hidden = KindSet::ALL.with(Kind::Data, events.len() % 3 != 1);
    let filters = [Filter::new(&queries[0], KindSet::ALL), Filter::new(&queries[1], hidden)];
    let mut log = EventLog::new(Limits { entries: 20, bytes: 40_000 });
    let mut view = View::new();
    for (number, event) in events.into_iter().enumerate() {
        let filter = &filters[number / 5 % 2];
        if let EventKind::NotShown { count: 7 } = event.kind {
            log.clear();
        }
        log.push(event);
        view.update(&log, filter, Duration::ZERO);
        assert!(log.len() <= 20 && view.len() <= log.len());
    }
    for (filter, query, kinds) in
        [(&filters[1], &queries[1], hidden), (&filters[0], &queries[0], KindSet::ALL)]
    {
        while !view.update(&log, filter, Duration::ZERO) {}
        let wanted = log.iter().filter(|entry| is_wanted(&entry.event, query, kinds));
        let wanted: Vec<u64> = wanted.map(|entry| entry.seq).collect();
        let shown: Vec<u64> = view.iter().collect();
        assert_eq!(
            shown,
            wanted,
            "{query:?} in {:?}",
            log.iter().map(|entry| words::line(&entry.event, DataFormat::Python)).collect::<Vec<_>>()
        );
    }
}

/// The filter's documentation, word for word, on whole lines.
fn is_wanted(event: &Event, query: &str, kinds: KindSet) -> bool {
    let (clients, others): (Vec<&str>, Vec<&str>) = query.split_whitespace().partition(|word| {
        word.strip_prefix('#').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let id = event.client.map(|client| client.id.0);
    let named: Vec<&str> = clients.iter().copied().filter(|word| *word != "#").collect();
    let is_problem = Kind::of(event) == Kind::Problems;
    let lines = [DataFormat::Python, DataFormat::Text].map(|format| lower(&words::line(event, format)));
    kinds.contains(Kind::of(event))
        && (clients.is_empty() || id.is_some())
        && (named.is_empty() || named.iter().any(|word| word[1..].parse().ok() == id && id.is_some()))
        && others.iter().take(MOST_WORDS).all(|word| {
            let word = lower(word);
            let any_problem = ["error", "errors", "problem", "problems"].contains(&word.as_str());
            (is_problem && any_problem) || lines.iter().any(|line| line.contains(&word))
        })
}

fn lower(text: &str) -> String {
    let lower =
        |c: char| if "\u{130}\u{212a}".contains(c) { c.to_string() } else { c.to_lowercase().to_string() };
    text.chars().map(lower).collect()
}

fn is_padded(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Received { data, .. } if data.len() > 1000)
}

/// Every word about an event is one line, and its JSON says the same bytes.
fn check_words(event: &Event) {
    for format in DataFormat::ALL {
        let line = words::line(event, format);
        check_line(&line);
        let mut appended = Vec::new();
        words::line_into(&mut appended, event, format);
        assert_eq!(appended, line.as_bytes());
        let (cut, was_cut) = words::line_cut(event, format, 40);
        assert!(cut.chars().count() <= 40 && (was_cut || cut == line), "{cut:?} of {line:?}");
    }
    check_line(&words::title(event));
    check_line(&words::subtitle(event).unwrap_or_default());
    check_line(&words::aside(event).unwrap_or_default());
    check_line(&words::explain(event));
    for (name, value, more) in words::facts(event) {
        [&name, &value, &more.unwrap_or_default()].into_iter().for_each(|text| check_line(text));
    }
    let json = json::line(event);
    assert!(!json.contains(['\n', '\r']), "{json}");
    let read: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    if let EventKind::Received { data, .. } = &event.kind {
        let text = read["data"].as_str().expect("data is a string");
        let bytes =
            if read["encoding"] == "text" { text.into() } else { STANDARD.decode(text).expect("base64") };
        assert_eq!((&bytes[..], &read["len"]), (&data[..], &data.len().into()));
    }
}

/// Events out of bytes: a kind, a client, a length, and so many bytes for what the event says.
fn events(mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let [kind, id, length, rest @ ..] = bytes {
        let (said, rest) = rest.split_at(rest.len().min((*length).into()));
        bytes = rest;
        let peer = SocketAddr::from(([127, 0, 0, 1], 49743));
        let client = (*id % 4 > 0).then(|| ClientInfo { id: ClientId((*id % 4).into()), peer });
        let text = || String::from_utf8_lossy(said).into_owned();
        let kind = match kind {
            // Data is searched in pieces of 4096 bytes: put what is looked for across their ends, too.
            0..=31 => received([vec![b'.'; 4096 - usize::from(*kind)].as_slice(), said].concat()),
            32..=127 => received(said.to_vec()),
            128..=159 => EventKind::Note { text: text(), problem: *kind % 2 == 0 },
            160..=175 => EventKind::Problem(Problem::NotTls { start: said.to_vec(), http: *kind % 2 == 0 }),
            176..=183 => EventKind::Problem(Problem::Panicked { message: text() }),
            184..=191 => EventKind::Problem(Problem::Accept { raw: text() }),
            192..=207 => closed(CloseReason::Lost { raw: text() }),
            208..=223 => closed(CloseReason::EndOfStream),
            224..=231 => EventKind::NotShown { count: (*kind).into() },
            232 => EventKind::NotShown { count: 7 },
            233..=239 => EventKind::Opened,
            _ => EventKind::Stopping,
        };
        events.push(Event { at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_348_985), client, kind });
    }
    events
}

fn received(data: Vec<u8>) -> EventKind {
    EventKind::Received { echoed: data.len(), data: Arc::from(data), took: Duration::from_micros(41) }
}

fn closed(reason: CloseReason) -> EventKind {
    EventKind::Closed(Closed { reason, received: 78, sent: 7, lasted: Duration::from_millis(1234) })
}

fn seeds() -> Vec<Vec<u8>> {
    let event = |kind: u8, said: &[u8]| [&[kind, 1, u8::try_from(said.len()).unwrap()], said].concat();
    let events = [
        event(40, b"Hello\nit's"),
        event(5, "needle\n\u{c9}t\u{e9}\u{1f600}\u{212a}".as_bytes()),
        event(130, b"The settings file is broken"),
        event(160, b"GET / HTTP/1.1"),
        event(200, b"Connection reset by peer"),
        event(232, b""),
        event(210, b""),
    ]
    .concat();
    let queries = [
        "hello\n\\n",
        "\u{e9}t\u{e9} #1\nneedle\\n",
        "error\n#",
        "l' received:\nb\"it's\" #2 #3",
        "closed\nk",
    ];
    queries.into_iter().map(|query| [query.as_bytes(), b"\n", &events].concat()).collect()
}
