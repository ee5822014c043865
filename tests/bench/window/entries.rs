//! A long log of a busy server: many connections, short data, and occasionally large data.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind};
use echoscope::settings::Settings;

/// Returns settings that keep a million entries.
pub(crate) fn settings() -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        log_entries: 1_000_000,
        log_mebibytes: 2048,
        ..Settings::default()
    }
}

/// Returns the first `count` entries of the log. If `count` is a multiple of 200, the last entries are always of the
/// same kinds, so that the end of the log looks the same.
pub(crate) fn entries(count: u64) -> impl Iterator<Item = Event> {
    let large: Arc<[u8]> = b"0123456789abcdef".repeat(256).into();
    (0..count).map(move |index| {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_348_985_000_000 + index * 40);
        let id = index / 200 % 900 + 100;
        let port = u16::try_from(20_000 + id).unwrap();
        let client = ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], port)) };
        let kind = match index % 200 {
            0 => EventKind::Opened,
            199 => EventKind::Closed(Closed {
                reason: CloseReason::EndOfStream,
                raw: None,
                received: 8000,
                sent: 8000,
                lasted: Duration::from_millis(8),
            }),
            100 => received(Arc::clone(&large)),
            _ => received(format!("GET /items/{index:07} HTTP/1.1\r\n").into_bytes().into()),
        };
        Event { at, client: Some(client), kind }
    })
}

fn received(data: Arc<[u8]>) -> EventKind {
    EventKind::Received { echoed: data.len(), data, offset: 0, took: Duration::from_micros(41) }
}
