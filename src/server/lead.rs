//! The leading thread of a run: reads the certificate, resolves, binds, accepts until stopped, and leaves when every
//! other thread has ended.

use std::sync::Arc;

use crate::server::accept::{self, Acceptor};
use crate::server::config::TlsFiles;
use crate::server::error::StartError;
use crate::server::event::EventKind;
use crate::server::listen;
use crate::server::run::Run;
use crate::server::status::ServerState;
use crate::tls::{self, server_config::TlsServer};

/// All that a run needs before its first client.
struct Prepared {
    acceptor: Acceptor,
    tls: Option<Arc<TlsServer>>,
}

/// From `Starting` to `Stopped` or `Failed`.
pub(super) fn lead(run: &Run) {
    match prepare(run) {
        Ok(Some(Prepared { acceptor, tls })) => accept::run(run, acceptor, tls),
        // A stop that came while the start was failing: the user no longer wants to know why.
        Err(error) if !run.is_stopping() => return run.fail(error),
        Ok(None) | Err(_) => {}
    }
    run.rest(ServerState::Stopped, EventKind::Stopped);
}

/// `Ok(None)`: stopped before it listened.
fn prepare(run: &Run) -> Result<Option<Prepared>, StartError> {
    let config = &run.config;
    let mut tls = match &config.tls {
        Some(files) => Some(serving(run, files)?),
        None => None,
    };
    let Some(addresses) = listen::resolve(&config.host, config.port, || run.is_stopping())? else {
        return Ok(None);
    };
    let Some(mut bound) = listen::bind(&addresses, config.backlog, &run.gate)? else { return Ok(None) };
    run.gate.set_accepting(false);
    let failed = std::mem::take(&mut bound.failed);
    let port = bound.port();
    if let Some(tls) = &mut tls {
        tls.set_address(&config.host, port);
    }
    let addresses = bound.listeners.iter().map(|(_, address)| *address).collect::<Vec<_>>();
    let (acceptor, waker) =
        Acceptor::new(bound).map_err(|error| StartError::System { raw: error.to_string() })?;
    run.gauge.watch(&addresses, config.backlog);
    let is_tls = tls.is_some();
    let tell = || {
        run.sink.emit(None, EventKind::Starting { port });
        for error in failed {
            run.sink.emit(None, EventKind::NotListening(error));
        }
        run.sink.emit(None, EventKind::Listening { addresses: addresses.clone(), tls: is_tls });
        if let Some(path) = config.tls.as_ref().and_then(|files| files.key_log.as_ref()) {
            let text = tls::key_log_caution(path);
            run.sink.emit(None, EventKind::Note { text, problem: true });
        }
    };
    if !run.listening(waker, &addresses, is_tls, tell) {
        return Ok(None);
    }
    Ok(Some(Prepared { acceptor, tls: tls.map(Arc::new) }))
}

fn serving(run: &Run, files: &TlsFiles) -> Result<TlsServer, StartError> {
    let sink = run.sink.clone();
    let trouble = move |text| sink.emit(None, EventKind::Note { text, problem: true });
    Ok(tls::server_config::serve(files, trouble)?)
}
