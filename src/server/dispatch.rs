//! Who serves an accepted client: the accepting thread itself, a thread of its own, or one of a pool.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, Scope};

use crate::server::client;
use crate::server::event::Problem;
use crate::server::registry::Conn;
use crate::server::run::Run;
use crate::server::trouble::Trouble;
use crate::settings::Mode;
use crate::tls::server_config::TlsServer;

/// Enough for a TLS handshake in a debug build; only what is touched takes memory.
const STACK: usize = 512 * 1024;
/// The tutorial's three `handle_new_connections_…` functions.
pub(super) struct Dispatcher<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    run: &'env Run,
    tls: Option<Arc<TlsServer>>,
    workers: u16,
}

impl<'scope, 'env: 'scope> Dispatcher<'scope, 'env> {
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        run: &'env Run,
        tls: Option<Arc<TlsServer>>,
    ) -> Self {
        Self { scope, run, tls, workers: 0 }
    }

    /// Has a client served. Returns when the next one may be accepted.
    pub(super) fn serve(&mut self, conn: Arc<Conn>, trouble: &mut Trouble) {
        match self.run.config.mode {
            Mode::One => {
                self.run.gauge.while_not_accepting(|| client::serve(self.run, &conn, self.tls.as_ref()));
            }
            Mode::Threads => self.serve_in_a_thread(&conn, trouble),
            Mode::Pool => self.serve_in_the_pool(conn, trouble),
        }
    }

    /// No more clients come. The pool's threads end when the last of theirs is served.
    pub(super) fn finish(self) {
        self.run.pool.close();
        if self.workers == 0 {
            // There never was a thread to be had.
            while let Some(conn) = self.run.pool.next() {
                client::dismiss(self.run, &conn);
            }
        }
    }

    fn serve_in_a_thread(&self, conn: &Arc<Conn>, trouble: &mut Trouble) {
        let name = format!("client {}", conn.client.id);
        let (run, tls) = (self.run, self.tls.clone());
        let spawned = self.spawn(&name, trouble, || {
            let (conn, tls) = (Arc::clone(conn), tls.clone());
            move || client::serve(run, &conn, tls.as_ref())
        });
        if !spawned {
            // Stopped while there was no thread to be had.
            client::dismiss(run, conn);
        }
    }

    fn serve_in_the_pool(&mut self, conn: Arc<Conn>, trouble: &mut Trouble) {
        // As Python's ThreadPoolExecutor: a further thread only where none is idle.
        if !self.run.pool.push(conn) || self.workers >= self.run.config.pool_size {
            return;
        }
        let name = format!("pool {}", self.workers + 1);
        let (run, tls) = (self.run, self.tls.clone());
        let work = || {
            let tls = tls.clone();
            move || {
                while let Some(conn) = run.pool.next() {
                    client::serve(run, &conn, tls.as_ref());
                }
            }
        };
        // Fewer threads than asked for still serve everybody in turn; without any, nobody is served.
        let spawned = if self.workers == 0 {
            self.spawn(&name, trouble, work)
        } else {
            self.try_spawn(&name, work()).is_ok()
        };
        self.workers += u16::from(spawned);
    }

    /// Asks for a thread until there is one or the run is stopped; whether there is.
    fn spawn<F>(&self, name: &str, trouble: &mut Trouble, mut work: impl FnMut() -> F) -> bool
    where
        F: FnOnce() + Send + 'scope,
    {
        while !self.run.is_stopping() {
            match self.try_spawn(name, work()) {
                Ok(()) => return true,
                Err(error) => trouble.meet(self.run, Problem::OutOfThreads { raw: error.to_string() }),
            }
        }
        false
    }

    fn try_spawn(&self, name: &str, work: impl FnOnce() + Send + 'scope) -> io::Result<()> {
        // The scope waits for the thread, so nobody needs the handle.
        Builder::new().name(name.to_owned()).stack_size(STACK).spawn_scoped(self.scope, work).map(drop)
    }
}
