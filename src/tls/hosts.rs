//! Whether the names of a certificate lead to a server, as far as the host that it listens on tells.

use std::net::IpAddr;

use crate::settings::parse::{is_localhost_name, is_loopback};

/// Whether clients can reach a server that listens on `host` under one of the names. Where that can't be known, because
/// a name server or a hosts file has a say in it, the answer is yes.
pub(super) fn lead_to(names: &[String], host: &str) -> bool {
    let host = plain(host);
    if is_loopback(host) {
        return names.iter().any(|name| is_loopback(name) || covers(name, host));
    }
    match address(host) {
        // Every address of this computer: any name may lead to it.
        Some(host) if host.is_unspecified() => names.iter().any(|name| !is_nobodys(name)),
        // Clients may ask for a name that leads to the address.
        Some(host) => names.iter().any(|name| match address(name) {
            Some(address) => address == host,
            None => !is_localhost_name(name) && !is_nobodys(name),
        }),
        // Certificates hold a name beyond ASCII in another form, which is not known here.
        None => !host.is_ascii() || names.iter().any(|name| covers(name, host)),
    }
}

/// Whether a name in a certificate, perhaps with a wildcard, covers the one that a client asks for (RFC 6125, section
/// 6.4): letter case doesn't count, and a star stands for one whole first part.
fn covers(name: &str, asked: &str) -> bool {
    if let (Some(name), Some(asked)) = (address(name), address(asked)) {
        return name == asked;
    }
    let name = plain(name);
    let below = |rest: &str| asked.split_once('.').is_some_and(|(_, above)| above.eq_ignore_ascii_case(rest));
    name.eq_ignore_ascii_case(asked) || name.strip_prefix("*.").is_some_and(below)
}

/// Whether a name is under `.example`, which belongs to nobody (RFC 2606, section 2).
pub(super) fn is_nobodys(name: &str) -> bool {
    plain(name).rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("example"))
}

/// Without the dot that ends a name, and without an address's zone: `fe80::1%eth0` is `fe80::1` in a certificate.
fn plain(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split_once('%').map_or(host, |(address, _)| address)
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(names: &str, host: &str) -> bool {
        lead_to(&names.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), host)
    }

    #[test]
    fn names_that_lead_to_the_server_raise_no_alarm() {
        for (names, host) in [
            ("localhost", "localhost"),
            ("LocalHost", "localhost"),
            ("localhost", "LOCALHOST."),
            ("localhost", "127.0.0.1"),
            ("127.0.0.1", "localhost"),
            ("::1", "localhost"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("other.test localhost", "localhost"),
            ("*.localhost", "app.localhost"),
            ("My-PC", "my-pc"),
            ("*.example.org", "WWW.example.org"),
            ("www.example", "www.example"),
            ("192.168.1.5", "192.168.1.5"),
            ("192.168.1.5", "::ffff:192.168.1.5"),
            ("my-pc.lan", "192.168.1.5"),
            ("fe80::1", "fe80::1%eth0"),
            ("localhost", "0.0.0.0"),
            ("192.168.1.5", "0.0.0.0"),
            ("echo.test", "::"),
            ("xn--bcher-kva.test", "bücher.test"),
        ] {
            assert!(leads(names, host), "{names} for {host}");
        }
    }

    #[test]
    fn names_of_others_are_noticed() {
        for (names, host) in [
            ("wrong-name.example", "localhost"),
            ("wrong-name.example", "127.0.0.1"),
            ("wrong-name.example", "0.0.0.0"),
            ("wrong-name.example", "::"),
            ("wrong-name.example", "192.168.1.5"),
            ("localhosts", "localhost"),
            ("192.168.1.5", "localhost"),
            ("192.168.1.6 localhost", "192.168.1.5"),
            ("*.example.org", "example.org"),
            ("*.example.org", "a.b.example.org"),
            ("localhost", "my-pc"),
            ("", "localhost"),
        ] {
            assert!(!leads(names, host), "{names} for {host}");
        }
    }
}
