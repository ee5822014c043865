//! Decides which thread serves an accepted client: the accepting thread itself, a thread of its own, or one of a pool.
//! These are the tutorial's three `handle_new_connections_…` functions.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, Scope};

use crate::server::backoff::AcceptBackoff;
use crate::server::event::Problem;
use crate::server::handler;
use crate::server::registry::Conn;
use crate::server::shared::ServerShared;
use crate::settings::Mode;

/// The size of a thread's stack, in bytes: enough for a TLS handshake in a debug build. Only the pages that a thread
/// touches take memory.
const STACK: usize = 512 * 1024;

/// Starts the clients' threads.
pub(super) struct Dispatcher<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env ServerShared,
    /// The number of threads in the pool.
    workers: u16,
}

impl<'scope, 'env: 'scope> Dispatcher<'scope, 'env> {
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, shared: &'env ServerShared) -> Self {
        Self { scope, shared, workers: 0 }
    }

    /// Serves a client on this thread, on a new one, or on one of the pool. Returns when the server may accept the next
    /// client.
    pub(super) fn serve(&mut self, conn: Arc<Conn>, backoff: &mut AcceptBackoff) {
        let shared = self.shared;
        match shared.config.mode {
            Mode::One => shared.accept_queue.while_not_accepting(|| handler::serve(shared, &conn)),
            Mode::Threads => {
                let name = format!("client {}", conn.client.id);
                let for_thread = Arc::clone(&conn);
                if !self.spawn(&name, backoff, move || handler::serve(shared, &for_thread)) {
                    handler::close_unserved(shared, &conn);
                }
            }
            Mode::Pool => self.serve_in_pool(conn, backoff),
        }
    }

    /// Closes the pool's queue, so that its threads end after their last client. If the pool has no thread, closes the
    /// queued connections.
    pub(super) fn finish(self) {
        self.shared.registry.close_queue();
        if self.workers == 0 {
            while let Some(conn) = self.shared.registry.next_queued() {
                handler::close_unserved(self.shared, &conn);
            }
        }
    }

    fn serve_in_pool(&mut self, conn: Arc<Conn>, backoff: &mut AcceptBackoff) {
        let shared = self.shared;
        // Like Python's ThreadPoolExecutor, start another thread only if none is idle.
        if !shared.registry.push_queued(conn) || self.workers >= shared.config.pool_size {
            return;
        }
        let name = format!("pool {}", self.workers + 1);
        let work = move || {
            while let Some(conn) = shared.registry.next_queued() {
                handler::serve(shared, &conn);
            }
        };
        // Only the first thread is worth waiting for: a smaller pool still serves all clients in turn.
        let is_spawned = if self.workers == 0 {
            self.spawn(&name, backoff, work)
        } else {
            self.try_spawn(&name, work).is_ok()
        };
        self.workers += u16::from(is_spawned);
    }

    /// Tries to start a thread until that succeeds or the server stops. Returns whether it succeeded.
    fn spawn(
        &self,
        name: &str,
        backoff: &mut AcceptBackoff,
        work: impl FnOnce() + Send + Clone + 'scope,
    ) -> bool {
        while !self.shared.is_stopping() {
            match self.try_spawn(name, work.clone()) {
                Ok(()) => return true,
                Err(error) => {
                    backoff.on_error(self.shared, Problem::OutOfThreads { raw: error.to_string() });
                }
            }
        }
        false
    }

    fn try_spawn(&self, name: &str, work: impl FnOnce() + Send + 'scope) -> io::Result<()> {
        // The scope waits for the thread, so the handle isn't needed.
        Builder::new().name(name.to_owned()).stack_size(STACK).spawn_scoped(self.scope, work).map(drop)
    }
}
