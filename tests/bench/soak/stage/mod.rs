//! The child process with the app, which it polls thirty times a second and uses as the window does.
//!
//! The app has its own process, so that the process's memory, files and threads don't include those of the visitors.

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

use echoscope::app::clients::{ClientCommand, ClientTab, TabCommand};
use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::Setting;
use echoscope::settings::Settings;
use echoscope::settings::settings_file::SettingsFile;

use crate::ALLOCATOR;
use crate::orders::{Answer, Order, Rest, Round, Sums};
use hands::SimulatedUser;
use log::Log;
use tabs::Tabs;

/// The time between two frames of the window.
const FRAME: Duration = Duration::from_millis(33);
/// The log's limits, which are reached within seconds.
const ENTRIES: u32 = 20_000;
const MEBIBYTES: u32 = 16;

/// The files that the app needs.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) folder: PathBuf,
}

/// Carries out the orders from stdin until stdin ends. Arguments: certificate, key, a folder to write to, the seed.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let [certificate, key, folder, seed] = arguments else {
        eprintln!("soak: the app's child wants four arguments");
        return ExitCode::from(2);
    };
    let files = Files { certificate: certificate.into(), key: key.into(), folder: folder.into() };
    Stage::new(files, seed.parse().unwrap_or_default()).serve();
    ExitCode::SUCCESS
}

/// The order that isn't answered yet.
enum Pending {
    Start,
    /// A start that must fail first, because the listener occupies the port.
    FailedStart(#[expect(dead_code, reason = "its port is taken for as long as it lives")] TcpListener),
    Settle,
    Empty,
    Stop,
}

struct Stage {
    app: App,
    files: Files,
    user: SimulatedUser,
    tabs: Tabs,
    log: Log,
    pending: Option<Pending>,
    /// Whether the simulated user does nothing, so that the app becomes idle.
    user_paused: bool,
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
        let settings_file = Some(SettingsFile::new(files.folder.join("settings.toml"), settings.clone()));
        let app = App::new(settings, Options { settings_file, capture: true, ..Options::default() });
        let user = SimulatedUser::new(seed, &files.folder);
        Self {
            app,
            files,
            user,
            tabs: Tabs::default(),
            log: Log::default(),
            pending: None,
            user_paused: false,
        }
    }

    fn serve(mut self) {
        let orders = orders();
        loop {
            match orders.try_recv() {
                Ok(order) => self.start_order(order),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            self.frame();
            thread::sleep(FRAME);
        }
    }

    /// Does the work of one frame of the window.
    fn frame(&mut self) {
        self.app.poll();
        let mut wrong = self.log.read(self.app.log());
        wrong.extend(self.tabs.new_failures(&self.app));
        read_everything(&self.app);
        if matches!(self.app.state(), ServerState::Listening { .. })
            && self.pending.is_none()
            && !self.user_paused
        {
            self.user.act(&mut self.app, &mut self.tabs);
        }
        if let Some(pending) = self.pending.take() {
            self.pending = self.finish_order(pending, &mut wrong);
        }
        for message in wrong {
            answer(&Answer::Wrong(message));
        }
    }

    fn start_order(&mut self, order: Order) {
        match order {
            Order::Start(round) => {
                // A server that starts in step mode would wait for a user.
                self.user.end_interruptions(&mut self.app);
                self.set(&round);
                let taken = round.taken_port.then(|| TcpListener::bind("127.0.0.1:0").ok()).flatten();
                let port =
                    taken.as_ref().and_then(|taken| taken.local_addr().ok()).map_or(0, |taken| taken.port());
                self.edit(Setting::Port, &port);
                if port > 0 {
                    // With two addresses, the start would succeed on the other one.
                    self.app.apply(Command::Set(Setting::Host, "127.0.0.1".to_owned()));
                }
                self.log.start();
                self.app.apply(Command::Start);
                self.pending = Some(taken.map_or(Pending::Start, Pending::FailedStart));
            }
            Order::Flicker(round) => {
                self.set(&round);
                self.log.start();
                self.app.apply(Command::Start);
                self.app.apply(Command::Stop);
                self.pending = Some(Pending::Stop);
            }
            Order::Settle => {
                self.user_paused = true;
                self.user.end_interruptions(&mut self.app);
                self.tabs.excuse_load();
                self.pending = Some(Pending::Settle);
            }
            Order::Empty => self.pending = Some(Pending::Empty),
            Order::Stop => {
                self.tabs.excuse_all(&self.app);
                self.app.apply(Command::Stop);
                self.pending = Some(Pending::Stop);
            }
            Order::Rest => self.rest(),
        }
    }

    /// Answers an order that is carried out; returns one that isn't yet.
    fn finish_order(&mut self, pending: Pending, wrong: &mut Vec<String>) -> Option<Pending> {
        let state = self.app.state();
        match (pending, state) {
            (Pending::Start, ServerState::Listening { addresses, .. }) => {
                answer(&Answer::Listening(addresses));
            }
            (Pending::Start, ServerState::Failed(error)) => {
                wrong.push(format!("the server did not start: {error}"));
            }
            (Pending::FailedStart(_), ServerState::Failed(_)) => {
                self.app.apply(Command::StartOnFreePort);
                return Some(Pending::Start);
            }
            (Pending::FailedStart(_), ServerState::Listening { addresses, .. }) => {
                wrong.push(format!("it listens on {addresses:?}, and another program held that port"));
            }
            (Pending::Settle, _) if self.tabs.close_echoed(&mut self.app) => answer(&Answer::Settled),
            (Pending::Empty, _) if self.app.counters().clients_now == 0 => answer(&Answer::Empty),
            (Pending::Stop, ServerState::Stopped) => {
                // Receive the events up to the end.
                self.app.poll();
                wrong.extend(self.log.read(self.app.log()));
                answer(&Answer::Stopped(self.sums()));
            }
            (pending, _) => return Some(pending),
        }
        None
    }

    fn sums(&mut self) -> Sums {
        let counters = self.app.counters();
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
        let app = &mut self.app;
        let log_bytes = app.log().bytes();
        let captures_bytes = app.captures().used();
        let ids = app.clients().iter().map(ClientTab::id).collect::<Vec<_>>();
        for id in ids {
            app.apply(ClientCommand::Tab(id, TabCommand::Remove).into());
        }
        app.apply(Command::Client(ClientCommand::CloseLoad));
        app.apply(Command::LeaveLesson);
        app.captures().watch(false);
        self.user.drop_sequence();
        if let Err(message) = newcomer::visit(&self.files) {
            answer(&Answer::Wrong(message));
        }
        self.app.poll();
        while self.app.notice().is_some() {
            self.app.apply(Command::DismissNotice);
        }
        self.app.discard_log();
        answer(&Answer::Rested(Rest {
            log_bytes,
            log_limit: self.app.log().limits().bytes,
            captures_bytes,
            captures_left: self.app.captures().used(),
            log_left: self.app.log().len(),
            heap: ALLOCATOR.current_usage(),
            actions: self.user.take_actions(),
        }));
    }

    fn set(&mut self, round: &Round) {
        self.user_paused = false;
        self.tabs.begin(round.idle_timeout > 0);
        self.app.apply(Command::Set(Setting::Host, "localhost".to_owned()));
        self.edit(Setting::Port, &0);
        self.edit(Setting::RecvSize, &round.recv_size);
        self.edit(Setting::Backlog, &round.backlog);
        self.edit(Setting::PoolSize, &round.pool_size);
        self.edit(Setting::IdleTimeout, &round.idle_timeout);
        // An earlier run may have changed the files.
        let (certificate, key) =
            (self.files.certificate.display().to_string(), self.files.key.display().to_string());
        self.edit(Setting::Certificate, &certificate);
        self.edit(Setting::Key, &key);
        self.app.apply(Command::set(Setting::Mode, round.mode));
        self.app.apply(Command::set(Setting::Tls, round.tls));
        self.app.apply(Command::set(Setting::TlsVersions, round.versions));
        self.app.apply(Command::set(Setting::SessionTickets, round.tickets));
    }

    fn edit(&mut self, field: Setting, value: &impl ToString) {
        self.app.apply(Command::Set(field, value.to_string()));
    }
}

/// Reads everything that the window reads in a frame.
fn read_everything(app: &App) {
    let seen = (
        app.connections().len(),
        app.calls().clients.len(),
        app.paused_threads().len(),
        app.accept_queue(),
        app.captures().list().len(),
        app.program(),
        app.rate(),
        app.blocked(),
        app.notice().is_some(),
        app.lesson_set_up(),
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
        // If the test no longer reads stdout, stdin ends as well.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}
