//! How much is kept, and that nothing is left out in silence.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use echoscope::capture::sequence::{Scale, words};
use echoscope::capture::{Capture, Captures, FIRST_BYTES, Limits, MOST_BYTES, MOST_MARKS, Side, What};
use echoscope::server::client_id::{ClientId, ClientInfo};

use crate::capture::lab::{Lab, echo, ladder, marks};

fn open(captures: &Captures, id: u64) -> Arc<Capture> {
    let client = ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 4711)) };
    captures.open(client, false, Instant::now())
}

#[test]
fn what_does_not_fit_is_counted_and_the_end_is_there() {
    let lab = Lab::plain(|config| config.recv_size = 1);
    let mut client = lab.running.connect();
    let data = vec![b'x'; 100_000];
    echo(&mut client, &data);
    drop(client);
    let capture = lab.closed(1);
    // Accepted, two for each byte, FIN in, FIN out, closed.
    assert_eq!(capture.len() as u64 + capture.more(), 1 + 2 * 100_000 + 3);
    assert_eq!(capture.len(), MOST_MARKS + 3);
    let ladder = ladder(&capture);
    let last = ladder.rows().len() - 1;
    assert!(matches!(ladder.rows()[last].mark.what, What::Closed(_)));
    assert_eq!(words::not_recorded(ladder.more()).unwrap(), "68,929 more not recorded");
    for scale in [Scale::Order, Scale::Compressed, Scale::True { per_second: 1000.0 }] {
        let places = (0..=last).map(|row| ladder.place(row, scale)).collect::<Vec<_>>();
        assert!(places.is_sorted());
        assert!((ladder.height(scale) - places[last]).abs() < 1e-9);
        assert!(ladder.row_from(places[1000], scale) <= 1000 && ladder.row_from(f64::MAX, scale) == last + 1);
    }
}

#[test]
fn the_first_mebibyte_is_kept_whole_and_then_beginnings() {
    let captures = Captures::default();
    let capture = open(&captures, 1);
    let chunk = vec![7; 10_000];
    for _ in 0..200 {
        capture.record(Side::Client, What::Chunk, &chunk, None);
    }
    let marks = marks(&capture);
    let whole = marks.iter().filter(|mark| mark.kept() == 10_000).count();
    assert_eq!(whole, MOST_BYTES / 10_000);
    assert!(marks[whole + 1..].iter().all(|mark| mark.kept() == FIRST_BYTES && mark.len == 10_000));
    assert_eq!(capture.bytes(&marks[200]), [7; FIRST_BYTES]);
}

#[test]
fn the_oldest_that_are_over_go_first_and_it_is_told() {
    let captures = Captures::new(Limits { bytes: 1 << 20, closed: 3 });
    let held = open(&captures, 1);
    held.record(Side::Client, What::Chunk, b"still here", None);
    let running = open(&captures, 2);
    for id in 3..=6 {
        open(&captures, id).finish();
    }
    held.finish();
    let ids = || captures.list().iter().map(|info| info.client.id.0).collect::<Vec<_>>();
    assert_eq!((ids(), captures.let_go()), (vec![1, 2, 5, 6], 2));
    let large = vec![1; 300_000];
    for _ in 0..3 {
        running.record(Side::Client, What::Chunk, &large, None);
    }
    assert!(captures.used() <= 1 << 20, "{}", captures.used());
    // There is no room for more, even without those that are over.
    for _ in 0..100_000 {
        running.record(Side::Client, What::Chunk, b"0123456789", None);
    }
    assert!(captures.used() <= 1 << 20, "{}", captures.used());
    assert_eq!((ids(), captures.let_go()), (vec![2], 5));
    assert_eq!(running.len() as u64 + running.more(), 1 + 3 + 100_000);
    assert_eq!(held.bytes(&held.mark(1).unwrap()), b"still here", "a reader keeps what it reads");
    running.finish();
    assert!(matches!(running.mark(running.len() - 1).unwrap().what, What::Closed(_)));
    captures.clear();
    drop((held, running));
    assert_eq!((captures.list().len(), captures.used()), (0, 0));
}

#[test]
fn a_reader_sees_whole_marks_while_they_come() {
    let captures = Captures::default();
    let capture = open(&captures, 1);
    let writer = Arc::clone(&capture);
    let thread = std::thread::spawn(move || {
        for number in 0..50_000_u32 {
            writer.record(Side::Client, What::Chunk, &number.to_be_bytes(), None);
        }
        writer.finish();
    });
    let mut read = Vec::new();
    while !(capture.is_closed() && read.len() == capture.len()) {
        let from = read.len();
        capture.read(from, 1000, &mut read);
        assert!(captures.list()[0].marks >= from);
    }
    thread.join().unwrap();
    assert!(read.iter().enumerate().all(|(index, mark)| mark.index as usize == index));
    let kept = read[1..read.len() - 1].iter().enumerate().filter(|(_, mark)| mark.kept() == 4);
    for (number, mark) in kept.step_by(997) {
        assert_eq!(capture.bytes(mark), u32::try_from(number).unwrap().to_be_bytes());
    }
}

#[test]
fn an_idle_client_costs_little() {
    let captures = Captures::default();
    let all = (0..1000).map(|id| open(&captures, id)).collect::<Vec<_>>();
    assert!(captures.used() + all.len() * size_of::<Capture>() < 1000 * 1024, "{}", captures.used());
}
