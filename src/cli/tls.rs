//! The flags that say how TLS is served, and which of them need which others.

use std::path::PathBuf;

use clap::Args;

use crate::cli::keywords::keywords;
use crate::settings::Settings;
use crate::settings::fields::FieldError;
use crate::settings::tls::{self, ClientAuth, TlsVersions};

/// How TLS is served.
#[derive(Debug, Args)]
pub(super) struct TlsFlags {
    /// The TLS versions to speak [default: 1.2,1.3]
    #[arg(long, value_name = "VERSIONS", hide_possible_values = true, value_parser = keywords(TlsVersions::ALL.map(TlsVersions::keyword), versions))]
    tls_versions: Option<TlsVersions>,

    /// Ask clients for a certificate [default: none]
    #[arg(long, value_name = "none|optional|required", hide_possible_values = true, value_parser = keywords(ClientAuth::ALL.map(ClientAuth::keyword), client_auth))]
    client_auth: Option<ClientAuth>,

    /// The CA certificates that sign the clients' certificates, PEM
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,

    /// The protocols to agree to by ALPN, with commas between them, best first
    #[arg(long, value_name = "a,b", value_parser = alpn)]
    alpn: Option<Protocols>,

    /// Give clients no tickets: every handshake is a full one
    #[arg(long)]
    no_tickets: bool,

    /// Append the keys of every TLS connection to this file, for Wireshark. Who has it can read what was recorded
    #[arg(long, value_name = "FILE", value_parser = key_log)]
    key_log: Option<PathBuf>,
}

/// A list that is one value: clap would take a `Vec` for a flag that may be given many times.
#[derive(Debug, Clone)]
struct Protocols(Vec<String>);

impl TlsFlags {
    /// The first flag that was given and means nothing without TLS.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            (self.tls_versions.is_some(), "--tls-versions"),
            (self.client_auth.is_some(), "--client-auth"),
            (self.client_ca.is_some(), "--client-ca"),
            (self.alpn.is_some(), "--alpn"),
            (self.no_tickets, "--no-tickets"),
            (self.key_log.is_some(), "--key-log"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }

    /// Lays the flags over the settings; the words for flags that lack another.
    pub(super) fn lay_over(self, settings: &mut Settings) -> Result<(), String> {
        let given = self.given();
        let ca_given = self.client_ca.is_some();
        settings.tls_versions = self.tls_versions.unwrap_or(settings.tls_versions);
        settings.client_auth = self.client_auth.unwrap_or(settings.client_auth);
        if let Some(path) = self.client_ca {
            settings.client_ca = path;
        }
        if let Some(Protocols(alpn)) = self.alpn {
            settings.alpn = alpn;
        }
        settings.session_tickets &= !self.no_tickets;
        if let Some(path) = self.key_log {
            settings.key_log = path;
        }
        match given {
            Some(flag) if !settings.tls => Err(format!("{flag} is for --tls: add it, or leave {flag} out.")),
            _ if ca_given && settings.client_auth == ClientAuth::None => Err(
                "--client-ca is for --client-auth optional or required: add it, or leave --client-ca out."
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

/// The words for a start that lacks the CA file.
pub(super) fn ca_missing(settings: &Settings) -> Option<String> {
    let missing =
        settings.tls && settings.client_auth != ClientAuth::None && settings.client_ca.as_os_str().is_empty();
    let auth = settings.client_auth.keyword();
    missing.then(|| {
        format!("--client-auth {auth} needs a CA file to check the certificates with: --client-ca FILE.")
    })
}

fn versions(text: &str) -> Result<TlsVersions, String> {
    TlsVersions::parse(text).ok_or_else(|| "the versions are 1.2, 1.3, and both as 1.2,1.3.".to_owned())
}

fn client_auth(text: &str) -> Result<ClientAuth, String> {
    let found = ClientAuth::ALL.into_iter().find(|auth| auth.keyword() == text);
    found.ok_or_else(|| "client certificates are none, optional or required.".to_owned())
}

fn alpn(text: &str) -> Result<Protocols, FieldError> {
    tls::alpn(text).map(Protocols)
}

fn key_log(text: &str) -> Result<PathBuf, FieldError> {
    tls::key_log(text).map(PathBuf::from)
}
