//! The log under a flood of small messages: whether a reader that keeps up gets every entry, how much the log slows the
//! echo down, and whether skipped entries are counted exactly.
//!
//! The log is a pipe that this process reads, so the reader takes processor time, too. There is no option to turn the
//! log off, so the echo is compared with two servers: the bare loop, which has no log, and Echoscope after its reader
//! has closed the pipe, which passes entries on but doesn't format them.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use echoscope::cli::LogFormat;

use crate::load::messages::{self, CLIENTS, MESSAGE, Sent};
use crate::numbers::{Spread, float};
use crate::peers::{Kind, Output, Peer, Setup};
use crate::{Lab, Outcome, print_now};

/// The name that selects this measurement on the command line.
pub(crate) const NAME: &str = "log-flood";
/// The number of messages a second of which a reader that keeps up must get every entry.
pub(crate) const RATE: u64 = 50_000;
/// How long the log must stay the same to count as complete.
const UNCHANGED: Duration = Duration::from_millis(250);
/// The formats of the log.
const FORMATS: [LogFormat; 2] = [LogFormat::Text, LogFormat::Json];

/// The figures of one format of the log.
pub(crate) struct Flood {
    format: LogFormat,
    /// The messages a second that the paced clients sent.
    pub(crate) paced: Option<Spread>,
    /// The part of the entries that was printed under the paced load.
    pub(crate) arrived: Option<Spread>,
    /// The messages a second that were echoed under the unpaced load.
    pub(crate) unpaced: Option<Spread>,
    /// The part of the entries that was printed under the unpaced load.
    pub(crate) printed: Option<Spread>,
    /// The speed of the echo divided by that of the bare loop.
    pub(crate) to_bare: Option<Spread>,
    /// The speed of the echo divided by that with a closed log.
    pub(crate) to_closed: Option<Spread>,
    /// The number of entries that were neither printed nor counted as skipped; negative if too many were counted.
    pub(crate) missing: i64,
}

/// A server with the reader of its log.
struct Server {
    peer: Peer,
    log: Arc<Log>,
    /// The number of entries that the log must account for.
    expected: u64,
}

/// The number of entries that the log has accounted for.
#[derive(Default)]
struct Log {
    printed: AtomicU64,
    skipped: AtomicU64,
}

/// Measures both formats of the log.
pub(crate) fn measure(lab: &Lab) -> Outcome<Vec<Flood>> {
    let start = |kind, output| Server::start(lab, kind, output);
    let mut bare = start(Kind::Bare, Output::File)?;
    let mut closed = start(Kind::Headless, Output::Closed)?;
    let mut logging = FORMATS
        .iter()
        .map(|format| start(Kind::Headless, Output::Pipe(*format)))
        .collect::<Outcome<Vec<_>>>()?;
    let paced_time = lab.slice() * 4;
    let mut paced = Vec::new();
    for _ in 0..lab.rounds() {
        let round = logging.iter_mut().map(|server| server.run(paced_time, Some(RATE)));
        paced.push(round.collect::<Outcome<Vec<_>>>()?);
    }
    let mut flood = Vec::new();
    // Round 0 warms up and isn't counted.
    for round in 0..=lab.rounds() {
        let servers = [&mut bare, &mut closed].into_iter().chain(&mut logging);
        let values = servers.map(|server| server.run(lab.slice(), None)).collect::<Outcome<Vec<_>>>()?;
        if round > 0 {
            flood.push(values);
        }
    }
    let floods = FORMATS.into_iter().zip(&logging).enumerate().map(|(index, (format, server))| Flood {
        format,
        paced: Spread::of(paced.iter().map(|round| round[index].0)),
        arrived: Spread::of(paced.iter().map(|round| round[index].1)),
        unpaced: Spread::of(flood.iter().map(|round| round[index + 2].0)),
        printed: Spread::of(flood.iter().map(|round| round[index + 2].1)),
        to_bare: Spread::of(flood.iter().map(|round| round[index + 2].0 / round[0].0)),
        to_closed: Spread::of(flood.iter().map(|round| round[index + 2].0 / round[1].0)),
        missing: server.expected.cast_signed() - server.log.accounted().cast_signed(),
    });
    let floods: Vec<_> = floods.collect();
    for flood in &floods {
        let median = |spread: Option<Spread>| spread.map_or(f64::NAN, |it| it.median);
        print_now(&format!(
            "{NAME}, {}: {:.3} arrived at {RATE}/s, the echo {:.2} of the bare loop, {} not accounted for",
            flood.name(),
            median(flood.arrived),
            median(flood.to_bare),
            flood.missing,
        ));
    }
    Ok(floods)
}

impl Flood {
    /// Returns the name of the log's format.
    pub(crate) fn name(&self) -> &'static str {
        match self.format {
            LogFormat::Text => "text",
            LogFormat::Json => "JSON",
        }
    }
}

impl Server {
    fn start(lab: &Lab, kind: Kind, output: Output) -> Outcome<Self> {
        let mut peer = Peer::start(lab, kind, Setup { recv_size: MESSAGE, output, ..Setup::default() })?;
        let log = Arc::new(Log::default());
        if let (Output::Pipe(format), Some(pipe)) = (output, peer.take_output()) {
            let log = Arc::clone(&log);
            thread::spawn(move || log.read(pipe, format));
        }
        let mut server = Self { peer, log, expected: 0 };
        // The entries about the start, and about the connection that tried whether the server serves.
        server.settle();
        server.expected = server.log.accounted();
        Ok(server)
    }

    /// Runs the load. Returns the messages a second, and the part of the new entries that was printed.
    fn run(&mut self, time: Duration, rate: Option<u64>) -> Outcome<(f64, f64)> {
        let before = self.log.printed.load(Relaxed);
        let result = messages::run(&self.peer.target, time, rate);
        self.peer.check()?;
        let Sent { messages, time } =
            result.map_err(|why| format!("{NAME}, {}: {why}", self.peer.kind.name()))?;
        // Each client's connection is opened and closed.
        let entries = messages + 2 * CLIENTS;
        self.expected += entries;
        self.settle();
        self.peer.wait_until_idle()?;
        let printed = self.log.printed.load(Relaxed) - before;
        Ok((float(messages) / time.as_secs_f64(), float(printed) / float(entries)))
    }

    /// Waits until the log no longer changes.
    fn settle(&self) {
        let mut before = None;
        while before != Some(self.log.accounted()) {
            before = Some(self.log.accounted());
            thread::sleep(UNCHANGED);
        }
    }
}

impl Log {
    fn accounted(&self) -> u64 {
        self.printed.load(Relaxed) + self.skipped.load(Relaxed)
    }

    /// Counts the entries until the server ends.
    fn read(&self, pipe: ChildStdout, format: LogFormat) {
        let mut reader = BufReader::with_capacity(64 * 1024, pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            match skipped(&line, format) {
                Some(count) => self.skipped.fetch_add(count, Relaxed),
                None => self.printed.fetch_add(1, Relaxed),
            };
            line.clear();
        }
    }
}

/// Returns how many skipped entries a line reports; `None` if it is an entry itself.
fn skipped(line: &[u8], format: LogFormat) -> Option<u64> {
    match format {
        LogFormat::Text => {
            // Nearly every line is data, which needs no search.
            let text =
                if line.starts_with(b"Received") { return None } else { String::from_utf8_lossy(line) };
            if !text.contains("left out") && !text.contains("skipped") {
                return None;
            }
            // `12,000 lines …`
            let number =
                text.split(' ').find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?;
            number.replace(',', "").parse().ok()
        }
        LogFormat::Json => {
            const NAME: &[u8] = br#""event":"not_shown""#;
            // The name follows the time, so the rest of a long line needn't be searched.
            let start = &line[..line.len().min(80)];
            let is_skip = start.windows(NAME.len()).any(|part| part == NAME);
            is_skip.then(|| serde_json::from_slice::<serde_json::Value>(line).ok()?["count"].as_u64())?
        }
    }
}
