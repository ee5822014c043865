//! Who ended a conversation, and how.

use std::time::Duration;

use crate::capture::sequence::names;
use crate::capture::{Alert, Carries, Ending, Mark, Side, What};
use crate::text;

/// The first sign of the end from each side.
#[derive(Debug, Clone, Default)]
pub(super) struct Farewell {
    first: Option<(Side, Sign, Duration)>,
    /// What the other side did then.
    answer: Option<(Sign, Duration)>,
    /// The first side's own goodbye in TLS went before its FIN.
    reset: Option<Duration>,
    ending: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    CloseNotify,
    Alert(Alert),
    Fin,
    Reset,
    Broken,
}

impl Farewell {
    pub(super) fn look(&mut self, mark: &Mark) {
        let sign = match &mark.what {
            What::Fin => Sign::Fin,
            What::Reset => Sign::Reset,
            What::Broken => Sign::Broken,
            What::Closed(ending) => {
                self.ending = Some(*ending);
                return;
            }
            What::Record(record) => match record.carries {
                Carries::Alert(alert) if alert.is_close_notify() => Sign::CloseNotify,
                // A warning ends nothing.
                Carries::Alert(alert) if alert.level != Some(1) => Sign::Alert(alert),
                _ => return,
            },
            _ => return,
        };
        match &self.first {
            None => self.first = Some((mark.side, sign, mark.at)),
            Some((side, ..)) if *side != mark.side && self.answer.is_none() => {
                self.answer = Some((sign, mark.at));
            }
            Some(_) if sign == Sign::Reset => self.reset = Some(mark.at),
            Some(_) => {}
        }
    }

    pub(super) fn verdict(&self) -> Option<String> {
        let Some((side, sign, at)) = self.first else {
            // Without a FIN there is nothing on the wire that tells.
            return self
                .ending
                .map(|ending| format!("The server let go of the connection: {}.", because(ending)));
        };
        let at = text::duration(at);
        let first = match (side, sign) {
            (Side::Client, Sign::Fin) => {
                format!("The client closed first: after {at} it said that it sends no more (FIN).")
            }
            (Side::Client, Sign::CloseNotify) => {
                format!("The client closed first: after {at} it said goodbye with close_notify.")
            }
            (Side::Client, Sign::Alert(alert)) => {
                format!("The client gave up first: after {at} it sent {}.", alert_words(alert))
            }
            (_, Sign::Reset) => format!("The client broke the connection off after {at} (RST)."),
            (_, Sign::Broken) => format!("Nobody closed: the connection was lost after {at}."),
            (Side::Server, Sign::Alert(alert)) => {
                format!("The server gave up first: after {at} it sent {}.", alert_words(alert))
            }
            (Side::Server, _) => {
                let why =
                    self.ending.map_or_else(String::new, |ending| format!(", since {}", because(ending)));
                format!("The server closed first, after {at}{why}.")
            }
        };
        let other = if side == Side::Client { "The server" } else { "The client" };
        let reset = match self.answer {
            Some((Sign::Reset, at)) => Some(at),
            _ => self.reset,
        };
        let then = match (reset, self.answer) {
            (Some(at), _) => {
                format!(" The client then broke the connection off, after {} (RST).", text::duration(at))
            }
            (None, Some((Sign::Fin | Sign::CloseNotify, at))) => {
                format!(" {other} closed its side after {}.", text::duration(at))
            }
            _ => String::new(),
        };
        Some(first + &then)
    }
}

fn alert_words(alert: Alert) -> String {
    match alert.description {
        Some(code) => format!("the alert {}", names::alert(code)),
        None => "an alert that is encrypted".to_owned(),
    }
}

fn because(ending: Ending) -> &'static str {
    match ending {
        Ending::EndOfStream => "the client had no more to send",
        Ending::WithoutCloseNotify => "the client's bytes ended without close_notify",
        Ending::Lost => "the connection broke",
        Ending::Idle => "nothing was sent for the idle timeout",
        Ending::Stopped => "it was stopped",
        Ending::Disconnected => "Disconnect was pressed",
        Ending::Tls => "TLS failed",
        Ending::Panicked => "a fault in Echoscope ended the thread that served the client",
    }
}
