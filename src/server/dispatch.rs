//! Decides which thread serves an accepted client: the accepting thread itself, a thread that serves only this client
//! while it is connected, or one of a pool. These are the tutorial's three `handle_new_connections_…` functions.

use std::io;
use std::sync::Arc;
use std::thread::{self, Builder, Scope};

use crate::platform::threads;
use crate::server::backoff::AcceptBackoff;
use crate::server::event::Problem;
use crate::server::handler;
use crate::server::registry::Conn;
use crate::server::shared::ServerShared;
use crate::server::workers::Workers;
use crate::settings::Mode;

/// The size of a thread's stack, in bytes: enough for a TLS handshake in a debug build. Only the pages that a thread
/// touches take memory.
const STACK: usize = 512 * 1024;

/// Starts the clients' threads.
pub(super) struct Dispatcher<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env ServerShared,
}

impl<'scope, 'env: 'scope> Dispatcher<'scope, 'env> {
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env ServerShared) -> Self {
        Self { scope, shared }
    }

    /// Serves a client on this thread or another one. Returns when the server may accept the next client.
    pub(super) fn serve(&self, conn: Arc<Conn>, backoff: &mut AcceptBackoff) {
        let shared = self.shared;
        if shared.config.mode == Mode::One {
            return shared.accept_queue.while_not_accepting(|| handler::serve(shared, &conn));
        }
        let mut needs_thread = shared.workers.assign(conn);
        while needs_thread && !shared.is_stopping() {
            match self.start_thread() {
                Ok(()) => return,
                // A smaller pool still serves all clients in turn.
                Err(_) if shared.config.mode == Mode::Pool && shared.workers.count() > 0 => return,
                Err(error) => backoff.on_error(shared, Problem::OutOfThreads { raw: error.to_string() }),
            }
            needs_thread = shared.workers.needs_thread();
        }
    }

    /// Makes the threads end after their last client, and closes the connections that none of them will serve.
    pub(super) fn finish(self) {
        for conn in self.shared.workers.close() {
            handler::close_unserved(self.shared, &conn);
        }
    }

    fn start_thread(&self) -> io::Result<()> {
        let shared = self.shared;
        let is_pool = shared.config.mode == Mode::Pool;
        let worker = shared.workers.add();
        let name = if is_pool { format!("pool {}", shared.workers.count()) } else { "client".to_owned() };
        let work = move || {
            let _panic_guard = PanicGuard(&shared.workers);
            while let Some(conn) = shared.workers.next(&worker) {
                if !is_pool {
                    threads::set_name(&format!("client {}", conn.client.id));
                }
                handler::serve(shared, &conn);
            }
        };
        // The scope waits for the thread, so the handle isn't needed.
        let started = Builder::new().name(name).stack_size(STACK).spawn_scoped(self.scope, work).map(drop);
        if started.is_err() {
            shared.workers.remove();
        }
        started
    }
}

/// Subtracts a thread that panics outside of the code whose panics end only one client.
struct PanicGuard<'a>(&'a Workers);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.remove();
        }
    }
}
