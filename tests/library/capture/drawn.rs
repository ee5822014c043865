//! The ladder as SVG and as text: whole, well-formed, and the same story as the rows.

use std::io::Write;
use std::process::{Command, Stdio};

use echoscope::capture::sequence::{svg, text, words};
use echoscope::capture::{Captures, MOST_MARKS, Side, What};
use echoscope::server::client_id::{ClientId, ClientInfo};
use echoscope::settings::ClientAuth;
use rustls::version::TLS13;

use crate::capture::lab::{Lab, echo, ladder, leave, over_tls, provider};
use crate::support::program;

/// Has Python parse the picture; the texts in it.
fn parsed(svg: &str) -> Option<Vec<String>> {
    let script = "import sys, xml.etree.ElementTree as t\n\
                  for e in t.parse(sys.stdin.buffer).iter('{http://www.w3.org/2000/svg}text'):\n\
                  \u{20}   sys.stdout.buffer.write(((e.text or '') + '\\n').encode())";
    let mut child = Command::new(program("python3")?)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let svg = svg.to_owned();
    let feeder = std::thread::spawn(move || input.write_all(svg.as_bytes()));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "the picture is no XML");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn a_tls_conversation_is_told_whole_in_both() {
    let lab = Lab::tls(ClientAuth::None);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"<Hello & goodbye>\n");
    leave(client);
    let capture = lab.closed(1);
    let ladder = ladder(&capture);
    let text = text::text(&ladder, &capture);
    let lines = text.lines().collect::<Vec<_>>();
    assert!(
        lines[0].starts_with("Connection #1 from 127.0.0.1:") && lines[1].starts_with("The client closed")
    );
    assert_eq!(lines.len(), 4 + ladder.rows().len());
    assert!(text.contains(r"b'<Hello & goodbye>\n' · came in the record of row 9"), "{text}");
    let bars = lines[4..].iter().map(|line| line.chars().take_while(|c| *c != '│').count());
    assert!(bars.collect::<Vec<_>>().windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    let Some(texts) = parsed(&svg::svg(&ladder, &capture)) else { return };
    for row in ladder.rows() {
        let words::Label { on_wire, inside } = words::parts(row);
        for words in [Some(on_wire), inside].into_iter().flatten() {
            assert!(texts.iter().any(|text| text.contains(&words)), "{words}: {texts:#?}");
            assert!(lines.iter().any(|line| line.contains(&words)), "{words}: {text}");
        }
        assert!(!words::explain(&ladder, row).is_empty());
    }
}

/// Takes a file without keeping it.
#[derive(Default)]
struct Counting {
    bytes: usize,
    lines: usize,
    largest: usize,
}

impl Write for Counting {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.bytes += data.len();
        self.lines += data.split(|byte| *byte == b'\n').count() - 1;
        self.largest = self.largest.max(data.len());
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_longest_ladder_is_written_in_small_pieces() {
    let captures = Captures::default();
    let client = ClientInfo { id: ClientId(1), peer: ([127, 0, 0, 1], 1).into() };
    let capture = captures.open(client, false, std::time::Instant::now());
    for _ in 0..MOST_MARKS + 5 {
        capture.record(Side::Client, What::Chunk, b"a chunk", None);
    }
    capture.finish();
    let ladder = ladder(&capture);
    assert_eq!((ladder.rows().len(), ladder.more()), (MOST_MARKS + 1, 6));
    let (mut picture, mut lines) = (Counting::default(), Counting::default());
    svg::write(&ladder, &capture, &mut picture).unwrap();
    text::write(&ladder, &capture, &mut lines).unwrap();
    assert_eq!(lines.lines, 4 + 1 + MOST_MARKS + 1);
    assert!(picture.lines > MOST_MARKS && picture.bytes < 128 << 20, "{} bytes", picture.bytes);
    assert!(picture.largest < 4096 && lines.largest < 4096);
}

#[test]
fn any_bytes_make_a_picture() {
    let captures = Captures::default();
    let client = ClientInfo { id: ClientId(1), peer: ([127, 0, 0, 1], 1).into() };
    let capture = captures.open(client, true, std::time::Instant::now());
    for byte in 0..=255 {
        capture.record(Side::Client, What::Raw, &[byte, b'<', byte, b'&', b'"'], None);
    }
    let ladder = ladder(&capture);
    if let Some(texts) = parsed(&svg::svg(&ladder, &capture)) {
        assert!(texts.len() > 4 * 256);
    }
    assert_eq!(text::text(&ladder, &capture).lines().count(), 3 + 257);
}
