//! Reads when a step is done: conditions, and which of them are needed.

use crate::lessons::condition::{ALERTS, Condition, Data, Goal, Is, Reason, Seen, Since};
use crate::lessons::error::LessonError;
use crate::lessons::read::{Document, Keys, Value};
use crate::lessons::setting_override::overrides;
use crate::lessons::step::place;
use crate::server::calls::Call;

/// More conditions than this in one step can't be followed on the screen.
const MOST_CONDITIONS: usize = 12;

const CALLS: [(&str, Call); 8] = [
    ("socket", Call::Socket),
    ("bind", Call::Bind),
    ("listen", Call::Listen),
    ("accept", Call::Accept),
    ("handshake", Call::Handshake),
    ("recv", Call::Recv),
    ("sendall", Call::SendAll),
    ("close", Call::Close),
];

/// Which kind of thing is seen, before its own keys are read.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Started,
    Stopped,
    Accepted,
    Received,
    Stream,
    Echo,
    HalfClosed,
    Closed,
    Handshake,
    TlsFailed,
    NotTls,
    TlsOnPlain,
    CertificateCreated,
    Opened,
}

const KINDS: [(&str, Kind); 14] = [
    ("started", Kind::Started),
    ("stopped", Kind::Stopped),
    ("accepted", Kind::Accepted),
    ("received", Kind::Received),
    ("stream", Kind::Stream),
    ("echo", Kind::Echo),
    ("half_closed", Kind::HalfClosed),
    ("closed", Kind::Closed),
    ("handshake", Kind::Handshake),
    ("tls_failed", Kind::TlsFailed),
    ("not_tls", Kind::NotTls),
    ("tls_on_plain", Kind::TlsOnPlain),
    ("certificate_created", Kind::CertificateCreated),
    ("opened", Kind::Opened),
];

/// Reads the value of `done`; what it waits for goes into `found`.
pub(super) fn goal(
    document: Document<'_>,
    value: &Value<'_>,
    found: &mut Vec<Condition>,
) -> Result<Goal, LessonError> {
    let mut keys = Keys::of_value(document, value, "a condition")?;
    for (key, together) in [("all", Goal::All as fn(Vec<Goal>) -> Goal), ("any", Goal::Any)] {
        let Some(list) = keys.take(key) else { continue };
        let goals = document.list(key, list)?;
        if goals.is_empty() {
            return Err(document.about(list, format!("The list of {key} is empty: put conditions in it.")));
        }
        let goals = goals.iter().map(|value| goal(document, value, found)).collect::<Result<_, _>>()?;
        keys.finish()?;
        return Ok(together(goals));
    }
    if found.len() == MOST_CONDITIONS {
        let words = format!("A step has at most {MOST_CONDITIONS} conditions. Make two steps of it.");
        return Err(document.about(value, words));
    }
    let condition = condition(document, &mut keys)?;
    keys.finish()?;
    found.push(condition);
    Ok(Goal::One(found.len() - 1))
}

fn condition(document: Document<'_>, keys: &mut Keys<'_, '_, '_>) -> Result<Condition, LessonError> {
    match (keys.take("is"), keys.take("seen")) {
        (Some(is), None) => Ok(Condition::Is(state(document, keys, is)?)),
        (None, Some(what)) => seen(document, keys, what),
        (Some(_), Some(second)) => {
            Err(document.about(second, "A condition has is or seen, not both. Write two, within all = […]."))
        }
        (None, None) => Err(keys.error(
            "A condition says what is so (is = \"listening\") or what was seen (seen = \"received\"); several \
             stand within all = […] or any = […].",
        )),
    }
}

fn state(document: Document<'_>, keys: &mut Keys<'_, '_, '_>, value: &Value<'_>) -> Result<Is, LessonError> {
    let words = [
        "listening",
        "stopped",
        "settings",
        "connected",
        "waiting",
        "certificate",
        "paused",
        "stepping",
        "halted",
    ];
    Ok(match document.one_of("is", value, &words.map(|word| (word, word)))? {
        "listening" => Is::Listening(overrides(keys)?),
        "stopped" => Is::Stopped,
        "settings" => match overrides(keys)? {
            none if none.is_empty() => {
                return Err(keys.error("Say which settings, for example { is = \"settings\", tls = true }."));
            }
            some => Is::Settings(some),
        },
        "connected" => {
            let at_most = keys.take("at_most").map(|value| document.number("at_most", value)).transpose()?;
            let at_least = at_least(document, keys, u64::from(at_most.is_none()))?;
            Is::Connected { at_least, at_most }
        }
        "waiting" => Is::Waiting(at_least(document, keys, 1)?),
        "certificate" => Is::Certificate,
        "paused" => Is::Paused,
        "stepping" => Is::Stepping,
        _ => {
            Is::Halted(keys.take("before").map(|value| document.one_of("before", value, &CALLS)).transpose()?)
        }
    })
}

fn seen(
    document: Document<'_>,
    keys: &mut Keys<'_, '_, '_>,
    value: &Value<'_>,
) -> Result<Condition, LessonError> {
    let kind = document.one_of("seen", value, &KINDS)?;
    let mut times = at_least(document, keys, 1)?;
    let since = match keys.take("since") {
        None => Since::Step,
        Some(value) => {
            document.one_of("since", value, &[("step", Since::Step), ("lesson", Since::Lesson)])?
        }
    };
    let what = match kind {
        Kind::Started => Seen::Started,
        Kind::Stopped => Seen::Stopped,
        Kind::Accepted => Seen::Accepted,
        Kind::Received => {
            let data = data(document, keys)?;
            match keys.take("bytes") {
                None => Seen::Received(data),
                Some(value) => {
                    if keys.take("at_least").is_some() {
                        return Err(document.about(value, "Give bytes or at_least, not both."));
                    }
                    times = some(document, "bytes", value)?;
                    Seen::Bytes(data)
                }
            }
        }
        Kind::Stream => match keys.take("contains") {
            Some(value) => Seen::Stream(bytes(document, "contains", value)?),
            None => return Err(keys.error("Say what the stream is to have in it (contains = \"…\").")),
        },
        Kind::Echo => Seen::Echo,
        Kind::HalfClosed => Seen::HalfClosed,
        Kind::Closed => match keys.take("reason") {
            None => Seen::Closed(Vec::new()),
            Some(value) => Seen::Closed(document.some_of("reason", value, &Reason::ALL)?),
        },
        Kind::Handshake => Seen::Handshake {
            version: keys
                .take("version")
                .map(|value| document.one_of("version", value, &[("1.2", "TLS 1.2"), ("1.3", "TLS 1.3")]))
                .transpose()?,
            resumed: keys.take("resumed").map(|value| document.truth("resumed", value)).transpose()?,
        },
        Kind::TlsFailed => match keys.take("alert") {
            None => Seen::TlsFailed(Vec::new()),
            Some(value) => {
                Seen::TlsFailed(document.some_of("alert", value, &ALERTS.map(|alert| (alert, alert)))?)
            }
        },
        Kind::NotTls => Seen::NotTls,
        Kind::TlsOnPlain => Seen::TlsOnPlain,
        Kind::CertificateCreated => Seen::CertificateCreated,
        Kind::Opened => match keys.take("place") {
            Some(value) => Seen::Opened(place(document, "place", value)?),
            None => return Err(keys.error("Say which tab or dialog is opened (place = \"log\").")),
        },
    };
    Ok(Condition::Seen { what, at_least: times, since })
}

fn at_least(document: Document<'_>, keys: &mut Keys<'_, '_, '_>, otherwise: u64) -> Result<u64, LessonError> {
    keys.take("at_least").map_or(Ok(otherwise), |value| some(document, "at_least", value))
}

/// A number that is not 0: what is to happen 0 times is done before it begins.
fn some(document: Document<'_>, key: &str, value: &Value<'_>) -> Result<u64, LessonError> {
    match document.number(key, value)? {
        0 => Err(document.about(value, format!("{key} takes a number from 1."))),
        number => Ok(number),
    }
}

fn data(document: Document<'_>, keys: &mut Keys<'_, '_, '_>) -> Result<Data, LessonError> {
    let mut equals = keys.take("equals").map(|value| bytes(document, "equals", value)).transpose()?;
    if let Some(value) = keys.take("hex") {
        if equals.is_some() {
            return Err(document.about(value, "Give equals or hex, not both."));
        }
        let digits: String = document.text("hex", value)?.split_whitespace().collect();
        let pairs = digits.as_bytes().chunks(2).map(|pair| {
            let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
            u8::from_str_radix(text, 16).ok()
        });
        let read = pairs.collect::<Option<Vec<u8>>>().filter(|read| !read.is_empty());
        let words = "hex takes two hexadecimal digits for each byte, such as \"00 ff\".";
        equals = Some(read.ok_or_else(|| document.about(value, words))?);
    }
    Ok(Data {
        equals,
        contains: keys.take("contains").map(|value| bytes(document, "contains", value)).transpose()?,
        length: keys.take("length").map(|value| some(document, "length", value)).transpose()?,
    })
}

fn bytes(document: Document<'_>, key: &str, value: &Value<'_>) -> Result<Vec<u8>, LessonError> {
    match document.text(key, value)? {
        "" => {
            Err(document.about(value, format!("{key} is empty. recv() returns at least one byte of data.")))
        }
        text => Ok(text.as_bytes().to_vec()),
    }
}
