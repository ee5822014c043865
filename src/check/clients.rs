//! Checks with several clients at once.

use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::connection::CheckConnection;
use crate::check::context::{Context, Expect};
use crate::check::echo::{LINE, pattern};
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::program::CheckedProgram;
use crate::check::target::{CheckTarget, StepError, Trouble};
use crate::crash_report::panic_if_requested;
use crate::platform::addresses::is_own_address;
use crate::platform::socket_queues::listening_addresses;
use crate::text::{count, duration, list};

/// The most clients that are connected at once to find out how many are served.
const MOST: usize = 32;
/// How long such a client waits for its echo.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a client in the accept queue waits before the client ahead of it leaves.
const IN_QUEUE: Duration = Duration::from_millis(300);
/// How many clients connect at once, and how often each of them sends.
const CROWD: u64 = 20;
const ROUNDS: u64 = 20;
/// How much each of them sends at once.
const MESSAGE: usize = 700;
/// A crowd at a server for one client at a time waits for its turn, and the OS repeats attempts to connect after seconds.
const TURN: Duration = Duration::from_secs(15);
/// The most clients that are connected to fill the accept queue.
const QUEUE: usize = 64;
/// How long an attempt to connect may take while the accept queue is filled.
const ATTEMPT: Duration = Duration::from_millis(400);

type Run = Result<Outcome, Failure>;

/// Connects a client and checks its echo.
fn serve(target: &CheckTarget<'_>) -> Result<CheckConnection, StepError> {
    let mut connection = target.connect()?;
    target.echo(&mut connection, LINE)?;
    Ok(connection)
}

pub(super) fn idle(context: &mut Context<'_>) -> Run {
    let expected = context.options.expect;
    let limit =
        if expected.is_some() { context.target.timeout } else { context.target.timeout.min(PATIENCE) };
    let mut idle = vec![serve(&context.target)?];
    let target = context.target.with_timeout(limit);
    let mut unserved = None;
    while idle.len() < MOST && unserved.is_none() {
        match serve(&target) {
            Ok(connection) => idle.push(connection),
            Err(problem) if matches!(problem.trouble, Trouble::Silent | Trouble::Unanswered) => {
                unserved = Some(problem);
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let served = idle.len();
    for client in idle {
        context.target.close(client);
    }
    context.served_at_once = Some(served);
    let limit = duration(limit);
    let finding = match served {
        1 => format!("One client at a time: while a client was idle, another got no echo within {limit}."),
        MOST => format!("All of {MOST} clients were served at once, although they were idle."),
        _ => format!("{served} idle clients at once. The next client got no echo within {limit}."),
    };
    let (is_expected, mistake) = match expected {
        None => return Ok(Outcome::observed(finding)),
        Some(Expect::One) => (served == 1, mistake::THREADED),
        Some(Expect::Threads) => (served == MOST, mistake::NOT_THREADED),
        Some(Expect::Pool) => (served > 1, mistake::NO_POOL),
    };
    if is_expected {
        return Ok(Outcome::passed(finding));
    }
    Err(Outcome::failed(finding).with_mistake(Some(mistake)))
}

pub(super) fn queued(context: &mut Context<'_>) -> Run {
    let first = serve(&context.target)?;
    let mut second = context.target.open()?;
    context.target.start_tls(&mut second)?;
    // An error will show when the echo is received.
    let sent = second.send(LINE).unwrap_or_default();
    thread::sleep(IN_QUEUE);
    context.target.close(first);
    let result = context
        .target
        .handshake(&mut second)
        .and_then(|()| context.target.echo_rest(&mut second, LINE, sent));
    result.map_err(|problem| {
        Failure::from(problem).after("A client sent while another was served, which then left.")
    })?;
    context.target.close(second);
    Ok(Outcome::passed(
        "A client that sent while another was served got its echo after the other had closed.",
    ))
}

pub(super) fn crowd(context: &mut Context<'_>) -> Run {
    let target = &context.target.with_timeout(context.target.timeout.max(TURN));
    let visit = |client: u64| -> Result<(), StepError> {
        let mut connection = target.connect()?;
        panic_if_requested("check");
        for round in 0..ROUNDS {
            target.echo(&mut connection, &pattern(MESSAGE, client * ROUNDS + round))?;
        }
        target.close(connection);
        Ok(())
    };
    let results: Vec<_> = thread::scope(|scope| {
        let visits: Vec<_> = (0..CROWD).map(|client| scope.spawn(move || visit(client))).collect();
        visits.into_iter().map(|visit| visit.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let failures: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    let failed = failures.len() as u64;
    // A wrong byte explains more than a client that waited in vain.
    let worst = failures.into_iter().min_by_key(|problem| problem.trouble != Trouble::Differs);
    match worst {
        None => Ok(Outcome::passed(format!("{CROWD} clients at once got back what each of them had sent."))),
        Some(problem) => {
            let event = format!("Of {CROWD} clients at once, {failed} didn't get back what they had sent.");
            Err(Failure::from(problem).after(&event))
        }
    }
}

pub(super) fn backlog(context: &mut Context<'_>) -> Run {
    match context.served_at_once {
        Some(1) => {}
        Some(_) => {
            return Ok(Outcome::skipped(
                "The server accepts clients while it serves others, so no client stays in its accept queue.",
            ));
        }
        None => {
            return Ok(Outcome::skipped("It isn't known whether the server serves one client at a time."));
        }
    }
    let served = serve(&context.target)?;
    let target = context.target.with_timeout(ATTEMPT.min(context.target.timeout));
    let mut waiting = Vec::new();
    while waiting.len() < QUEUE {
        match target.open() {
            Ok(connection) => waiting.push(connection),
            Err(problem) if problem.trouble == Trouble::Canceled => return Err(problem.into()),
            Err(_) => break,
        }
    }
    let held = waiting.len();
    drop(waiting);
    context.target.close(served);
    // The server now accepts those clients, one after the other.
    let start = Instant::now();
    while serve(&context.target).map(|client| context.target.close(client)).is_err() {
        context.target.pause_until(start + context.target.timeout)?;
    }
    Ok(Outcome::observed(if held == QUEUE {
        format!("At least {QUEUE} clients wait in the accept queue while another is served.")
    } else {
        format!(
            "{} in the accept queue while another is served. Linux holds one more than the number that listen got.",
            if held == 1 {
                "1 client waits".to_owned()
            } else {
                format!("{} wait", count(held as u64, "client"))
            }
        )
    }))
}

pub(super) fn addresses(context: &mut Context<'_>) -> Run {
    let address = context.target.address()?;
    if !is_own_address(address.ip()) {
        return Ok(Outcome::skipped("The server is on another computer, whose OS isn't asked."));
    }
    let of_program = context.program.as_ref().and_then(CheckedProgram::listening_addresses);
    let is_certain = of_program.is_some();
    let Some(mut found) = of_program.or_else(|| listening_addresses(address.port())) else {
        return Ok(Outcome::skipped("This OS doesn't report the addresses that a program listens on."));
    };
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Ok(Outcome::skipped("The OS lists no listening socket with this port."));
    }
    let is_private = found.iter().all(|address| address.ip().to_canonical().is_loopback());
    let names: Vec<_> = found.iter().map(ToString::to_string).collect();
    let reach = if is_private {
        "Only programs on this computer can connect."
    } else {
        "Other computers on the network can connect, unless a firewall prevents it."
    };
    // Without its program, a socket may be another program's.
    let what =
        if is_certain { "The server listens on" } else { "The OS lists listening sockets with this port at" };
    Ok(Outcome::observed(format!("{what} {}. {reach}", list(&names, 4))))
}
