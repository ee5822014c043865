//! Events for the unit tests of the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind, Problem};
use crate::tls::client_hello::ClientHello;
use crate::tls::handshake::{ClientCertificate, Codes, Handshake, HandshakeKind};
use crate::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};

pub(super) fn client(id: u64) -> ClientInfo {
    ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) }
}

/// Returns an event at 2026-11-22 12:03:05.482017 UTC.
pub(super) fn event(client: Option<ClientInfo>, kind: EventKind) -> Event {
    Event { at: SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_348_985_482_017), client, kind }
}

pub(super) fn received(id: u64, data: &[u8]) -> Event {
    let took = Duration::from_micros(41);
    event(
        Some(client(id)),
        EventKind::Received { data: Arc::from(data), echoed: data.len(), offset: 0, took },
    )
}

/// Returns an event about six received bytes, of which only the first `echoed` were sent back.
pub(super) fn received_partly_echoed(echoed: usize) -> Event {
    let (data, took) = (Arc::from(&b"Hello\n"[..]), Duration::from_micros(41));
    event(Some(client(1)), EventKind::Received { data, echoed, offset: 0, took })
}

pub(super) fn closed(reason: CloseReason) -> Event {
    let raw = (reason == CloseReason::Reset).then(|| "reset".to_owned());
    let lasted = Duration::from_millis(1234);
    event(Some(client(1)), EventKind::Closed(Closed { reason, raw, received: 78, sent: 7, lasted }))
}

pub(super) fn problem(problem: Problem) -> Event {
    event(Some(client(2)), EventKind::Problem(problem))
}

pub(super) fn tls_failed(client_hello: Option<Arc<ClientHello>>) -> Problem {
    let error =
        ServerTlsError::new(TlsErrorCause::ClosedInHandshake, true, Arc::new(ServerContext::default()));
    Problem::Tls(Arc::new(ServerTlsError { client_hello, ..error }))
}

pub(super) fn offer() -> ClientHello {
    ClientHello {
        versions: vec![0x0a0a, 0x0304, 0x0303],
        cipher_suites: vec![0x1302, 0xeeee],
        groups: vec![0x11ec, 0x001d],
        key_shares: vec![0x11ec],
        signature_schemes: vec![0x0403],
        alpn: vec!["h2".to_owned()],
        server_name: Some("localhost".to_owned()),
        early_data: false,
        left_out: 0,
    }
}

pub(super) fn handshake(kind: HandshakeKind) -> Event {
    let done = Handshake {
        version: "TLS 1.3",
        cipher_suite: "TLS_AES_256_GCM_SHA384".to_owned(),
        group: Some("X25519MLKEM768".to_owned()),
        signature_scheme: (kind != HandshakeKind::Resumed).then(|| "ecdsa_secp256r1_sha256".to_owned()),
        server_name: Some("localhost".to_owned()),
        alpn: None,
        kind,
        client_certificate: Some(ClientCertificate {
            subject: "CN=alice".to_owned(),
            issuer: "CN=Practice CA".to_owned(),
            sha256: "0A:FF".to_owned(),
        }),
        codes: Codes {
            version: 0x0304,
            cipher_suite: 0x1302,
            group: Some(0x11ec),
            signature_scheme: (kind != HandshakeKind::Resumed).then_some(0x0403),
        },
        client_hello: Some(Arc::new(offer())),
        took: Duration::from_micros(2900),
    };
    event(Some(client(1)), EventKind::Handshake(Arc::new(done)))
}
