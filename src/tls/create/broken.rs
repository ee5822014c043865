//! The ways in which a certificate can be broken on purpose, and how clients take each.

/// What is wrong with a certificate on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Broken {
    /// Its validity is over.
    Expired,
    /// Its validity is still to come.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It has its name only as common name, without subject alternative names.
    NoSan,
    /// It is a certificate authority's, not a server's.
    CaAsServer,
    /// It signs itself, though the client is told to expect the practice CA.
    SelfSigned,
    /// It is signed by an intermediate CA that the server does not send.
    NoIntermediate,
    /// It is an X.509 version 1 certificate.
    Version1,
}

impl Broken {
    /// Every kind, in the order of a list to choose from.
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

    /// What it is called on the command line.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongName => "wrong-name",
            Self::NoSan => "no-san",
            Self::CaAsServer => "ca-as-server",
            Self::SelfSigned => "self-signed",
            Self::NoIntermediate => "no-intermediate",
            Self::Version1 => "v1",
        }
    }

    /// What it is called in a list to choose from.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Expired => "Expired",
            Self::NotYetValid => "Not valid yet",
            Self::WrongName => "Wrong name",
            Self::NoSan => "No alternative names",
            Self::CaAsServer => "A CA's certificate",
            Self::SelfSigned => "Self-signed where a CA is expected",
            Self::NoIntermediate => "Chain without its intermediate",
            Self::Version1 => "X.509 version 1",
        }
    }

    /// One sentence on what it is and how clients take it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Expired => "Its last day was 30 days ago: every client that checks refuses it.",
            Self::NotYetValid => {
                "Its first day is 30 days from now: every client that checks refuses it, as it would where its own \
                 clock is slow."
            }
            Self::WrongName => {
                "It is for wrong-name.example and no other name: every client that checks the name refuses it."
            }
            Self::NoSan => {
                "It has its name only as common name: openssl, curl, Python and gnutls still look there for a name such \
                 as localhost but not for an address such as 127.0.0.1, and browsers and rustls for neither."
            }
            Self::CaAsServer => {
                "It is a certificate for signing others, not for serving: openssl, curl, Python, gnutls and rustls refuse \
                 it even where they trust it."
            }
            Self::SelfSigned => {
                "It is signed by itself, though ca.crt lies beside it: a client that trusts only ca.crt refuses it."
            }
            Self::NoIntermediate => {
                "It is signed by an intermediate CA that is not sent along: a client that knows only ca.crt refuses it, \
                 until intermediate.crt is put at the end of server.crt."
            }
            Self::Version1 => {
                "It is of X.509's first version, without any extension: openssl, curl, Python and gnutls take it for its \
                 common name but not for an address such as 127.0.0.1, and browsers and rustls refuse it."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_in_one_sentence_and_has_a_keyword_of_its_own() {
        for (index, kind) in Broken::ALL.into_iter().enumerate() {
            let sentence = kind.sentence();
            assert!(sentence.starts_with("It") && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains(". "), "more than one sentence: {sentence}");
            let keyword = kind.keyword();
            assert!(
                keyword.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{keyword}"
            );
            assert_eq!(
                Broken::ALL.iter().position(|other| other.keyword() == keyword),
                Some(index),
                "{keyword}"
            );
        }
    }
}
