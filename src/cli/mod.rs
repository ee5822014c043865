//! The command line: flags become settings and a way to launch. A contract: scripts depend on it.

mod create_certificate;
mod documents;
mod keywords;
mod tls;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueHint};
use clap_complete::Shell;

pub use create_certificate::CreateCertificate;
use keywords::keywords;

use crate::settings::fields::{self, Field};
use crate::settings::file::{self, Broken};
use crate::settings::{Mode, Settings};

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
struct Flags {
    #[command(subcommand)]
    instead: Option<Instead>,

    /// Open the window and start the server at once
    #[arg(long, conflicts_with = "headless")]
    start: bool,

    /// No window: serve, print the log on stdout, stop on Ctrl-C or SIGTERM
    #[arg(long)]
    headless: bool,

    /// Host name or address to listen on [default: localhost]
    #[arg(long, value_name = "HOST", value_parser = fields::host, value_hint = ValueHint::Hostname)]
    host: Option<String>,

    /// Port to listen on; 0 lets the system choose [default: 12345]
    #[arg(short, long, value_name = "PORT", allow_negative_numbers = true, value_parser = |text: &str| fields::number16(Field::Port, text))]
    port: Option<u16>,

    /// How many clients may wait to be accepted [default: 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::number16(Field::Backlog, text))]
    backlog: Option<u16>,

    /// One client at a time, a thread for each, or a pool of threads [default: threads]
    #[arg(long, value_name = "one|threads|pool", hide_possible_values = true, value_parser = keywords(Mode::ALL.map(Mode::keyword), mode))]
    mode: Option<Mode>,

    /// Threads of the pool [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::number16(Field::PoolSize, text))]
    pool_size: Option<u16>,

    /// The most bytes that one recv hands over [default: 1024]
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, value_parser = |text: &str| fields::number(Field::RecvSize, text))]
    recv_size: Option<u32>,

    /// Clients served at once; more wait to be accepted [default: 1000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::number(Field::MaxClients, text))]
    max_clients: Option<u32>,

    /// Close a client after so long without a byte; 0 means never [default: 0]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = |text: &str| fields::number(Field::IdleTimeout, text))]
    idle_timeout: Option<u32>,

    /// Speak TLS, with --cert and --key
    #[arg(long)]
    tls: bool,

    /// The certificate chain, PEM
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,

    /// The private key, PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    #[command(flatten)]
    how: tls::TlsFlags,

    /// How --headless prints the log: text lines or JSON lines [default: text]
    #[arg(long, value_name = "text|json", hide_possible_values = true, value_parser = keywords(["text", "json"], log_format))]
    log_format: Option<LogFormat>,

    /// Remember the settings in this file instead of the usual place
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// What can be done instead of serving.
#[derive(Debug, clap::Subcommand)]
enum Instead {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// The tutorial's lines, and others in the same voice.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// With a window or without.
    pub front: Front,
    /// Remembered settings with the flags laid over them.
    pub settings: Settings,
    /// Where the window remembers settings; `None` where the system names no place.
    pub settings_file: Option<PathBuf>,
    /// What the user should know: there is no display, or the remembered settings can't be used.
    pub words: Vec<String>,
}

/// What the user will see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// The window.
    Window {
        /// Start the server at once.
        start: bool,
    },
    /// Lines on stdout.
    Headless(LogFormat),
}

/// Why neither window nor server is launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Help, the version, completions or the manual page was asked for; this is it.
    Answer(String),
    /// The flags are wrong; one line that says how.
    Usage(String),
    /// Certificates are to be made instead.
    CreateCertificate(CreateCertificate),
}

/// Reads the arguments, the program's name first, and the remembered settings. `no_window` says why there can be no
/// window, where there can't.
///
/// # Errors
/// [`Refused`] where the answer is a text: help, or what is wrong with the flags.
pub fn read(args: impl IntoIterator<Item = OsString>, no_window: Option<&str>) -> Result<Launch, Refused> {
    let flags = Flags::try_parse_from(args).map_err(|error| {
        if error.use_stderr() { Refused::Usage(one_line(&error)) } else { Refused::Answer(error.to_string()) }
    })?;
    if let Some(instead) = flags.instead {
        return Err(match instead {
            Instead::CreateCertificate(flags) => {
                flags.read().map_or_else(Refused::Usage, Refused::CreateCertificate)
            }
            Instead::Completions { shell } => {
                Refused::Answer(documents::completions(Flags::command(), shell))
            }
            Instead::ManualPage => Refused::Answer(documents::manual_page(Flags::command())),
        });
    }
    let format = flags.log_format.unwrap_or_default();
    let mut words = Vec::new();
    let front = match no_window {
        _ if flags.headless => Front::Headless(format),
        None => Front::Window { start: flags.start },
        Some(why) => {
            words.push(format!("{why}: going on as --headless."));
            Front::Headless(format)
        }
    };
    let mut settings_file = flags.settings.clone().or_else(file::default_path);
    let broken = if matches!(front, Front::Headless(_)) { Broken::Leave } else { Broken::SetAside };
    let loaded = settings_file.as_deref().map(|path| file::load(path, broken));
    let mut settings = Settings::default();
    if let Some(loaded) = loaded {
        settings = loaded.settings;
        words.extend(loaded.complaint);
        settings_file = settings_file.filter(|_| loaded.may_save);
    }
    let (tls_asked, file_given) = (flags.tls, flags.cert.is_some() || flags.key.is_some());
    lay_over(&mut settings, flags).map_err(Refused::Usage)?;
    if file_given && !settings.tls {
        return Err(Refused::Usage("--cert and --key are for --tls: add it, or leave them out.".to_owned()));
    }
    let file_missing = settings.certificate.as_os_str().is_empty() || settings.key.as_os_str().is_empty();
    if tls_asked && file_missing && front != (Front::Window { start: false }) {
        return Err(Refused::Usage(
            "--tls needs a certificate and its key: --cert FILE --key FILE.".to_owned(),
        ));
    }
    if let Some(words) = tls::ca_missing(&settings).filter(|_| front != (Front::Window { start: false })) {
        return Err(Refused::Usage(words));
    }
    Ok(Launch { front, settings, settings_file, words })
}

fn lay_over(settings: &mut Settings, flags: Flags) -> Result<(), String> {
    fn set<T>(value: &mut T, flag: Option<T>) {
        if let Some(flag) = flag {
            *value = flag;
        }
    }
    set(&mut settings.host, flags.host);
    set(&mut settings.port, flags.port);
    set(&mut settings.backlog, flags.backlog);
    set(&mut settings.mode, flags.mode);
    set(&mut settings.pool_size, flags.pool_size);
    set(&mut settings.recv_size, flags.recv_size);
    set(&mut settings.max_clients, flags.max_clients);
    set(&mut settings.idle_timeout, flags.idle_timeout);
    set(&mut settings.certificate, flags.cert);
    set(&mut settings.key, flags.key);
    settings.tls |= flags.tls;
    flags.how.lay_over(settings)
}

fn mode(text: &str) -> Result<Mode, String> {
    let mode = Mode::ALL.into_iter().find(|mode| mode.keyword() == text);
    mode.ok_or_else(|| "the modes are one, threads and pool.".to_owned())
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("the formats are text and json.".to_owned()),
    }
}

/// clap's first line says what is wrong; usage and hints follow it.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first).trim_end_matches('.');
    format!("{first}. Try --help.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(args: &[&str]) -> Result<Launch, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let start = ["echoscope".into(), "--settings".into(), file.into_os_string()];
        read(start.into_iter().chain(args.iter().map(OsString::from)), None)
    }

    #[test]
    fn flags_become_settings() {
        let launch = launch(&[
            "--headless",
            "--host",
            "::1",
            "-p",
            "0",
            "--backlog",
            "0",
            "--mode",
            "pool",
            "--pool-size",
            "3",
            "--recv-size",
            "4",
            "--max-clients",
            "2",
            "--idle-timeout",
            "9",
            "--log-format",
            "json",
        ]);
        let launch = launch.unwrap();
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
    fn tls_flags_become_settings() {
        let flags = "--tls --cert a --key b --tls-versions 1.3 --client-auth optional --client-ca c --alpn h2,x \
                     --no-tickets --key-log d";
        let launch = launch(&flags.split_whitespace().collect::<Vec<_>>()).unwrap();
        let expected = Settings {
            tls: true,
            certificate: "a".into(),
            key: "b".into(),
            tls_versions: crate::settings::TlsVersions::Only13,
            client_auth: crate::settings::ClientAuth::Optional,
            client_ca: "c".into(),
            alpn: vec!["h2".to_owned(), "x".to_owned()],
            session_tickets: false,
            key_log: "d".into(),
            ..Settings::default()
        };
        assert_eq!(launch.settings, expected);
    }

    #[test]
    fn wrong_flags_get_one_line_each() {
        for args in [
            &["--port", "70000"][..],
            &["--mode", "two"],
            &["--recv-size", "0"],
            &["--nonsense"],
            &["--tls", "--headless"],
            &["--cert", "x"],
            &["--start", "--headless"],
            &["--host", "http://x"],
            &["--key-log", "keys.log"],
            &["--tls-versions", "1.3"],
            &["--tls", "--cert", "x", "--key", "x", "--tls-versions", "1.1"],
            &["--tls", "--cert", "x", "--key", "x", "--client-auth", "maybe"],
            &["--tls", "--cert", "x", "--key", "x", "--client-auth", "required", "--headless"],
            &["--tls", "--cert", "x", "--key", "x", "--client-ca", "ca.crt"],
            &["--tls", "--cert", "x", "--key", "x", "--alpn", "h2,,x"],
            &["--tls", "--cert", "x", "--key", "x", "--key-log", "folder/"],
        ] {
            let Err(Refused::Usage(line)) = launch(args) else { panic!("{args:?} was taken") };
            assert!(!line.contains('\n') && line.ends_with('.'), "{line:?}");
        }
    }

    #[test]
    fn help_is_an_answer() {
        assert!(matches!(launch(&["--help"]), Err(Refused::Answer(text)) if text.contains("--headless")));
    }

    #[test]
    fn the_flags_are_consistent() {
        use clap::CommandFactory;
        Flags::command().debug_assert();
    }

    #[test]
    fn a_field_error_keeps_its_words_on_the_command_line() {
        let error = fields::number16(Field::Port, "x").unwrap_err();
        let Err(Refused::Usage(line)) = launch(&["-p", "x"]) else { panic!() };
        assert!(line.contains(error.to_string().trim_end_matches('.')), "{line}");
    }
}
