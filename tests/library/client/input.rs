//! Compares the escapes in typed text with those of Python.

use std::process::{Command, Stdio};

use echoscope::client::input;
use serde_json::{Value, json};

use crate::support::{finish, program};

/// A Python program that reads each text as a bytes literal and prints its bytes in hexadecimal digits, or null if
/// Python rejects it or warns.
const PYTHON: &str = r#"
import ast, json, sys, warnings
warnings.simplefilter("error")
def read(text):
    try:
        return ast.literal_eval('b"""' + text + ' """')[:-1].hex()
    except (SyntaxError, ValueError, Warning):
        return None
print(json.dumps([read(text) for text in json.loads(sys.argv[1])]))
"#;

#[test]
fn escapes_give_the_same_bytes_as_in_python() {
    let Some(python) = program("python3") else { return };
    // Each character that can follow a backslash, alone and before digits, except those that a bytes literal
    // handles differently: u, U and N, quotes that would end it, and carriage returns.
    let after_backslash: Vec<char> = (' '..='~').filter(|c| !"uUN\"".contains(*c)).chain(['\n']).collect();
    let tails = ["", "0", "07", "123", "4f", "aF0", "x", "g", " ", "\\n", "9"];
    let texts: Vec<String> =
        after_backslash.iter().flat_map(|c| tails.iter().map(move |tail| format!("a\\{c}{tail}"))).collect();
    let mut command = Command::new(python);
    command.args(["-c", PYTHON, &json!(texts).to_string()]).stdin(Stdio::null());
    let finished = finish(command);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let expected: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(expected.len(), texts.len());
    for (text, expected) in texts.iter().zip(expected) {
        let read = input::parse_text(text);
        let hex = read
            .as_ref()
            .ok()
            .map(|bytes| bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")));
        assert_eq!(hex.as_deref(), expected.as_str(), "{text:?}: {read:?}");
    }
}
