//! Looks at what a new certificate would meet on the disk, and makes it, both off the front end's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::app::tls_jobs::Wake;
use crate::app::tls_jobs::worker::Worker;
use crate::tls::create::{self, CreateError, Created, Look, Request};

/// A thread that looks and one that makes: finding a long RSA key takes seconds.
pub struct Maker {
    looker: Worker<Request, (Request, Look)>,
    worker: Worker<Order, Result<Option<Created>, CreateError>>,
    called_off: Arc<AtomicBool>,
}

struct Order {
    request: Request,
    replace: bool,
    called_off: Arc<AtomicBool>,
}

impl Maker {
    /// Starts both threads; they end when this is dropped, and what is being made then is not written.
    #[must_use]
    pub fn new(wake: &Wake) -> Self {
        let look = |request: Request| {
            let look = create::look(&request, Timestamp::now());
            (request, look)
        };
        let make = |order: Order| {
            let go_on = || !order.called_off.load(Ordering::SeqCst);
            create::create_while(&order.request, order.replace, Timestamp::now(), go_on)
        };
        Self {
            looker: Worker::new("look at folder", Arc::clone(wake), look),
            worker: Worker::new("make certificate", Arc::clone(wake), make),
            called_off: Arc::default(),
        }
    }

    /// Asks what the disk says to this request.
    pub fn look(&mut self, request: Request) {
        self.looker.ask(request);
    }

    /// What the disk says to the last request that was asked about, once.
    pub fn looked(&mut self) -> Option<(Request, Look)> {
        self.looker.answer()
    }

    /// Starts making the files. Whether it could be started.
    pub fn make(&mut self, request: Request, replace: bool) -> bool {
        self.called_off = Arc::default();
        self.worker.ask(Order { request, replace, called_off: Arc::clone(&self.called_off) })
    }

    /// Whether files are being made.
    #[must_use]
    pub fn is_making(&self) -> bool {
        self.worker.is_busy()
    }

    /// Makes nothing after all, unless it is being written at this moment; [`Self::made`] tells which.
    pub fn call_off(&self) {
        self.called_off.store(true, Ordering::SeqCst);
    }

    /// How the making ended, once; `Ok(None)` where it was called off in time.
    pub fn made(&mut self) -> Option<Result<Option<Created>, CreateError>> {
        self.worker.answer()
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        self.call_off();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::create::KeyChoice;

    #[test]
    fn what_is_called_off_is_not_written() {
        let around = tempfile::tempdir().unwrap();
        let request =
            Request { folder: around.path().join("lab"), key: KeyChoice::P256, ..Request::default() };
        let made = create::create_while(&request, false, Timestamp::now(), || false).unwrap();
        assert_eq!(made, None);
        assert_eq!(std::fs::read_dir(around.path()).unwrap().count(), 0);
    }
}
