//! Headless programs under load: two that serve during the whole run, and others that are soon terminated.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use echoscope::settings::Mode;

use crate::random::Random;
use crate::remote::{limit_freed_memory, watch_for_panics};
use crate::support::{Guarded, Identity, echoscope};
use crate::target::{Target, TargetSlot};
use crate::visits::Kind;
use crate::waits::PATIENCE;
use crate::workers::Crew;

/// A running `echoscope --headless`.
pub(crate) struct Headless {
    child: Guarded,
    pub(crate) target: Arc<Target>,
}

impl Headless {
    /// Starts the program on a free port and waits until it listens.
    pub(crate) fn start(
        crew: &Crew,
        name: &'static str,
        arguments: &[&str],
        tls: Option<&Identity>,
    ) -> Result<Self, String> {
        let mut all = vec!["--headless", "--port", "0", "--backlog", "128"];
        all.extend_from_slice(arguments);
        if let Some(identity) = tls {
            all.extend(identity.arguments());
        }
        let mut command = echoscope(&all);
        limit_freed_memory(&mut command);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guarded(command.spawn().map_err(|error| format!("{name}: {error}"))?);
        let (Some(stdout), Some(stderr)) = (child.0.stdout.take(), child.0.stderr.take()) else {
            return Err(format!("{name} has no pipes"));
        };
        watch_for_panics(stderr, name, Arc::clone(&crew.tally));
        let port = read_log(stdout, name, crew);
        let waiting = crew.waits.begin(format!("{name}: the line that names its port"));
        let port = port.recv().map_err(|_| format!("{name} ended before it listened"))?;
        drop(waiting);
        let trusted = tls.map(|identity| std::fs::read(&identity.certificate)).transpose();
        let trusted = trusted.map_err(|error| error.to_string())?.map(Arc::from);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let target = Arc::new(Target::new(name.to_owned(), vec![address], trusted));
        Ok(Self { child, target })
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.0.id()
    }

    /// Terminates the program while it serves. The exit code must be 0.
    fn terminate(mut self, crew: &Crew) -> Result<(), String> {
        self.target.end();
        let name = &self.target.name;
        let _waiting = crew.waits.begin(format!("{name}: its end after SIGTERM"));
        let line = format!("kill -TERM {}", self.child.0.id());
        let sent = Command::new("sh").args(["-c", &line]).status();
        if !sent.is_ok_and(|status| status.success()) {
            return Err(format!("{name}: {line} failed"));
        }
        match crate::support::wait(&mut self.child.0, 2 * PATIENCE) {
            Some(status) if status.success() => Ok(()),
            end => Err(format!("{name}: after SIGTERM it ended with {end:?}")),
        }
    }
}

/// Starts a program in a random mode, lets clients visit it, and terminates it during their visits.
pub(crate) fn run_briefly(crew: &Crew, identity: &Identity, random: &mut Random) -> Result<(), String> {
    let mode = random.pick(&Mode::ALL);
    let tls = random.one_in(2).then_some(identity);
    let recv_size = random.pick(&["1", "1024", "65536"]);
    let format = random.pick(&["text", "json"]);
    let arguments = ["--mode", &mode.to_string(), "--recv-size", recv_size, "--log-format", format];
    let mut server = Headless::start(crew, "short headless", &arguments, tls)?;
    if let Some(target) = Arc::get_mut(&mut server.target) {
        target.recv_size = recv_size.parse().unwrap_or(1);
    }
    let slot = Arc::new(TargetSlot::default());
    slot.open(Arc::clone(&server.target));
    crew.start_workers(2, &slot, random.next(), 1);
    for _ in 0..random.between(1, 8) {
        crew.visit(&server.target, Kind::choose(random), random);
    }
    let target = Arc::clone(&server.target);
    let ended = server.terminate(crew);
    slot.end();
    slot.wait_empty(&crew.waits, &target.name);
    ended
}

/// Reads a program's log to its end on a thread. Sends the port, which the first line contains; a panic is a failure.
fn read_log(pipe: impl Read + Send + 'static, name: &'static str, crew: &Crew) -> Receiver<u16> {
    let (sender, port) = channel();
    let tally = Arc::clone(&crew.tally);
    thread::spawn(move || {
        let mut sender = Some(sender);
        let mut pipe = BufReader::with_capacity(1 << 20, pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.is_some() {
                send_port(&mut sender, &line);
            }
            let has = |text: &[u8]| line.windows(text.len()).any(|window| window == text);
            // The random data that clients send doesn't contain these texts.
            if line.len() < 4096 && (has(b"bug in Echoscope") || has(br#""problem":"panicked""#)) {
                tally.failed(&format!("{name}: PANIC in the log: {}", String::from_utf8_lossy(&line)));
            }
            line.clear();
        }
    });
    port
}

fn send_port(sender: &mut Option<Sender<u16>>, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    let text = line.trim_end().strip_prefix("Starting server on port ").and_then(|port| port.parse().ok());
    let json = || {
        let value = serde_json::from_str::<serde_json::Value>(&line).ok()?;
        u16::try_from(value.get("port")?.as_u64()?).ok()
    };
    if let Some(port) = text.or_else(json)
        && let Some(sender) = sender.take()
    {
        // This fails only if the caller no longer waits for the port.
        let _ = sender.send(port);
    }
}
