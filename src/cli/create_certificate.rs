//! The subcommand `echoscope create-certificate`: turns options into a [`CertificateSpec`] and prints what was created.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::settings::{SettingChoice, Settings};
use crate::text::display_path;
use crate::tls::create::{self, CertificateSpec, CreateError, CreatedFiles, Defect, KeyChoice, SpecProblem};

/// Make a private key, a signing request and a certificate for experiments
///
/// Writes server.key, server.csr and server.crt. Nothing is put into a trust store.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct CreateFlags {
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
    #[arg(long, value_name = "rsa2048|rsa4096|p256|ed25519", hide_possible_values = true, value_parser = choice::<KeyChoice>())]
    key: Option<KeyChoice>,

    /// Sign with the practice CA of the folder: ca.key and ca.crt, made if they are not there
    #[arg(long)]
    signed_by_ca: bool,

    /// Make client.crt and client.key, too, for a server that asks clients for a certificate; includes --signed-by-ca
    #[arg(long)]
    client: bool,

    /// Break it on purpose: expired, not-yet-valid, wrong-name, no-san, ca-as-server, self-signed (where a CA is
    /// expected), no-intermediate, v1
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = choice::<Defect>())]
    broken: Option<Defect>,

    /// Replace server.key, server.csr and server.crt if they are there, and intermediate.crt and the client's files
    /// where they are made; never the practice CA's files
    #[arg(long)]
    force: bool,

    /// Write nothing; print the openssl commands that make the same files
    #[arg(long, conflicts_with = "force")]
    show_commands: bool,
}

/// The subcommand with valid options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCertificate {
    spec: CertificateSpec,
    force: bool,
    show_commands: bool,
}

impl CreateFlags {
    /// Returns the subcommand, or an error of one line if an option is invalid.
    pub(super) fn read(self) -> Result<CreateCertificate, String> {
        let usage = |problem: &SpecProblem| format!("{problem} Try create-certificate --help.");
        let mut spec = CertificateSpec {
            folder: self.out,
            key: self.key.unwrap_or_default(),
            signed_by_ca: self.signed_by_ca,
            client_certificate: self.client,
            defect: self.broken,
            ..CertificateSpec::default()
        };
        if let Some(days) = self.days {
            spec.days = create::parse_days(&days).map_err(|problem| usage(&problem))?;
        }
        if let Some(first) = self.names.first() {
            spec.common_name.clone_from(first);
            spec.names = self.names;
        }
        match spec.problems().first() {
            Some(problem) => Err(usage(problem)),
            None => Ok(CreateCertificate { spec, force: self.force, show_commands: self.show_commands }),
        }
    }
}

impl CreateCertificate {
    /// Creates the certificate. Returns the text to print.
    ///
    /// # Errors
    /// The error is one line that explains why no certificate was created.
    pub fn run(&self) -> Result<String, String> {
        let now = Timestamp::now();
        if self.show_commands {
            return Ok(create::openssl_script(&self.spec, now));
        }
        match create::create(&self.spec, self.force, now) {
            Ok(created) => Ok(describe(&created)),
            Err(error @ CreateError::Exists { .. }) => Err(format!("{error} The flag for that is --force.")),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn describe(created: &CreatedFiles) -> String {
    let files = created.files.iter().map(|file| format!("Wrote {}", display_path(file)));
    let advice = [created.advice(), created.client_advice().unwrap_or_default()].join(" ");
    let about = [created.summary.clone(), String::new(), advice.trim_end().to_owned(), String::new()];
    let commands = std::iter::once(created.server_command())
        .chain(created.client_commands(Settings::default().port))
        .map(|command| format!("{:<12} {}", format!("{}:", command.program), command.line));
    files.chain(about).chain(commands).map(|line| line + "\n").collect()
}

/// Returns a parser for the keywords of `T`.
fn choice<T: SettingChoice + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::keywords())
        .map(|text| T::parse(&text).expect("clap has checked the keyword"))
}
