//! The first bytes of a client: the protocol, the ClientHello, and the log's texts about both.
#![no_main]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use echoscope::capture::{HandshakeMessages, HandshakeType, RECORD_HEADER, record_header};
use echoscope::log::handshake_details::event_details;
use echoscope::log::json::json_line;
use echoscope::log::line;
use echoscope::server::event::{ClientId, ClientInfo, Event, EventKind, Problem};
use echoscope::settings::DataFormat;
use echoscope::tls::client_hello::{
    ClientHello, HELLO_START, LINE, LONGEST, first_hello, looks_like_client_hello, other_protocol,
};
use echoscope::tls::names;
use echoscope::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};
use echoscope_fuzz::{check_line, seed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        check_sniffer(data);
        check_header(data);
        let offer = first_hello(data);
        for size in [1, 7, 255] {
            if let Some(cut) = split_records(data, size).filter(|cut| cut.len() < LONGEST) {
                assert_eq!(first_hello(&cut), offer, "in records of {size}");
            }
        }
        if let Some(offer) = offer {
            assert!(!offer.versions.is_empty());
            assert!(offer.size() <= 64 * data.len() + size_of::<ClientHello>() + 512);
            assert_eq!(first_hello(&[data, b"more"].concat()).as_ref(), Some(&offer));
            check_texts(offer);
        }
        for code in data.chunks_exact(2).take(16).map(|pair| u16::from_be_bytes([pair[0], pair[1]])) {
            let named = [names::version(code), names::suite(code), names::group(code), names::scheme(code)];
            named.iter().for_each(|name| check_line(name));
        }
    }
);

/// Checks that three bytes decide the protocol, and that more bytes don't change the decision.
fn check_sniffer(data: &[u8]) {
    if let Some((line, _)) = other_protocol(data) {
        assert!(line.len() <= LINE && data.starts_with(&line) && !line.contains(&b'\n'));
    }
    if data.len() >= 3 {
        assert_eq!(other_protocol(data).is_some(), other_protocol(&data[..3]).is_some());
    }
    if looks_like_client_hello(data) {
        assert!(data.len() >= HELLO_START && other_protocol(data).is_none());
        assert!(looks_like_client_hello(&data[..HELLO_START]));
    }
}

/// Checks that a record header is five bytes, and that the messages of a record are inside it, in order.
fn check_header(data: &[u8]) {
    let header = record_header(data);
    assert_eq!(header, record_header(&data[..data.len().min(RECORD_HEADER)]));
    assert!(header.is_none() || data.len() >= RECORD_HEADER);
    let list = [HandshakeType::CLIENT_HELLO; 8];
    for (count, continued) in [(1, 0), (8, 0), (3, u16::from(data.first().copied().unwrap_or_default()))] {
        let mut messages = HandshakeMessages::new(&list[..count]);
        messages.continued = continued;
        let found = messages.headers(data);
        assert!(
            found.len() <= count && found.iter().all(|range| range.len() == 4 && range.end <= data.len())
        );
        assert!(found.is_sorted_by(|one, next| one.end <= next.start));
    }
}

/// Splits complete handshake records into records of another size; `None` for other input.
fn split_records(mut data: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    while let [22, _, _, high, low, rest @ ..] = data {
        let (body, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        content.extend_from_slice(body);
        data = rest;
    }
    let record = |part: &[u8]| [&[22, 3, 3, 0, u8::try_from(part.len()).unwrap_or_default()], part].concat();
    (data.is_empty() && !content.is_empty()).then(|| content.chunks(size).flat_map(record).collect())
}

/// Checks that the texts about a ClientHello are one line each, and that its JSON can be written.
fn check_texts(offer: ClientHello) {
    let error =
        ServerTlsError::new(TlsErrorCause::ClosedInHandshake, true, Arc::new(ServerContext::default()));
    let client_hello = Some(Arc::new(offer.clone()));
    let problem = Problem::Tls(Arc::new(ServerTlsError { client_hello, ..error }));
    let client = ClientInfo { id: ClientId(1), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) };
    let event = Event { at: SystemTime::UNIX_EPOCH, client: Some(client), kind: EventKind::Problem(problem) };
    for (name, value, _) in event_details(&event) {
        check_line(&name);
        check_line(&value);
    }
    check_line(&line::line(&event, DataFormat::Python));
    let read: serde_json::Value = serde_json::from_str(&json_line(&event)).expect("it is JSON");
    assert_eq!(read["offer"]["cipher_suites"].as_array().map(Vec::len), Some(offer.cipher_suites.len()));
    assert_eq!(read["offer"]["server_name"].as_str(), offer.server_name.as_deref());
}

/// Returns handwritten ClientHellos, which contain no secrets.
fn seeds() -> Vec<Vec<u8>> {
    let list = |items: &[u8]| [&u16::try_from(items.len()).unwrap().to_be_bytes(), items].concat();
    let extension = |kind: u8, content: &[u8]| [&[0, kind], list(content).as_slice()].concat();
    let extensions = [
        extension(0, &list(&[&[0], list(b"localhost").as_slice()].concat())),
        extension(10, &list(&[0x11, 0xec, 0, 29])),
        extension(13, &list(&[4, 3, 8, 4])),
        extension(16, &list(b"\x02h2\x08http/1.1")),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(51, &list(&[&[0, 29], list(&[7; 32]).as_slice()].concat())),
    ]
    .concat();
    let hello = |extensions: &[u8]| {
        let body = [&[3, 3][..], &[9; 32], &[0], &list(&[0x13, 2, 0xc0, 0x2f]), &[1, 0], extensions].concat();
        let message = [&[1, 0], u16::try_from(body.len()).unwrap().to_be_bytes().as_slice(), &body].concat();
        [&[22, 3, 1], list(&message).as_slice()].concat()
    };
    let whole = hello(&list(&extensions));
    let cut = split_records(&whole, 40).expect("it is whole");
    vec![
        whole,
        cut,
        hello(&[]),
        b"GET / HTTP/1.1\r\n".to_vec(),
        vec![21, 3, 3, 0, 2, 2, 40],
        vec![22, 3, 3, 0, 0],
    ]
}
