//! The form of a client tab: its fields and choices. Those that are about the server follow the running server, or the
//! window's form if none is running, until they are edited.

use crate::app::clients::client_command::{ClientField, Followed, SendKind, TabCommand, TrustChoice};
use crate::client::input::{self, InputError, LineEnding};
use crate::client::{ConnectionConfig, Payload};
use crate::settings::parse::{self, path, reachable_host};
use crate::settings::{Settings, TlsVersions};
use crate::text::with_thousands;
use crate::tls::options::{Identity, TlsChoices, Trust};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The most characters of text or digits to send: they are parsed each time they are shown. Longer data can be sent as
/// a file.
pub const MAX_INPUT: usize = 32_768;

/// The values of a client tab's fields and choices.
#[derive(Debug, Clone)]
pub struct ClientForm {
    pub(super) server: ServerEndpoint,
    /// The texts of the fields as typed. A field that can follow the server has an entry only after it was edited.
    texts: BTreeMap<ClientField, String>,
    /// Whether to use TLS; `None`: as the server does.
    own_tls: Option<bool>,
    /// The TLS versions; `None`: the server's.
    own_versions: Option<TlsVersions>,
    /// Which certificates are trusted.
    pub trust: TrustChoice,
    /// The kind of data to send.
    pub send_kind: SendKind,
    /// Whether backslashes in the text are escapes.
    pub escapes: bool,
    /// The line ending appended to the text.
    pub line_ending: LineEnding,
}

/// The part of a form that lessons let the user change.
#[derive(Debug, Clone)]
pub(in crate::app) struct ClientTls {
    own_tls: Option<bool>,
    trust: TrustChoice,
    server_name: Option<String>,
}

impl ClientForm {
    pub(super) fn new(server: ServerEndpoint) -> Self {
        let texts = [(ClientField::Timeout, "5"), (ClientField::Times, "10"), (ClientField::Every, "1000")];
        Self {
            server,
            texts: texts.map(|(field, text)| (field, text.to_owned())).into(),
            own_tls: None,
            own_versions: None,
            trust: TrustChoice::default(),
            send_kind: SendKind::default(),
            escapes: true,
            line_ending: LineEnding::default(),
        }
    }

    /// Returns the text of a field, valid or not.
    #[must_use]
    pub fn text(&self, field: ClientField) -> &str {
        match (self.texts.get(&field), field) {
            (Some(text), _) => text,
            (None, ClientField::Host) => &self.server.host,
            (None, ClientField::Port) => &self.server.port,
            (None, ClientField::Alpn) => &self.server.alpn,
            _ => "",
        }
    }

    /// Returns why the text of a field is invalid, in one or two sentences. For the data to send, see
    /// [`ClientForm::input_error`]. Files are not read.
    #[must_use]
    pub fn error(&self, field: ClientField) -> Option<String> {
        let text = self.text(field);
        match field {
            ClientField::Host => parse::host(text).err().map(|error| error.to_string()),
            // An empty port is valid: the OS will choose the server's port.
            ClientField::Port if self.is_following(Followed::Port) => None,
            ClientField::Alpn => parse::alpn(text).err().map(|error| error.to_string()),
            _ => self.number(field).err(),
        }
    }

    /// Returns the first mistake in the text or digits to send.
    #[must_use]
    pub fn input_error(&self) -> Option<InputError> {
        self.input().err()
    }

    /// Returns the bytes that the text or the digits to send stand for.
    fn input(&self) -> Result<Vec<u8>, InputError> {
        let text = self.text(self.send_kind.field());
        match self.send_kind {
            SendKind::Text if self.escapes => input::parse_text(text),
            SendKind::Hex => input::parse_hex(text),
            SendKind::Text | SendKind::File => Ok(text.as_bytes().to_vec()),
        }
    }

    /// Returns a message if the field for the text or digits to send is full, otherwise `None`.
    #[must_use]
    pub fn full(&self) -> Option<String> {
        let is_full = self.send_kind != SendKind::File
            && self.text(self.send_kind.field()).chars().count() >= MAX_INPUT;
        is_full.then(|| {
            let max = with_thousands(MAX_INPUT as u64);
            format!(
                "The field is full: characters after the first {max} are dropped. Send longer data as a file."
            )
        })
    }

    /// Returns whether this part follows the server's settings.
    #[must_use]
    pub fn is_following(&self, part: Followed) -> bool {
        match (part, part.field()) {
            (_, Some(field)) => !self.texts.contains_key(&field),
            (Followed::Tls, None) => self.own_tls.is_none(),
            (_, None) => self.own_versions.is_none(),
        }
    }

    /// Returns whether TLS is used.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.own_tls.unwrap_or(self.server.tls)
    }

    /// Returns the TLS versions that are offered.
    #[must_use]
    pub fn versions(&self) -> TlsVersions {
        self.own_versions.unwrap_or(self.server.versions)
    }

    /// Returns what would be sent now.
    ///
    /// # Errors
    /// The text is invalid, or there is nothing to send.
    pub fn payload(&self) -> Result<Payload, String> {
        let path = path(self.text(ClientField::File));
        let input = self.input().map_err(|error| error.to_string())?;
        match self.send_kind {
            SendKind::File if path.as_os_str().is_empty() => Err("Choose a file to send.".to_owned()),
            SendKind::File => Ok(Payload::File(path)),
            SendKind::Hex if input.is_empty() => {
                Err("There is nothing to send. Type two digits for each byte.".to_owned())
            }
            SendKind::Hex => Ok(Payload::Bytes(input)),
            SendKind::Text if input.is_empty() && self.line_ending == LineEnding::None => {
                Err("There is nothing to send. Type some text, or choose a line ending.".to_owned())
            }
            SendKind::Text => Ok(Payload::Bytes([&input, self.line_ending.bytes()].concat())),
        }
    }

    /// Returns why the form can't connect, and the field that the reason is about, if any.
    #[must_use]
    pub fn blocked(&self) -> Option<(Option<ClientField>, String)> {
        let blocked = |field, reason: &str| Some((field, reason.to_owned()));
        let used: &[_] = &[ClientField::Host, ClientField::Port, ClientField::Timeout, ClientField::Alpn];
        let used = if self.tls() { used } else { &used[..3] };
        if let Some((field, reason)) = used.iter().find_map(|field| Some((*field, self.error(*field)?))) {
            return Some((Some(field), reason));
        }
        if self.text(ClientField::Port).is_empty() {
            let reason = "The OS chooses the server's port when it starts. Start the server first.";
            return blocked(Some(ClientField::Port), reason);
        }
        if !self.tls() {
            return None;
        }
        let is_empty = |field| self.text(field).trim().is_empty();
        if self.trust == TrustChoice::CaFile && is_empty(ClientField::CaFile) {
            return blocked(Some(ClientField::CaFile), "Choose the CA file to trust.");
        }
        if self.trust == TrustChoice::ThisServer && self.server.certificate.as_os_str().is_empty() {
            let reason =
                "This server has no certificate yet. Choose one on the left, or trust something else.";
            return blocked(None, reason);
        }
        match (is_empty(ClientField::Certificate), is_empty(ClientField::Key)) {
            (false, true) => {
                blocked(Some(ClientField::Key), "Choose the key of the client certificate, too.")
            }
            (true, false) => {
                blocked(Some(ClientField::Certificate), "Choose the certificate of the client key, too.")
            }
            _ => None,
        }
    }

    /// Returns the settings of a new connection; `None` while [`ClientForm::blocked`] has a reason.
    #[must_use]
    pub fn config(&self) -> Option<ConnectionConfig> {
        if self.blocked().is_some() {
            return None;
        }
        Some(ConnectionConfig {
            host: parse::host(self.text(ClientField::Host)).ok()?,
            port: u16::try_from(self.number(ClientField::Port).ok()?).ok()?,
            connect_timeout: Duration::from_secs(self.number(ClientField::Timeout).ok()?.into()),
            tls: if self.tls() { Some(self.tls_choices()?) } else { None },
        })
    }

    fn tls_choices(&self) -> Option<TlsChoices> {
        let file = |field| path(self.text(field));
        let certificate = file(ClientField::Certificate);
        Some(TlsChoices {
            trust: match self.trust {
                TrustChoice::ThisServer => Trust::ThisServer(self.server.certificate.clone()),
                TrustChoice::CaFile => Trust::CaFile(file(ClientField::CaFile)),
                TrustChoice::System => Trust::System,
                TrustChoice::Nothing => Trust::Nothing,
            },
            name: self.text(ClientField::ServerName).trim().to_owned(),
            versions: self.versions(),
            identity: (!certificate.as_os_str().is_empty())
                .then(|| Identity { certificate, key: file(ClientField::Key) }),
            alpn: parse::alpn(self.text(ClientField::Alpn)).ok()?,
        })
    }

    /// Returns how often to repeat, and the time from one repetition to the next.
    ///
    /// # Errors
    /// One of the two fields is invalid.
    pub fn repetition(&self) -> Result<(u32, Duration), String> {
        let every = self.number(ClientField::Every)?;
        Ok((self.number(ClientField::Times)?, Duration::from_millis(every.into())))
    }

    fn number(&self, field: ClientField) -> Result<u32, String> {
        let Some((name, range)) = field.number() else { return Ok(0) };
        parse::number(name, range, self.text(field)).map_err(|error| error.to_string())
    }

    pub(super) fn tls_part(&self) -> ClientTls {
        let server_name = self.texts.get(&ClientField::ServerName).cloned();
        ClientTls { own_tls: self.own_tls, trust: self.trust, server_name }
    }

    pub(super) fn restore_tls_part(&mut self, part: ClientTls) {
        (self.own_tls, self.trust) = (part.own_tls, part.trust);
        match part.server_name {
            Some(name) => drop(self.texts.insert(ClientField::ServerName, name)),
            None => drop(self.texts.remove(&ClientField::ServerName)),
        }
    }

    /// Carries out a command that changes a field or a choice.
    pub(super) fn apply(&mut self, command: TabCommand) {
        match command {
            TabCommand::Edit(field, mut text) => {
                if matches!(field, ClientField::Text | ClientField::Hex)
                    && let Some((end, _)) = text.char_indices().nth(MAX_INPUT)
                {
                    text.truncate(end);
                }
                self.texts.insert(field, text);
            }
            TabCommand::SetTls(on) => self.own_tls = Some(on),
            TabCommand::SetTrust(trust) => self.trust = trust,
            TabCommand::SetVersions(versions) => self.own_versions = Some(versions),
            TabCommand::SetSendKind(kind) => self.send_kind = kind,
            TabCommand::SetEscapes(on) => self.escapes = on,
            TabCommand::SetLineEnding(ending) => self.line_ending = ending,
            TabCommand::FollowServer(part) => match (part, part.field()) {
                (_, Some(field)) => drop(self.texts.remove(&field)),
                (Followed::Tls, None) => self.own_tls = None,
                (_, None) => self.own_versions = None,
            },
            TabCommand::Remove
            | TabCommand::Connect
            | TabCommand::Cancel
            | TabCommand::Send
            | TabCommand::SendFile(_)
            | TabCommand::Repeat
            | TabCommand::StopSending
            | TabCommand::Close(_)
            | TabCommand::ClearTranscript => {}
        }
    }
}

/// The server's address and TLS settings, as the fields of a client show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct ServerEndpoint {
    /// The host at which this computer reaches the server; never an unspecified address.
    pub(super) host: String,
    /// The port; empty until the OS has chosen one.
    pub(super) port: String,
    pub(super) tls: bool,
    pub(super) certificate: PathBuf,
    pub(super) versions: TlsVersions,
    /// The ALPN protocols, separated by commas.
    pub(super) alpn: String,
}

impl ServerEndpoint {
    /// Returns the endpoint of a server with these settings.
    pub(in crate::app) fn new(settings: &Settings) -> Self {
        Self {
            host: reachable_host(&settings.host),
            port: if settings.port == 0 { String::new() } else { settings.port.to_string() },
            tls: settings.tls,
            certificate: settings.certificate.clone(),
            versions: settings.tls_versions,
            alpn: settings.alpn.join(","),
        }
    }
}
