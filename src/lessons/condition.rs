//! The conditions that complete a step of a lesson, about the state of the app and about events, and how they are read
//! from a lesson file.

use std::fmt;
use std::num::NonZeroU64;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use crate::check::{self, Report};
use crate::lessons::setting_override::SettingOverrides;
use crate::server::calls::Call;
use crate::server::event::CloseReason;
use crate::tls::names;

/// The conditions that complete a step, combined by *all* and *any*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// This condition must be met.
    One(Condition),
    /// All of these goals must be reached. Never empty.
    All(Vec<Goal>),
    /// Any one of these goals is enough. Never empty.
    Any(Vec<Goal>),
}

/// Something that a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The app is in this state.
    Is(StateCondition),
    /// Something has happened often enough.
    Seen {
        /// The events that count.
        pattern: EventPattern,
        /// How many events are needed, or for [`EventPattern::Received`] with `bytes`, how many bytes.
        at_least: u64,
    },
}

/// A state of the app. The variants without fields have braces because serde would accept unknown keys otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum StateCondition {
    /// The server is listening and was started with these settings.
    Listening(SettingOverrides),
    /// No server is running.
    Stopped {},
    /// The form contains these settings.
    Settings(#[serde(deserialize_with = "at_least_one")] SettingOverrides),
    /// Clients are connected.
    Connected {
        /// The minimum number of clients; 1 if neither key is given.
        at_least: Option<NonZeroU64>,
        /// The maximum number of clients.
        at_most: Option<u64>,
    },
    /// Clients wait in the accept queue.
    Waiting {
        /// The minimum number of clients; 1 if neither key is given.
        at_least: Option<NonZeroU64>,
    },
    /// A certificate that is valid today and a matching key are chosen.
    Certificate {},
    /// Clients of the Client tab sent a SYN and have no answer yet.
    Connecting {
        /// The minimum number of clients; 1 if the key isn't given.
        at_least: Option<NonZeroU64>,
    },
    /// *As an eavesdropper* is on in the Wire tab.
    Eavesdropping {},
    /// Accepting is paused.
    Paused {},
    /// Step mode is on.
    Stepping {},
    /// A thread is paused before this call, or before any call if `None`. The name isn't `Paused`, since lesson files
    /// use that for accepting.
    Halted {
        /// The call, or `None` for any.
        before: Option<Call>,
    },
}

/// The events that count. The variants without fields have braces because serde would accept unknown keys otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case", deny_unknown_fields)]
pub enum EventPattern {
    /// The server started to listen.
    Started {},
    /// The server stopped.
    Stopped {},
    /// A client was accepted.
    Accepted {},
    /// `recv` returned matching data.
    Received(ReceivedPattern),
    /// The bytes of one client, over all calls of `recv`, contain a text. Counts once for each connection.
    Stream {
        /// The text.
        contains: Bytes,
    },
    /// A client of the Client tab sent data that contains a text, or any data if `None`.
    Sent {
        /// The text.
        contains: Option<Bytes>,
    },
    /// A client of the Client tab received what it had sent, byte for byte.
    Echo {},
    /// A client of the Client tab could not connect, since every address refused it.
    Refused {},
    /// A client of the Client tab half-closed its connection and still receives.
    HalfClosed {},
    /// A connection was closed for one of these reasons, or for any reason if the list is empty.
    Closed {
        /// The reasons.
        #[serde(default, deserialize_with = "one_or_more")]
        reason: Vec<CloseReason>,
    },
    /// A TLS handshake was completed.
    Handshake {
        /// The required version; any if `None`.
        version: Option<HandshakeVersion>,
        /// Whether an earlier session must have been resumed; either if `None`.
        resumed: Option<bool>,
    },
    /// TLS failed with one of these alerts from the client, or for any reason if the list is empty.
    TlsFailed {
        /// The alerts.
        #[serde(default, deserialize_with = "one_or_more")]
        alert: Vec<AlertName>,
    },
    /// A client sent something else to a TLS server.
    NotTls {},
    /// A client used TLS although it was off.
    TlsOnPlain {},
    /// A certificate was created in the window and put into the form.
    CertificateCreated {},
    /// A tab or a dialog was opened.
    Opened {
        /// The tab or the dialog.
        place: LessonPlace,
    },
    /// A row was selected whose text contains this text, or any row if `None`.
    Selected {
        /// The tab with the row.
        place: RowPlace,
        /// The text.
        contains: Option<Bytes>,
    },
    /// The question of the step was answered, right or wrong.
    Answered {},
    /// The Python program was saved to a file.
    ProgramSaved {},
    /// A server was checked to the end.
    Checked(CheckedPattern),
}

/// The report that a check must have. All given keys must match.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedPattern {
    /// Whether all required checks must have passed.
    pub passed: Option<bool>,
    /// The check that must be the first that failed.
    pub fails: Option<CheckName>,
    /// Whether the checks must have started a program.
    pub program: Option<bool>,
}

impl CheckedPattern {
    /// Returns whether a report matches.
    #[must_use]
    pub fn matches(&self, report: &Report) -> bool {
        let first = report.first_failed().map(|result| result.check.name);
        let has_program = !report.options.command.is_empty();
        !report.is_canceled
            && self.passed.is_none_or(|passed| passed == report.is_passed())
            && self.fails.as_ref().is_none_or(|name| first == Some(&name.0))
            && self.program.is_none_or(|program| program == has_program)
    }
}

/// A check, which a lesson file gives by its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CheckName(pub String);

impl TryFrom<String> for CheckName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if check::find(&name).is_some() {
            return Ok(Self(name));
        }
        Err(format!(
            "unknown check `{name}`, expected a name from the guide “Check a server”, such as half-close"
        ))
    }
}

/// A tab with rows that can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowPlace {
    /// The tab with the event log.
    Log,
    /// The tab with a connection's sequence diagram.
    Wire,
}

impl RowPlace {
    /// Returns the name of the place in the window.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Log => LessonPlace::Log.label(),
            Self::Wire => LessonPlace::Wire.label(),
        }
    }
}

/// A tab, a dialog or a field of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonPlace {
    /// The tab with the picture of the server and the list of connections.
    Live,
    /// The tab with the event log.
    Log,
    /// The tab with the built-in clients.
    Client,
    /// The field in the Client tab for the name that a client asks for.
    ServerName,
    /// The tab with the Python program.
    Code,
    /// The tab with a connection's sequence diagram.
    Wire,
    /// The dialog *Create certificate…*.
    CreateCertificate,
    /// The dialog *Details…* of the certificate.
    CertificateDetails,
    /// The dialog *Options…* of TLS.
    TlsOptions,
    /// The dialog *Check a server…*.
    CheckServer,
}

impl LessonPlace {
    /// Returns the name of the place in the window.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "the Live tab",
            Self::Log => "the Log tab",
            Self::Client => "the Client tab",
            Self::ServerName => "the server name in the Client tab",
            Self::Code => "the Code tab",
            Self::Wire => "the Wire tab",
            Self::CreateCertificate => "Create certificate…",
            Self::CertificateDetails => "Details… of the certificate",
            Self::TlsOptions => "Options… of TLS",
            Self::CheckServer => "Check a server…",
        }
    }
}

/// The data that a call of `recv` must have returned. All given keys must match.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedPattern {
    /// The whole data, as text.
    pub equals: Option<Bytes>,
    /// The whole data, as bytes.
    #[serde(default, deserialize_with = "hex")]
    pub hex: Option<Bytes>,
    /// A text that the data contains.
    pub contains: Option<Bytes>,
    /// The length of the data in bytes.
    pub length: Option<NonZeroU64>,
    /// Counts bytes instead of calls, up to this number.
    pub bytes: Option<NonZeroU64>,
}

impl ReceivedPattern {
    /// Returns whether the data matches.
    #[must_use]
    pub fn matches(&self, data: &[u8]) -> bool {
        self.equals.as_ref().is_none_or(|equals| equals.0 == data)
            && self.hex.as_ref().is_none_or(|hex| hex.0 == data)
            && self.contains.as_ref().is_none_or(|part| contains(data, &part.0))
            && self.length.is_none_or(|length| length.get() == data.len() as u64)
    }
}

/// Returns whether `part`, which isn't empty, occurs in `data`.
pub(super) fn contains(data: &[u8], part: &[u8]) -> bool {
    data.windows(part.len()).any(|window| window == part)
}

/// One or more bytes, which a lesson file contains as text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Err("the text is empty: give at least one character");
        }
        Ok(Self(text.into_bytes()))
    }
}

/// Reads one or more bytes, which a lesson file contains as hexadecimal digits.
fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
    let digits: Vec<char> =
        String::deserialize(deserializer)?.split_whitespace().flat_map(str::chars).collect();
    let byte = |pair: &[char]| {
        let [high, low] = pair else { return None };
        u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()
    };
    let bytes = digits.chunks(2).map(byte).collect::<Option<Vec<_>>>().filter(|bytes| !bytes.is_empty());
    let error = "hex takes two hexadecimal digits for each byte, such as \"00 ff\"";
    bytes.map(|bytes| Some(Bytes(bytes))).ok_or_else(|| D::Error::custom(error))
}

/// The TLS version that a handshake agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum HandshakeVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

impl HandshakeVersion {
    /// Returns the name of the version: `TLS 1.3`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

/// The name of a TLS alert (RFC 8446, section 6.2; older ones in RFC 5246, section 7.2): `unknown_ca`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AlertName(pub String);

impl TryFrom<String> for AlertName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if (0..=u8::MAX).any(|code| names::alert(code) == name) {
            return Ok(Self(name));
        }
        Err(format!("unknown alert `{name}`, expected a name from RFC 8446, section 6.2, such as unknown_ca"))
    }
}

impl Goal {
    /// Returns all conditions in the order of the lesson file.
    #[must_use]
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::One(condition) => vec![condition],
            Self::All(goals) | Self::Any(goals) => goals.iter().flat_map(Self::conditions).collect(),
        }
    }

    /// Returns for each of [`Goal::conditions`] whether it must be met to reach the goal. Conditions inside an `Any`
    /// are not required.
    #[must_use]
    pub fn required(&self) -> Vec<bool> {
        match self {
            Self::One(_) => vec![true],
            Self::All(goals) => goals.iter().flat_map(Self::required).collect(),
            Self::Any(_) => vec![false; self.conditions().len()],
        }
    }

    /// Returns whether the goal is reached; `met` yields for each of [`Goal::conditions`] whether it is met.
    pub fn is_reached(&self, met: &mut impl Iterator<Item = bool>) -> bool {
        match self {
            Self::One(_) => met.next().unwrap_or(false),
            // `reached` evaluates all goals, even after the result is clear, since each condition must take its item of
            // `met`.
            Self::All(goals) => !reached(goals, met).contains(&false),
            Self::Any(goals) => reached(goals, met).contains(&true),
        }
    }
}

fn reached(goals: &[Goal], met: &mut impl Iterator<Item = bool>) -> Vec<bool> {
    goals.iter().map(|goal| goal.is_reached(met)).collect()
}

impl<'de> Deserialize<'de> for Goal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GoalVisitor)
    }
}

/// Reads `{ all = […] }`, `{ any = […] }` or a condition.
struct GoalVisitor;

impl<'de> Visitor<'de> for GoalVisitor {
    type Value = Goal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: keys and values in braces, { … }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Goal, A::Error> {
        let mut goals = None;
        let mut condition = Table::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "all" => goals = Some(Goal::All(map.next_value()?)),
                "any" => goals = Some(Goal::Any(map.next_value()?)),
                _ => drop(condition.insert(key, map.next_value()?)),
            }
        }
        match goals {
            None => Condition::parse(condition).map(Goal::One).map_err(A::Error::custom),
            Some(_) if !condition.is_empty() => {
                Err(A::Error::custom("all or any takes no other keys: move them into its list of conditions"))
            }
            Some(Goal::All(list) | Goal::Any(list)) if list.is_empty() => {
                Err(A::Error::custom("the list is empty: add conditions to it"))
            }
            Some(goal) => Ok(goal),
        }
    }
}

impl Condition {
    fn parse(mut fields: Table) -> Result<Self, String> {
        match (fields.contains_key("is"), fields.contains_key("seen")) {
            (true, false) => return read(Value::Table(fields)).map(Self::Is),
            (false, true) => {}
            _ => {
                let advice = "expected either a state (is = \"listening\") or an event (seen = \"received\"); use all = […] \
                              or any = […] for several conditions";
                return Err(advice.to_owned());
            }
        }
        let at_least: Option<NonZeroU64> = fields.remove("at_least").map(read).transpose()?;
        let pattern = read(Value::Table(fields))?;
        let bytes = match &pattern {
            EventPattern::Received(received) => received.bytes,
            _ => None,
        };
        if bytes.is_some() && at_least.is_some() {
            return Err("give bytes or at_least, not both".to_owned());
        }
        Ok(Self::Seen { pattern, at_least: bytes.or(at_least).map_or(1, NonZeroU64::get) })
    }
}

fn read<'de, T: Deserialize<'de>>(value: Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.message().to_owned())
}

/// Reads at least one setting.
fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SettingOverrides, D::Error> {
    let overrides = SettingOverrides::deserialize(deserializer)?;
    if overrides.0.is_empty() {
        return Err(D::Error::custom("add a setting, for example { is = \"settings\", tls = true }"));
    }
    Ok(overrides)
}

/// Reads one keyword, or a list of at least one.
pub(super) fn one_or_more<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let keywords = match Value::deserialize(deserializer)? {
        Value::Array(keywords) if keywords.is_empty() => return Err(D::Error::custom("the list is empty")),
        Value::Array(keywords) => keywords,
        keyword => vec![keyword],
    };
    keywords.into_iter().map(read).collect::<Result<_, _>>().map_err(D::Error::custom)
}
