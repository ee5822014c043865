//! A crowd beside the client tabs: how many, where to (as the first client), how they stand, and what is to be said.

use std::sync::Arc;
use std::time::Instant;

use crate::app::clients::form::ClientForm;
use crate::client::crowd::Crowd;
pub use crate::client::crowd::{CrowdStatus, MOST_MEMBERS};
use crate::text::with_thousands;

/// How many there are to be at first.
const AT_FIRST: &str = "100";

/// One wish of the user about the crowd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrowdCommand {
    /// The text of how many there are to be became this.
    Edit(String),
    /// Connect them, as the first client would connect. Nothing happens while a crowd is there, or where the number or
    /// that client's form is wrong.
    Connect,
    /// Let them go.
    LetGo,
}

/// The crowd of a app.
pub struct CrowdModel {
    count: String,
    crowd: Option<Crowd>,
    /// As it was told last.
    status: Option<CrowdStatus>,
}

impl CrowdModel {
    pub(super) fn new() -> Self {
        Self { count: AT_FIRST.to_owned(), crowd: None, status: None }
    }

    /// How many there are to be, as typed.
    #[must_use]
    pub fn count(&self) -> &str {
        &self.count
    }

    /// What is wrong with that.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.number()
            .is_none()
            .then(|| format!("Clients must be a whole number from 1 to {}.", with_thousands(MOST_MEMBERS)))
    }

    /// How the crowd stands, or how the last one ended; `None`: there was none.
    #[must_use]
    pub fn status(&self) -> Option<&CrowdStatus> {
        self.status.as_ref()
    }

    /// Whether there is a crowd that has not ended.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.status.as_ref().is_some_and(|status| !status.over)
    }

    fn number(&self) -> Option<u16> {
        let text = self.count.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && (1..=MOST_MEMBERS).contains(number))
    }

    /// Does what the user asks for; `form` is the client's that it connects as.
    pub(super) fn apply(
        &mut self,
        command: CrowdCommand,
        form: &ClientForm,
        wake: &Arc<dyn Fn() + Send + Sync>,
    ) {
        match command {
            CrowdCommand::Edit(text) => self.count = text,
            CrowdCommand::Connect => {
                if self.is_there() {
                    return;
                }
                let (Some(count), Some(config)) = (self.number(), form.config()) else { return };
                let wake = Arc::clone(wake);
                self.crowd = Some(Crowd::connect(config, count, move || wake()));
                self.poll();
            }
            CrowdCommand::LetGo => {
                if let Some(crowd) = &self.crowd {
                    crowd.let_go();
                }
            }
        }
    }

    /// Takes in what has happened. Whether anything did.
    pub(super) fn poll(&mut self) -> bool {
        let Some(crowd) = &self.crowd else { return false };
        let status = Some(crowd.status());
        let changed = status != self.status;
        self.status = status;
        changed
    }

    /// Ends every connection at once, without waiting.
    pub(super) fn end(&self) {
        if let Some(crowd) = &self.crowd {
            crowd.end();
        }
    }

    /// Waits for the thread, but no longer than until then.
    pub(super) fn wait_over(&self, deadline: Instant) {
        if let Some(crowd) = &self.crowd {
            // What doesn't end in time ends with the process.
            let _ = crowd.wait_over(deadline);
        }
    }
}

/// What is to be said of those who have no echo yet, in a sentence or two; `None` where nobody waits.
#[must_use]
pub fn waiting_words(status: &CrowdStatus) -> Option<String> {
    if status.letting_go || status.over {
        return None;
    }
    let count = |number: u16, one: &str, many: &str| {
        let words = if number == 1 { one } else { many };
        format!("{} {words}", with_thousands(number))
    };
    let waiting = (status.waiting > 0).then(|| {
        let who = count(status.waiting, "is", "are");
        format!(
            "{who} connected and without an answer: the server has not come to them yet, or its accept queue was too \
             short for so many at once, and the system tries again."
        )
    });
    let connecting = (status.connecting > 0).then(|| {
        let who = count(status.connecting, "has", "have");
        format!("{who} no answer even to the SYN: the accept queue may be full, and the system tries again.")
    });
    let parts: Vec<String> = [waiting, connecting].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
