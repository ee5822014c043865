//! Bytes as the log writes them: as `b'…'`, as digits and as text, whole and truncated, and parsed back to the same
//! bytes.
#![no_main]

use echoscope::client::input;
use echoscope::log::format::{ELLIPSIS, hex, python, quoted, text, truncated_data};
use echoscope::settings::DataFormat;
use echoscope_fuzz::{check_line, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed([b"Hello\n".to_vec(), b"it's \"so\"\\x41\t\r\0".to_vec(), (0..=255).collect(), "caf\u{e9}\u{202e}".into()]),
    |data: &[u8]| {
        let repr = python(data);
        assert!(repr.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{repr:?}");
        let inner = unquoted(&repr);
        assert_eq!(input::parse_text(inner).as_deref(), Ok(data), "{repr}");

        assert_eq!(input::parse_hex(&hex(data)).as_deref(), Ok(data));

        check_line(&text(data));
        check_line(&quoted(data));
        for format in DataFormat::ALL {
            check_truncated(data, format);
        }
    }
);

/// Returns the text between the quotes, which must be those that Python would choose.
fn unquoted(repr: &str) -> &str {
    let single = repr.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\''));
    let double = || repr.strip_prefix("b\"").and_then(|rest| rest.strip_suffix('"'));
    single.or_else(double).unwrap_or_else(|| panic!("{repr} has no quotes"))
}

/// Checks that truncated data is the beginning of the whole and as long as allowed.
fn check_truncated(data: &[u8], format: DataFormat) {
    let whole = echoscope::log::format::data(data, format);
    let length = whole.chars().count();
    for max in [3, 4, 7, length.saturating_sub(1), length, length + 1].into_iter().filter(|max| *max >= 3) {
        let (short, was_truncated) = truncated_data(data, format, max);
        assert_eq!(was_truncated, length > max, "{format:?} {max} {whole:?}");
        let kept = if was_truncated { short.strip_suffix(ELLIPSIS).expect("a cut is shown") } else { &short };
        assert!(whole.starts_with(kept) && short.chars().count() <= max, "{format:?} {max} {short:?}");
        assert!(was_truncated || short == whole);
    }
}
