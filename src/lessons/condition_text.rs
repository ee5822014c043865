//! Describes a condition in a few words, as the lesson bar shows it beside its check mark: `3 clients accepted`.

use std::num::NonZeroU64;

use crate::check;
use crate::lessons::condition::{CheckedPattern, Condition, EventPattern, ReceivedPattern, StateCondition};
use crate::text::{count, with_thousands};

/// Returns a condition in a few words.
pub(super) fn describe(condition: &Condition) -> String {
    match condition {
        Condition::Is(state) => describe_state(state),
        Condition::Seen { pattern, at_least } => describe_events(pattern, *at_least),
    }
}

fn describe_state(state: &StateCondition) -> String {
    let fixed = match state {
        StateCondition::Listening(settings) if settings.0.is_empty() => "The server is listening",
        StateCondition::Listening(settings) => {
            return format!("The server is listening: {}", settings.description());
        }
        StateCondition::Stopped {} => "The server is stopped",
        StateCondition::Settings(settings) => return format!("In the form: {}", settings.description()),
        StateCondition::Connected { at_most: Some(0), .. } => "No client is connected",
        StateCondition::Connected { at_least, at_most: Some(at_most) } => {
            let at_least = with_thousands(at_least.map_or(0, NonZeroU64::get));
            return format!("{at_least} to {} connected", count(*at_most, "client"));
        }
        StateCondition::Connected { at_least, at_most: None } => {
            return format!("{} connected", count(at_least.map_or(1, NonZeroU64::get), "client"));
        }
        StateCondition::Waiting { at_least } => {
            let clients = count(at_least.map_or(1, NonZeroU64::get), "client");
            return format!("{clients} in the accept queue");
        }
        StateCondition::Connecting { at_least } => {
            let clients = count(at_least.map_or(1, NonZeroU64::get), "client");
            return format!("{clients} still connecting");
        }
        StateCondition::Eavesdropping {} => "“As an eavesdropper” is on",
        StateCondition::Certificate {} => "A certificate and its key are chosen",
        StateCondition::Paused {} => "Accepting is paused",
        StateCondition::Stepping {} => "Step mode is on",
        StateCondition::Halted { before: None } => "The server is paused before a call",
        StateCondition::Halted { before: Some(call) } => {
            return format!("The server is paused before {}", call.label());
        }
    };
    fixed.to_owned()
}

fn describe_events(pattern: &EventPattern, at_least: u64) -> String {
    let once = match pattern {
        EventPattern::Accepted {} => return format!("{} accepted", count(at_least, "client")),
        EventPattern::Closed { reason } => {
            let causes: Vec<&str> = reason.iter().map(|reason| reason.description()).collect();
            let closed = if causes.is_empty() { "closed".to_owned() } else { causes.join(" or ") };
            return format!("{} {closed}", count(at_least, "connection"));
        }
        EventPattern::Received(received) if received.bytes.is_some() => {
            let bytes = count(at_least, "byte");
            return match describe_data(received).as_str() {
                "something" => format!("recv() returned {bytes} in all"),
                data => format!("recv() returned {data}: {bytes} in all"),
            };
        }
        EventPattern::Received(received) => format!("recv() returned {}", describe_data(received)),
        EventPattern::Stream { contains } => {
            return format!("{} sent {}", count(at_least, "client"), quoted(&contains.0));
        }
        EventPattern::Handshake { version, resumed } => {
            let kind = match resumed {
                Some(true) => "A session resumed",
                Some(false) => "A full handshake completed",
                None => "A handshake completed",
            };
            format!("{kind} with {}", version.map_or("TLS", |version| version.label()))
        }
        EventPattern::TlsFailed { alert } if alert.is_empty() => "A TLS handshake failed".to_owned(),
        EventPattern::TlsFailed { alert } => {
            let names: Vec<&str> = alert.iter().map(|alert| alert.0.as_str()).collect();
            format!("A client sent the alert {}", names.join(" or "))
        }
        EventPattern::Opened { place } => format!("You opened {}", place.label()),
        EventPattern::Sent { contains: Some(text) } => {
            format!("The Client tab sent {}", quoted(&text.0))
        }
        EventPattern::Sent { contains: None } => "The Client tab sent something".to_owned(),
        EventPattern::Selected { place, contains: Some(text) } => {
            format!("You selected {} in {}", quoted(&text.0), place.label())
        }
        EventPattern::Selected { place, contains: None } => {
            format!("You selected a row in {}", place.label())
        }
        EventPattern::Answered {} => "You answered the question".to_owned(),
        EventPattern::Checked(CheckedPattern { passed, fails, program }) => {
            let server = if *program == Some(true) { "A program" } else { "A server" };
            match (passed, fails) {
                (_, Some(check)) => {
                    let title = check::find(&check.0).map_or(&*check.0, |check| check.title);
                    format!("{server} failed “{title}” first")
                }
                (Some(true), None) => format!("{server} passed the checks"),
                (Some(false), None) => format!("{server} failed a check"),
                (None, None) => format!("{server} was checked"),
            }
        }
        EventPattern::ProgramSaved {} => "The program was saved".to_owned(),
        EventPattern::Refused {} => "A connection was refused".to_owned(),
        EventPattern::Started {} => "The server started".to_owned(),
        EventPattern::Stopped {} => "The server stopped".to_owned(),
        EventPattern::Echo {} => "The client received its echo".to_owned(),
        EventPattern::HalfClosed {} => "The Client tab half-closed and still receives".to_owned(),
        EventPattern::NotTls {} => "A client without TLS connected to the TLS server".to_owned(),
        EventPattern::TlsOnPlain {} => "A client with TLS connected to the plain server".to_owned(),
        EventPattern::CertificateCreated {} => "A certificate was created here".to_owned(),
    };
    if at_least == 1 { once } else { format!("{once}, {} times", with_thousands(at_least)) }
}

fn describe_data(received: &ReceivedPattern) -> String {
    let exact = received.equals.as_ref().or(received.hex.as_ref());
    let length = received.length.map(|length| count(length.get(), "byte"));
    let data = match (exact, &received.contains) {
        (Some(exact), _) => quoted(&exact.0),
        (None, Some(part)) => format!("something with {} in it", quoted(&part.0)),
        (None, None) => return length.unwrap_or_else(|| "something".to_owned()),
    };
    length.map_or(data.clone(), |length| format!("{data}, {length}"))
}

/// Returns bytes in quotes if they are text, otherwise as hexadecimal digits.
fn quoted(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("“{}”", text.escape_debug()),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}
