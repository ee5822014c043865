//! Text helpers: amounts, durations, times, plurals, and untrusted text on one line.
//!
//! The formats don't depend on the locale, since the texts are English everywhere and programs read the output, too: a
//! decimal point, commas between thousands, dates as in ISO 8601, hours from 0 to 23. Times of day are local; the dates
//! of a certificate are in UTC, as in the certificate itself. Identifiers (a port, `#1024`, a value in a field or in a
//! program) have no commas.
//!
//! Amounts of data have binary units (`KiB`, `MiB`), as in the settings: recv size 1024, log 64 MiB.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Formats an amount of data: `6 B`, `1.5 KiB`, `100 MiB`. Below 100 units it has one decimal, except for bytes.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count < 1024 {
        return format!("{} B", with_thousands(count));
    }
    let mut divisor = 1_u128;
    for unit in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        divisor *= 1024;
        let tenths = (u128::from(count) * 10 + divisor / 2) / divisor;
        if tenths < 1000 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        let whole = (u128::from(count) + divisor / 2) / divisor;
        if whole < 1024 {
            return format!("{whole} {unit}");
        }
    }
    // Unreachable: u64::MAX is 16 EiB.
    format!("{} B", with_thousands(count))
}

/// Formats a duration: `41 µs`, `2.9 ms`, `1.2 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub fn duration(span: Duration) -> String {
    let nanoseconds = span.as_nanos();
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..999_500 => scaled(nanoseconds, 1_000, "µs", 10),
        999_500..999_500_000 => scaled(nanoseconds, 1_000_000, "ms", 10),
        999_500_000..59_950_000_000 => scaled(nanoseconds, 1_000_000_000, "s", 60),
        _ => {
            let seconds = span.as_secs() + u64::from(span.subsec_millis() >= 500);
            match seconds {
                0..3600 => pair(seconds, 60, "min", "s"),
                3600..86_400 => pair(seconds / 60, 60, "h", "min"),
                _ => pair(seconds / 3600, 24, "d", "h"),
            }
        }
    }
}

/// Formats nanoseconds in a larger unit. Below `whole_from` units there is one decimal, unless it is zero.
fn scaled(nanoseconds: u128, unit: u128, name: &str, whole_from: u128) -> String {
    let tenths = (nanoseconds * 10 + unit / 2) / unit;
    if tenths >= whole_from * 10 || tenths.is_multiple_of(10) {
        format!("{} {name}", (nanoseconds + unit / 2) / unit)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

fn pair(count: u64, per_large: u64, large: &str, small: &str) -> String {
    match count % per_large {
        0 => format!("{} {large}", count / per_large),
        rest => format!("{} {large} {rest} {small}", count / per_large),
    }
}

/// Formats the local time of day with milliseconds: `12:03:05.482`.
#[must_use]
pub fn clock(at: SystemTime) -> String {
    local(at).strftime("%H:%M:%S%.3f").to_string()
}

/// Formats the local date: `2026-11-22`.
#[must_use]
pub fn date(at: SystemTime) -> String {
    local(at).date().to_string()
}

/// Formats the time in UTC with microseconds, as in RFC 3339: `2026-11-22T11:03:05.482017Z`.
#[must_use]
pub fn rfc3339(at: SystemTime) -> String {
    const PRINTER: jiff::fmt::temporal::DateTimePrinter =
        jiff::fmt::temporal::DateTimePrinter::new().precision(Some(6));
    PRINTER.timestamp_to_string(&timestamp(at))
}

fn local(at: SystemTime) -> DateTime {
    // The time zone is looked up once, so that a log entry doesn't cost a file access.
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let timestamp = timestamp(at);
    ZONE.get_or_init(TimeZone::system).to_offset(timestamp).to_datetime(timestamp)
}

fn timestamp(at: SystemTime) -> Timestamp {
    // Only a wrong clock is beyond the year 9999. Its entries are still worth showing, with a date in 1970.
    Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Formats a number with a comma between groups of three digits: `16,777,216`.
#[must_use]
pub fn with_thousands(number: impl Into<u64>) -> String {
    let mut text = number.into().to_string();
    let mut position = text.len();
    while position > 3 {
        position -= 3;
        text.insert(position, ',');
    }
    text
}

/// Formats a count and its noun, in the plural unless the count is 1: `1 client`, `2,000 clients`, `3 entries`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let (stem, ending) = match noun.strip_suffix('y') {
        _ if number == 1 => (noun, ""),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "ies"),
        _ => (noun, "s"),
    };
    format!("{} {stem}{ending}", with_thousands(number))
}

/// Returns whether a character is visible and doesn't change how its neighbors look. A combining accent counts as
/// visible.
#[must_use]
pub fn is_printable(c: char) -> bool {
    // After a letter, `escape_debug` escapes only quotes, backslashes and invisible characters.
    matches!(c, '\\' | '\'' | '"') || String::from_iter(['a', c]).escape_debug().count() == 2
}

/// Returns whether a character breaks a line, changes the direction of text (UAX #9, section 2) or is invisible: the
/// categories Cc, Cf, Zl and Zp of Unicode, and letters without a shape.
#[must_use]
pub fn is_bidi_or_control(c: char) -> bool {
    // Nearly all characters are letters of ASCII.
    if c < '\u{ad}' {
        return c.is_control();
    }
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}')
        || matches!(c, '\u{890}'..='\u{891}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}')
        || matches!(c, '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' | '\u{fffe}'..='\u{ffff}')
        || matches!(
            c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        )
}

/// Returns the first `max` characters, followed by `…` if there are more.
pub fn truncate(characters: impl IntoIterator<Item = char>, max: usize) -> String {
    let mut characters = characters.into_iter();
    let mut text: String = characters.by_ref().take(max).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// Makes untrusted text safe to show on one line: replaces control and bidi characters with `?` and truncates it to
/// `max` characters.
#[must_use]
pub fn sanitize(text: &str, max: usize) -> String {
    truncate(text.chars().map(|c| if is_bidi_or_control(c) { '?' } else { c }), max)
}

/// The longest name of a file, a person or a host that a message shows, in characters.
pub const MAX_NAME: usize = 80;

/// Returns a file's name for use in a sentence, in quotes unless it is clear where the name ends.
#[must_use]
pub fn display_name(path: &Path) -> String {
    let name =
        path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
    let name = sanitize(&name, MAX_NAME);
    let is_simple = |c: char| c.is_alphanumeric() || "._-/\\:".contains(c);
    if !name.is_empty() && name.chars().all(is_simple) { name } else { format!("“{name}”") }
}

/// Returns a path for use in a sentence, with control characters replaced so that it stays on one line.
#[must_use]
pub fn display_path(path: &Path) -> String {
    sanitize(&path.to_string_lossy(), usize::MAX)
}

/// Returns the text of an I/O error without its number, such as `(os error 2)`, and without the final period.
#[must_use]
pub fn io_error(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.trim_end_matches('.').to_owned()
}

/// Joins items for use in a sentence: `a`, `a and b`, `a, b and c`. After `max` items, only the number of the others is
/// given.
#[must_use]
pub fn list(items: &[String], max: usize) -> String {
    let (shown, rest) = items.split_at(items.len().min(max));
    match (shown, rest.len()) {
        ([], 0) => "nothing".to_owned(),
        ([], more) => format!("{more} items"),
        ([one], 0) => one.clone(),
        ([start @ .., last], 0) => format!("{} and {last}", start.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Replaces each `{key}` in a template with its value. Keys inside of a value are not replaced.
pub fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, (key, after))) =
        rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
    {
        text.push_str(before);
        text.push_str(&value(key).unwrap_or_else(|| format!("{{{key}}}")));
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_data_have_the_largest_unit_that_fits() {
        for (count, text) in [
            (0, "0 B"),
            (6, "6 B"),
            (1023, "1,023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (102_400, "100 KiB"),
            (1_048_575, "1.0 MiB"),
            (100 << 20, "100 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn durations_have_at_most_two_units() {
        for (nanoseconds, text) in [
            (0, "0 ns"),
            (820, "820 ns"),
            (4_120, "4.1 µs"),
            (41_000, "41 µs"),
            (999_600, "1 ms"),
            (2_940_000, "2.9 ms"),
            (120_000_000, "120 ms"),
            (1_200_000_000, "1.2 s"),
            (10_000_000_000, "10 s"),
            (59_960_000_000, "1 min"),
            (185_000_000_000, "3 min 5 s"),
            (7_500_000_000_000, "2 h 5 min"),
            (273_600_000_000_000, "3 d 4 h"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanoseconds)), text, "{nanoseconds} ns");
        }
    }

    #[test]
    fn times_have_a_fixed_width() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_348_985_482_017);
        assert_eq!(rfc3339(at), "2026-11-22T12:03:05.482017Z");
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
        let local = Timestamp::try_from(at).unwrap().to_zoned(TimeZone::system());
        let expected = local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
        assert_eq!(format!("{} {}", date(at), clock(at)), expected);
    }

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!(with_thousands(16_777_216_u64), "16,777,216");
        assert_eq!(with_thousands(999_u64), "999");
        assert_eq!(count(1, "client"), "1 client");
        assert_eq!(count(2_000, "client"), "2,000 clients");
        assert_eq!(
            [count(1, "entry"), count(3, "entry"), count(2, "key")],
            ["1 entry", "3 entries", "2 keys"]
        );
    }

    #[test]
    fn sanitized_text_stays_on_one_line() {
        assert_eq!(sanitize("a\r\nb\u{202e}c\u{2028}é", 80), "a??b?c?é");
        assert_eq!(sanitize(&"x".repeat(300), 256).chars().count(), 257);
    }

    #[test]
    fn file_names_stay_on_one_line_and_show_their_end() {
        assert_eq!(display_name(Path::new("my key.pem")), "“my key.pem”");
        assert_eq!(display_name(Path::new("a\nb")), "“a?b”");
        assert_eq!(display_name(Path::new("a\u{202e}b")), "“a?b”");
    }

    #[test]
    fn lists_read_like_a_sentence() {
        let items = |count: usize| (1..=count).map(|n| format!("n{n}")).collect::<Vec<_>>();
        assert_eq!(list(&items(1), 4), "n1");
        assert_eq!(list(&items(2), 4), "n1 and n2");
        assert_eq!(list(&items(4), 4), "n1, n2, n3 and n4");
        assert_eq!(list(&items(6), 4), "n1, n2, n3, n4 and 2 more");
    }
}
