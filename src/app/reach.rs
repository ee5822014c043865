//! Where others find a server that listens on every address of this computer: they need to be told one.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::client::resolve::local_ip;

/// This computer's own address, looked up on a thread of its own.
#[derive(Debug, Default)]
pub(super) struct Reach {
    known: Option<IpAddr>,
    asked: Option<Receiver<Option<IpAddr>>>,
}

impl Reach {
    /// Looks the address up where a host stands for all of them; `wake` is called when it is there.
    pub(super) fn look(&mut self, host: &str, wake: &Arc<dyn Fn() + Send + Sync>) {
        let all = host.parse::<IpAddr>().ok().filter(IpAddr::is_unspecified);
        let Some(all) = all else {
            *self = Self::default();
            return;
        };
        // The address of the other family is no answer.
        self.known = self.known.filter(|known| known.is_ipv6() == all.is_ipv6());
        let (sender, receiver) = channel();
        let wake = Arc::clone(wake);
        let look = move || {
            // The form may be about another host by now.
            let _ = sender.send(local_ip(all.is_ipv6()).ok());
            wake();
        };
        // Without a thread to spare it is not told.
        let started = thread::Builder::new().name("own address".to_owned()).spawn(look).is_ok();
        self.asked = started.then_some(receiver);
    }

    /// Takes in the answer. Whether there was one.
    pub(super) fn poll(&mut self) -> bool {
        let Some(answer) = self.asked.as_ref().and_then(|asked| asked.try_recv().ok()) else { return false };
        self.asked = None;
        let changed = self.known != answer;
        self.known = answer;
        changed
    }

    /// The address, where it is to be told and known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_that_stands_for_all_addresses_has_one_to_be_told() {
        let (woken, wakes) = channel();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || woken.send(()).unwrap());
        let mut reach = Reach::default();
        reach.look("0.0.0.0", &wake);
        wakes.recv().unwrap();
        reach.poll();
        assert_eq!(reach.address(), local_ip(false).ok(), "as the system says, on a network or off it");
        reach.known = Some(IpAddr::from([192, 0, 2, 7]));
        reach.look("::", &wake);
        assert_eq!(reach.address(), None, "until there is an IPv6 one");
        reach.look("127.0.0.1", &wake);
        assert_eq!(reach.address(), None);
    }
}
