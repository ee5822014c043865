//! Bytes as the log writes them: `b'…'`, digits, text, whole and cut, and back to the same bytes.
#![no_main]

use echoscope::client::typed;
use echoscope::log::format::{CUT, data_cut, hex, python, python_into, quoted, text};
use echoscope::log::hex::{ROW, row, row_count, rows};
use echoscope::settings::DataFormat;
use echoscope_fuzz::{check_line, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed([b"Hello\n".to_vec(), b"it's \"so\"\\x41\t\r\0".to_vec(), (0..=255).collect(), "caf\u{e9}\u{202e}".into()]),
    |data: &[u8]| {
        let repr = python(data);
        assert!(repr.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{repr:?}");
        let inner = unquoted(&repr);
        assert_eq!(typed::text(inner).as_deref(), Ok(data), "{repr}");
        let mut appended = b"before".to_vec();
        python_into(&mut appended, data);
        assert_eq!(appended, format!("before{repr}").into_bytes());

        assert_eq!(typed::hex(&hex(data)).as_deref(), Ok(data));
        let dumped: Vec<u8> = rows(data).flat_map(|row| typed::hex(&row.hex()).unwrap()).collect();
        assert_eq!(dumped, data);
        assert_eq!((row_count(data.len()), row(data, row_count(data.len()))), (rows(data).len(), None));
        assert!(rows(data).all(|row| row.text().chars().count() == row.bytes.len() && row.bytes.len() <= ROW));

        check_line(&text(data));
        check_line(&quoted(data));
        for format in DataFormat::ALL {
            check_cuts(data, format);
        }
    }
);

/// What stands between the quotes, which are Python's: `"` only where there is `'` and no `"`.
fn unquoted(repr: &str) -> &str {
    let single = repr.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\''));
    let double = || repr.strip_prefix("b\"").and_then(|rest| rest.strip_suffix('"'));
    single.or_else(double).unwrap_or_else(|| panic!("{repr} has no quotes"))
}

/// What is cut is the beginning of the whole, as long as there is room for.
fn check_cuts(data: &[u8], format: DataFormat) {
    let whole = echoscope::log::format::data(data, format);
    let length = whole.chars().count();
    for max in [3, 4, 7, length.saturating_sub(1), length, length + 1].into_iter().filter(|max| *max >= 3) {
        let (short, was_cut) = data_cut(data, format, max);
        assert_eq!(was_cut, length > max, "{format:?} {max} {whole:?}");
        let kept = if was_cut { short.strip_suffix(CUT).expect("a cut is shown") } else { &short };
        assert!(whole.starts_with(kept) && short.chars().count() <= max, "{format:?} {max} {short:?}");
        assert!(was_cut || short == whole);
    }
}
