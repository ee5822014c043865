//! A run: load and idle readings in turn, then the verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use crate::headless::{Headless, come_and_go};
use crate::options::Options;
use crate::orders::{Answer, Order, Round, Sums};
use crate::random::Random;
use crate::readings::{Reading, WARM_UP, Watched, trend};
use crate::remote::Remote;
use crate::support::Identity;
use crate::target::{Ground, Target};
use crate::workers::Crew;

/// Workers that visit the app's server.
const AT_THE_SESSION: u64 = 6;
/// Workers that visit each of the two programs.
const AT_EACH_PROGRAM: u64 = 3;
/// How long files and threads may take to close after the last client has disconnected.
const SETTLING: Duration = Duration::from_secs(15);
/// How long they must stay the same before they become the baseline.
const STILL: Duration = Duration::from_secs(3);
/// How much more the app may hold at one idle reading than at another, for example for a longer name.
const HELD_SLACK_KIB: f64 = 512.0;

/// The parts of a run.
struct Soak {
    options: Options,
    crew: Crew,
    random: Random,
    identity: Identity,
    session: Remote,
    session_ground: Arc<Ground>,
    programs: Vec<(Headless, Arc<Ground>)>,
    watched: Vec<Watched>,
    /// The heap of the app's process at each idle reading, in bytes.
    live: Vec<usize>,
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
        let until = (Instant::now() + options.between_rests()).min(deadline);
        soak.load(until)?;
        soak.rest()?;
    }
    Ok(soak.verdict())
}

impl Soak {
    fn new(options: Options, folder: &std::path::Path) -> Result<Self, String> {
        let crew = Crew::default();
        let identity = Identity::new();
        let session = Remote::start(&crew, &identity, folder, options.seed)?;
        let session_ground = Arc::new(Ground::default());
        crew.send(AT_THE_SESSION, &session_ground, options.seed, 1);
        let mut watched = vec![Watched::new("session", session.process)];
        let mut programs = Vec::new();
        for (part, name, format, tls) in
            [(2, "headless", "text", None), (3, "headless TLS", "json", Some(&identity))]
        {
            let program = Headless::start(&crew, name, &["--log-format", format], tls)?;
            watched.push(Watched::new(name, program.process()));
            let ground = Arc::new(Ground::default());
            crew.send(AT_EACH_PROGRAM, &ground, options.seed, part);
            programs.push((program, ground));
        }
        let random = Random::of(options.seed, 0);
        let began = Instant::now();
        Ok(Self {
            options,
            crew,
            random,
            identity,
            session,
            session_ground,
            programs,
            watched,
            live: Vec::new(),
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
                // No other thread can: they all wait.
                for one in &watched {
                    let line = format!("kill -KILL {}", one.process);
                    let _ = std::process::Command::new("sh").args(["-c", &line]).status();
                }
                std::process::exit(1);
            }
        });
    }

    fn load(&mut self, until: Instant) -> Result<(), String> {
        for (program, ground) in &self.programs {
            ground.open(Arc::clone(&program.target));
        }
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            match self.random.between(0, 9) {
                0 => self.flicker()?,
                1 => self.come_and_go(),
                _ => self.round(left)?,
            }
        }
        for (program, ground) in &self.programs {
            ground.close();
            ground.wait_empty(&self.crew.waits, &program.target.name);
        }
        Ok(())
    }

    /// Starts the server and stops it before it has made much progress.
    fn flicker(&mut self) -> Result<(), String> {
        let round = Round { taken_port: false, ..Round::choose(&mut self.random) };
        self.crew.tally.starts.fetch_add(1, Relaxed);
        match self.session.ask(&Order::Flicker(round), "a server that is stopped as soon as it is started")? {
            Answer::Stopped(sums) => self.check(&sums, "stopped at once"),
            other => return Err(format!("session: {other:?} is no answer to a start and a stop")),
        }
        Ok(())
    }

    fn come_and_go(&mut self) {
        self.crew.tally.starts.fetch_add(1, Relaxed);
        if let Err(words) = come_and_go(&self.crew, &self.identity, &mut self.random) {
            self.crew.tally.failed(&words);
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
        let listening = self.session.ask(&Order::Start(round.clone()), "the server to listen")?;
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
        self.session_ground.open(Arc::clone(&target));
        thread::sleep(length);
        self.session_ground.close();
        if quiet {
            self.session
                .ask(&Order::Settle, "the session's own clients to have everything back and to go")?;
            self.session_ground.wait_empty(&self.crew.waits, &target.name);
            self.session.ask(&Order::Empty, "the server to have no client any more")?;
        }
        target.end();
        let stopped = self.session.ask(&Order::Stop, "the server to stop")?;
        let Answer::Stopped(sums) = stopped else {
            return Err(format!("session: {stopped:?} is no answer to a stop"));
        };
        self.session_ground.wait_empty(&self.crew.waits, &target.name);
        self.check(&sums, &target.name);
        Ok(())
    }

    /// Returns the counts of one run of the app's server.
    fn check(&self, sums: &Sums, name: &str) {
        self.crew.tally.compared.fetch_add(sums.compared, Relaxed);
        if sums.left > 0 {
            self.crew.tally.failed(&format!("{name}: after the stop it counts {} clients", sums.left));
        }
        if sums.not_shown == 0 && (sums.opened != sums.closed || sums.opened != sums.clients) {
            self.crew.tally.failed(&format!("{name}: the log does not tell of every client once: {sums:?}"));
        }
        if sums.sent > sums.received {
            self.crew.tally.failed(&format!("{name}: it sent more than it received: {sums:?}"));
        }
    }

    /// Disconnects all clients and reads each process.
    fn rest(&mut self) -> Result<(), String> {
        let rested = self.session.ask(&Order::Rest, "a session at rest")?;
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
            let reading = settle(watched, &self.crew)?;
            watched.readings.push(reading);
        }
        self.live.push(rest.live);
        let told = self.watched.iter().map(|one| format!("{} {}", one.name, words(one.readings.last())));
        let seconds = self.began.elapsed().as_secs();
        println!(
            "{:2}:{:02}  {}  |  {}; log {} MiB, captures {} MiB, at rest {} KiB held, {} deeds",
            seconds / 60,
            seconds % 60,
            told.collect::<Vec<_>>().join("  |  "),
            self.crew.tally.sums(),
            rest.log_bytes >> 20,
            rest.captures_bytes >> 20,
            rest.live >> 10,
            rest.deeds
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
                words(one.baseline().as_ref()),
                words(one.readings.last()),
                one.growth(),
                one.slack()
            );
            if one.readings.len() <= WARM_UP + 1 {
                tally.failed(&format!("{}: too few readings for a verdict", one.name));
            }
            for words in one.grown() {
                tally.failed(&words);
            }
            if one.grown().iter().any(|words| !words.contains("memory")) {
                println!("{}: {}", one.name, one.inventory());
            }
        }
        let live = self.live.get(WARM_UP..).unwrap_or_default();
        let growth = trend(&live.iter().map(|bytes| kib(*bytes)).collect::<Vec<_>>());
        let ends = [live.first(), live.last()].map(|bytes| kib(bytes.copied().unwrap_or_default()));
        println!("session: at rest {:.0} KiB held after the warm-up, {:.0} at the end", ends[0], ends[1]);
        if growth > HELD_SLACK_KIB {
            tally.failed(&format!("session: what it holds at rest grew by {growth:.0} KiB over the run"));
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

/// Waits until files and threads are down at the baseline, or the time for that is over. While there is no baseline,
/// they must stay the same for a while, so that a write in progress doesn't raise it.
fn settle(watched: &Watched, crew: &Crew) -> Result<Reading, String> {
    let _waiting = crew.waits.begin(format!("{}: it to come to rest", watched.name));
    let began = Instant::now();
    let mut known = (0, 0);
    let mut since = began;
    loop {
        let Some(reading) = watched.look() else { return Err(format!("{} has ended", watched.name)) };
        if known != (reading.files, reading.threads) {
            (known, since) = ((reading.files, reading.threads), Instant::now());
        }
        let at_rest = match watched.baseline() {
            Some(base) => reading.files <= base.files && reading.threads <= base.threads,
            None => since.elapsed() > STILL,
        };
        if at_rest || began.elapsed() > SETTLING {
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
fn words(reading: Option<&Reading>) -> String {
    reading.map_or_else(
        || "not read".to_owned(),
        |one| format!("{:.1} MiB, {} files, {} threads", one.memory as f64 / 1024.0, one.files, one.threads),
    )
}
