//! Runs work that may block on threads of its own: reading and writing files, looking up an address. A thread sends its
//! result as a change to the app, which [`crate::app::App::poll`] applies.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// Called from any thread when [`crate::app::App::poll`] would find something new.
pub type WakeFn = Arc<dyn Fn() + Send + Sync>;

/// A change to the app.
type Update<A> = Box<dyn FnOnce(&mut A) + Send>;

/// Sends changes to the app from another thread.
pub(super) struct UpdateSender<A> {
    sender: Sender<Update<A>>,
    wake: WakeFn,
}

impl<A> UpdateSender<A> {
    pub(super) fn send(&self, update: impl FnOnce(&mut A) + Send + 'static) {
        // This fails only if the app was dropped.
        let _ = self.sender.send(Box::new(update));
        (self.wake)();
    }
}

/// Starts background threads and receives their updates.
pub(super) struct Background<A> {
    sender: Sender<Update<A>>,
    updates: Receiver<Update<A>>,
    wake: WakeFn,
    /// Called with a thread's name after its work panicked.
    on_panic: fn(&mut A, &'static str),
    /// Every thread that must finish holds a clone of the sender, so the receiver disconnects once all of them have.
    unfinished: (Option<Sender<()>>, Receiver<()>),
}

impl<A: 'static> Background<A> {
    pub(super) fn new(wake: WakeFn, on_panic: fn(&mut A, &'static str)) -> Self {
        let (sender, updates) = channel();
        let (guard, all_finished) = channel();
        Self { sender, updates, wake, on_panic, unfinished: (Some(guard), all_finished) }
    }

    /// Runs `work` on a thread with this name. `must_finish`: whether [`Self::finish`]
    /// waits for it.
    ///
    /// # Errors
    /// The OS can't create a thread.
    pub(super) fn run(
        &self,
        name: &'static str,
        must_finish: bool,
        work: impl FnOnce(&UpdateSender<A>) + Send + 'static,
    ) -> io::Result<()> {
        let updates = UpdateSender { sender: self.sender.clone(), wake: Arc::clone(&self.wake) };
        let guard = self.unfinished.0.clone().filter(|_| must_finish);
        let on_panic = self.on_panic;
        let run = move || {
            if catch_unwind(AssertUnwindSafe(|| work(&updates))).is_err() {
                updates.send(move |app| on_panic(app, name));
            }
            drop(guard);
        };
        thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
    }

    /// Returns the next update, if there is one.
    pub(super) fn next_update(&self) -> Option<Update<A>> {
        self.updates.try_recv().ok()
    }

    /// Waits for all work that must finish, but no longer than `timeout`.
    pub(super) fn finish(&mut self, timeout: Duration) {
        self.unfinished.0 = None;
        // Nothing is ever sent, so this returns when the last sender is dropped.
        let _ = self.unfinished.1.recv_timeout(timeout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_is_reported() {
        let on_panic = |failed: &mut Vec<&str>, name| failed.push(name);
        let mut background = Background::new(Arc::new(|| {}), on_panic);
        background.run("test", true, |_| panic!("on purpose")).unwrap();
        background.finish(Duration::from_secs(20));
        let mut failed = Vec::new();
        background.next_update().unwrap()(&mut failed);
        assert_eq!(failed, ["test"]);
    }
}
