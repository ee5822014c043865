//! The child that holds the session, as the window holds it: polled thirty times a second, looked at, and pressed.
//!
//! It is a process of its own so that its memory, files and threads are the app's and not those of its visitors.

mod hands;
mod log;
mod newcomer;
mod tabs;

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use echoscope::server::status::State;
use echoscope::session::clients::{ClientCommand, ClientTab, CrowdCommand};
use echoscope::session::{Command, LessonCommand, Options, Session};
use echoscope::settings::Settings;
use echoscope::settings::fields::Field;

use crate::LIVE;
use crate::orders::{Answer, Order, Rest, Round, Sums};
use hands::Hands;
use log::Log;
use tabs::Tabs;

/// The window's pace.
const FRAME: Duration = Duration::from_millis(33);
/// Of the log: reached within seconds.
const ENTRIES: u32 = 20_000;
const MEBIBYTES: u32 = 16;

/// The files that it needs, in one folder.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) folder: PathBuf,
}

/// Serves orders from stdin until it ends. Arguments: certificate, key, a folder to write in, the seed.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let [certificate, key, folder, seed] = arguments else {
        eprintln!("soak: the session's child wants four arguments");
        return ExitCode::from(2);
    };
    let files = Files { certificate: certificate.into(), key: key.into(), folder: folder.into() };
    Stage::new(files, seed.parse().unwrap_or_default()).serve();
    ExitCode::SUCCESS
}

/// What was ordered and is not done yet.
enum Pending {
    Start,
    /// It is to fail first; the listener holds its port.
    FailedStart(#[expect(dead_code, reason = "its port is taken for as long as it lives")] TcpListener),
    Settle,
    Empty,
    Stop,
}

struct Stage {
    session: Session,
    files: Files,
    hands: Hands,
    tabs: Tabs,
    log: Log,
    pending: Option<Pending>,
    /// Nothing new is begun: a quiet end is being waited for.
    hands_off: bool,
}

impl Stage {
    fn new(files: Files, seed: u64) -> Self {
        let settings = Settings {
            port: 0,
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            log_entries: ENTRIES,
            log_mebibytes: MEBIBYTES,
            ..Settings::default()
        };
        let settings_file = Some(files.folder.join("settings.toml"));
        let session = Session::new(settings, Options { settings_file, capture: true, ..Options::default() });
        let hands = Hands::new(seed, &files.folder);
        Self {
            session,
            files,
            hands,
            tabs: Tabs::default(),
            log: Log::default(),
            pending: None,
            hands_off: false,
        }
    }

    fn serve(mut self) {
        let orders = orders();
        loop {
            match orders.try_recv() {
                Ok(order) => self.take(order),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            self.frame();
            thread::sleep(FRAME);
        }
    }

    /// What the window does between two pictures.
    fn frame(&mut self) {
        self.session.poll();
        let mut wrong = self.log.read(self.session.journal());
        wrong.extend(self.tabs.look(&self.session));
        look_around(&self.session);
        if matches!(self.session.state(), State::Listening { .. })
            && self.pending.is_none()
            && !self.hands_off
        {
            self.hands.act(&mut self.session, &mut self.tabs);
        }
        if let Some(pending) = self.pending.take() {
            self.pending = self.go_on(pending, &mut wrong);
        }
        for words in wrong {
            answer(&Answer::Wrong(words));
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Start(round) => {
                // A server that starts in step mode would wait for somebody to step it.
                self.hands.let_everybody_go_on(&mut self.session);
                self.set(&round);
                let taken = round.taken_port.then(|| TcpListener::bind("127.0.0.1:0").ok()).flatten();
                let port =
                    taken.as_ref().and_then(|taken| taken.local_addr().ok()).map_or(0, |taken| taken.port());
                self.edit(Field::Port, &port);
                if port > 0 {
                    // Of two addresses one would do.
                    self.session.apply(Command::Edit(Field::Host, "127.0.0.1".to_owned()));
                }
                self.log.start();
                self.session.apply(Command::Start);
                self.pending = Some(taken.map_or(Pending::Start, Pending::FailedStart));
            }
            Order::Flicker(round) => {
                self.set(&round);
                self.log.start();
                self.session.apply(Command::Start);
                self.session.apply(Command::Stop);
                self.pending = Some(Pending::Stop);
            }
            Order::Settle => {
                self.hands_off = true;
                self.hands.let_everybody_go_on(&mut self.session);
                self.tabs.settle();
                self.pending = Some(Pending::Settle);
            }
            Order::Empty => self.pending = Some(Pending::Empty),
            Order::Stop => {
                self.tabs.excuse_all(&self.session);
                self.session.apply(Command::Stop);
                self.pending = Some(Pending::Stop);
            }
            Order::Rest => self.rest(),
        }
    }

    /// Looks whether what was ordered is done, and says so; what is still to do.
    fn go_on(&mut self, pending: Pending, wrong: &mut Vec<String>) -> Option<Pending> {
        let state = self.session.state();
        match (pending, state) {
            (Pending::Start, State::Listening { addresses, .. }) => answer(&Answer::Listening(addresses)),
            (Pending::Start, State::Failed(error)) => {
                wrong.push(format!("the server did not start: {error}"));
            }
            (Pending::FailedStart(_), State::Failed(_)) => {
                self.session.apply(Command::StartOnFreePort);
                return Some(Pending::Start);
            }
            (Pending::FailedStart(_), State::Listening { addresses, .. }) => {
                wrong.push(format!("it listens on {addresses:?}, and another program held that port"));
            }
            (Pending::Settle, _) if self.tabs.settled(&mut self.session) => answer(&Answer::Settled),
            (Pending::Empty, _) if self.session.counters().clients_now == 0 => answer(&Answer::Empty),
            (Pending::Stop, State::Stopped) => {
                // What was told until the end.
                self.session.poll();
                wrong.extend(self.log.read(self.session.journal()));
                answer(&Answer::Stopped(self.sums()));
            }
            (pending, _) => return Some(pending),
        }
        None
    }

    fn sums(&mut self) -> Sums {
        let counters = self.session.counters();
        let Log { opened, closed, not_shown, .. } = self.log;
        Sums {
            clients: counters.clients_total,
            received: counters.bytes_received,
            sent: counters.bytes_sent,
            left: counters.clients_now,
            opened,
            closed,
            not_shown,
            compared: self.tabs.take_compared(),
        }
    }

    fn rest(&mut self) {
        let session = &mut self.session;
        let log_bytes = session.journal().bytes();
        let captures_bytes = session.captures().used();
        let ids = session.clients().iter().map(ClientTab::id).collect::<Vec<_>>();
        for id in ids {
            session.apply(ClientCommand::Remove(id).into());
        }
        session.apply(Command::Crowd(CrowdCommand::LetGo));
        session.apply(Command::Lesson(LessonCommand::Leave));
        session.captures().watch(false);
        self.hands.forget();
        if let Err(words) = newcomer::visit(&self.files) {
            answer(&Answer::Wrong(words));
        }
        self.session.poll();
        self.session.apply(Command::DismissNotice);
        self.session.apply(Command::ClearLog);
        answer(&Answer::Rested(Rest {
            log_bytes,
            log_limit: self.session.journal().limits().bytes,
            captures_bytes,
            captures_left: self.session.captures().used(),
            log_left: self.session.journal().len(),
            live: LIVE.current_usage(),
            deeds: self.hands.take_deeds(),
        }));
    }

    fn set(&mut self, round: &Round) {
        self.hands_off = false;
        self.tabs.begin(round.idle_timeout > 0);
        self.session.apply(Command::Edit(Field::Host, "localhost".to_owned()));
        self.edit(Field::Port, &0);
        self.edit(Field::RecvSize, &round.recv_size);
        self.edit(Field::Backlog, &round.backlog);
        self.edit(Field::PoolSize, &round.pool_size);
        self.edit(Field::IdleTimeout, &round.idle_timeout);
        // A file that was dropped may have filled them otherwise.
        let (certificate, key) =
            (self.files.certificate.display().to_string(), self.files.key.display().to_string());
        self.edit(Field::Certificate, &certificate);
        self.edit(Field::Key, &key);
        self.session.apply(Command::SetMode(round.mode));
        self.session.apply(Command::SetTls(round.tls));
        self.session.apply(Command::SetTlsVersions(round.versions));
        self.session.apply(Command::SetTickets(round.tickets));
    }

    fn edit(&mut self, field: Field, value: &impl ToString) {
        self.session.apply(Command::Edit(field, value.to_string()));
    }
}

/// Everything that a window reads in one picture.
fn look_around(session: &Session) {
    let seen = (
        session.connections().len(),
        session.calls().clients.len(),
        session.halts().len(),
        session.accept_queue(),
        session.captures().list().len(),
        session.program(),
        session.rate(),
        session.blocked(),
        session.notice().is_some(),
        session.lesson_set_up(),
    );
    std::hint::black_box(seen);
}

fn orders() -> Receiver<Order> {
    let (sender, orders) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let order = line.ok().and_then(|line| serde_json::from_str::<Order>(&line).ok());
            if order.is_none_or(|order| sender.send(order).is_err()) {
                return;
            }
        }
    });
    orders
}

fn answer(answer: &Answer) {
    if let Ok(line) = serde_json::to_string(answer) {
        // Where nobody listens any more, stdin ends as well.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}
