//! A server that receives any bytes in parts of any size, with and without TLS: it echoes them, and the capture
//! contains exactly the received bytes.
#![no_main]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::capture::sequence::{Sequence, SequenceFormat, explain, header_fields, row_text};
use echoscope::capture::{Capture, CaptureEvent, CaptureEventKind, Side};
use echoscope::server::event::ClientId;
use echoscope::server::event_channel::{EventReceiver, channel};
use echoscope::server::{Server, ServerConfig, ServerState, TlsFiles};
use echoscope::settings::{Mode, Settings};
use echoscope_fuzz::{Identity, Scratch, check_line, identities, seed};
use libfuzzer_sys::fuzz_target;

const PATIENCE: Duration = Duration::from_secs(8);

static PLAIN: LazyLock<Mutex<Running>> = LazyLock::new(|| Mutex::new(Running::start(false)));
static TLS: LazyLock<Mutex<Running>> = LazyLock::new(|| Mutex::new(Running::start(true)));

/// A server, and the number of clients so far.
struct Running {
    server: Server,
    source: EventReceiver,
    address: SocketAddr,
    clients: u64,
    _files: Scratch,
}

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let [first, sent @ ..] = data else { return };
        let tls = first & 1 == 1;
        let server = if tls { &*TLS } else { &*PLAIN };
        let mut running = server.lock().expect("no input before has failed");
        // The number of bytes in each write.
        let size = [1, 5, 23, 600, 20_000][usize::from(first >> 1) % 5];
        let (echo, is_orderly) = exchange(running.address, sent, size.max(sent.len() / 64));
        let capture = running.capture();
        check_sequence(&capture);
        let recorded = client_bytes(&capture, if tls { is_on_wire } else { is_plaintext });
        if tls {
            assert!(sent.starts_with(&recorded) || recorded.len() > 1 << 20, "{recorded:?}");
        } else {
            assert!(is_orderly, "a connection without TLS was reset");
            assert_eq!((&echo[..], &recorded[..]), (sent, sent));
        }
        running.discard_events();
    }
);

/// Sends the bytes in parts, half-closes, and reads to the end of the stream. Returns the echo, and whether there was
/// no error.
fn exchange(address: SocketAddr, bytes: &[u8], size: usize) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("the option is supported");
    stream.set_read_timeout(Some(PATIENCE)).expect("the option is supported");
    // After a TLS error the server closes the connection, and the rest can't be sent.
    let sent = bytes.chunks(size).try_for_each(|part| stream.write_all(part));
    let ended = sent.and_then(|()| stream.shutdown(Shutdown::Write));
    let mut echo = Vec::new();
    let read = stream.read_to_end(&mut echo);
    if let Err(error) = &read {
        let is_timeout = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!is_timeout, "the server doesn't close after the end of the stream");
    }
    (echo, ended.is_ok() && read.is_ok())
}

impl Running {
    fn start(tls: bool) -> Self {
        let files = Scratch::new();
        let Identity { certificate, key } = identities().into_iter().nth(1).expect("there are several");
        let paths = (files.write("server.crt", &certificate), files.write("server.key", &key));
        let settings = Settings {
            mode: Mode::Pool,
            recv_size: 200,
            port: 0,
            host: "127.0.0.1".to_owned(),
            ..Settings::default()
        };
        let config = ServerConfig {
            tls: tls.then(|| TlsFiles::new(paths.0, paths.1)),
            capture: true,
            ..ServerConfig::from(&settings)
        };
        let (sink, source) = channel(|| {});
        let server = Server::start(config, sink);
        let address = await_some(|| match server.state() {
            ServerState::Listening { addresses, .. } => addresses.first().copied(),
            _ => None,
        });
        Self { server, source, address, clients: 0, _files: files }
    }

    /// Waits until the last connection is closed, and returns its capture.
    fn capture(&mut self) -> Arc<Capture> {
        self.clients += 1;
        let id = ClientId(self.clients);
        await_some(|| self.server.captures().get(id).filter(|capture| capture.info().closed))
    }

    fn discard_events(&mut self) {
        self.source.drain(drop);
    }
}

fn await_some<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain");
        thread::yield_now();
    }
}

fn is_on_wire(kind: &CaptureEventKind) -> bool {
    matches!(kind, CaptureEventKind::Record(_) | CaptureEventKind::Raw)
}

fn is_plaintext(kind: &CaptureEventKind) -> bool {
    matches!(kind, CaptureEventKind::Plaintext)
}

/// Joins the client's bytes of the wanted events, up to the first event that was stored only in part.
fn client_bytes(capture: &Capture, is_wanted: fn(&CaptureEventKind) -> bool) -> Vec<u8> {
    let mut events = Vec::new();
    capture.read(0, usize::MAX, &mut events);
    let mut all = Vec::new();
    let is_client = |event: &&CaptureEvent| event.side == Side::Client && is_wanted(&event.kind);
    for event in events.iter().filter(is_client) {
        all.extend_from_slice(&event.bytes);
        if event.bytes.len() < event.len as usize {
            break;
        }
    }
    all
}

/// Checks that every row has its texts, that every named field is in its bytes, and that no rows overlap.
fn check_sequence(capture: &Capture) {
    let mut sequence = Sequence::new(capture);
    sequence.update(capture);
    let rows = sequence.rows();
    assert_eq!(rows.len(), capture.info().events);
    check_line(&sequence.close_summary().unwrap_or_default());
    for (index, row) in rows.iter().enumerate() {
        for line in [
            row_text::label_parts(row).on_wire,
            row_text::label_parts(row).encrypted.unwrap_or_default(),
            row_text::detail(row, &sequence, 60),
            explain(row),
            row_text::time(row),
            row_text::gap(row),
        ] {
            check_line(&line);
        }
        check_line(&row_text::related_rows(row).unwrap_or_default());
        let (fields, len) = (header_fields(row), row.event.bytes.len());
        assert!(len <= row.event.len as usize);
        assert!(
            fields.iter().all(|field| field.range.start < field.range.end && field.range.end <= len),
            "{fields:?}"
        );
        assert!(fields.is_sorted_by(|one, next| one.range.end <= next.range.start), "{fields:?}");
        fields.iter().for_each(|field| check_line(&field.value));
        assert!(row.partners.iter().all(|partner| *partner < rows.len() && *partner != index));
        for scale in [0.0, 1e4] {
            let position = sequence.position(index, scale);
            let distance =
                position - index.checked_sub(1).map_or(-1.0, |before| sequence.position(before, scale));
            assert!(distance >= 1.0 - 1e-6, "{position}");
        }
    }
    let export = |format: SequenceFormat| {
        let mut out = Vec::new();
        format.write(&sequence, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("every format is text")
    };
    export(SequenceFormat::Text).lines().for_each(check_line);
    let svg = export(SequenceFormat::Svg);
    assert!(svg.starts_with('<') && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "{svg}");
}

fn seeds() -> Vec<Vec<u8>> {
    // A ClientHello of TLS 1.3 without a key share, a record of each other type, and bytes that aren't TLS.
    let hello = [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3][..], &[9; 32], &[0, 0, 2, 0x13, 2, 1, 0]].concat();
    let records =
        [&[20, 3, 3, 0, 1, 1][..], &[21, 3, 3, 0, 2, 2, 40], &[23, 3, 3, 0, 4, 1, 2, 3, 4]].concat();
    let all =
        [hello, records, b"GET / HTTP/1.1\r\n\r\n".to_vec(), b"Hello\n".to_vec(), vec![22, 3, 3, 0x40, 0, 1]];
    (0..10).flat_map(|first| all.iter().map(move |bytes| [&[first], bytes.as_slice()].concat())).collect()
}
