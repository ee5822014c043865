//! Texts with `{values}` in them. Each value is inserted once: nothing in it is taken for a key.

/// Which side of a TLS connection a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Client,
    Server,
}

impl Peer {
    /// Fills in a text about this peer: `{peer}` is `client` or `server`, and `{Peer}` begins a sentence.
    pub(super) fn fill(self, template: &str, value: impl Fn(&str) -> Option<String>) -> String {
        fill(template, |key| {
            let text = match (key, self) {
                ("peer", Self::Client) => "client",
                ("peer", Self::Server) => "server",
                ("Peer", Self::Client) => "The client",
                ("Peer", Self::Server) => "The server",
                _ => return value(key),
            };
            Some(text.to_owned())
        })
    }
}

/// Replaces each `{key}` by its value.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, (key, after))) =
        rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
    {
        text.push_str(before);
        text.push_str(&value(key).unwrap_or_else(|| format!("{{{key}}}")));
        rest = after;
    }
    text + rest
}
