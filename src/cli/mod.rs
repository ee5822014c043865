//! The command line. Scripts depend on it: options must keep their names and meanings.

mod check;
mod create_certificate;
mod help_text;
mod man_page;
mod setting_flags;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches, Parser, ValueHint};
use clap_complete::Shell;

pub use check::CheckCommand;
pub use create_certificate::CreateCertificate;

use crate::cli::help_text::{COMPLETIONS_EXAMPLES, EXAMPLES, MANUAL_PAGE_EXAMPLES, OUTPUT, SERVER};
use crate::cli::setting_flags::{SettingFlags, is_given};
use crate::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use crate::settings::{ClientAuth, Mode, Scope, Setting, Settings};

/// An echo server that shows how a network server works
///
/// Without options, it opens a window. Options override the saved settings.
#[derive(Debug, Parser)]
#[command(
    name = "echoscope",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    subcommand_value_name = "COMMAND",
    after_long_help = help_text::examples(EXAMPLES) + "\n\n" + &help_text::exit_codes()
)]
struct Arguments {
    #[command(subcommand)]
    subcommand: Option<Subcommand>,

    /// Start the server as soon as the window opens
    #[arg(long, conflicts_with = "headless", help_heading = SERVER, hide_short_help = true)]
    start: bool,

    #[command(flatten)]
    settings: SettingFlags,

    /// File to load the settings from and save them in
    ///
    /// With --headless, they are only loaded. [default: settings.toml in the user's configuration folder]
    #[arg(
        long = "settings",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = SERVER,
        hide_short_help = true
    )]
    settings_file: Option<PathBuf>,

    /// Serve in the terminal and print the log, without a window
    ///
    /// Ctrl-C or SIGTERM stops the server.
    #[arg(long, help_heading = OUTPUT)]
    headless: bool,

    /// Format of the log that --headless prints
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        help_heading = OUTPUT,
        hide_short_help = true
    )]
    log_format: LogFormat,

    /// Write all connections to a pcapng file, for Wireshark
    ///
    /// The file is replaced if it is a capture. If the disk is too slow, data is left out, and a comment in the file marks
    /// each gap.
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        requires = "headless",
        help_heading = OUTPUT,
        hide_short_help = true
    )]
    capture: Option<PathBuf>,

    /// Write the keys of TLS connections into the capture, so that Wireshark can decrypt it
    ///
    /// Anyone who has the file can read the data. Only you may read the file.
    #[arg(long, requires = "capture", help_heading = OUTPUT, hide_short_help = true)]
    capture_keys: bool,
}

/// A task to do instead of serving.
#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Check(check::CheckFlags),

    CreateCertificate(create_certificate::CreateFlags),

    /// Print the completions for a shell
    ///
    /// The packages for Linux install them. To install them for bash yourself, save them as
    /// ~/.local/share/bash-completion/completions/echoscope.
    #[command(after_long_help = help_text::examples(COMPLETIONS_EXAMPLES))]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Print the manual page
    #[command(after_long_help = help_text::examples(MANUAL_PAGE_EXAMPLES))]
    ManualPage,
}

/// How the log is printed without a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// The lines of the tutorial's program, and similar ones
    Text,
    /// One JSON object per line
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
    /// Check a server.
    Check(CheckCommand),
}

/// How to open the window or serve in the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The window or the terminal.
    pub front: Front,
    /// The saved settings, changed by the options.
    pub settings: Settings,
    /// The settings file, even if it can't be used; `None` if the OS has no folder for settings.
    pub settings_path: Option<PathBuf>,
    /// The file that the window saves settings in; `None` if it must not save any, or the OS has no folder for them.
    pub settings_file: Option<SettingsFile>,
    /// The file that connections are written to, if there is one. Only the terminal writes it.
    pub capture: Option<CaptureOptions>,
    /// Warnings for the user: there is no display, the saved settings can't be used, or an option has no effect.
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

/// A file that connections are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureOptions {
    /// The file.
    pub path: PathBuf,
    /// Whether the file contains the keys of TLS connections.
    pub with_keys: bool,
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
    let args: Vec<_> = args.into_iter().collect();
    let parsed = command().try_get_matches_from(&args).and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((arguments, is_given(&matches, "log_format")))
    });
    let (arguments, is_format_given) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => return Err(one_line(&error, &help_command(&args))),
        Err(help) => return Ok(Invocation::Print(help.to_string())),
    };
    match arguments.subcommand {
        None => launch(arguments, is_format_given, no_window).map(Invocation::Launch),
        Some(Subcommand::Check(flags)) => flags.read().map(Invocation::Check),
        Some(Subcommand::CreateCertificate(flags)) => flags.read().map(Invocation::CreateCertificate),
        Some(Subcommand::Completions { shell }) => {
            Ok(Invocation::Print(man_page::completions(command(), shell)))
        }
        Some(Subcommand::ManualPage) => Ok(Invocation::Print(man_page::manual_page(command()))),
    }
}

/// Returns the definitions of all options and subcommands.
fn command() -> Command {
    help_text::complete(Arguments::command())
}

fn launch(
    arguments: Arguments,
    is_format_given: bool,
    no_window: impl FnOnce() -> Option<String>,
) -> Result<Launch, String> {
    let format = arguments.log_format;
    let mut warnings = Vec::new();
    let (front, on_broken) = if arguments.headless {
        (Front::Headless(format), OnBrokenFile::Keep)
    } else if let Some(reason) = no_window() {
        warnings.push(format!("{reason}. Serving in the terminal, as with --headless."));
        (Front::Headless(format), OnBrokenFile::Keep)
    } else {
        (Front::Window { start: arguments.start }, OnBrokenFile::Copy)
    };
    let mut settings = Settings::default();
    let mut settings_file = None;
    let settings_path = arguments.settings_file.or_else(settings_file::default_path);
    if let Some(path) = &settings_path {
        let loaded = settings_file::load(path, on_broken);
        settings = loaded.settings;
        warnings.extend(loaded.complaint);
        settings_file = loaded.may_save.then(|| SettingsFile::new(path.clone(), settings.clone()));
    }
    let given = arguments.settings;
    given.apply(&mut settings).map_err(|error| error.to_string())?;
    if front != (Front::Window { start: false }) {
        check_tls_files(&settings, &given)?;
    }
    let format = is_format_given.then_some(("log-format", None));
    let keys = arguments.capture_keys.then_some(("capture-keys", Some(Scope::Tls)));
    let given = given.0.iter().map(|given| (given.name, Some(given.setting.info().scope)));
    warnings.extend(format.into_iter().chain(keys).chain(given).filter_map(|(name, scope)| {
        let (_, needed, _) = NEEDS.iter().find(|need| need.0 == scope && (need.2)(&settings, front))?;
        Some(format!("--{name} has no effect without {needed}. Add {needed}, or leave out --{name}."))
    }));
    let with_keys = arguments.capture_keys;
    let capture = arguments.capture.map(|path| CaptureOptions { path, with_keys });
    Ok(Launch { front, settings, settings_path, settings_file, capture, warnings })
}

/// Whether an option that another one needs is missing.
type IsMissing = fn(&Settings, Front) -> bool;

/// All options that have no effect without another one: their scope, the option that they need, and whether it is
/// missing. The log's format has no scope, since it isn't a setting.
const NEEDS: &[(Option<Scope>, &str, IsMissing)] = &[
    (None, "--headless", |_, front| matches!(front, Front::Window { .. })),
    (Some(Scope::Pool), "--mode pool", |settings, _| settings.mode != Mode::Pool),
    (Some(Scope::SeveralClients), "--mode threads or --mode pool", |settings, _| settings.mode == Mode::One),
    (Some(Scope::Tls), "--tls", |settings, _| !settings.tls),
    (Some(Scope::ClientCertificates), "--tls", |settings, _| !settings.tls),
    (Some(Scope::ClientCertificates), "--client-auth optional or --client-auth required", |settings, _| {
        settings.client_auth == ClientAuth::None
    }),
];

/// Checks that the files that TLS needs are given. A missing file is an error only if an option needs it; if a saved
/// setting does, the start itself reports it.
fn check_tls_files(settings: &Settings, given: &SettingFlags) -> Result<(), String> {
    let is_missing = |file: Setting| settings.tls && file.text(settings).is_empty();
    if given.contains(Setting::Tls) && (is_missing(Setting::Certificate) || is_missing(Setting::Key)) {
        return Err("--tls needs a certificate and its key. Add --cert <FILE> and --key <FILE>; \
                    echoscope create-certificate creates both."
            .to_owned());
    }
    let auth = settings.client_auth;
    if given.contains(Setting::ClientAuth) && auth != ClientAuth::None && is_missing(Setting::ClientCa) {
        return Err(format!(
            "--client-auth {auth} needs a CA file to check client certificates with. Add --client-ca <FILE>."
        ));
    }
    Ok(())
}

/// Returns the command that prints the help for these arguments.
fn help_command(args: &[OsString]) -> String {
    let command = command();
    match args.get(1).and_then(|first| command.find_subcommand(first)) {
        Some(subcommand) => format!("echoscope {} --help", subcommand.get_name()),
        None => "echoscope --help".to_owned(),
    }
}

/// Returns clap's message on one line: the first paragraph, which includes the possible values, and then its
/// suggestions or else the command that prints the help.
fn one_line(error: &clap::Error, help_command: &str) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim);
    let first: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let first = first.join(" ");
    let first = first.strip_prefix("error: ").unwrap_or(&first).trim_end_matches('.');
    let tips: Vec<_> = lines.filter_map(|line| line.strip_prefix("tip: ")).collect();
    if !tips.is_empty() {
        format!("{first}. Tip: {}.", tips.join("; "))
    } else if error.kind() == ErrorKind::ValueValidation {
        // The setting's own error explains what to do.
        format!("{first}.")
    } else {
        format!("{first}. Try {help_command}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TlsVersions;

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
            "--start --headless",
            "--host http://x",
            "--tls --cert x --key x --tls-versions 1.1",
            "--tls --cert x --key x --client-auth maybe",
            "--tls --cert x --key x --client-auth required --headless",
            "--tls --cert x --key x --alpn h2,,x",
            "--tls --cert x --key x --key-log folder/",
        ] {
            let Err(error) = read_line(line) else { panic!("{line} was accepted") };
            assert!(!error.contains('\n') && error.ends_with('.'), "{error:?}");
        }
    }

    #[test]
    fn option_without_effect_gets_a_warning() {
        let tls = "--tls --cert a --key b";
        for (name, line, needed) in [
            ("--log-format", "--log-format json".to_owned(), "--headless"),
            ("--pool-size", "--pool-size 3".to_owned(), "--mode pool"),
            ("--max-clients", "--mode one --max-clients 3".to_owned(), "--mode threads or --mode pool"),
            ("--cert", "--cert a".to_owned(), "--tls"),
            ("--key", "--key b".to_owned(), "--tls"),
            ("--tls-versions", "--tls-versions 1.3".to_owned(), "--tls"),
            ("--client-auth", "--client-auth none".to_owned(), "--tls"),
            ("--client-ca", "--client-ca c".to_owned(), "--tls"),
            (
                "--client-ca",
                format!("{tls} --client-ca c"),
                "--client-auth optional or --client-auth required",
            ),
            ("--alpn", "--alpn h2".to_owned(), "--tls"),
            ("--tickets", "--tickets".to_owned(), "--tls"),
            ("--no-tickets", "--no-tickets".to_owned(), "--tls"),
            ("--key-log", "--key-log d".to_owned(), "--tls"),
        ] {
            let expected =
                format!("{name} has no effect without {needed}. Add {needed}, or leave out {name}.");
            assert_eq!(launch(&line).warnings, [expected], "{line}");
        }
    }

    #[test]
    fn option_with_an_effect_gets_no_warning() {
        let tls = "--start --tls --cert a --key b";
        for line in [
            "--headless --log-format json".to_owned(),
            "--mode pool --pool-size 3 --max-clients 3".to_owned(),
            "--mode threads --max-clients 3".to_owned(),
            "--host ::1 -p 0 --backlog 0 --mode one --recv-size 4 --idle-timeout 9 --no-tls".to_owned(),
            format!("{tls} --tls-versions 1.3 --client-auth none --alpn h2 --tickets --key-log d"),
            format!("{tls} --no-tickets --client-auth optional --client-ca c"),
            format!("{tls} --client-auth required --client-ca c"),
        ] {
            assert_eq!(launch(&line).warnings, Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn switches_override_saved_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, "tls = true\nsession_tickets = false\n").unwrap();
        let launch = |switches: &[&str]| {
            let start = ["echoscope".into(), "--settings".into(), file.clone().into_os_string()];
            match read(start.into_iter().chain(switches.iter().map(OsString::from)), || None) {
                Ok(Invocation::Launch(launch)) => (launch.settings.tls, launch.settings.session_tickets),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(launch(&[]), (true, false));
        assert_eq!(launch(&["--tickets"]), (true, true));
        assert_eq!(launch(&["--no-tls"]), (false, false));
    }

    #[test]
    fn tls_versions_can_be_in_any_order() {
        assert_eq!(
            launch("--tls --cert a --key b --tls-versions 1.3,1.2").settings.tls_versions,
            TlsVersions::Both
        );
        let Err(error) = read_line("--tls-versions 1.1") else { panic!("accepted") };
        assert!(error.contains("must be “1.2,1.3”, “1.2”, or “1.3”"), "{error}");
    }

    #[test]
    fn last_of_two_opposite_switches_wins() {
        assert!(!launch("--tls --no-tls").settings.tls);
        assert!(launch("--no-tls --tls --cert a --key b").settings.tls);
        assert!(launch("--no-tickets --tickets").settings.session_tickets);
        assert!(!launch("--tickets --no-tickets").settings.session_tickets);
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
