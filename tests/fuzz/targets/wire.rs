//! A server before strangers, plain and with TLS: bytes come in any pieces, plain ones come back, and the wire view tells
//! all that went by.
#![no_main]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::capture::sequence::{Ladder, Scale, dump, svg, text, words};
use echoscope::capture::{Capture, Side, What};
use echoscope::server::Server;
use echoscope::server::client_id::ClientId;
use echoscope::server::config::{ServerConfig, TlsFiles};
use echoscope::server::event_channel::{EventReceiver, channel};
use echoscope::server::status::ServerState;
use echoscope::settings::{Mode, Settings};
use echoscope_fuzz::{Identity, Scratch, check_line, identities, seed};
use libfuzzer_sys::fuzz_target;

const PATIENCE: Duration = Duration::from_secs(8);

static PLAIN: LazyLock<Mutex<Running>> = LazyLock::new(|| Mutex::new(Running::start(false)));
static TLS: LazyLock<Mutex<Running>> = LazyLock::new(|| Mutex::new(Running::start(true)));

/// A server, and how many clients it has had.
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
        let [first, said @ ..] = data else { return };
        let tls = first & 1 == 1;
        let server = if tls { &*TLS } else { &*PLAIN };
        let mut running = server.lock().expect("no input before has failed");
        // The sizes of the pieces: one, a few, or all at once.
        let piece = [1, 5, 23, 600, 20_000][usize::from(first >> 1) % 5];
        let (back, whole) = talk(running.address, said, piece.max(said.len() / 64));
        let capture = running.capture();
        check_ladder(&capture);
        let told = came(&capture, if tls { is_wire } else { is_chunk });
        if tls {
            assert!(said.starts_with(&told) || told.len() > 1 << 20, "{told:?}");
        } else {
            assert!(whole, "a plain connection was broken off");
            assert_eq!((&back[..], &told[..]), (said, said));
        }
        running.forget();
    }
);

/// Sends in pieces, half-closes, and reads to the end: what came, and whether it ended in good order.
fn talk(address: SocketAddr, said: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("it is an option");
    stream.set_read_timeout(Some(PATIENCE)).expect("it is an option");
    // A server that has heard enough closes: then there is nothing more to say.
    let sent = said.chunks(piece).try_for_each(|part| stream.write_all(part));
    let ended = sent.and_then(|()| stream.shutdown(Shutdown::Write));
    let mut back = Vec::new();
    let read = stream.read_to_end(&mut back);
    if let Err(error) = &read {
        let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!is_late, "the server keeps the connection of a client that has said all");
    }
    (back, ended.is_ok() && read.is_ok())
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

    /// What went by on the last connection, once it is over.
    fn capture(&mut self) -> Arc<Capture> {
        self.clients += 1;
        let id = ClientId(self.clients);
        await_some(|| self.server.capture(id).filter(|capture| capture.is_closed()))
    }

    fn forget(&mut self) {
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

fn is_wire(what: &What) -> bool {
    matches!(what, What::Record(_) | What::Raw)
}

fn is_chunk(what: &What) -> bool {
    matches!(what, What::Chunk)
}

/// The client's bytes, put together again.
fn came(capture: &Capture, wanted: fn(&What) -> bool) -> Vec<u8> {
    let marks = (0..capture.len()).filter_map(|index| capture.mark(index));
    let mut all = Vec::new();
    for mark in marks.filter(|mark| mark.side == Side::Client && wanted(&mark.what)) {
        all.extend(capture.bytes(&mark));
        if mark.kept() < mark.len as usize {
            break;
        }
    }
    all
}

/// Every row is told in lines, every named field is in its bytes, and every scale has a place for each row.
fn check_ladder(capture: &Capture) {
    let mut ladder = Ladder::new(capture);
    ladder.update(capture);
    assert_eq!(ladder.rows().len() as u64 + ladder.more(), capture.len() as u64 + capture.more());
    check_line(&ladder.verdict().unwrap_or_default());
    for (index, row) in ladder.rows().iter().enumerate() {
        for line in [
            words::label(row),
            words::detail(row, capture, 60),
            words::explain(&ladder, row),
            words::time(row),
            words::gap(row),
        ] {
            check_line(&line);
        }
        check_line(&words::beside(&ladder, row).unwrap_or_default());
        let dump = dump::dump(row, capture);
        assert!(dump.bytes.len() <= dump.len);
        assert!(
            dump.fields
                .iter()
                .all(|field| field.range.start < field.range.end && field.range.end <= dump.bytes.len()),
            "{dump:?}"
        );
        assert!(dump.fields.is_sorted_by(|one, next| one.range.end <= next.range.start), "{dump:?}");
        dump.fields.iter().for_each(|field| check_line(&field.value));
        assert!(
            ladder.partners(row).iter().all(|partner| *partner < ladder.rows().len() && *partner != index)
        );
        for scale in [Scale::Order, Scale::Compressed, Scale::True { per_second: 1e4 }] {
            let place = ladder.place(index, scale);
            assert!(place.is_finite() && (0.0..=ladder.height(scale)).contains(&place), "{place}");
        }
    }
    text::text(&ladder, capture).lines().for_each(check_line);
    let drawn = svg::svg(&ladder, capture);
    assert!(drawn.starts_with('<') && drawn.trim_end().ends_with("</svg>"));
    assert_eq!(drawn.matches('<').count(), drawn.matches('>').count(), "{drawn}");
}

fn seeds() -> Vec<Vec<u8>> {
    // A hello of TLS 1.3 without a key share, a record of each other kind, and things that are no TLS.
    let hello = [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3][..], &[9; 32], &[0, 0, 2, 0x13, 2, 1, 0]].concat();
    let records =
        [&[20, 3, 3, 0, 1, 1][..], &[21, 3, 3, 0, 2, 2, 40], &[23, 3, 3, 0, 4, 1, 2, 3, 4]].concat();
    let all =
        [hello, records, b"GET / HTTP/1.1\r\n\r\n".to_vec(), b"Hello\n".to_vec(), vec![22, 3, 3, 0x40, 0, 1]];
    (0..10).flat_map(|first| all.iter().map(move |said| [&[first], said.as_slice()].concat())).collect()
}
