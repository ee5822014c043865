//! What a row means, for someone who learns what happens on the wire: one or two sentences.

use crate::capture::sequence::{Ladder, Row, names};
use crate::capture::{Alert, Carries, Certainty, Ending, Message, Messages, Record, Side, What};

/// Says what this is and why it happens.
#[must_use]
pub fn explain(ladder: &Ladder, row: &Row) -> String {
    let from_client = row.mark.side == Side::Client;
    let words = match &row.mark.what {
        What::Record(record) => return self::record(ladder, row, record),
        What::Accepted => {
            "The systems of both sides had set up the connection already (SYN, SYN-ACK, ACK), and accept() took it out \
             of the queue. All times count from here."
        }
        What::Chunk if ladder.info().tls && from_client => {
            "What recv() handed over after TLS had decrypted it. On the wire it went as the record that it belongs to."
        }
        What::Chunk if ladder.info().tls => {
            "What sendall() was given, before TLS encrypted it. On the wire it goes as the records that belong to it."
        }
        What::Chunk if from_client => {
            "recv() hands over whatever has arrived: one send by the client may come as several of these, and several as \
             one. Without TLS anybody on the way can read it."
        }
        What::Chunk => {
            "The echo: send() gave these bytes to the system, which delivers them. Without TLS anybody on the way can \
             read them."
        }
        What::Raw if from_client => {
            "A TLS record begins with its type, its version and its length, and these bytes don't, or the record never \
             became complete. TLS can make nothing of them."
        }
        What::Raw => "These bytes went out, but the record that they begin never became complete.",
        What::Fin if from_client => {
            "The client said that it sends no more, and recv() returned no bytes: the tutorial's “if not data: break”. \
             It may still be reading."
        }
        What::Fin => "shutdown() told the client's system that the server sends no more.",
        What::Reset => {
            "RST breaks a connection off at once: what is under way in either direction is lost. It happens when a \
             program is killed or closes a socket that still holds unread data."
        }
        What::Broken => {
            "The system gave up: nothing came back from the client's side any more, or the network said that it can't be \
             reached. That is why there is no FIN and no RST."
        }
        What::Closed(ending) => closed(*ending),
    };
    words.to_owned()
}

fn record(ladder: &Ladder, row: &Row, record: &Record) -> String {
    let from_client = row.mark.side == Side::Client;
    match &record.carries {
        Carries::Messages(messages) if record.sealed => encrypted(record, messages),
        Carries::Messages(messages) => in_clear(messages),
        Carries::ChangeCipherSpec => match ladder.is_tls13() {
            Some(true) => "In TLS 1.3 this record means nothing: it makes the connection look like TLS 1.2 to devices on \
                           the way that know nothing newer."
                .to_owned(),
            _ => format!(
                "From here on everything that {} sends is encrypted.",
                if from_client { "the client" } else { "the server" }
            ),
        },
        Carries::Alert(alert) => self::alert(record, *alert, from_client),
        Carries::Data { .. } => format!(
            "On the wire there is only the header to be read; the rest is encrypted and a little longer than the plain bytes \
             that it carries, since it also holds the proof that nobody changed it. {}",
            if from_client { "recv() gets them after decryption." } else { "They are what sendall() was given." }
        ),
        Carries::Refused => {
            "TLS could not use this record: the proof that nobody changed it did not hold, or it was not to come here. \
             Nothing after it can be trusted, so the connection ends."
                .to_owned()
        }
        Carries::Unread => {
            "It came after the server had stopped listening to this client, so nobody decrypted it.".to_owned()
        }
        Carries::Unknown => {
            "It is encrypted, and nothing that TLS did afterwards tells what is in it.".to_owned()
        }
    }
}

fn in_clear(messages: &Messages) -> String {
    let mut sentences = messages.list().iter().map(|message| says(*message)).collect::<Vec<_>>();
    if messages.inside > 0 {
        sentences.insert(0, "It goes on with a message that began in a record before it.".to_owned());
    }
    if messages.goes_on {
        sentences.push("The last message goes on in the next record.".to_owned());
    }
    sentences.push("Everything here can be read by anybody on the way.".to_owned());
    sentences.join(" ")
}

fn says(message: Message) -> String {
    let mut name = names::message(message);
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{name} {}.", names::purpose(message))
}

fn encrypted(record: &Record, messages: &Messages) -> String {
    let looks = if record.content_type == names::HANDSHAKE {
        "On the wire one can tell that this belongs to the handshake, but it is encrypted."
    } else {
        "On the wire this looks like any application data: TLS 1.3 encrypts even the type of what is inside."
    };
    let list = messages.list().iter().map(|message| names::message(*message)).collect::<Vec<_>>().join(", ");
    let known = "From the order of the handshake it is known to";
    let inside = match (messages.certainty, messages.list()) {
        (Certainty::Probably, _) => {
            format!("No plain byte came of it, so it was most likely a {list}, which announces fresh keys.")
        }
        (Certainty::Exact, &[message]) => {
            format!("From what TLS did it is known to be {list}: it {}.", names::purpose(message))
        }
        (Certainty::Exact, _) => format!("{known} hold {list}."),
        (Certainty::BeginsWith, _) => {
            format!(
                "{known} begin with {list}; more may follow, and the last message may go on in the next record."
            )
        }
        (Certainty::EndsWith, _) => {
            format!("{known} end with {list}, which may have begun in a record before it.")
        }
        (Certainty::SomeOf, _) => format!("{known} hold one or more of {list}, or parts of them."),
    };
    format!("{looks} {inside}")
}

fn alert(record: &Record, alert: Alert, from_client: bool) -> String {
    let who = if from_client { "The client" } else { "The server" };
    let hidden =
        if record.sealed { " It is encrypted; that it is an alert is known from TLS itself." } else { "" };
    match alert.description {
        Some(Alert::CLOSE_NOTIFY) => format!(
            "{who} says that it sends no more: TLS's own goodbye, without which nobody could tell the end from being cut \
             off.{hidden}"
        ),
        Some(code) => {
            let ends = if alert.level == Some(1) { "" } else { ", and that ends the connection" };
            format!("{who} tells that something is wrong: {}{ends}.{hidden}", names::alert(code))
        }
        None => {
            format!("{who} tells that something is wrong, encrypted: what it is can't be told from outside.")
        }
    }
}

fn closed(ending: Ending) -> &'static str {
    match ending {
        Ending::EndOfStream => {
            "Everything that had been received was sent back, and the client had said that it sends no more: close()."
        }
        Ending::WithoutCloseNotify => {
            "The client's bytes ended without TLS's goodbye, so nobody can tell whether it had finished or was cut off."
        }
        Ending::Lost => "There is nothing left to send to: close() only frees the socket.",
        Ending::Idle => {
            "For the whole idle timeout nothing could be received or sent, so the server hung up."
        }
        Ending::Stopped => "The server was stopped, and that closes every client's connection.",
        Ending::Disconnected => "Disconnect was pressed for this client.",
        Ending::Tls => {
            "Without working TLS nothing can be received or sent, so the server closed the connection."
        }
        Ending::Panicked => "The thread that served this client hit a fault in Echoscope and ended.",
    }
}
