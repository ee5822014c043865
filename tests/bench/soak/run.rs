//! A run: load and idle readings in turn, then the verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use crate::headless::{Headless, run_briefly};
use crate::options::Options;
use crate::orders::{Answer, Order, Round, Sums};
use crate::random::Random;
use crate::readings::{Reading, WARM_UP, Watched, trend};
use crate::remote::Remote;
use crate::support::Identity;
use crate::target::{Target, TargetSlot};
use crate::workers::Crew;

/// The number of workers that visit the app's server.
const APP_WORKERS: u64 = 6;
/// The number of workers that visit each of the two programs.
const PROGRAM_WORKERS: u64 = 3;
/// How long files and threads may take to close after the last client has disconnected.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long files and threads must stay the same before they become the baseline.
const STABLE_TIME: Duration = Duration::from_secs(3);
/// How much the heap of the idle app may differ between readings, for example because a name is longer.
const HEAP_SLACK_KIB: f64 = 512.0;

/// A run with all its parts.
struct Soak {
    options: Options,
    crew: Crew,
    random: Random,
    identity: Identity,
    remote: Remote,
    app_slot: Arc<TargetSlot>,
    programs: Vec<(Headless, Arc<TargetSlot>)>,
    watched: Vec<Watched>,
    /// The heap of the app's process at each idle reading, in bytes.
    heap: Vec<usize>,
    began: Instant,
}

/// Returns whether nothing grew, was lost, hung or panicked.
pub(crate) fn run(options: Options) -> Result<bool, String> {
    let minutes = options.length.as_secs() / 60;
    println!(
        "soak: {minutes} min, a rest every {} s, --seed {}",
        options.between_rests().as_secs(),
        options.seed
    );
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut soak = Soak::new(options, folder.path())?;
    soak.watch();
    let deadline = Instant::now() + options.length;
    // Idle readings are scheduled in advance, so that their duration doesn't count as load.
    while Instant::now() < deadline {
        let end = (Instant::now() + options.between_rests()).min(deadline);
        soak.load(end)?;
        soak.rest()?;
    }
    Ok(soak.verdict())
}

impl Soak {
    fn new(options: Options, folder: &std::path::Path) -> Result<Self, String> {
        let crew = Crew::default();
        let identity = Identity::new();
        let remote = Remote::start(&crew, &identity, folder, options.seed)?;
        let app_slot = Arc::new(TargetSlot::default());
        crew.start_workers(APP_WORKERS, &app_slot, options.seed, 1);
        let mut watched = vec![Watched::new("session", remote.process)];
        let mut programs = Vec::new();
        for (part, name, format, tls) in
            [(2, "headless", "text", None), (3, "headless TLS", "json", Some(&identity))]
        {
            let program = Headless::start(&crew, name, &["--log-format", format], tls)?;
            watched.push(Watched::new(name, program.process()));
            let slot = Arc::new(TargetSlot::default());
            crew.start_workers(PROGRAM_WORKERS, &slot, options.seed, part);
            programs.push((program, slot));
        }
        let random = Random::of(options.seed, 0);
        let began = Instant::now();
        Ok(Self {
            options,
            crew,
            random,
            identity,
            remote,
            app_slot,
            programs,
            watched,
            heap: Vec::new(),
            began,
        })
    }

    /// Ends the run as soon as something makes no progress for too long.
    fn watch(&self) {
        let (crew, seed) = (self.crew.clone(), self.options.seed);
        let watched: Vec<_> = self.watched.iter().map(|one| Watched::new(one.name, one.process)).collect();
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let stuck = crew.waits.stuck();
                if stuck.is_empty() {
                    continue;
                }
                for what in &stuck {
                    crew.tally.failed(&format!("HANGS {what}"));
                }
                for one in &watched {
                    println!("{}: {}", one.name, one.inventory());
                }
                println!(
                    "soak: given up after {} failures; once more with --seed {seed}",
                    crew.tally.failures()
                );
                // The main thread can't kill the programs, because it is stuck too.
                for one in &watched {
                    let line = format!("kill -KILL {}", one.process);
                    let _ = std::process::Command::new("sh").args(["-c", &line]).status();
                }
                std::process::exit(1);
            }
        });
    }

    fn load(&mut self, end: Instant) -> Result<(), String> {
        for (program, slot) in &self.programs {
            slot.open(Arc::clone(&program.target));
        }
        while Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            match self.random.between(0, 9) {
                0 => self.flicker()?,
                1 => self.run_briefly(),
                _ => self.round(left)?,
            }
        }
        for (program, slot) in &self.programs {
            slot.close();
            slot.wait_empty(&self.crew.waits, &program.target.name);
        }
        Ok(())
    }

    /// Starts the server and stops it before it has made much progress.
    fn flicker(&mut self) -> Result<(), String> {
        let round = Round { taken_port: false, ..Round::choose(&mut self.random) };
        self.crew.tally.starts.fetch_add(1, Relaxed);
        match self.remote.ask(&Order::Flicker(round), "a server that is stopped as soon as it is started")? {
            Answer::Stopped(sums) => self.check(&sums, "stopped at once"),
            other => return Err(format!("session: {other:?} is no answer to a start and a stop")),
        }
        Ok(())
    }

    fn run_briefly(&mut self) {
        self.crew.tally.starts.fetch_add(1, Relaxed);
        if let Err(message) = run_briefly(&self.crew, &self.identity, &mut self.random) {
            self.crew.tally.failed(&message);
        }
    }

    /// Runs the app's server once.
    fn round(&mut self, at_most: Duration) -> Result<(), String> {
        let round = Round::choose(&mut self.random);
        let quiet = self.random.one_in(2);
        let length = Duration::from_millis(self.random.between(300, 6000)).min(at_most);
        let tls = if round.tls { "TLS" } else { "plain" };
        let name = format!("session ({}, {tls}, recv {})", round.mode, round.recv_size);
        self.crew.tally.starts.fetch_add(1, Relaxed);
        let listening = self.remote.ask(&Order::Start(round.clone()), "the server to listen")?;
        let Answer::Listening(addresses) = listening else {
            return Err(format!("session: {listening:?} is no answer to a start"));
        };
        let trusted = round.tls.then(|| std::fs::read(&self.identity.certificate)).transpose();
        let trusted = trusted.map_err(|error| error.to_string())?.map(Arc::from);
        let mut target = Target::new(name, addresses, trusted);
        target.tickets = round.tickets;
        target.recv_size = round.recv_size as usize;
        target.lenient = round.idle_timeout > 0;
        let target = Arc::new(target);
        self.app_slot.open(Arc::clone(&target));
        thread::sleep(length);
        self.app_slot.close();
        if quiet {
            self.remote.ask(&Order::Settle, "the session's own clients to have everything back and to go")?;
            self.app_slot.wait_empty(&self.crew.waits, &target.name);
            self.remote.ask(&Order::Empty, "the server to have no client any more")?;
        }
        target.end();
        let stopped = self.remote.ask(&Order::Stop, "the server to stop")?;
        let Answer::Stopped(sums) = stopped else {
            return Err(format!("session: {stopped:?} is no answer to a stop"));
        };
        self.app_slot.wait_empty(&self.crew.waits, &target.name);
        self.check(&sums, &target.name);
        Ok(())
    }

    /// Checks the counts of one run of the app's server.
    fn check(&self, sums: &Sums, name: &str) {
        self.crew.tally.compared.fetch_add(sums.compared, Relaxed);
        if sums.left > 0 {
            self.crew.tally.failed(&format!("{name}: after the stop it counts {} clients", sums.left));
        }
        if sums.not_shown == 0 && (sums.opened != sums.closed || sums.opened != sums.clients) {
            self.crew.tally.failed(&format!("{name}: the log doesn't list every client once: {sums:?}"));
        }
        if sums.sent > sums.received {
            self.crew.tally.failed(&format!("{name}: it sent more than it received: {sums:?}"));
        }
    }

    /// Disconnects all clients and reads each process.
    fn rest(&mut self) -> Result<(), String> {
        let rested = self.remote.ask(&Order::Rest, "an idle session")?;
        let Answer::Rested(rest) = rested else {
            return Err(format!("session: {rested:?} is no answer to a rest"));
        };
        if rest.log_bytes > rest.log_limit {
            self.crew.tally.failed(&format!("session: the log passed its limit: {rest:?}"));
        }
        if rest.captures_left > 0 || rest.log_left > 0 {
            self.crew.tally.failed(&format!("session: cleared, and yet something is left: {rest:?}"));
        }
        for watched in &mut self.watched {
            let reading = settled_reading(watched, &self.crew)?;
            watched.readings.push(reading);
        }
        self.heap.push(rest.heap);
        let readings =
            self.watched.iter().map(|one| format!("{} {}", one.name, reading_text(one.readings.last())));
        let seconds = self.began.elapsed().as_secs();
        println!(
            "{:2}:{:02}  {}  |  {}; log {} MiB, captures {} MiB, idle {} KiB held, {} deeds",
            seconds / 60,
            seconds % 60,
            readings.collect::<Vec<_>>().join("  |  "),
            self.crew.tally.sums(),
            rest.log_bytes >> 20,
            rest.captures_bytes >> 20,
            rest.heap >> 10,
            rest.actions
        );
        Ok(())
    }

    fn verdict(&self) -> bool {
        let tally = &self.crew.tally;
        println!(
            "soak: {}; {} cut short, {} resumed",
            tally.sums(),
            tally.cut_short.load(Relaxed),
            tally.resumed.load(Relaxed)
        );
        println!("soak: {}", tally.by_kind());
        for one in &self.watched {
            println!(
                "{}: after the warm-up {}, at the end {}; trend {:+.0} KiB in its second half, {:.0} are chance",
                one.name,
                reading_text(one.baseline().as_ref()),
                reading_text(one.readings.last()),
                one.growth(),
                one.slack()
            );
            if one.readings.len() <= WARM_UP + 1 {
                tally.failed(&format!("{}: too few readings for a verdict", one.name));
            }
            for message in one.grown() {
                tally.failed(&message);
            }
            if one.grown().iter().any(|message| !message.contains("memory")) {
                println!("{}: {}", one.name, one.inventory());
            }
        }
        let heap = self.heap.get(WARM_UP..).unwrap_or_default();
        let growth = trend(&heap.iter().map(|bytes| kib(*bytes)).collect::<Vec<_>>());
        let ends = [heap.first(), heap.last()].map(|bytes| kib(bytes.copied().unwrap_or_default()));
        println!("session: idle {:.0} KiB held after the warm-up, {:.0} at the end", ends[0], ends[1]);
        if growth > HEAP_SLACK_KIB {
            tally.failed(&format!("session: its idle memory grew by {growth:.0} KiB over the run"));
        }
        let failures = tally.failures();
        let seed = self.options.seed;
        if failures == 0 {
            println!("soak: passed (--seed {seed})");
        } else {
            println!("soak: FAILED, {failures} times; once more with --seed {seed}");
        }
        failures == 0
    }
}

/// Returns a reading when files and threads are back at the baseline, or after [`SETTLE_TIMEOUT`] at the latest. Before
/// there is a baseline, waits until they stay the same for [`STABLE_TIME`], so that a write in progress isn't counted.
fn settled_reading(watched: &Watched, crew: &Crew) -> Result<Reading, String> {
    let _waiting = crew.waits.begin(format!("{}: it to come to rest", watched.name));
    let began = Instant::now();
    let mut last_counts = (0, 0);
    let mut since = began;
    loop {
        let Some(reading) = watched.read() else { return Err(format!("{} has ended", watched.name)) };
        if last_counts != (reading.files, reading.threads) {
            (last_counts, since) = ((reading.files, reading.threads), Instant::now());
        }
        let is_stable = match watched.baseline() {
            Some(base) => reading.files <= base.files && reading.threads <= base.threads,
            None => since.elapsed() > STABLE_TIME,
        };
        if is_stable || began.elapsed() > SETTLE_TIMEOUT {
            return Ok(reading);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a process that fits into memory")]
fn kib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "KiB of a process that fits into memory")]
fn reading_text(reading: Option<&Reading>) -> String {
    reading.map_or_else(
        || "not read".to_owned(),
        |one| format!("{:.1} MiB, {} files, {} threads", one.memory as f64 / 1024.0, one.files, one.threads),
    )
}
