//! What is typed in a client tab: each field follows the server until it is changed, and may be wrong meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::clients::field::{ClientField, Followed, MOST_TYPED, SendKind, TrustChoice};
use crate::app::clients::follow::ServerSide;
use crate::app::form::path;
use crate::client::config::{Config, Identity, Payload, TlsChoices, Trust};
use crate::client::typed::{self, LineEnding, TypedError};
use crate::settings::fields;
use crate::settings::{TlsVersions, tls};
use crate::text::with_thousands;

/// What stands in a client tab's fields.
#[derive(Debug, Clone)]
pub struct ClientForm {
    server: ServerSide,
    /// As typed. A field that follows the server stands here only once it was changed.
    texts: BTreeMap<ClientField, String>,
    /// What the server's values look like in the fields that follow it.
    followed: BTreeMap<ClientField, String>,
    tls: Option<bool>,
    versions: Option<TlsVersions>,
    trust: TrustChoice,
    kind: SendKind,
    escapes: bool,
    line_ending: LineEnding,
}

impl ClientForm {
    pub(super) fn new(server: ServerSide) -> Self {
        let texts = [(ClientField::Timeout, "5"), (ClientField::Times, "10"), (ClientField::Every, "1000")];
        let texts = texts.map(|(field, text)| (field, text.to_owned())).into();
        let mut form = Self {
            server: server.clone(),
            texts,
            followed: BTreeMap::new(),
            tls: None,
            versions: None,
            trust: TrustChoice::default(),
            kind: SendKind::default(),
            escapes: true,
            line_ending: LineEnding::default(),
        };
        form.follow(server);
        form
    }

    /// What stands in a field, right or wrong.
    #[must_use]
    pub fn text(&self, field: ClientField) -> &str {
        self.texts.get(&field).or_else(|| self.followed.get(&field)).map_or("", String::as_str)
    }

    /// What is wrong with a field, in one or two sentences. Only what is typed is looked at, not what it names.
    #[must_use]
    pub fn error(&self, field: ClientField) -> Option<String> {
        let text = self.text(field);
        match field {
            ClientField::Host => fields::host(text).err().map(|error| error.to_string()),
            // Nobody's mistake: the system is to choose the server's port.
            ClientField::Port if self.is_following(Followed::Port) => None,
            ClientField::Alpn => tls::alpn(text).err().map(|error| error.to_string()),
            ClientField::Text => self.typed_error().map(|error| error.to_string()),
            ClientField::Hex => typed::hex(text).err().map(|error| error.to_string()),
            _ => self.number(field).err(),
        }
    }

    /// Where in the text that is to be sent the mistake is.
    #[must_use]
    pub fn typed_error(&self) -> Option<TypedError> {
        match self.kind {
            SendKind::Text if self.escapes => typed::text(self.text(ClientField::Text)).err(),
            SendKind::Hex => typed::hex(self.text(ClientField::Hex)).err(),
            SendKind::Text | SendKind::File => None,
        }
    }

    /// Why the field takes no more of what is typed to be sent; `None`: it does.
    #[must_use]
    pub fn full(&self) -> Option<String> {
        let text = match self.kind {
            SendKind::Text => self.text(ClientField::Text),
            SendKind::Hex => self.text(ClientField::Hex),
            SendKind::File => return None,
        };
        (text.chars().count() >= MOST_TYPED).then(|| {
            let most = with_thousands(MOST_TYPED as u64);
            format!(
                "The field is full: it takes {most} characters and leaves out the rest. Send longer data as a file."
            )
        })
    }

    /// Whether this part follows the server's settings.
    #[must_use]
    pub fn is_following(&self, part: Followed) -> bool {
        match part {
            Followed::Host => !self.texts.contains_key(&ClientField::Host),
            Followed::Port => !self.texts.contains_key(&ClientField::Port),
            Followed::Alpn => !self.texts.contains_key(&ClientField::Alpn),
            Followed::Tls => self.tls.is_none(),
            Followed::Versions => self.versions.is_none(),
        }
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls.unwrap_or(self.server.tls)
    }

    /// The versions of TLS that are offered.
    #[must_use]
    pub fn versions(&self) -> TlsVersions {
        self.versions.unwrap_or(self.server.versions)
    }

    /// Whom it trusts.
    #[must_use]
    pub fn trust(&self) -> TrustChoice {
        self.trust
    }

    /// What kind of thing is sent.
    #[must_use]
    pub fn send_kind(&self) -> SendKind {
        self.kind
    }

    /// Whether backslashes in the text are escapes.
    #[must_use]
    pub fn escapes(&self) -> bool {
        self.escapes
    }

    /// What is added to the text.
    #[must_use]
    pub fn line_ending(&self) -> LineEnding {
        self.line_ending
    }

    /// What would be sent now.
    ///
    /// # Errors
    /// Why nothing can be sent: the text has a mistake, or there is none.
    pub fn payload(&self) -> Result<Payload, String> {
        match self.kind {
            SendKind::Text => {
                let text = self.text(ClientField::Text);
                let mut bytes = if self.escapes {
                    typed::text(text).map_err(|error| error.to_string())?
                } else {
                    text.as_bytes().to_vec()
                };
                bytes.extend_from_slice(self.line_ending.bytes());
                if bytes.is_empty() {
                    return Err(
                        "There is nothing to send. Type some text, or choose a line ending.".to_owned()
                    );
                }
                Ok(Payload::Bytes(bytes))
            }
            SendKind::Hex => {
                let bytes = typed::hex(self.text(ClientField::Hex)).map_err(|error| error.to_string())?;
                if bytes.is_empty() {
                    return Err("There is nothing to send. Type two digits for each byte.".to_owned());
                }
                Ok(Payload::Bytes(bytes))
            }
            SendKind::File => match path(self.text(ClientField::File)) {
                empty if empty.as_os_str().is_empty() => Err("Choose a file to send.".to_owned()),
                path => Ok(Payload::File(path)),
            },
        }
    }

    /// Why it can't connect as the form stands, and the field that this is about where it is one.
    #[must_use]
    pub fn blocked(&self) -> Option<(Option<ClientField>, String)> {
        let used = [ClientField::Host, ClientField::Port, ClientField::Timeout];
        let used_by_tls: &[_] = if self.tls() { &[ClientField::Alpn] } else { &[] };
        let wrong = used.iter().chain(used_by_tls).find_map(|field| Some((*field, self.error(*field)?)));
        if let Some((field, words)) = wrong {
            return Some((Some(field), words));
        }
        if self.is_following(Followed::Port) && self.server.port == 0 {
            let words = "The system chooses the server's port when it starts. Start the server first.";
            return Some((Some(ClientField::Port), words.to_owned()));
        }
        if !self.tls() {
            return None;
        }
        let empty = |field| self.text(field).trim().is_empty();
        if self.trust == TrustChoice::CaFile && empty(ClientField::CaFile) {
            return Some((Some(ClientField::CaFile), "Choose the CA file to trust.".to_owned()));
        }
        if self.trust == TrustChoice::ThisServer && self.server.certificate.as_os_str().is_empty() {
            let words =
                "This server has no certificate yet. Choose one on the left, or trust something else.";
            return Some((None, words.to_owned()));
        }
        match (empty(ClientField::Certificate), empty(ClientField::Key)) {
            (false, true) => {
                Some((Some(ClientField::Key), "The client certificate needs its key, too.".to_owned()))
            }
            (true, false) => Some((
                Some(ClientField::Certificate),
                "The client key needs its certificate, too.".to_owned(),
            )),
            _ => None,
        }
    }

    /// What a connection is made with now; `None` while [`ClientForm::blocked`] says why not.
    #[must_use]
    pub fn config(&self) -> Option<Config> {
        if self.blocked().is_some() {
            return None;
        }
        let port = if self.is_following(Followed::Port) {
            self.server.port
        } else {
            u16::try_from(self.number(ClientField::Port).ok()?).ok()?
        };
        Some(Config {
            host: fields::host(self.text(ClientField::Host)).ok()?,
            port,
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
            alpn: tls::alpn(self.text(ClientField::Alpn)).ok()?,
        })
    }

    /// How often, and how long from one to the next.
    ///
    /// # Errors
    /// One of the two fields is wrong.
    pub fn repetition(&self) -> Result<(u32, Duration), String> {
        let every = self.number(ClientField::Every)?;
        Ok((self.number(ClientField::Times)?, Duration::from_millis(every.into())))
    }

    fn number(&self, field: ClientField) -> Result<u32, String> {
        let Some((least, most)) = field.range() else { return Ok(0) };
        let text = self.text(field).trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_number && (least..=most).contains(number));
        number.ok_or_else(|| {
            let label = field.label();
            format!(
                "{label} must be a whole number from {} to {}.",
                with_thousands(least),
                with_thousands(most)
            )
        })
    }

    /// The server's settings may have changed. Whether they have.
    pub(super) fn follow(&mut self, server: ServerSide) -> bool {
        let changed = server != self.server || self.followed.is_empty();
        if changed {
            let port = if server.port == 0 { String::new() } else { server.port.to_string() };
            self.followed = [
                (ClientField::Host, server.host.clone()),
                (ClientField::Port, port),
                (ClientField::Alpn, server.alpn.join(",")),
            ]
            .into();
            self.server = server;
        }
        changed
    }

    pub(super) fn follow_again(&mut self, part: Option<Followed>) {
        for part in Followed::ALL.into_iter().filter(|known| part.is_none_or(|part| part == *known)) {
            match part {
                Followed::Tls => self.tls = None,
                Followed::Versions => self.versions = None,
                part => self.texts.retain(|field, _| field.follows() != Some(part)),
            }
        }
    }

    pub(super) fn edit(&mut self, field: ClientField, mut text: String) {
        if matches!(field, ClientField::Text | ClientField::Hex)
            && let Some((end, _)) = text.char_indices().nth(MOST_TYPED)
        {
            text.truncate(end);
        }
        self.texts.insert(field, text);
    }

    pub(super) fn set_tls(&mut self, tls: bool) {
        self.tls = Some(tls);
    }

    pub(super) fn set_versions(&mut self, versions: TlsVersions) {
        self.versions = Some(versions);
    }

    pub(super) fn set_trust(&mut self, trust: TrustChoice) {
        self.trust = trust;
    }

    pub(super) fn set_send_kind(&mut self, kind: SendKind) {
        self.kind = kind;
    }

    pub(super) fn set_escapes(&mut self, on: bool) {
        self.escapes = on;
    }

    pub(super) fn set_line_ending(&mut self, ending: LineEnding) {
        self.line_ending = ending;
    }

    /// A new tab begins with the choices of the one that it is made beside.
    pub(super) fn for_another(&self) -> Self {
        self.clone()
    }
}
