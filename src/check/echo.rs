//! Checks that all bytes come back, however they are sent.

use std::time::Duration;

use crate::check::context::Context;
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::target::Trouble;
use crate::text::{bytes, count};

/// The line that most checks send.
pub(super) const LINE: &[u8] = b"Hello\n";
/// How long a check waits for bytes that shouldn't come.
const QUIET: Duration = Duration::from_millis(100);
/// The pause between the parts of a message that is to arrive in several segments.
const BETWEEN_PARTS: Duration = Duration::from_millis(60);
/// More than one `recv` of any usual size returns.
const LONG: usize = 200_000;
/// More than the OS holds for a client that doesn't read.
const LARGE: usize = 8 << 20;
/// How long the client that reads late waits after the last byte that it could send.
pub(super) const LATENESS: Duration = Duration::from_millis(400);

type Run = Result<Outcome, Failure>;

pub(super) fn connect(context: &mut Context<'_>) -> Run {
    let connection = context.start()?;
    let about = connection
        .tls()
        .map(|(session, connector)| connector.handshake_info(session, Duration::ZERO).agreed.line());
    context.first = Some(connection);
    let address = context.target.name();
    Ok(Outcome::passed(match about {
        Some(about) => format!("Connected to {address} with {about}."),
        None => format!("Connected to {address}."),
    }))
}

pub(super) fn line(context: &mut Context<'_>) -> Run {
    let mut connection = context.first()?;
    context.target.echo(&mut connection, LINE)?;
    let extra = context.target.listen(&mut connection, QUIET);
    if !extra.is_empty() {
        let received = [LINE, &extra].concat();
        return Err(Outcome::failed("More came back than was sent.").with_exchange(LINE, &received));
    }
    context.first = Some(connection);
    Ok(Outcome::passed(r"b'Hello\n' came back."))
}

pub(super) fn again(context: &mut Context<'_>) -> Run {
    let mut connection = context.first()?;
    for message in [&b"and again\n"[..], b"and once more\n"] {
        context.target.echo(&mut connection, message)?;
    }
    context.target.close(connection);
    Ok(Outcome::passed("Two more lines came back."))
}

pub(super) fn next(context: &mut Context<'_>) -> Run {
    context.close_first();
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, LINE)?;
    context.target.close(connection);
    Ok(Outcome::passed("A second client got its line back after the first had closed."))
}

/// Sends data on a connection of its own.
fn echo(context: &mut Context<'_>, data: &[u8]) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, data)?;
    context.target.close(connection);
    Ok(Outcome::passed(format!("{} came back unchanged.", count(data.len() as u64, "byte"))))
}

pub(super) fn two_messages(context: &mut Context<'_>) -> Run {
    echo(context, b"first\nsecond\n")
}

pub(super) fn utf8(context: &mut Context<'_>) -> Run {
    let data = "caf\u{e9} \u{732b}\n".as_bytes();
    // The cuts are inside of the two characters that have more than one byte.
    let parts = [&data[..4], &data[4..7], &data[7..]];
    let mut connection = context.connect()?;
    context.target.echo_parts(&mut connection, &parts, BETWEEN_PARTS).map_err(|problem| {
        // A server that has sent back a part of a character doesn't decode what it receives.
        let is_closed = matches!(problem.trouble, Trouble::Closed | Trouble::Reset);
        let mistake = (is_closed && !problem.received.is_empty()).then_some(mistake::CLOSED_EARLY);
        Failure::from(problem).with_mistake(mistake)
    })?;
    context.target.close(connection);
    Ok(Outcome::passed("Two characters, each cut in the middle, came back unchanged."))
}

pub(super) fn all_bytes(context: &mut Context<'_>) -> Run {
    let data: Vec<u8> = (0..=255).chain([b'\n']).collect();
    echo(context, &data)
}

pub(super) fn without_newline(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, b"no newline")?;
    context.target.close(connection);
    Ok(Outcome::passed("Bytes without a newline came back at once."))
}

pub(super) fn byte_by_byte(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    for byte in b"quit\r\n\0\x04" {
        context.target.echo(&mut connection, &[*byte])?;
    }
    context.target.close(connection);
    Ok(Outcome::passed("Eight single bytes came back, each before the next was sent."))
}

/// Returns data in which each position is recognizable.
pub(super) fn pattern(length: usize, seed: u64) -> Vec<u8> {
    // A linear congruential generator (Knuth, MMIX). The high bits have a long period.
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

pub(super) fn long(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, &pattern(LONG, 1))?;
    context.target.close(connection);
    Ok(Outcome::passed(format!("{} came back unchanged.", bytes(LONG as u64))))
}

pub(super) fn late_reader(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    // The check works without this, but may not fill the OS's buffers.
    let _ = connection.limit_buffer();
    context.target.echo_late(&mut connection, &pattern(LARGE, 2), LATENESS).map_err(|problem| {
        let is_cut = problem.trouble == Trouble::Differs;
        let mistake = if is_cut { mistake::PARTIAL_SEND } else { mistake::STALLED };
        Failure::from(problem).with_mistake(Some(mistake))
    })?;
    context.target.close(connection);
    Ok(Outcome::passed(format!(
        "{} came back unchanged, although the client read late.",
        bytes(LARGE as u64)
    )))
}
