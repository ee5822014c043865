//! The program's opening: what it is, what it imports, its constants, and how it speaks TLS.

use std::fmt::Write;
use std::net::IpAddr;

use crate::python::literal;
use crate::python::writer::Writer;
use crate::server::config::{ServerConfig, TlsFiles};
use crate::settings::parse::{is_localhost_name, is_loopback};
use crate::settings::{ClientAuth, Mode, Setting, Settings, TlsVersions};

/// What kind of address a host stands for: it decides how the socket is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    /// `localhost` and the names under it.
    Localhost,
    /// An IPv4 literal.
    V4,
    /// An IPv6 literal.
    V6,
    /// `::`, which takes IPv4 clients as well.
    AnyV6,
    /// A name to look up, or an IPv6 literal with a zone.
    Name,
}

impl Host {
    pub(super) fn of(host: &str) -> Self {
        match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(_)) => Self::V4,
            Ok(IpAddr::V6(address)) if address.is_unspecified() => Self::AnyV6,
            Ok(IpAddr::V6(_)) => Self::V6,
            Err(_) if is_localhost_name(host) => Self::Localhost,
            Err(_) => Self::Name,
        }
    }
}

pub(super) fn write(out: &mut Writer, config: &ServerConfig) {
    let over = if config.tls.is_some() { " over TLS" } else { "" };
    out.text(&format!(
        "\"\"\"An echo server{over}: what a client sends, it gets back.\n\n\
         Written by Echoscope for its settings. It needs Python 3.8 or newer, and nothing else:\n\n    \
         python3 ServerPython.py        (on Windows: py ServerPython.py)\n\n\
         Ctrl-C ends it (on Windows Ctrl+Break).\n\"\"\"\n\n"
    ));
    imports(out, config);
    constants(out, config);
    if let Some(tls) = &config.tls {
        context(out, tls);
    }
}

fn imports(out: &mut Writer, config: &ServerConfig) {
    let tls = config.tls.is_some();
    let threads = config.mode != Mode::One;
    for (name, wanted) in [
        ("contextlib", tls),
        ("os", true),
        ("socket", true),
        ("ssl", tls),
        ("threading", threads),
        ("time", true),
    ] {
        if wanted {
            out.text(&format!("import {name}"));
        }
    }
    if config.mode == Mode::Pool {
        out.text("from concurrent.futures import ThreadPoolExecutor");
    }
}

/// Writes the constants with the names and comments of the table of settings.
fn constants(out: &mut Writer, config: &ServerConfig) {
    out.text("\n");
    server_name(out, &config.host);
    let port_comment = if config.port == 0 { "the system chooses a free one" } else { "" };
    constant(out, Setting::Port.info().python.name, &config.port.to_string(), port_comment);
    setting(out, Setting::Backlog, &config.backlog.to_string());
    setting(out, Setting::RecvSize, &config.recv_size.to_string());
    if config.mode == Mode::Pool {
        setting(out, Setting::PoolSize, &config.pool_size.to_string());
    }
    if let Some(idle) = config.idle_timeout {
        setting(out, Setting::IdleTimeout, &idle.as_secs().to_string());
    }
    if config.mode != Mode::One && config.max_clients != Settings::default().max_clients as usize {
        setting_comment(out, Setting::MaxClients);
    }
    let Some(tls) = &config.tls else { return };
    let seconds = config.handshake_timeout.as_secs().to_string();
    constant(out, "HANDSHAKE_TIMEOUT", &seconds, "seconds for the whole TLS handshake");
    let path_or = |path: &std::path::Path, default: &str| {
        if path.as_os_str().is_empty() { literal::string(default) } else { literal::path(path) }
    };
    setting(out, Setting::Certificate, &path_or(&tls.certificate, "server.crt"));
    setting(out, Setting::Key, &path_or(&tls.key, "server.key"));
    if tls.client_auth != ClientAuth::None {
        constant(out, Setting::ClientCa.info().python.name, &path_or(&tls.client_ca, "ca.crt"), "");
        setting_comment(out, Setting::ClientCa);
    }
}

fn setting(out: &mut Writer, setting: Setting, value: &str) {
    let python = setting.info().python;
    constant(out, python.name, value, python.comment);
}

fn setting_comment(out: &mut Writer, setting: Setting) {
    out.text(&format!("# {}", setting.info().python.comment));
}

fn server_name(out: &mut Writer, host: &str) {
    let kind = Host::of(host);
    match kind {
        Host::Localhost => {
            // Not every resolver knows the names under localhost.
            out.text("# localhost is 127.0.0.1 here; Echoscope listens on ::1 as well.");
            constant(out, "SERVER_NAME", "'localhost'", "");
        }
        Host::Name => {
            out.text(
                "# Where the name has several addresses, this takes the first; Echoscope listens on all.",
            );
            constant(out, "SERVER_NAME", &literal::string(host), "");
        }
        Host::V4 | Host::V6 | Host::AnyV6 => {
            if !is_loopback(host) {
                out.text("# Others on the network can connect, too. '127.0.0.1' keeps it to this computer.");
            }
            // An IPv4 address in IPv6's clothes is one of IPv4.
            let plain = host.parse::<IpAddr>().ok().filter(|_| kind == Host::V4);
            let address = plain.map_or_else(|| host.to_owned(), |address| address.to_canonical().to_string());
            constant(out, "SERVER_NAME", &literal::string(&address), "");
        }
    }
}

fn constant(out: &mut Writer, name: &str, value: &str, about: &str) {
    let mut line = format!("{name} = {value}");
    if !about.is_empty() {
        // Writing to a String can't fail.
        let _ = write!(line, "  # {about}");
    }
    out.text(&line);
}

fn context(out: &mut Writer, tls: &TlsFiles) {
    out.text(
        "\n# CLIENT_AUTH: this context is for the server's side, where clients are who connects.\n\
         context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\n\
         context.load_cert_chain(CERTIFICATE, KEY)",
    );
    match tls.versions {
        TlsVersions::Both => out.text("context.minimum_version = ssl.TLSVersion.TLSv1_2"),
        TlsVersions::Only12 => out.text(
            "context.minimum_version = ssl.TLSVersion.TLSv1_2\n\
             context.maximum_version = ssl.TLSVersion.TLSv1_2",
        ),
        TlsVersions::Only13 => out.text("context.minimum_version = ssl.TLSVersion.TLSv1_3"),
    }
    let (mode, about) = match tls.client_auth {
        ClientAuth::None => ("", ""),
        ClientAuth::Optional => {
            ("OPTIONAL", "# A client may show no certificate; one that it shows must be good.")
        }
        ClientAuth::Required => ("REQUIRED", "# A client that shows no certificate is refused."),
    };
    if !mode.is_empty() {
        out.text(&format!(
            "{about}\ncontext.verify_mode = ssl.CERT_{mode}\ncontext.load_verify_locations(CLIENT_CA)"
        ));
    }
    if !tls.alpn.is_empty() {
        out.text("# The best first. Python serves also who asks for others only; Echoscope refuses them.");
        out.text("context.set_alpn_protocols([");
        for name in &tls.alpn {
            out.text(&format!("    {},", literal::string(name)));
        }
        out.text("])");
    }
    if !tls.tickets {
        out.text(
            "# No session tickets, neither as TLS 1.2 has them nor as TLS 1.3.\n\
             context.options |= ssl.OP_NO_TICKET\n\
             context.num_tickets = 0",
        );
    }
    if tls.key_log.is_some() {
        setting_comment(out, Setting::KeyLog);
    }
}
