//! The ways in which a certificate can be deliberately broken, and the effect of each on clients.

/// A deliberate defect of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Defect {
    /// Its validity has ended.
    Expired,
    /// Its validity hasn't begun.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It has no subject alternative names, only a common name.
    NoSan,
    /// It is a CA's certificate.
    CaAsServer,
    /// It is self-signed, though clients are given the practice CA's certificate.
    SelfSigned,
    /// It is signed by an intermediate CA whose certificate the server doesn't send.
    NoIntermediate,
    /// It is an X.509 version 1 certificate.
    Version1,
}

impl Defect {
    /// Every defect, in the order of a list to choose from.
    pub const ALL: [Self; 8] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::NoSan,
        Self::CaAsServer,
        Self::SelfSigned,
        Self::NoIntermediate,
        Self::Version1,
    ];

    /// Returns its keyword on the command line, its label in a list, and a sentence about its effect.
    fn texts(self) -> [&'static str; 3] {
        match self {
            Self::Expired => {
                ["expired", "Expired", "Its last day was 30 days ago: every client that checks rejects it."]
            }
            Self::NotYetValid => [
                "not-yet-valid",
                "Not valid yet",
                "Its first day is 30 days from now: every client that checks rejects it, as it would if its own clock \
                 were slow.",
            ],
            Self::WrongName => [
                "wrong-name",
                "Wrong name",
                "It is for wrong-name.example and no other name: every client that checks the name rejects it.",
            ],
            Self::NoSan => [
                "no-san",
                "No alternative names",
                "It has its name only as common name: openssl, curl, Python and gnutls still accept that for a name \
                 such as localhost but not for an address such as 127.0.0.1, and browsers and rustls for neither.",
            ],
            Self::CaAsServer => [
                "ca-as-server",
                "A CA's certificate",
                "It is a certificate for signing others, not for serving: openssl, curl, Python, gnutls and rustls reject \
                 it even if they trust it.",
            ],
            Self::SelfSigned => [
                "self-signed",
                "Self-signed where a CA is expected",
                "It is self-signed, with an unrelated ca.crt beside it: a client that trusts only ca.crt rejects it.",
            ],
            Self::NoIntermediate => [
                "no-intermediate",
                "Chain without its intermediate",
                "It is signed by an intermediate CA that is not sent along: a client that has only ca.crt rejects it, \
                 until intermediate.crt is appended to server.crt.",
            ],
            Self::Version1 => [
                "v1",
                "X.509 version 1",
                "It is of X.509's first version, without any extension: openssl, curl, Python and gnutls accept its common \
                 name but not an address such as 127.0.0.1, and browsers and rustls reject it.",
            ],
        }
    }

    /// Returns its keyword on the command line.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        self.texts()[0]
    }

    /// Returns its name in a list to choose from.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.texts()[1]
    }

    /// Returns one sentence about its effect on clients.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.texts()[2]
    }

    /// Returns whether the certificate has no subject alternative names.
    pub(super) fn has_no_names(self) -> bool {
        matches!(self, Self::NoSan | Self::Version1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_one_sentence_and_its_own_keyword() {
        for (index, defect) in Defect::ALL.into_iter().enumerate() {
            let sentence = defect.sentence();
            assert!(sentence.starts_with("It") && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains(". "), "more than one sentence: {sentence}");
            let keyword = defect.keyword();
            assert!(
                keyword.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{keyword}"
            );
            let first = Defect::ALL.iter().position(|other| other.keyword() == keyword);
            assert_eq!(first, Some(index), "{keyword}");
        }
    }
}
