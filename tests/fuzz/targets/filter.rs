//! The log and its filter: a query shows the same entries as a plain search of the lines, and no line has line breaks.
#![no_main]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::log::event_log::{Category, CategorySet};
use echoscope::log::explanation::{explanation, subtitle, title};
use echoscope::log::filter::Filter;
use echoscope::log::filter::FilteredLog;
use echoscope::log::handshake_details::event_details;
use echoscope::log::line::{line, trailing_text, truncated_line};
use echoscope::log::{EventLog, json};
use echoscope::ring_buffer::Limits;
use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind, Problem};
use echoscope::settings::DataFormat;
use echoscope::tls::client_hello::OtherProtocol;
use echoscope_fuzz::{check_line, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let mut parts = data.splitn(3, |byte| *byte == b'\n');
        let mut query = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let queries = [query(), query()];
        let events = events(parts.next().unwrap_or_default());
        events.iter().for_each(check_texts);
        check_filtered_log(&queries, events);
    }
);

/// Fills a log with the events and updates the filtered log after each, alternating between the two queries.
fn check_filtered_log(queries: &[String; 2], events: Vec<Event>) {
    let mut hidden = CategorySet::ALL;
    if events.len() % 3 == 1 {
        hidden.toggle(Category::Data);
    }
    let filters = [Filter::new(&queries[0], CategorySet::ALL), Filter::new(&queries[1], hidden)];
    let mut log = EventLog::new(Limits { entries: 20, bytes: 40_000 }, 0);
    let mut shown_log = FilteredLog::default();
    for (number, event) in events.into_iter().enumerate() {
        let filter = &filters[number / 5 % 2];
        if let EventKind::NotShown { count: 7 } = event.kind {
            log.clear();
        }
        log.append(event);
        shown_log.update(&log, filter, Duration::ZERO);
        assert!(log.len() <= 20 && shown_log.len() <= log.len());
    }
    for (filter, query, kinds) in
        [(&filters[1], &queries[1], hidden), (&filters[0], &queries[0], CategorySet::ALL)]
    {
        while !shown_log.update(&log, filter, Duration::ZERO) {}
        let wanted = log.iter().filter(|entry| is_wanted(&entry.event, query, kinds));
        let wanted: Vec<u64> = wanted.map(|entry| entry.number).collect();
        let shown: Vec<u64> = shown_log.iter().collect();
        assert_eq!(
            shown,
            wanted,
            "{query:?} in {:?}",
            log.iter().map(|entry| line(&entry.event, DataFormat::Python)).collect::<Vec<_>>()
        );
    }
}

/// Returns whether the filter should show an event: the simplest implementation of the filter's documentation.
fn is_wanted(event: &Event, query: &str, kinds: CategorySet) -> bool {
    let (clients, others): (Vec<&str>, Vec<&str>) = query.split_whitespace().partition(|word| {
        word.strip_prefix('#').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let id = event.client.map(|client| client.id.0);
    let named: Vec<&str> = clients.iter().copied().filter(|word| *word != "#").collect();
    let is_problem = Category::of(event) == Category::Problems;
    let lines = [DataFormat::Python, DataFormat::Text].map(|format| lower(&line(event, format)));
    kinds.contains(Category::of(event))
        && (clients.is_empty() || id.is_some())
        && (named.is_empty() || named.iter().any(|word| word[1..].parse().ok() == id && id.is_some()))
        && others.iter().all(|word| {
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

/// Checks that every text about an event is one line, and that its JSON contains the same bytes.
fn check_texts(event: &Event) {
    for format in DataFormat::ALL {
        let whole = line(event, format);
        check_line(&whole);
        let (cut, was_cut) = truncated_line(event, format, 40);
        assert!(cut.chars().count() <= 40 && (was_cut || cut == whole), "{cut:?} of {whole:?}");
    }
    check_line(&title(event));
    check_line(&subtitle(event).unwrap_or_default());
    check_line(&trailing_text(event).unwrap_or_default());
    check_line(&explanation(event));
    for (name, value, more) in event_details(event) {
        [&name, &value, &more.unwrap_or_default()].into_iter().for_each(|text| check_line(text));
    }
    let json = json::json_line(event);
    assert!(!json.contains(['\n', '\r']), "{json}");
    let read: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    if let EventKind::Received { data, .. } = &event.kind {
        let text = read["data"].as_str().expect("data is a string");
        let bytes =
            if read["encoding"] == "text" { text.into() } else { STANDARD.decode(text).expect("base64") };
        assert_eq!((&bytes[..], &read["len"]), (&data[..], &data.len().into()));
    }
}

/// Reads events from bytes: a kind, a client, a length, and that many bytes for the texts of the event.
fn events(mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let [kind, id, length, rest @ ..] = bytes {
        let (content, rest) = rest.split_at(rest.len().min((*length).into()));
        bytes = rest;
        let peer = SocketAddr::from(([127, 0, 0, 1], 49743));
        let client = (*id % 4 > 0).then(|| ClientInfo { id: ClientId((*id % 4).into()), peer });
        let text = || String::from_utf8_lossy(content).into_owned();
        let kind = match kind {
            0..=127 => received(content.to_vec()),
            128..=159 => EventKind::Note { text: text(), problem: *kind % 2 == 0 },
            160..=175 => {
                EventKind::Problem(Problem::NotTls { start: content.to_vec(), protocol: OtherProtocol::Http })
            }
            176..=183 => EventKind::Problem(Problem::Panicked { message: text() }),
            184..=191 => EventKind::Problem(Problem::Accept { raw: text() }),
            192..=207 => closed(CloseReason::Reset, Some(text())),
            208..=223 => closed(CloseReason::EndOfStream, None),
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
    EventKind::Received {
        echoed: data.len(),
        data: Arc::from(data),
        offset: 0,
        took: Duration::from_micros(41),
    }
}

fn closed(reason: CloseReason, raw: Option<String>) -> EventKind {
    EventKind::Closed(Closed { reason, raw, received: 78, sent: 7, lasted: Duration::from_millis(1234) })
}

fn seeds() -> Vec<Vec<u8>> {
    let event =
        |kind: u8, content: &[u8]| [&[kind, 1, u8::try_from(content.len()).unwrap()], content].concat();
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
