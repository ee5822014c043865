//! Checks of the program itself: what it prints, and how it ends and starts again.

use std::time::{Duration, Instant};

use crate::check::context::Context;
use crate::check::echo::LINE;
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::program::CheckedProgram;
use crate::log::line::python_address;

/// The tutorial's line for [`LINE`].
const RECEIVED: &str = r"Received: b'Hello\n'";

type Run = Result<Outcome, Failure>;

/// Returns the program, which exists because the check is run only with a command.
fn program<'c>(context: &'c mut Context<'_>) -> Result<&'c mut CheckedProgram, Failure> {
    context.program.as_mut().ok_or_else(|| Outcome::failed("The server has no command."))
}

pub(super) fn lines(context: &mut Context<'_>) -> Run {
    let from = program(context)?.next_out();
    let mut connection = context.connect()?;
    let client = format!("Received new connection from  {}", python_address(&connection.local));
    context.target.echo(&mut connection, LINE)?;
    context.target.close(connection);
    let deadline = Instant::now() + context.target.timeout.min(Duration::from_secs(2));
    let printed = loop {
        let printed = program(context)?.out_from(from);
        if [&client, RECEIVED].iter().all(|line| printed.iter().any(|other| other == line))
            || context.target.pause_until(deadline).is_err()
        {
            break printed;
        }
    };
    let first = program(context)?.first_out();
    if first.is_none() && printed.is_empty() {
        return Ok(Outcome::skipped("The program prints nothing."));
    }
    let start = format!("Starting server on port {}", context.options.port);
    let wrong = |line: &str, found: Option<&String>, mistake| {
        let found = found.map_or("nothing like it".to_owned(), |found| format!("“{found}”"));
        Err(Outcome::failed(format!("Expected the line “{line}”. The program printed {found}."))
            .with_mistake(Some(mistake)))
    };
    if first.as_deref() != Some(&start) {
        return wrong(&start, first.as_ref(), mistake::PRINTS_OTHER_START);
    }
    let mut rest = printed.iter();
    if !rest.any(|line| *line == client) {
        return wrong(&client, printed.first(), mistake::PRINTS_OTHER_CLIENT);
    }
    if !printed.iter().any(|line| line == RECEIVED) {
        return wrong(RECEIVED, rest.next(), mistake::PRINTS_OTHER_DATA);
    }
    Ok(Outcome::passed("The program prints the tutorial's three lines."))
}

pub(super) fn interrupt(context: &mut Context<'_>) -> Run {
    let mut client = context.connect()?;
    context.target.echo(&mut client, LINE)?;
    let limit = context.target.timeout;
    if !program(context)?.interrupt() {
        return Ok(Outcome::skipped("This OS can't send Ctrl-C to another program alone."));
    }
    let deadline = Instant::now() + limit;
    let end = loop {
        let end = program(context)?.end();
        if end.is_some() || context.target.pause_until(deadline).is_err() {
            break end;
        }
    };
    if let Some(end) = end {
        context.half_closed.push(client);
        return Ok(Outcome::passed(format!(
            "The program ended on Ctrl-C while a client was connected ({end})."
        )));
    }
    context.target.close(client);
    let limit = crate::text::duration(limit);
    let finding = format!("Ctrl-C didn't end the program within {limit} while a client was connected.");
    Err(Outcome::failed(finding))
}

pub(super) fn restart(context: &mut Context<'_>) -> Run {
    let is_running = program(context)?.end().is_none();
    if is_running || context.half_closed.is_empty() {
        // The server's side must close first: the OS then keeps its port.
        let mut client = if is_running { context.connect()? } else { context.start_program()? };
        context.target.echo(&mut client, LINE)?;
        program(context)?.stop();
        context.half_closed.push(client);
    }
    let mut connection = context
        .start_program()
        .map_err(|failure| failure.after("The program was started again right after it had ended."))
        .map_err(|failure| failure.with_mistake(Some(mistake::NO_REUSE)))?;
    context.target.echo(&mut connection, LINE)?;
    context.target.close(connection);
    Ok(Outcome::passed("The program listens on the same port again right after it has ended."))
}
