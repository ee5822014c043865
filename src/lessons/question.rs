//! A question that a step asks before the answer can be seen in what happens.

use serde::{Deserialize, Deserializer, de};

use crate::lessons::lesson_text::{MAX_TEXT, text};

/// The maximum length of an answer in characters. Longer ones don't fit on a button.
const MAX_ANSWER: usize = 60;

/// A question with two to four answers, one of which is right.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question, in one sentence.
    #[serde(deserialize_with = "text::<MAX_TEXT, _>")]
    pub text: String,
    /// The answers, in the order of their buttons.
    #[serde(deserialize_with = "answers")]
    pub answers: Vec<String>,
    /// The number of the right answer, from 1.
    pub right: usize,
    /// The explanation that is shown after any answer.
    #[serde(deserialize_with = "text::<MAX_TEXT, _>")]
    pub why: String,
}

impl Question {
    /// Returns whether the answer with this index is right.
    #[must_use]
    pub fn is_right(&self, answer: usize) -> bool {
        answer + 1 == self.right
    }

    /// Returns a few words about the answer with this index: whether it is right, and otherwise which one is.
    #[must_use]
    pub fn verdict(&self, answer: usize) -> String {
        if self.is_right(answer) {
            return "Right.".to_owned();
        }
        let right = self.right.checked_sub(1).and_then(|right| self.answers.get(right));
        format!("Not quite. It is “{}”.", right.map_or("", String::as_str))
    }

    /// Returns what is wrong with `right`, if anything.
    pub(super) fn mistake(&self) -> Option<String> {
        let count = self.answers.len();
        let is_answer = (1..=count).contains(&self.right);
        (!is_answer).then(|| format!("right must be the number of an answer, from 1 to {count}"))
    }
}

/// An answer as it is read.
#[derive(Deserialize)]
struct Answer(#[serde(deserialize_with = "text::<MAX_ANSWER, _>")] String);

fn answers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let answers: Vec<Answer> = Vec::deserialize(deserializer)?;
    if !(2..=4).contains(&answers.len()) {
        return Err(de::Error::custom("a question needs two to four answers"));
    }
    Ok(answers.into_iter().map(|answer| answer.0).collect())
}
