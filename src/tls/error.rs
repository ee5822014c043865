//! Why certificate and key files can't serve TLS, in plain words with the remedy.

/// Why TLS can't be served with the files given.
#[derive(Debug, Clone, thiserror::Error)]
#[error("stub")]
pub struct TlsError;

impl TlsError {
    /// The library's own words.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        None
    }
}
