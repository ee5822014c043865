//! Settings that a lesson asks for: the names and values of the settings file, checked as the form checks them.

use crate::lessons::error::LessonError;
use crate::lessons::read::Keys;
use crate::settings::fields::{self, Field};
use crate::settings::{ClientAuth, Mode, Settings, TlsVersions, tls};
use crate::text::with_thousands;

/// One setting and the value that it is to have. Paths are not among them: a lesson comes from elsewhere, and no file
/// of this computer is its business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A field of the form and what is to stand in it.
    Typed(Field, String),
    /// How clients are served.
    Mode(Mode),
    /// TLS on or off.
    Tls(bool),
    /// The versions of TLS.
    TlsVersions(TlsVersions),
    /// Whether clients are asked for a certificate.
    ClientAuth(ClientAuth),
    /// Whether clients get tickets.
    Tickets(bool),
}

/// The fields that a lesson may set, by their names in the settings file.
const NUMBERS: [(&str, Field); 6] = [
    ("port", Field::Port),
    ("backlog", Field::Backlog),
    ("pool_size", Field::PoolSize),
    ("recv_size", Field::RecvSize),
    ("max_clients", Field::MaxClients),
    ("idle_timeout", Field::IdleTimeout),
];

/// Takes all settings out of a table.
pub(super) fn choices(keys: &mut Keys<'_, '_, '_>) -> Result<Vec<Choice>, LessonError> {
    let document = keys.document;
    let mut found = Vec::new();
    if let Some(value) = keys.take("host") {
        let text = document.text("host", value)?;
        let host = fields::host(text).map_err(|error| document.about(value, error.to_string()))?;
        found.push(Choice::Typed(Field::Host, host));
    }
    if let Some(value) = keys.take("mode") {
        found.push(Choice::Mode(document.one_of(
            "mode",
            value,
            &Mode::ALL.map(|mode| (mode.keyword(), mode)),
        )?));
    }
    for (name, field) in NUMBERS {
        if let Some(value) = keys.take(name) {
            let text = document.number(name, value)?.to_string();
            fields::number(field, &text).map_err(|error| document.about(value, error.to_string()))?;
            found.push(Choice::Typed(field, text));
        }
    }
    if let Some(value) = keys.take("tls") {
        found.push(Choice::Tls(document.truth("tls", value)?));
    }
    if let Some(value) = keys.take("tls_versions") {
        let words = TlsVersions::ALL.map(|versions| (versions.keyword(), versions));
        found.push(Choice::TlsVersions(document.one_of("tls_versions", value, &words)?));
    }
    if let Some(value) = keys.take("client_auth") {
        let words = ClientAuth::ALL.map(|auth| (auth.keyword(), auth));
        found.push(Choice::ClientAuth(document.one_of("client_auth", value, &words)?));
    }
    if let Some(value) = keys.take("alpn") {
        let names = document.list("alpn", value)?;
        let names = names.iter().map(|name| document.text("alpn", name)).collect::<Result<Vec<_>, _>>()?;
        let read = tls::alpn(&names.join(",")).map_err(|error| document.about(value, error.to_string()))?;
        found.push(Choice::Typed(Field::Alpn, read.join(",")));
    }
    if let Some(value) = keys.take("session_tickets") {
        found.push(Choice::Tickets(document.truth("session_tickets", value)?));
    }
    Ok(found)
}

impl Choice {
    /// Whether the settings have this value.
    #[must_use]
    pub fn holds(&self, settings: &Settings) -> bool {
        match self {
            Self::Mode(mode) => settings.mode == *mode,
            Self::Tls(on) => settings.tls == *on,
            Self::TlsVersions(versions) => settings.tls_versions == *versions,
            Self::ClientAuth(auth) => settings.client_auth == *auth,
            Self::Tickets(on) => settings.session_tickets == *on,
            Self::Typed(field, text) => match field {
                Field::Host => fields::host(text).is_ok_and(|host| host == settings.host),
                Field::Alpn => tls::alpn(text).is_ok_and(|alpn| alpn == settings.alpn),
                _ => number_of(settings, *field).is_some_and(|number| number.to_string() == *text),
            },
        }
    }

    /// The same setting with the value that it has in these settings.
    #[must_use]
    pub fn as_in(&self, settings: &Settings) -> Self {
        match self {
            Self::Mode(_) => Self::Mode(settings.mode),
            Self::Tls(_) => Self::Tls(settings.tls),
            Self::TlsVersions(_) => Self::TlsVersions(settings.tls_versions),
            Self::ClientAuth(_) => Self::ClientAuth(settings.client_auth),
            Self::Tickets(_) => Self::Tickets(settings.session_tickets),
            Self::Typed(field, _) => {
                let text = match field {
                    Field::Host => settings.host.clone(),
                    Field::Alpn => settings.alpn.join(","),
                    _ => number_of(settings, *field).map_or_else(String::new, |number| number.to_string()),
                };
                Self::Typed(*field, text)
            }
        }
    }

    /// Whether both are about one setting.
    #[must_use]
    pub fn is_about_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Typed(one, _), Self::Typed(other, _)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether it lets the system choose the port: the server then has another one than the form.
    #[must_use]
    pub fn is_free_port(&self) -> bool {
        *self == Self::Typed(Field::Port, "0".to_owned())
    }

    /// What is set, in a few words: `backlog 2`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Mode(Mode::One) => "one client at a time".to_owned(),
            Self::Mode(Mode::Threads) => "a thread for each client".to_owned(),
            Self::Mode(Mode::Pool) => "a pool of threads".to_owned(),
            Self::Tls(true) => "TLS on".to_owned(),
            Self::Tls(false) => "TLS off".to_owned(),
            Self::TlsVersions(versions) => versions.label().to_owned(),
            Self::ClientAuth(ClientAuth::None) => "no client certificates".to_owned(),
            Self::ClientAuth(ClientAuth::Optional) => "client certificates optional".to_owned(),
            Self::ClientAuth(ClientAuth::Required) => "client certificates required".to_owned(),
            Self::Tickets(true) => "session tickets on".to_owned(),
            Self::Tickets(false) => "session tickets off".to_owned(),
            Self::Typed(Field::IdleTimeout, text) if text == "0" => "no idle timeout".to_owned(),
            Self::Typed(Field::IdleTimeout, text) => format!("idle timeout {text} s"),
            Self::Typed(Field::Alpn, text) if text.is_empty() => "no ALPN".to_owned(),
            Self::Typed(field @ Field::Alpn, text) => format!("{} {text}", field.label()),
            Self::Typed(Field::Port, text) => format!("port {text}"),
            Self::Typed(field, text) => {
                let name = field.label().to_lowercase();
                let value = text.parse::<u64>().map_or_else(|_| text.clone(), with_thousands);
                format!("{name} {value}")
            }
        }
    }
}

fn number_of(settings: &Settings, field: Field) -> Option<u32> {
    Some(match field {
        Field::Port => settings.port.into(),
        Field::Backlog => settings.backlog.into(),
        Field::PoolSize => settings.pool_size.into(),
        Field::RecvSize => settings.recv_size,
        Field::MaxClients => settings.max_clients,
        Field::IdleTimeout => settings.idle_timeout,
        _ => return None,
    })
}
