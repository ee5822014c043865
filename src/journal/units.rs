//! Amounts, spans and times of day as a reader wants them.
//!
//! One rule for the whole app, whatever the system's locale, since its words are English wherever it runs and what it
//! prints is read by programs, too: a decimal point, commas between thousands, dates as in ISO 8601, hours from 0 to 23.
//! Times of day are local, the dates of a certificate in UTC, as they are in it. What is a name (a port, `#1024`, a value
//! in a field or in a program) has no commas.
//!
//! Bytes are counted in 1024s and say so (`KiB`, `MiB`), since the settings do: recv size 1024, log 64 MiB.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::settings::fields::grouped;

/// An amount of data: `6 B`, `1.5 KiB`, `100 MiB`. Below 100 with one decimal, a whole number of bytes aside.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count < 1024 {
        return format!("{} B", grouped(count));
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
    // u64::MAX is 16 EiB, which the loop has returned.
    format!("{} B", grouped(count))
}

/// A span of time: `41 µs`, `2.9 ms`, `1.2 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`.
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

/// With one decimal below `whole_from`, unless that is a zero.
fn scaled(nanoseconds: u128, unit: u128, name: &str, whole_from: u128) -> String {
    let tenths = (nanoseconds * 10 + unit / 2) / unit;
    if tenths >= whole_from * 10 || tenths.is_multiple_of(10) {
        format!("{} {name}", (nanoseconds + unit / 2) / unit)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

fn pair(count: u64, of: u64, large: &str, small: &str) -> String {
    match count % of {
        0 => format!("{} {large}", count / of),
        rest => format!("{} {large} {rest} {small}", count / of),
    }
}

/// The local time of day to the millisecond: `12:03:05.482`.
#[must_use]
pub fn clock(at: SystemTime) -> String {
    let time = local(at);
    let millisecond = time.subsec_nanosecond() / 1_000_000;
    format!("{:02}:{:02}:{:02}.{millisecond:03}", time.hour(), time.minute(), time.second())
}

/// The local date: `2026-11-22`.
#[must_use]
pub fn date(at: SystemTime) -> String {
    let time = local(at);
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}

/// The time in UTC to the microsecond as RFC 3339 has it: `2026-11-22T11:03:05.482017Z`.
#[must_use]
pub fn rfc3339(at: SystemTime) -> String {
    const PRINTER: jiff::fmt::temporal::DateTimePrinter =
        jiff::fmt::temporal::DateTimePrinter::new().precision(Some(6));
    PRINTER.timestamp_to_string(&timestamp(at))
}

fn local(at: SystemTime) -> DateTime {
    // Looked up once: a row costs some arithmetic and no look at the system's files.
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let timestamp = timestamp(at);
    ZONE.get_or_init(TimeZone::system).to_offset(timestamp).to_datetime(timestamp)
}

fn timestamp(at: SystemTime) -> Timestamp {
    // A clock beyond the year 9999 is broken; its lines are still worth showing.
    Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_step_up_before_they_get_long() {
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
    fn spans_of_time_are_short_to_read() {
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
}
