//! The subcommand `echoscope create-certificate`: turns options into a [`CertificateSpec`] and prints what was created.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::help_text::{self, CREATE_EXAMPLES, OUTPUT};
use crate::settings::{SettingChoice, Settings};
use crate::text::display_path;
use crate::tls::create::{self, CertificateSpec, CreateError, CreatedFiles, Defect, KeyChoice, SpecProblem};

/// The heading of the options for the certificate.
const CERTIFICATE: &str = "Certificate";

/// Create a key and a certificate for experiments
///
/// Writes server.key, server.csr, and server.crt. No trust store is changed.
#[derive(Debug, Args)]
#[command(after_long_help = help_text::examples(CREATE_EXAMPLES))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct CreateFlags {
    /// Host name or address of the server (repeat for more)
    #[arg(long = "name", value_name = "NAME", allow_hyphen_values = true, help_heading = CERTIFICATE,
        long_help = "Host name or address of the server (repeat for more)\n\nThe first one is also the common name. \
                     [default: localhost, 127.0.0.1, ::1, and this computer's name]")]
    names: Vec<String>,

    /// Days that the certificate is valid, 1 to 36500
    #[arg(long, value_name = "DAYS", default_value = "365", allow_hyphen_values = true, help_heading = CERTIFICATE)]
    days: String,

    /// Kind of key
    #[arg(long, value_name = "KIND", default_value = KeyChoice::default().keyword(), value_parser = choice::<KeyChoice>(), help_heading = CERTIFICATE)]
    key: KeyChoice,

    /// Sign with the practice CA in the folder
    ///
    /// ca.key and ca.crt are created if they are missing.
    #[arg(long, help_heading = CERTIFICATE)]
    signed_by_ca: bool,

    /// Also create client.crt and client.key
    ///
    /// They are for a server that requests client certificates. Implies --signed-by-ca.
    #[arg(long, help_heading = CERTIFICATE)]
    client: bool,

    /// Give the certificate a defect on purpose
    #[arg(long, value_name = "DEFECT", value_parser = choice::<Defect>(), help_heading = CERTIFICATE)]
    broken: Option<Defect>,

    /// Folder for the files
    ///
    /// If only its last part is missing, it is created.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = OUTPUT)]
    out: PathBuf,

    /// Replace existing files
    ///
    /// The practice CA's files are never replaced.
    #[arg(long, help_heading = OUTPUT)]
    force: bool,

    /// Print the openssl commands that create the same files
    ///
    /// No file is written.
    #[arg(long, conflicts_with = "force", help_heading = OUTPUT)]
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
        let usage = |problem: &SpecProblem| format!("{problem} Try echoscope create-certificate --help.");
        let mut spec = CertificateSpec {
            folder: self.out,
            key: self.key,
            signed_by_ca: self.signed_by_ca,
            client_certificate: self.client,
            defect: self.broken,
            days: create::parse_days(&self.days).map_err(|problem| usage(&problem))?,
            ..CertificateSpec::default()
        };
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
            Err(error @ CreateError::Exists { .. }) => Err(format!("{error} The option --force does that.")),
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
    help_text::keywords::<T>().map(|text| T::parse(&text).expect("clap has checked the keyword"))
}
