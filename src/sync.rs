//! Locks that ignore poisoning. A panic in one thread doesn't make the data behind a lock unusable: no code in this
//! program leaves such data half-changed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Locks the mutex.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits on `condition` while `should_wait` returns true.
pub fn wait_while<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    should_wait: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    condition.wait_while(guard, should_wait).unwrap_or_else(PoisonError::into_inner)
}

/// Waits on `condition` while `should_wait` returns true, for at most `timeout`.
pub fn wait_while_for<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    timeout: Duration,
    should_wait: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    condition.wait_timeout_while(guard, timeout, should_wait).unwrap_or_else(PoisonError::into_inner).0
}
