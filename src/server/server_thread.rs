//! The thread that runs a server: it reads the certificate, resolves the host, binds, and accepts until the server stops.

use std::io;
use std::path::Path;

use crate::server::accept::{self, Acceptor};
use crate::server::event::EventKind;
use crate::server::listen::{self, Bound};
use crate::server::shared::ServerShared;
use crate::server::start_error::StartError;
use crate::server::status::ServerState;
use crate::tls::explain::{explain_key_log_error, key_log_warning};
use crate::tls::server_config::TlsServer;

/// Runs a server from `Starting` to `Stopped` or `Failed`.
pub(super) fn run_server(shared: &ServerShared) {
    match prepare(shared) {
        Ok(Some(acceptor)) => accept::run(shared, acceptor),
        // After a stop the user no longer needs to know that the start failed.
        Err(error) if !shared.is_stopping() => return shared.fail(error),
        Ok(None) | Err(_) => {}
    }
    shared.finish(ServerState::Stopped, EventKind::Stopped);
}

/// Does everything up to `listen`. Returns `Ok(None)` after a stop.
fn prepare(shared: &ServerShared) -> Result<Option<Acceptor>, StartError> {
    let config = &shared.config;
    let mut tls = None;
    if let Some(files) = &config.tls {
        let events = shared.events.clone();
        let on_key_log_error = move |path: &Path, error: &io::Error| {
            let text = explain_key_log_error(path, error);
            events.send(None, EventKind::Note { text, problem: true });
        };
        tls = Some(TlsServer::new(files, on_key_log_error)?);
    }
    let Some(addresses) = listen::resolve(&config.host, config.port, || shared.is_stopping())? else {
        return Ok(None);
    };
    let Some(bound) = listen::bind(&addresses, config.backlog, &shared.steps)? else { return Ok(None) };
    shared.steps.set_accepting(false);
    let port = bound.port();
    let Bound { listeners, failed } = bound;
    if let Some(mut tls) = tls {
        tls.set_address(&config.host, port);
        // Set once, by this thread.
        let _ = shared.tls.set(tls);
    }
    let (sockets, addresses): (Vec<_>, Vec<_>) = listeners.into_iter().unzip();
    let (acceptor, waker) = Acceptor::new(sockets).map_err(StartError::System)?;
    shared.accept_queue.set_addresses(&addresses, config.backlog);
    let report = || {
        let listening = EventKind::Listening { addresses: addresses.clone(), tls: config.tls.is_some() };
        shared.events.send(None, EventKind::Starting { port });
        for error in failed {
            shared.events.send(None, EventKind::NotListening(error));
        }
        shared.events.send(None, listening);
        if let Some(path) = config.tls.as_ref().and_then(|files| files.key_log.as_ref()) {
            let text = key_log_warning(path);
            shared.events.send(None, EventKind::Note { text, problem: true });
        }
    };
    Ok(shared.set_listening(waker, addresses.clone(), report).then_some(acceptor))
}
