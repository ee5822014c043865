//! Checks how a connection ends.

use std::time::{Duration, Instant};

use crate::check::context::Context;
use crate::check::echo::{LATENESS, LINE, pattern};
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::target::Trouble;
use crate::platform::addresses::is_own_address;
use crate::platform::socket_queues::open_connections;
use crate::text::{bytes, count};

/// How much a client sends before its half-close: more than the OS holds for a client that doesn't read.
const PENDING: usize = 6 << 20;
/// How many clients connect, one after the other.
const CLIENTS: usize = 50;
/// How long the sockets of earlier checks have to close before the open ones are counted.
const SETTLE: Duration = Duration::from_millis(150);

type Run = Result<Outcome, Failure>;

pub(super) fn closes(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, LINE)?;
    // This fails only if the server has closed the connection already.
    let _ = connection.finish_sending();
    context.target.expect_end(&mut connection).map_err(|problem| {
        Failure::from(problem).after("The client ended its stream and waited for the server's end of stream.")
    })?;
    Ok(Outcome::passed("The server closed the connection after the client's end of stream."))
}

pub(super) fn half_close(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    let data = pattern(PENDING, 3);
    context.target.finish_and_echo(&mut connection, &data, LATENESS).map_err(|problem| {
        let stalled = (problem.trouble == Trouble::Silent).then_some(mistake::STALLED);
        Failure::from(problem).with_mistake(stalled)
    })?;
    context.target.expect_end(&mut connection)?;
    Ok(Outcome::passed(format!(
        "{} came back after the client had ended its stream, then the server's end of stream.",
        bytes(PENDING as u64)
    )))
}

pub(super) fn sockets(context: &mut Context<'_>) -> Run {
    std::thread::sleep(SETTLE);
    let before = context.open_sockets();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut connection = context.connect()?;
        clients.push(connection.local);
        context.target.echo(&mut connection, LINE)?;
        context.target.close(connection);
    }
    let server = context.target.address()?;
    let is_local = is_own_address(server.ip());
    let count_open = |context: &Context<'_>| match (context.open_sockets(), before) {
        (Some(now), Some(before)) => Some(now.saturating_sub(before)),
        _ => is_local.then(|| open_connections(server, &clients)).flatten(),
    };
    let start = Instant::now();
    loop {
        match count_open(context) {
            None => {
                return Ok(Outcome::skipped(
                    "All 50 clients were served, but the OS doesn't report the server's open sockets. Give the \
                     program's command after -- to count them.",
                ));
            }
            Some(0) => {
                return Ok(Outcome::passed("50 clients were served, and none of their sockets is open."));
            }
            Some(open) if context.target.pause_until(start + context.target.timeout).is_err() => {
                let finding = format!("After {CLIENTS} clients had closed, {} still open.", are(open));
                return Err(Outcome::failed(finding).with_mistake(Some(mistake::LEAK)));
            }
            Some(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn are(sockets: usize) -> String {
    format!("{} {}", count(sockets as u64, "socket"), if sockets == 1 { "is" } else { "are" })
}
