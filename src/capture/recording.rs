//! Where a connection is recorded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::capture::captures::{Capture, CaptureEventKind, Captures, Side};
use crate::capture::pcapng::FileConnection;
use crate::server::event::{ClientInfo, CloseReason};

/// Records a connection in memory, in a file, in both, or nowhere.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    pub(super) capture: Option<Arc<Capture>>,
    pub(super) file: Option<Arc<FileConnection>>,
}

impl Recording {
    /// Starts to record an accepted connection: in memory if `in_memory` is set, and in the file of `captures` if it has
    /// one. `server` returns the address that the client connected to.
    pub(crate) fn start(
        captures: &Captures,
        client: ClientInfo,
        server: impl FnOnce() -> SocketAddr,
        tls: bool,
        in_memory: bool,
    ) -> Self {
        let file = captures.file();
        if !in_memory && file.is_none() {
            return Self::default();
        }
        let server = server();
        Self {
            capture: in_memory.then(|| captures.open(client, server, tls, Instant::now())),
            file: file.and_then(|file| file.open(client, server, tls)),
        }
    }

    /// Records the client's FIN or RST, or that the connection was lost.
    pub(crate) fn ended_by_client(&self, kind: CaptureEventKind) {
        match (&self.file, &kind) {
            (Some(file), CaptureEventKind::Fin) => file.fin(Side::Client),
            (Some(file), CaptureEventKind::Reset) => file.reset(),
            (Some(file), CaptureEventKind::ConnectionLost) => file.lost(),
            _ => {}
        }
        if let Some(capture) = &self.capture {
            capture.ended_by_client(kind);
        }
    }

    /// Records the server's FIN after `shutdown`.
    pub(crate) fn fin_sent(&self) {
        if let Some(file) = &self.file {
            file.fin(Side::Server);
        }
        if let Some(capture) = &self.capture {
            capture.fin_sent();
        }
    }

    /// Records that the server closed the connection.
    pub(crate) fn close(&self, reason: CloseReason) {
        if let Some(file) = &self.file {
            file.close();
        }
        if let Some(capture) = &self.capture {
            capture.close(reason);
        }
    }
}
