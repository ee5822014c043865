//! Texts with `{values}` in them. A value that a peer chose is inserted last, so nothing in it is taken for a key.

/// Which side of a TLS connection a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Client,
    Server,
}

/// Replaces each `{key}` by its value. `{peer}` is `client` or `server`, `{Peer}` begins a sentence.
pub(super) fn fill(template: &str, peer: Peer, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, (key, after))) =
        rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
    {
        text.push_str(before);
        match (key, peer) {
            ("peer", Peer::Client) => text.push_str("client"),
            ("peer", Peer::Server) => text.push_str("server"),
            ("Peer", Peer::Client) => text.push_str("The client"),
            ("Peer", Peer::Server) => text.push_str("The server"),
            _ => text.push_str(&value(key).unwrap_or_else(|| format!("{{{key}}}"))),
        }
        rest = after;
    }
    text + rest
}
