//! Checks of TLS: the certificate, the versions, and how the server treats clients that break off.

use std::thread;
use std::time::Duration;

use crate::check::context::Context;
use crate::check::echo::LINE;
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::robustness::{connects_another, serves_another};
use crate::check::target::{StepError, Trouble};
use crate::settings::TlsVersions;
use crate::tls::explain::explain_accepted;
use crate::tls::options::Trust;

/// How long the server may take to reject data that isn't TLS.
const REJECTION: Duration = Duration::from_millis(300);
/// How long another client may wait while one is stuck in its handshake. A server that serves one client at a time has
/// to give up that one first.
const STUCK: Duration = Duration::from_secs(15);

type Run = Result<Outcome, Failure>;

pub(super) fn versions(context: &mut Context<'_>) -> Run {
    context.close_first();
    let mut supported = Vec::new();
    for (versions, name) in [(TlsVersions::Only13, "TLS 1.3"), (TlsVersions::Only12, "TLS 1.2")] {
        match context.target.with_versions(versions).connect() {
            Ok(connection) => {
                context.target.close(connection);
                supported.push(name.to_owned());
            }
            Err(problem)
                if matches!(problem.trouble, Trouble::Error(_) | Trouble::Closed | Trouble::Reset) =>
            {
                connects_another(context, "After a failed handshake").map_err(handshake_error)?;
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(Outcome::observed(format!("The server supports {}.", crate::text::list(&supported, 2))))
}

pub(super) fn certificate(context: &mut Context<'_>) -> Run {
    context.close_first();
    let is_required = context.options.trust.is_some();
    let trust = context.options.trust.clone().unwrap_or(Trust::System);
    let target = context.target.with_tls(|tls| tls.trust = trust.clone());
    let text = match target.connect() {
        Ok(connection) => {
            let accepted = connection.tls().map(|(session, connector)| {
                explain_accepted(connector.handshake_info(session, Duration::ZERO).accepted)
            });
            context.target.close(connection);
            return Ok(match (accepted.unwrap_or_default(), is_required) {
                (text, true) => Outcome::passed(text),
                (text, false) => Outcome::observed(text),
            });
        }
        Err(StepError { trouble: Trouble::Error(text), .. }) => text,
        Err(problem) => return Err(problem.into()),
    };
    // The handshake is enough: what the server echoes is the subject of other checks.
    connects_another(context, "After the client had rejected the certificate").map_err(handshake_error)?;
    if is_required { Err(Outcome::failed(text)) } else { Ok(Outcome::observed(text)) }
}

fn handshake_error(failure: Failure) -> Failure {
    failure.with_mistake(Some(mistake::HANDSHAKE_ERROR))
}

pub(super) fn close_notify(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, LINE)?;
    // This fails only if the server has closed the connection, which shows next.
    let _ = connection.send_close_notify();
    context
        .target
        .expect_end(&mut connection)
        .map_err(|problem| Failure::from(problem).after("The client sent close_notify."))?;
    if !connection.has_close_notify {
        return Err(Outcome::failed("The server closed the TCP connection without sending close_notify."));
    }
    context.target.close(connection);
    Ok(Outcome::passed("The server answered the client's close_notify with its own."))
}

pub(super) fn plaintext(context: &mut Context<'_>) -> Run {
    let mut connection = context.target.open()?;
    // An error means that the server has closed the connection.
    let _ = connection.send(b"GET / HTTP/1.0\r\n\r\n");
    context.target.listen(&mut connection, REJECTION);
    connection.truncate();
    serves_another(context, "After a client had sent plaintext to the TLS port")
}

pub(super) fn truncated(context: &mut Context<'_>) -> Run {
    let mut connection = context.connect()?;
    context.target.echo(&mut connection, LINE)?;
    connection.truncate();
    serves_another(context, "After a client had closed its connection without close_notify")
}

pub(super) fn stuck_handshake(context: &mut Context<'_>) -> Run {
    let stuck = context.target.open()?;
    // The server accepts the first client first.
    thread::sleep(Duration::from_millis(100));
    let target = context.target.with_timeout(context.target.timeout.max(STUCK));
    let result = target.connect().and_then(|mut connection| {
        target.echo(&mut connection, LINE)?;
        target.close(connection);
        Ok(())
    });
    stuck.truncate();
    result.map_err(|problem| {
        Failure::from(problem).after("While a client didn't begin its TLS handshake, no other was served.")
    })?;
    Ok(Outcome::passed("While a client didn't begin its TLS handshake, another client was served."))
}
