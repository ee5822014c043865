//! The child process with the app, as seen from the test: messages go in, answers come out.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::options::STAGE;
use crate::orders::{Answer, Order};
use crate::support::{Guarded, Identity};
use crate::tally::Tally;
use crate::waits::Waits;
use crate::workers::Crew;

/// The connection to the child process.
pub(crate) struct Remote {
    orders: ChildStdin,
    answers: Receiver<Answer>,
    waits: Arc<Waits>,
    pub(crate) process: u32,
    _child: Guarded,
}

impl Remote {
    pub(crate) fn start(crew: &Crew, identity: &Identity, folder: &Path, seed: u64) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args([STAGE, &identity.certificate, &identity.key]).arg(folder).arg(seed.to_string());
        limit_freed_memory(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guarded(command.spawn().map_err(|error| format!("the session's child: {error}"))?);
        let (Some(orders), Some(stdout), Some(stderr)) =
            (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take())
        else {
            return Err("the session's child has no pipes".to_owned());
        };
        watch_for_panics(stderr, "session", Arc::clone(&crew.tally));
        let (sender, answers) = channel();
        let tally = Arc::clone(&crew.tally);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match serde_json::from_str::<Answer>(&line) {
                    Ok(Answer::Wrong(message)) => tally.failed(&format!("session: {message}")),
                    Ok(answer) => {
                        if sender.send(answer).is_err() {
                            return;
                        }
                    }
                    Err(error) => tally.failed(&format!("session: {error}: {line}")),
                }
            }
        });
        let process = child.0.id();
        Ok(Self { orders, answers, waits: Arc::clone(&crew.waits), process, _child: child })
    }

    /// Sends a message and waits for its answer.
    pub(crate) fn ask(&mut self, order: &Order, waited_for: &str) -> Result<Answer, String> {
        let gone = || format!("session: it has ended, and was waited for: {waited_for}");
        let line = serde_json::to_string(order).map_err(|error| error.to_string())?;
        writeln!(self.orders, "{line}").map_err(|_| gone())?;
        let _waiting = self.waits.begin(format!("session: {waited_for}"));
        self.answers.recv().map_err(|_| gone())
    }
}

/// Makes glibc return freed memory to the OS, so that resident memory shows a program's own use. By default glibc keeps
/// an arena for each concurrent thread, each as large as its peak, so that resident memory grows during a whole run
/// although the heap doesn't.
pub(crate) fn limit_freed_memory(command: &mut Command) {
    command.env("MALLOC_ARENA_MAX", "1").env("MALLOC_MMAP_THRESHOLD_", "16384");
}

/// Reads a child's stderr to its end. A panic is a failure; all other lines are printed.
pub(crate) fn watch_for_panics(
    pipe: impl std::io::Read + Send + 'static,
    name: &'static str,
    tally: Arc<Tally>,
) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if line.contains("panicked at") {
                tally.failed(&format!("{name}: PANIC on stderr: {line}"));
            } else {
                println!("{name}, on stderr: {line}");
            }
        }
    });
}
