//! Parses typed input: text with escapes and hexadecimal digits for the client, and the fields of the form.
#![no_main]

use echoscope::client::input::{self, InputError};
use echoscope::log::format::{hex, python};
use echoscope::settings::parse::host;
use echoscope::settings::{Setting, Settings};
use echoscope::tls::create::{parse_days, split_names};
use echoscope_fuzz::{check_line, check_message, seed};
use libfuzzer_sys::fuzz_target;

const SEEDS: [&str; 12] = [
    r"Hello\n",
    r"\x41\xff\101\u00e9\U0001f600\a\b\f\v\\\'\d",
    "a\\\nb\\",
    "48 65:6C,0x6c 0x480x65",
    r"\x48\x65 {0x1}",
    "4g 0x \u{e9}\\\u{202e}",
    "[fe80::1%eth0]",
    "http://localhost:12345/",
    "h2, http/1.1 , h2",
    "1.3 , 1.2",
    "16,777,217",
    "localhost 127.0.0.1 ::1",
];

fuzz_target!(
    init: seed(SEEDS.map(|text| text.as_bytes().to_vec())),
    |data: &[u8]| {
        let text = &*String::from_utf8_lossy(data);
        match input::parse_text(text) {
            Ok(bytes) => {
                assert_eq!(input::parse_text(&python(&bytes)).unwrap()[2..][..bytes.len()], bytes);
                // Text without escapes stays as it is.
                assert!(text.contains('\\') || text.as_bytes() == bytes);
            }
            Err(error) => {
                check_position(text, &error);
                // The text before the mistake is valid.
                let before: String = text.chars().take(error.position).collect();
                assert!(input::parse_text(&before).is_ok(), "{before:?} {error}");
            }
        }
        match input::parse_hex(text) {
            Ok(bytes) => assert_eq!(input::parse_hex(&hex(&bytes)), Ok(bytes)),
            Err(error) => check_position(text, &error),
        }
        check_fields(text);
    }
);

/// Checks that the position is inside the text, and that the message is readable.
fn check_position(text: &str, error: &InputError) {
    let length = text.chars().count();
    assert!(error.length >= 1 && error.position + error.length <= length, "{text:?}: {error:?}");
    check_message(&error.to_string());
}

/// Checks that a field's value survives a round trip through its text, and that an error is one line.
fn check_fields(text: &str) {
    for setting in Setting::ALL {
        let mut settings = Settings::default();
        match setting.set(&mut settings, text) {
            Ok(()) => {
                let value = setting.text(&settings);
                let mut reparsed = Settings::default();
                assert_eq!(setting.set(&mut reparsed, &value), Ok(()), "{setting:?} {text:?}");
                assert_eq!(reparsed, settings, "{setting:?} {text:?}");
                let range = setting.info().range.clone();
                assert!(
                    range.is_none_or(|range| range.contains(&value.parse().unwrap())),
                    "{setting:?} {value}"
                );
            }
            Err(error) => check_message(&error.to_string()),
        }
    }
    if let Ok(host) = host(text) {
        check_line(&host);
    }
    let names = split_names(text);
    assert_eq!(split_names(&names.join(" ")), names, "{text:?}");
    match parse_days(text) {
        Ok(days) => assert_eq!(parse_days(&days.to_string()).ok(), Some(days)),
        Err(problem) => check_message(&problem.to_string()),
    }
}
