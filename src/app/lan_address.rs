//! This computer's address in the local network: others need it to reach a server that listens on every address.

use std::net::IpAddr;

use crate::app::background::JobResult;
use crate::app::state::App;
use crate::resolve::local_ip;

impl App {
    /// Looks the address up in the background if the host stands for all addresses, and forgets one of the other family.
    pub(super) fn look_up_lan_address(&mut self) {
        let ipv6 = self.unspecified_host_is_ipv6();
        self.lan_address = self.lan_address.filter(|known| Some(known.is_ipv6()) == ipv6);
        if let Some(ipv6) = ipv6 {
            // Without a thread to spare, the warning about an open server names no address.
            let _ = self.background.run("local address", false, move || JobResult::LanAddress {
                ipv6,
                address: local_ip(ipv6).ok(),
            });
        }
    }

    /// Stores the result, unless the host has changed since.
    pub(super) fn set_lan_address(&mut self, ipv6: bool, address: Option<IpAddr>) {
        if self.unspecified_host_is_ipv6() == Some(ipv6) {
            self.lan_address = address;
        }
    }

    fn unspecified_host_is_ipv6(&self) -> Option<bool> {
        let host = self.settings().host.parse::<IpAddr>().ok()?;
        host.is_unspecified().then_some(host.is_ipv6())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::Command;
    use crate::app::state::Options;
    use crate::settings::{Setting, Settings};

    #[test]
    fn only_an_unspecified_host_of_the_same_family_has_a_lan_address() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..Settings::default() };
        let mut app = App::new(settings, Options::default());
        let address = IpAddr::from([192, 0, 2, 7]);
        app.set_lan_address(false, Some(address));
        app.set_lan_address(true, None);
        assert!(app.caution().unwrap().contains(", at 192.0.2.7."));
        for host in ["::", "127.0.0.1"] {
            app.apply(Command::set(Setting::Host, host));
            app.set_lan_address(false, Some(address));
            assert_eq!(app.lan_address, None, "{host}");
        }
    }
}
