//! The crowd's thread: prepares once for all of them, then goes on with whoever can.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use crate::client::config::Config;
use crate::client::crowd::member::{Member, Place, Plan};
use crate::client::crowd::{CrowdStatus, Order, Shared};
use crate::client::event::{Failure, Stage};
use crate::client::resolve::Lookup;
use crate::client::words;
use crate::tls::connecting::Connector;

const WAKE: Token = Token(0);
/// How long what is still on its way may take after they were let go.
const GOODBYE: Duration = Duration::from_secs(1);

/// Leads a crowd to its end.
pub(super) fn run(shared: &Arc<Shared>, config: &Config, of: u16) {
    /// Also where a panic passes by.
    struct Over<'a>(&'a Shared);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.over();
        }
    }
    let _over = Over(shared);
    let made = Poll::new().and_then(|poll| Waker::new(poll.registry(), WAKE).map(|waker| (poll, waker)));
    let (mut poll, waker) = match made {
        Ok(made) => made,
        Err(error) => return shared.nobody(words::no_means(Stage::Preparing, &error)),
    };
    // This is the only place that sets it.
    let _ = shared.waker.set(waker);
    match prepare(shared, config, &mut poll) {
        Ok(Some(plan)) => lead(shared, &plan, &mut poll, of),
        Ok(None) => shared.publish(CrowdStatus { of, left: of, letting_go: true, ..CrowdStatus::default() }),
        Err(failure) => shared.nobody(failure),
    }
}

/// Name and files; `None` where they were let go meanwhile.
fn prepare(shared: &Arc<Shared>, config: &Config, poll: &mut Poll) -> Result<Option<Plan>, Failure> {
    let no_means = |error: io::Error| words::no_means(Stage::Preparing, &error);
    let woken = Arc::clone(shared);
    let mut lookup =
        Lookup::start(&config.host, config.port, move || woken.wake_thread()).map_err(no_means)?;
    let addresses = loop {
        if shared.ordered().is_some() {
            return Ok(None);
        }
        if let Some(found) = lookup.answer() {
            break found.map_err(|error| words::not_found(&config.host, &error))?;
        }
        wait(poll, &mut Events::with_capacity(4), None).map_err(no_means)?;
    };
    let connector = config.tls.as_ref().map(|tls| Connector::new(tls, &config.host)).transpose();
    let connector = connector.map_err(|error| Failure {
        stage: Stage::Preparing,
        text: error.to_string(),
        raw: error.raw().unwrap_or_default(),
    })?;
    Ok(Some(Plan { addresses, connector, timeout: config.connect_timeout }))
}

fn lead(shared: &Shared, plan: &Plan, poll: &mut Poll, of: u16) {
    let mut members: Vec<Member> = (1..=of).map(|number| Member::new(number, of)).collect();
    let mut events = Events::with_capacity(256);
    let mut first_failure = None;
    // Until when those who were let go may take.
    let mut until = None;
    for member in &mut members {
        member.step(plan, poll.registry());
    }
    loop {
        match shared.ordered() {
            Some(Order::End) => members.iter_mut().for_each(Member::end),
            Some(Order::LetGo) if until.is_none() => {
                until = Some(Instant::now() + GOODBYE);
                members.iter_mut().for_each(Member::let_go);
            }
            _ => {}
        }
        let now = Instant::now();
        if until.is_some_and(|until| until <= now) {
            members.iter_mut().for_each(Member::end);
        }
        let mut status = count(&members, &mut first_failure);
        status.letting_go = until.is_some();
        let gone = status.left + status.failed == of;
        shared.publish(status);
        if gone {
            return;
        }
        let due = members.iter().filter_map(Member::deadline).chain(until).min();
        if let Err(error) = wait(poll, &mut events, due.map(|due| due.saturating_duration_since(now))) {
            return shared.nobody(words::no_means(Stage::Open, &error));
        }
        let now = Instant::now();
        for event in &events {
            if let Some(member) = event.token().0.checked_sub(1).and_then(|index| members.get_mut(index)) {
                member.step(plan, poll.registry());
            }
        }
        for member in &mut members {
            if member.deadline().is_some_and(|deadline| deadline <= now) {
                member.step(plan, poll.registry());
            }
        }
    }
}

fn count(members: &[Member], first_failure: &mut Option<(u16, Failure)>) -> CrowdStatus {
    let mut status = CrowdStatus::default();
    for member in members {
        status.of += 1;
        *match &member.place {
            Place::Ready | Place::Connecting(..) => &mut status.connecting,
            // Until it has gone it counts as what it was.
            Place::Talking(_) | Place::Stays(_) | Place::Leaving(_) if member.has_echo() => {
                &mut status.echoed
            }
            Place::Talking(_) | Place::Stays(_) | Place::Leaving(_) => &mut status.waiting,
            Place::Left => &mut status.left,
            Place::Failed(failure) => {
                if first_failure.is_none() {
                    *first_failure = Some((member.number, failure.clone()));
                }
                &mut status.failed
            }
        } += 1;
    }
    status.first_failure.clone_from(first_failure);
    status
}

fn wait(poll: &mut Poll, events: &mut Events, time: Option<Duration>) -> io::Result<()> {
    match poll.poll(events, time) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}
