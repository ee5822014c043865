//! `echoscope create-certificate`: flags become a request, and what was made is told in a few lines.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::keywords::keywords;
use crate::settings::Settings;
use crate::tls::create::{self, Broken, CreateError, Created, KeyChoice, Problem, Request};

/// Make a private key, a signing request and a certificate for experiments
///
/// Writes server.key, server.csr and server.crt. Nothing is put into a trust store.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The folder for the files; its last part is made if it is not there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,

    /// A name or address of the server; the first is the common name too
    /// [default: localhost, 127.0.0.1, IPv6 loopback and this computer's name]
    #[arg(long = "name", value_name = "NAME", allow_hyphen_values = true)]
    names: Vec<String>,

    /// How long it is valid, 1 to 36500 [default: 365]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    days: Option<String>,

    /// The kind of key [default: rsa2048]
    #[arg(long, value_name = "rsa2048|rsa4096|p256|ed25519", hide_possible_values = true, value_parser = keywords(KeyChoice::ALL.map(KeyChoice::keyword), key))]
    key: Option<KeyChoice>,

    /// Sign with the practice CA of the folder: ca.key and ca.crt, made if they are not there
    #[arg(long)]
    signed_by_ca: bool,

    /// Break it on purpose: expired, not-yet-valid, wrong-name, no-san, ca-as-server, self-signed (where a CA is
    /// expected), no-intermediate, v1
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = keywords(Broken::ALL.map(Broken::keyword), broken))]
    broken: Option<Broken>,

    /// Replace server.key, server.csr and server.crt if they are there, and intermediate.crt where one is made; never
    /// the practice CA's files
    #[arg(long)]
    force: bool,

    /// Write nothing; print the openssl commands that make the same files
    #[arg(long, conflicts_with = "force")]
    show_commands: bool,
}

/// What to make, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The certificate.
    pub request: Request,
    /// Files of the same names may be replaced.
    pub force: bool,
    /// Only the openssl commands are wanted.
    pub show_commands: bool,
}

impl Flags {
    /// The order, or one line on what is wrong with the flags.
    pub(super) fn read(self) -> Result<Order, String> {
        let usage = |problem: &Problem| format!("{problem} Try create-certificate --help.");
        let mut request = Request { folder: self.out, ..Request::default() };
        if let Some(days) = self.days {
            request.days = create::parse_days(&days).map_err(|problem| usage(&problem))?;
        }
        if let Some(first) = self.names.first() {
            request.common_name.clone_from(first);
            request.names = self.names;
        }
        request.key = self.key.unwrap_or_default();
        request.signed_by_ca = self.signed_by_ca;
        request.broken = self.broken;
        match request.problems().first() {
            Some(problem) => Err(usage(problem)),
            None => Ok(Order { request, force: self.force, show_commands: self.show_commands }),
        }
    }
}

impl Order {
    /// Does what was ordered, and gives the text that tells of it.
    ///
    /// # Errors
    /// One line on why nothing was made.
    pub fn run(&self) -> Result<String, String> {
        let now = Timestamp::now();
        if self.show_commands {
            return Ok(create::openssl_commands(&self.request, now));
        }
        match create::create(&self.request, self.force, now) {
            Ok(created) => Ok(told(&created)),
            Err(error @ CreateError::Exists { .. }) => Err(format!("{error} The flag for that is --force.")),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn told(created: &Created) -> String {
    let wrote = created.files.iter().map(|file| format!("Wrote {}", file.display()));
    let about = [created.line.clone(), String::new(), created.advice(), String::new()];
    let uses = std::iter::once(created.serve()).chain(created.uses(Settings::default().port));
    let uses = uses.map(|one| format!("{:<12} {}", format!("{}:", one.program), one.line));
    wrote.chain(about).chain(uses).map(|line| line + "\n").collect()
}

fn key(text: &str) -> Result<KeyChoice, String> {
    let key = KeyChoice::ALL.into_iter().find(|key| key.keyword() == text);
    key.ok_or_else(|| "the kinds are rsa2048, rsa4096, p256 and ed25519.".to_owned())
}

fn broken(text: &str) -> Result<Broken, String> {
    let broken = Broken::ALL.into_iter().find(|broken| broken.keyword() == text);
    broken.ok_or_else(|| {
        let all: Vec<_> = Broken::ALL.into_iter().map(Broken::keyword).collect();
        format!("the kinds are {}.", all.join(", "))
    })
}
