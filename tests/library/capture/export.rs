//! The sequence diagram as SVG and as text: complete, well-formed, and consistent with its rows.

use std::io::Write;
use std::process::{Command, Stdio};

use echoscope::capture::sequence::{Sequence, SequenceFormat, explain, row_text};
use echoscope::capture::{CaptureEventKind, Captures, MAX_EVENTS, Side};
use echoscope::server::event::{ClientId, ClientInfo, CloseReason};
use echoscope::settings::ClientAuth;
use rustls::version::TLS13;

use crate::capture::lab::{Lab, close_tls, echo, over_tls, provider, sequence};
use crate::support::program;

/// Parses an SVG with Python. Returns its texts, or `None` without Python.
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
fn both_formats_contain_a_whole_tls_connection() {
    let lab = Lab::tls(ClientAuth::None);
    let mut client = over_tls(&lab.client(provider(), &[&TLS13], false), lab.running.connect());
    echo(&mut client, b"<Hello & goodbye>\n");
    close_tls(client);
    let capture = lab.closed(1);
    let sequence = sequence(&capture);
    let text = export(&sequence, SequenceFormat::Text);
    let lines = text.lines().collect::<Vec<_>>();
    assert!(
        lines[0].starts_with("Connection #1 from 127.0.0.1:") && lines[1].starts_with("The client closed")
    );
    assert_eq!(lines.len(), 4 + sequence.rows().len());
    assert!(text.contains(r"b'<Hello & goodbye>\n' · received in the record of row 9"), "{text}");
    let bars = lines[4..].iter().map(|line| line.chars().take_while(|c| *c != '│').count());
    assert!(bars.collect::<Vec<_>>().windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    let Some(texts) = parsed(&export(&sequence, SequenceFormat::Svg)) else { return };
    for row in sequence.rows() {
        let row_text::RowLabel { on_wire, encrypted } = row_text::label_parts(row);
        for expected in [Some(on_wire), encrypted].into_iter().flatten() {
            assert!(texts.iter().any(|text| text.contains(&expected)), "{expected}: {texts:#?}");
            assert!(lines.iter().any(|line| line.contains(&expected)), "{expected}: {text}");
        }
        assert!(!explain(row).is_empty());
    }
}

fn export(sequence: &Sequence, format: SequenceFormat) -> String {
    let mut out = Vec::new();
    format.write(sequence, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A writer that counts the bytes and lines, and keeps the size of the largest write.
#[derive(Default)]
struct CountingWriter {
    bytes: usize,
    lines: usize,
    largest: usize,
}

impl Write for CountingWriter {
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
fn longest_diagram_is_written_row_by_row() {
    let captures = Captures::default();
    let client = ClientInfo { id: ClientId(1), peer: ([127, 0, 0, 1], 1).into() };
    let capture = captures.open(client, client.peer, false, std::time::Instant::now());
    for _ in 0..MAX_EVENTS + 5 {
        capture.record(Side::Client, CaptureEventKind::Plaintext, b"a chunk", None);
    }
    capture.close(CloseReason::EndOfStream);
    let sequence = sequence(&capture);
    assert_eq!((sequence.rows().len(), sequence.info().not_stored), (MAX_EVENTS + 1, 6));
    let (mut picture, mut lines) = (CountingWriter::default(), CountingWriter::default());
    SequenceFormat::Svg.write(&sequence, &mut picture).unwrap();
    SequenceFormat::Text.write(&sequence, &mut lines).unwrap();
    assert_eq!(lines.lines, 4 + MAX_EVENTS + 1);
    assert!(picture.lines > MAX_EVENTS && picture.bytes < 128 << 20, "{} bytes", picture.bytes);
    assert!(picture.largest < 4096 && lines.largest < 4096);
}

#[test]
fn any_bytes_give_well_formed_svg() {
    let captures = Captures::default();
    let client = ClientInfo { id: ClientId(1), peer: ([127, 0, 0, 1], 1).into() };
    let capture = captures.open(client, client.peer, true, std::time::Instant::now());
    for byte in 0..=255 {
        capture.record(Side::Client, CaptureEventKind::Raw, &[byte, b'<', byte, b'&', b'"'], None);
    }
    let sequence = sequence(&capture);
    if let Some(texts) = parsed(&export(&sequence, SequenceFormat::Svg)) {
        assert!(texts.len() > 4 * 256);
    }
    assert_eq!(export(&sequence, SequenceFormat::Text).lines().count(), 3 + 257);
}
