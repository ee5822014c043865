//! Checks that one client's abrupt end doesn't affect the others.

use std::thread;
use std::time::Duration;

use crate::check::context::Context;
use crate::check::echo::{LINE, pattern};
use crate::check::outcome::{Failure, Outcome};

/// How much a client sends before it resets the connection, without reading.
const LARGE: usize = 4 << 20;
/// How long the server has to notice an end.
const NOTICE: Duration = Duration::from_millis(100);

type Run = Result<Outcome, Failure>;

/// Checks that another client can connect after an event, which begins a sentence.
pub(super) fn connects_another(context: &mut Context<'_>, event: &str) -> Run {
    another(context, event, b"")
}

/// Checks that another client is served after an event, which begins a sentence.
pub(super) fn serves_another(context: &mut Context<'_>, event: &str) -> Run {
    another(context, event, LINE)
}

fn another(context: &mut Context<'_>, event: &str, data: &[u8]) -> Run {
    thread::sleep(NOTICE);
    let result = context.connect().and_then(|mut connection| {
        context.target.echo(&mut connection, data)?;
        context.target.close(connection);
        Ok(())
    });
    result.map_err(|failure| failure.after(&format!("{event}, the next client wasn't served.")))?;
    Ok(Outcome::passed(format!("{event}, the next client was served.")))
}

pub(super) fn leaves(context: &mut Context<'_>) -> Run {
    let connection = context.connect()?;
    context.target.close(connection);
    serves_another(context, "After a client had closed without sending a byte")
}

pub(super) fn reset(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, LINE)?;
    // If this fails, the OS closes the connection, and the check passes like the one for that.
    let _ = connection.reset();
    serves_another(context, "After a client had reset its connection")
}

pub(super) fn reset_in_transfer(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    let _ = connection.limit_buffer();
    let data = pattern(LARGE, 4);
    let mut sent = 0;
    // Without a reader, the server's send blocks at some point, and then the client can't send either.
    let mut quiet = 0;
    while sent < data.len() && quiet < 50 {
        match connection.send(&data[sent..]) {
            Ok(0) => {
                quiet += 1;
                thread::sleep(Duration::from_millis(2));
            }
            Ok(count) => (sent, quiet) = (sent + count, 0),
            Err(_) => break,
        }
    }
    let _ = connection.reset();
    serves_another(context, "After a client had reset its connection during a large transfer")
}
