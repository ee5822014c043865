//! The texts of a lesson file and their maximum lengths.

use serde::{Deserialize, Deserializer, de};

/// The maximum length of a text in characters. Longer ones don't fit into the lesson bar of a small window.
pub(super) const MAX_TEXT: usize = 600;

/// Reads a text of 1 to `MAX` characters, without white space around it.
pub(super) fn text<'de, const MAX: usize, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?.trim().to_owned();
    match text.chars().count() {
        0 => Err(de::Error::custom("the text is empty: write a sentence")),
        length if length > MAX => {
            Err(de::Error::custom(format!("the text is too long: at most {MAX} characters fit")))
        }
        _ => Ok(text),
    }
}
