//! Regression tests with small inputs that fuzzing found. Comments in the past tense describe the bug. The fuzz targets
//! are in `tests/fuzz`.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::client::input;
use echoscope::lessons::{Lesson, LessonRun};
use echoscope::log::event_log::CategorySet;
use echoscope::log::explanation::explanation;
use echoscope::log::filter::Filter;
use echoscope::log::format::{python, visible};
use echoscope::server::event::{ClientId, ClientInfo, Event, EventKind};
use echoscope::settings::parse::host;
use echoscope::tls::{CertificateFile, KeyFile};

/// The right-to-left override: text after this character is shown from right to left.
const RTL_OVERRIDE: char = '\u{202e}';

#[track_caller]
fn check_line(text: &str) {
    assert!(text.chars().all(|c| visible(c) == c), "not one line, or not what it looks like: {text:?}");
}

fn event(client: u64, kind: EventKind) -> Event {
    let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
    Event { at: SystemTime::UNIX_EPOCH, client: Some(ClientInfo { id: ClientId(client), peer }), kind }
}

fn received(text: &str) -> Event {
    let data = Arc::from(text.as_bytes());
    event(1, EventKind::Received { data, echoed: text.len(), offset: 0, took: Duration::ZERO })
}

/// The message about a mistyped escape or digit quoted the character itself, which could change the direction of the
/// message or break it into two lines.
#[test]
fn messages_name_invisible_characters_by_their_number() {
    for (typed, error) in [
        (format!("\\{RTL_OVERRIDE}"), input::parse_text(&format!("\\{RTL_OVERRIDE}")).unwrap_err()),
        ("\\\r".to_owned(), input::parse_text("\\\r").unwrap_err()),
        (RTL_OVERRIDE.to_string(), input::parse_hex(&RTL_OVERRIDE.to_string()).unwrap_err()),
    ] {
        check_line(&error.to_string());
        assert!(error.message.contains("U+"), "{typed:?}: {error}");
    }
}

/// Data that the log prints can be typed into the client and gives the same bytes, for all 256 bytes and both quotes.
#[test]
fn printed_bytes_can_be_typed_into_the_client() {
    let all: Vec<u8> = (0..=255).collect();
    for data in [&all[..], b"it's", b"say \"hi\"", b"it's \"so\"", b"\\x41\\", b"\\\n"] {
        let repr = python(data);
        assert_eq!(input::parse_text(&repr[2..repr.len() - 1]).as_deref(), Ok(data), "{repr}");
    }
}

/// A host with an invisible character was accepted and shown in the state pill, in the log and in the command to copy.
#[test]
fn hosts_with_invisible_characters_are_rejected() {
    for typed in ["a\u{1}", "local\u{202e}host", "::1%\u{7f}", "a\u{ad}b"] {
        let error = host(typed).unwrap_err();
        check_line(&error.to_string());
    }
}

/// The host `[::1% ]` was saved as `::1% `. Loading the settings trimmed that to `::1%`, which isn't valid, so the host
/// was lost.
#[test]
fn accepted_hosts_are_accepted_again_after_saving() {
    for typed in ["[::1% ]", "[::1%]]", "::1%a b", "[fe80::1%eth0]", "[::1]", " localhost "] {
        if let Ok(read) = host(typed) {
            assert_eq!(host(&read).as_deref(), Ok(read.as_str()), "{typed:?}");
        }
    }
    assert!(host("[::1% ]").is_err());
    assert_eq!(host("[fe80::1%eth0]").unwrap(), "fe80::1%eth0");
}

/// In lowercase the Kelvin sign is a k, and İ begins with an i. The filter therefore matched them in the app's own
/// entries, but not in received data, which is shown as escapes.
#[test]
fn the_filter_matches_data_and_entries_alike() {
    for (sign, letter) in [("\u{212a}", "k"), ("\u{130}", "i")] {
        // A letter is put before the sign, so that the rest of the line doesn't contain the word.
        let [sign, letter] = [sign, letter].map(|letter| format!("q{letter}"));
        let note = event(1, EventKind::Note { text: sign.clone(), problem: false });
        for (word, wanted) in [(&letter, false), (&sign, true)] {
            let filter = Filter::new(word, CategorySet::ALL);
            assert_eq!(
                (filter.matches(&received(&sign)), filter.matches(&note)),
                (wanted, wanted),
                "{word} in {sign}"
            );
        }
    }
}

/// The details of a note showed its text without sanitizing it.
#[test]
fn the_explanation_of_a_note_is_sanitized() {
    let text = format!("The log was saved as a\nb{RTL_OVERRIDE}c.");
    check_line(&explanation(&event(1, EventKind::Note { text, problem: false })));
}

fn lesson(title: &str, done: &str) -> String {
    format!("title = \"{title}\"\nsummary = 'S'\n[[step]]\ntext = 'Do it.'\ndone = {done}\n")
}

/// Messages about a lesson file quoted its text at any length and with its line breaks.
#[test]
fn messages_about_lesson_files_are_short_and_one_line() {
    let long = "long".repeat(300);
    for word in ["list\\nening", "\\u202e", &long] {
        for text in [
            lesson("T", &format!("{{ is = \"{word}\" }}")),
            lesson("T", &format!("{{ is = 'stopped', \"{word}\" = 1 }}")),
        ] {
            let error = Lesson::parse(&text).unwrap_err();
            check_line(&error.to_string());
            assert!(error.to_string().chars().count() < 500, "{error}");
        }
    }
    let error = Lesson::parse(&lesson("two\\nlines", "{ is = 'stopped' }")).unwrap_err();
    assert_eq!((error.line, error.column), (1, 9), "{error}");
}

/// The host and the protocols of a lesson were shown with the white space around them.
#[test]
fn the_settings_of_a_lesson_are_trimmed() {
    let settings = "{ is = 'settings', host = \"\\n::1\", alpn = [\"\\n h2\", 'http/1.1 '] }";
    let lesson = Lesson::parse(&lesson("T", settings)).unwrap();
    for status in LessonRun::new(Arc::new(lesson)).condition_statuses() {
        check_line(&status.text);
        assert!(status.text.contains("::1") && status.text.contains("h2,http/1.1"), "{}", status.text);
    }
}

/// The message quoted the label of a PEM block with characters that change the direction of text.
#[test]
fn messages_sanitize_the_label_of_a_pem_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.crt");
    fs::write(&path, format!("-----BEGIN A{RTL_OVERRIDE}B-----\nQUJD\n-----END A{RTL_OVERRIDE}B-----\n"))
        .unwrap();
    for error in [CertificateFile::read(&path).unwrap_err(), KeyFile::read(&path).unwrap_err()] {
        check_line(&error.to_string());
        assert!(error.to_string().contains("A?B"), "{error}");
    }
}
