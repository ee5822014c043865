//! Remembers, for this run, that the certificate in use was made broken on purpose.

use jiff::Timestamp;

use crate::session::{Check, Session};
use crate::tls::create::{Broken, Created};

/// A certificate that was made here, by what tells it from another at the same path.
#[derive(Debug, Clone)]
pub(in crate::session) struct Made {
    created: Created,
    at: Timestamp,
}

impl Made {
    pub(in crate::session) fn new(created: Created) -> Self {
        Self { created, at: Timestamp::now() }
    }
}

impl Session {
    /// What is wrong on purpose with the certificate in the form, as long as it is the one that was made here.
    #[must_use]
    pub fn broken_on_purpose(&self) -> Option<Broken> {
        let made = self.made.as_ref()?;
        let Check::Good(report) = self.certificate() else { return None };
        let same = self.settings().certificate == made.created.certificate
            && report.line(made.at) == made.created.line;
        made.created.broken.filter(|_| same)
    }
}
