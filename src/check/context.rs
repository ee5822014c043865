//! The state that the checks share: the server's address, its program if the checks started it, and earlier findings.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::connection::CheckConnection;
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::check::program::CheckedProgram;
use crate::check::target::{CheckTarget, StepError, Trouble};
use crate::resolve::Lookup;
use crate::tls::options::Trust;

/// How many clients a serving mode serves at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// One client at a time.
    One,
    /// Each client has a thread, so all are served at once.
    Threads,
    /// A pool serves several clients at once.
    Pool,
}

impl Expect {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::One, Self::Threads, Self::Pool];

    /// Returns the mode's name for the command line and for programs: `threads`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Threads => "threads",
            Self::Pool => "pool",
        }
    }

    /// Returns the mode in words: `All clients at once`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::One => "One client at a time",
            Self::Threads => "All clients at once",
            Self::Pool => "Several clients at once",
        }
    }
}

/// The requirements for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Everything.
    #[default]
    Strict,
    /// The tutorial's program passes: the checks that it can't pass are only observed.
    Course,
}

/// The server to check, and how to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOptions {
    /// The server's host: a name or an address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// Whether to use TLS.
    pub tls: bool,
    /// The CAs that the server's certificate must be signed by; `None` to only describe the certificate.
    pub trust: Option<Trust>,
    /// The names of the checks to run; all if this is empty. The checks that they depend on are run, too.
    pub only: Vec<&'static str>,
    /// The limit for one step of a check, for example for an answer.
    pub timeout: Duration,
    /// How many clients the server must serve at once; `None` to only observe it.
    pub expect: Option<Expect>,
    /// The requirements.
    pub profile: Profile,
    /// The program to start and its arguments; empty if the server runs already.
    pub command: Vec<OsString>,
    /// The folder that the program runs in; `None` for the current one.
    pub folder: Option<PathBuf>,
}

impl CheckOptions {
    /// Returns the options for a server without TLS that runs already.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tls: false,
            trust: None,
            only: Vec::new(),
            timeout: Duration::from_secs(5),
            expect: None,
            profile: Profile::default(),
            command: Vec::new(),
            folder: None,
        }
    }

    /// Returns the server's address as the user typed it: `[::1]:12345`.
    #[must_use]
    pub fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Returns the command, or an empty text.
    #[must_use]
    pub fn command_text(&self) -> String {
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    /// Returns the command and the requirements as sentences.
    #[must_use]
    pub fn about(&self) -> String {
        let command = (!self.command.is_empty()).then(|| format!("Command: {}.", self.command_text()));
        let tls = if self.tls { "With TLS." } else { "Without TLS." }.to_owned();
        let expect = self.expect.map(|mode| format!("Expected mode: {}.", mode.title().to_lowercase()));
        let profile = (self.profile == Profile::Course).then(|| "Profile: course.".to_owned());
        [command, Some(tls), expect, profile].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The shortest time that a program has to start: an interpreter may be slow at its first start.
const START: Duration = Duration::from_secs(10);
/// How long a program has to listen, before its other addresses count as a mistake.
const ELSEWHERE: Duration = Duration::from_secs(2);
/// How long the checks wait for the resolver before they look whether they are canceled.
const LOOKUP_PAUSE: Duration = Duration::from_millis(20);
/// How long an attempt to connect to a program that starts may take.
const ATTEMPT: Duration = Duration::from_millis(500);
/// How long the output of the program takes to arrive.
pub(super) const OUTPUT: Duration = Duration::from_millis(50);
/// How long a program that closed its connections may take to exit.
const EXIT: Duration = Duration::from_millis(300);

/// The state that the checks share.
pub(super) struct Context<'a> {
    pub(super) options: &'a CheckOptions,
    pub(super) target: CheckTarget<'a>,
    /// The program, if the checks start it.
    pub(super) program: Option<CheckedProgram>,
    /// The first connection, from the check that made it to the one that uses it.
    pub(super) first: Option<CheckConnection>,
    /// Connections that the program closed by ending. Their port stays in use until this side has closed them too; a
    /// reset then frees it for the next run, while a close would leave it in `TIME_WAIT`.
    pub(super) half_closed: Vec<CheckConnection>,
    /// How many clients the server serves at once, if that is known.
    pub(super) served_at_once: Option<usize>,
}

impl<'a> Context<'a> {
    pub(super) fn new(options: &'a CheckOptions, cancel: &'a AtomicBool) -> Self {
        let target = CheckTarget {
            addresses: Vec::new(),
            host: &options.host,
            tls: options.tls.then(CheckTarget::any_certificate),
            timeout: options.timeout,
            cancel,
        };
        let program = (!options.command.is_empty())
            .then(|| CheckedProgram::new(&options.command, options.folder.clone()));
        Self { options, target, program, first: None, half_closed: Vec::new(), served_at_once: None }
    }

    /// Looks up the host, starts the program if there is one, and connects.
    pub(super) fn start(&mut self) -> Result<CheckConnection, Failure> {
        if self.target.addresses.is_empty() {
            self.target.addresses = self.look_up()?;
        }
        if self.program.is_some() {
            // Otherwise the checks would be about another program.
            if self.connect_to_any(ATTEMPT).is_ok() {
                let finding = format!(
                    "Another program listens on {} already. Stop it, or choose another address.",
                    self.target.name()
                );
                return Err(Outcome::failed(finding).with_mistake(Some(mistake::ADDRESS_IN_USE)));
            }
            return self.start_program();
        }
        let mut connection = self.connect_to_any(self.target.timeout)?;
        self.target.start_tls(&mut connection)?;
        self.target.handshake(&mut connection).map_err(without_tls)?;
        Ok(connection)
    }

    fn look_up(&self) -> Result<Vec<std::net::SocketAddr>, Failure> {
        let CheckOptions { host, port, .. } = self.options;
        let failed = |reason: &str| Outcome::failed(format!("The name {host} can't be resolved: {reason}."));
        let lookup =
            Lookup::start(host, *port, || ()).map_err(|error| failed(&crate::text::io_error(&error)))?;
        let deadline = Instant::now() + self.target.timeout;
        let answer = loop {
            let answer = lookup.wait(LOOKUP_PAUSE);
            if answer.is_some() || Instant::now() >= deadline || self.target.is_canceled() {
                break answer;
            }
        };
        match answer {
            None => Err(failed("no answer")),
            Some(Err(_)) => {
                let failure = Failure::from(self.target.problem(Trouble::NoAddress));
                Err(failure.with_mistake(Some(mistake::NO_ADDRESS)))
            }
            Some(Ok(addresses)) => Ok(addresses),
        }
    }

    /// Connects to the first address that accepts, which then is the only one.
    fn connect_to_any(&mut self, timeout: Duration) -> Result<CheckConnection, StepError> {
        let mut first_problem = None;
        for &address in &self.target.addresses {
            let target = CheckTarget { addresses: vec![address], ..self.target.with_timeout(timeout) };
            match target.open() {
                Ok(connection) => {
                    self.target.addresses = vec![address];
                    return Ok(connection);
                }
                Err(problem) => {
                    first_problem.get_or_insert(problem);
                }
            }
        }
        Err(first_problem.unwrap_or_else(|| self.target.problem(Trouble::Refused)))
    }

    /// Starts the program, waits until it listens, and connects.
    pub(super) fn start_program(&mut self) -> Result<CheckConnection, Failure> {
        let mut first_line = 0;
        if let Some(program) = &mut self.program {
            first_line = program.next_err();
            program.start()?;
        }
        let limit = self.target.timeout.max(START);
        let deadline = Instant::now() + limit;
        let mut look_at = Instant::now() + ELSEWHERE;
        loop {
            match self.connect_to_any(ATTEMPT) {
                Ok(mut connection) => {
                    self.target.start_tls(&mut connection)?;
                    self.target.handshake(&mut connection).map_err(without_tls)?;
                    return Ok(connection);
                }
                Err(problem) if problem.trouble == Trouble::Canceled => return Err(problem.into()),
                Err(_) => {}
            }
            if let Some(program) = &mut self.program
                && let Some(end) = program.end()
            {
                // The last lines of a program that has just ended may not have arrived yet.
                thread::sleep(OUTPUT);
                let is_silent = program.err_from(first_line).is_empty();
                let mistake = if is_silent { mistake::ENDED } else { mistake::ENDED_WITH_ERROR };
                let finding = format!("The program ended before it listened ({end}).");
                return Err(Outcome::failed(finding).with_mistake(Some(mistake)));
            }
            if self.target.pause_until(deadline).is_err() {
                let (name, limit) = (self.target.name(), crate::text::duration(limit));
                let finding = format!("The program runs, but didn't listen on {name} within {limit}.");
                return Err(Outcome::failed(finding));
            }
            if Instant::now() > look_at {
                look_at = Instant::now() + ELSEWHERE;
                if let Some(finding) = self.listens_elsewhere() {
                    return Err(Outcome::failed(finding));
                }
            }
        }
    }

    /// Returns that the program listens on other addresses, as sentences; `None` if it doesn't, or the OS doesn't report
    /// it.
    fn listens_elsewhere(&self) -> Option<String> {
        let addresses = self.program.as_ref()?.listening_addresses()?;
        let list = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        let wanted = self.target.name();
        (!addresses.is_empty()).then(|| {
            format!(
                "The program listens on {list}, and the checks connect to {wanted}. Choose its port for the checks, or \
                 correct its address."
            )
        })
    }

    /// Connects to the server.
    pub(super) fn connect(&mut self) -> Result<CheckConnection, Failure> {
        self.target.connect().map_err(Failure::from)
    }

    /// Returns the first connection, or a new one if another check has used it.
    pub(super) fn first(&mut self) -> Result<CheckConnection, Failure> {
        match self.first.take() {
            Some(connection) => Ok(connection),
            None => self.connect(),
        }
    }

    /// Closes the first connection if no check has used it, since `--only` leaves out checks. A server that serves one
    /// client at a time couldn't serve another.
    pub(super) fn close_first(&mut self) {
        if let Some(connection) = self.first.take() {
            self.target.close(connection);
        }
    }

    /// Returns how the server ended, as a sentence; `None` if it still runs, or that can't be found out.
    pub(super) fn end_of_server(&mut self) -> Option<String> {
        let Some(program) = &mut self.program else {
            let is_gone =
                self.target.with_timeout(ATTEMPT).open().is_err_and(|it| it.trouble == Trouble::Refused);
            return is_gone
                .then(|| format!("The server ended: nothing listens on {} anymore.", self.target.name()));
        };
        program.end_within(EXIT).map(|end| format!("The program ended ({end})."))
    }

    /// Returns the open sockets of the program, if there is one and the OS reports them.
    pub(super) fn open_sockets(&self) -> Option<usize> {
        self.program.as_ref()?.open_sockets()
    }
}

fn without_tls(problem: StepError) -> Failure {
    Failure::from(problem).with_mistake(Some(mistake::NO_TLS))
}
