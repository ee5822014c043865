//! A message for the user.

/// A message that is shown until it is dismissed or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The text: what happened and what to do.
    pub text: String,
    /// Whether something went wrong.
    pub problem: bool,
}

impl Notice {
    pub(super) fn good(text: String) -> Self {
        Self { text, problem: false }
    }

    pub(super) fn bad(text: String) -> Self {
        Self { text, problem: true }
    }
}
