//! Tells somebody who looks at captures that there is more to see. As long as nobody looks it costs next to nothing.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Who is to be told of new marks, and whether they want to know now.
#[derive(Default)]
pub(crate) struct Watch {
    on: AtomicBool,
    tell: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Watch {
    /// `tell` is called from the server's threads and must not wait; only the first one counts.
    pub(crate) fn tell(&self, tell: Box<dyn Fn() + Send + Sync>) {
        // A second one would belong to another log, and captures have one.
        let _ = self.tell.set(tell);
    }

    /// Whether somebody looks.
    pub(crate) fn set(&self, on: bool) {
        self.on.store(on, Relaxed);
    }

    /// There is more to see.
    pub(crate) fn more(&self) {
        if self.on.load(Relaxed)
            && let Some(tell) = self.tell.get()
        {
            tell();
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("on", &self.on).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::time::Instant;

    use super::*;
    use crate::capture::{Captures, Side, What};
    use crate::server::client_id::{ClientId, ClientInfo};

    #[test]
    fn who_looks_is_told_of_every_mark_and_who_doesnt_of_none() {
        let (captures, told) = (Captures::default(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&told);
        captures.tell(move || {
            count.fetch_add(1, Relaxed);
        });
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        let capture = captures.open(ClientInfo { id: ClientId(1), peer }, false, Instant::now());
        let record = || capture.record(Side::Client, What::Chunk, b"x", None);
        record();
        assert_eq!(told.load(Relaxed), 0);
        captures.watch(true);
        record();
        record();
        assert_eq!(told.load(Relaxed), 2);
        captures.watch(false);
        record();
        assert_eq!(told.load(Relaxed), 2);
    }
}
