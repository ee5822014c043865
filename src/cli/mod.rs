//! The command line. Scripts depend on it: options must keep their names and meanings.

mod create_certificate;
mod man_page;
mod setting_flags;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

pub use create_certificate::CreateCertificate;

use crate::cli::setting_flags::SettingFlags;
use crate::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use crate::settings::{ClientAuth, SettingChoice, Settings};

/// An echo server that lets you see a server work.
///
/// Without options it opens its window. Flags win over the remembered settings.
#[derive(Debug, Parser)]
#[command(
    name = "echoscope",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    subcommand_value_name = "COMMAND"
)]
struct Arguments {
    #[command(subcommand)]
    subcommand: Option<Subcommand>,

    /// Open the window and start the server at once
    #[arg(long, conflicts_with = "headless")]
    start: bool,

    /// No window: serve, print the log on stdout, stop on Ctrl-C or SIGTERM
    #[arg(long)]
    headless: bool,

    #[command(flatten)]
    settings: SettingFlags,

    /// How --headless prints the log: text lines or JSON lines [default: text]
    #[arg(long, value_name = "text|json", value_enum, hide_possible_values = true)]
    log_format: Option<LogFormat>,

    /// Remember the settings in this file instead of the usual place
    #[arg(long = "settings", value_name = "FILE")]
    settings_file: Option<PathBuf>,
}

/// A task to do instead of serving.
#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    CreateCertificate(create_certificate::CreateFlags),

    /// Print completions for a shell
    ///
    /// For bash, this makes them its own: echoscope completions bash > ~/.local/share/bash-completion/completions/echoscope
    Completions {
        /// The shell to print them for
        shell: Shell,
    },

    /// Print the manual page
    ///
    /// To read it: echoscope manual-page | man -l -
    ManualPage,
}

/// How the log is printed without a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// The tutorial's lines, and others in the same style.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The task that the arguments request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Open the window or serve in the terminal.
    Launch(Launch),
    /// Print a text: help, the version, completions or the manual page.
    Print(String),
    /// Create a certificate.
    CreateCertificate(CreateCertificate),
}

/// How to open the window or serve in the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The window or the terminal.
    pub front: Front,
    /// The saved settings, changed by the options.
    pub settings: Settings,
    /// The file that the window saves settings in; `None` if it must not save any, or the OS has no folder for them.
    pub settings_file: Option<SettingsFile>,
    /// Warnings for the user: there is no display, or the saved settings can't be used.
    pub warnings: Vec<String>,
}

/// The front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// The window.
    Window {
        /// Whether to start the server at once.
        start: bool,
    },
    /// Lines on stdout.
    Headless(LogFormat),
}

/// Reads the arguments, of which the first is the program's name, and the saved settings. `no_window` returns the
/// reason why no window can be opened, if there is one; it is called only for a window.
///
/// # Errors
/// An option is unknown, has an invalid value, or needs another one. The error is one line.
pub fn read(
    args: impl IntoIterator<Item = OsString>,
    no_window: impl FnOnce() -> Option<String>,
) -> Result<Invocation, String> {
    let arguments = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return Err(first_line(&error)),
        Err(help) => return Ok(Invocation::Print(help.to_string())),
    };
    match arguments.subcommand {
        None => launch(arguments, no_window).map(Invocation::Launch),
        Some(Subcommand::CreateCertificate(flags)) => flags.read().map(Invocation::CreateCertificate),
        Some(Subcommand::Completions { shell }) => {
            Ok(Invocation::Print(man_page::completions(Arguments::command(), shell)))
        }
        Some(Subcommand::ManualPage) => Ok(Invocation::Print(man_page::manual_page(Arguments::command()))),
    }
}

fn launch(arguments: Arguments, no_window: impl FnOnce() -> Option<String>) -> Result<Launch, String> {
    let format = arguments.log_format.unwrap_or_default();
    let mut warnings = Vec::new();
    let (front, on_broken) = if arguments.headless {
        (Front::Headless(format), OnBrokenFile::Keep)
    } else if let Some(reason) = no_window() {
        warnings.push(format!("{reason}: going on as --headless."));
        (Front::Headless(format), OnBrokenFile::Keep)
    } else {
        (Front::Window { start: arguments.start }, OnBrokenFile::Copy)
    };
    let mut settings = Settings::default();
    let mut settings_file = None;
    if let Some(path) = arguments.settings_file.or_else(settings_file::default_path) {
        let loaded = settings_file::load(&path, on_broken);
        settings = loaded.settings;
        warnings.extend(loaded.complaint);
        settings_file = loaded.may_save.then(|| SettingsFile::new(path, settings.clone()));
    }
    let tls_given = arguments.settings.apply_flags(&mut settings)?;
    if front != (Front::Window { start: false }) {
        check_tls_files(&settings, tls_given)?;
    }
    Ok(Launch { front, settings, settings_file, warnings })
}

/// Checks that the files that TLS needs are given. A missing certificate or key is an error only if the command line
/// turned TLS on; if the saved settings did, the start itself reports it.
fn check_tls_files(settings: &Settings, tls_given: bool) -> Result<(), String> {
    if tls_given && (settings.certificate.as_os_str().is_empty() || settings.key.as_os_str().is_empty()) {
        return Err("--tls needs a certificate and its key: --cert FILE --key FILE.".to_owned());
    }
    if settings.tls && settings.client_auth != ClientAuth::None && settings.client_ca.as_os_str().is_empty() {
        let auth = settings.client_auth.keyword();
        return Err(format!(
            "--client-auth {auth} needs a CA file to check the certificates with: --client-ca FILE."
        ));
    }
    Ok(())
}

/// Returns the first line of clap's message and the possible values, without the usage and the hints.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first).trim_end_matches('.');
    let values = lines.next().filter(|line| line.contains("[possible values:")).unwrap_or_default();
    format!("{first}{}. Try --help.", values.trim_end().replacen("  ", " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Mode, Setting, TlsVersions};

    fn read_line(line: &str) -> Result<Invocation, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let start = ["echoscope".into(), "--settings".into(), file.into_os_string()];
        read(start.into_iter().chain(line.split_whitespace().map(OsString::from)), || None)
    }

    fn launch(line: &str) -> Launch {
        match read_line(line) {
            Ok(Invocation::Launch(launch)) => launch,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn options_change_settings() {
        let launch = launch(
            "--headless --host ::1 -p 0 --backlog 0 --mode pool --pool-size 3 --recv-size 4 --max-clients 2 \
             --idle-timeout 9 --log-format json",
        );
        assert_eq!(launch.front, Front::Headless(LogFormat::Json));
        let expected = Settings {
            host: "::1".to_owned(),
            port: 0,
            backlog: 0,
            mode: Mode::Pool,
            pool_size: 3,
            recv_size: 4,
            max_clients: 2,
            idle_timeout: 9,
            ..Settings::default()
        };
        assert_eq!(launch.settings, expected);
    }

    #[test]
    fn tls_options_change_settings() {
        let launch = launch(
            "--tls --cert a --key b --tls-versions 1.3 --client-auth optional --client-ca c --alpn h2,x \
             --no-tickets --key-log d",
        );
        let expected = Settings {
            tls: true,
            certificate: "a".into(),
            key: "b".into(),
            tls_versions: TlsVersions::Only13,
            client_auth: ClientAuth::Optional,
            client_ca: "c".into(),
            alpn: vec!["h2".to_owned(), "x".to_owned()],
            session_tickets: false,
            key_log: "d".into(),
            ..Settings::default()
        };
        assert_eq!(launch.settings, expected);
    }

    #[test]
    fn wrong_options_get_one_line_each() {
        for line in [
            "--port 70000",
            "--mode two",
            "--recv-size 0",
            "--nonsense",
            "--tls --headless",
            "--cert x",
            "--start --headless",
            "--host http://x",
            "--key-log keys.log",
            "--tls-versions 1.3",
            "--tls --cert x --key x --tls-versions 1.1",
            "--tls --cert x --key x --client-auth maybe",
            "--tls --cert x --key x --client-auth required --headless",
            "--tls --cert x --key x --client-ca ca.crt",
            "--tls --cert x --key x --alpn h2,,x",
            "--tls --cert x --key x --key-log folder/",
        ] {
            let Err(error) = read_line(line) else { panic!("{line} was accepted") };
            assert!(!error.contains('\n') && error.ends_with('.'), "{error:?}");
        }
    }

    #[test]
    fn help_is_printed() {
        assert!(matches!(read_line("--help"), Ok(Invocation::Print(text)) if text.contains("--headless")));
    }

    #[test]
    fn clap_accepts_the_definitions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn option_has_the_same_error_as_in_the_form() {
        let error = Setting::Port.set(&mut Settings::default(), "x").unwrap_err().to_string();
        let Err(line) = read_line("-p x") else { panic!("accepted") };
        assert!(line.contains(error.trim_end_matches('.')), "{line}");
    }
}
