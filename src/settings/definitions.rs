//! The table of settings. To add a setting, add an entry to the table, write the code that uses the setting, and a
//! test.

use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Serialize;
use toml::Value;

use crate::settings::choices::{ClientAuth, DataFormat, Mode, SettingChoice, ThemeChoice, TlsVersions};
use crate::settings::parse::{self, SettingError, path_value, value_text};

/// Everything about one setting except the code that uses it.
#[derive(Debug)]
pub struct SettingInfo {
    /// The key in the settings file and in lessons.
    pub key: &'static str,
    /// The name in the form and in messages.
    pub label: &'static str,
    /// A sentence that explains the setting.
    pub about: &'static str,
    /// The unit, or another short note beside the input.
    pub unit: &'static str,
    /// The hint in an empty input.
    pub placeholder: &'static str,
    /// The range of a number.
    pub range: Option<RangeInclusive<u32>>,
    /// When the setting has an effect.
    pub scope: Scope,
    /// The option on the command line.
    pub flag: Option<Flag>,
    /// The line of the Python program's robust version for this setting, with its value as `@key@`. It is empty if the program has no
    /// such line, or if `python/robust.py.template` handles the setting itself.
    pub python: &'static str,
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &OsStr) -> Result<(), SettingError>,
    toml: fn(&Settings) -> Option<Value>,
    choices: fn() -> Choices,
}

/// The keywords, labels and explanations of a setting with a fixed list of values.
type Choices = Vec<(&'static str, &'static str, &'static str)>;

/// When a setting has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// From the next start of the server.
    Server,
    /// From the next start of the server, in mode *pool*.
    Pool,
    /// From the next start of the server, in a mode that serves several clients at once.
    SeveralClients,
    /// From the next start of the server, with TLS.
    Tls,
    /// From the next start of the server, with TLS and client certificates.
    ClientCertificates,
    /// At once, and only in the window.
    Window,
}

/// An option on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// The long name without dashes.
    pub long: &'static str,
    /// The placeholder for the value in the help text; empty for a switch.
    pub value_name: &'static str,
    /// The short help text, without the default.
    pub help: &'static str,
    /// For a switch, the name and the short help text of the option that turns it off.
    pub off: Option<(&'static str, &'static str)>,
}

#[allow(clippy::unnecessary_wraps, reason = "an entry without an option has `None`")]
impl Flag {
    const fn new(long: &'static str, value_name: &'static str, help: &'static str) -> Option<Self> {
        Some(Self { long, value_name, help, off: None })
    }

    const fn switch(on: (&'static str, &'static str), off: (&'static str, &'static str)) -> Option<Self> {
        Some(Self { long: on.0, value_name: "", help: on.1, off: Some(off) })
    }
}

/// Turns each entry `field: Type = default, Variant { … }` into a field of [`Settings`], its default, a variant of
/// [`Setting`] and its [`SettingInfo`]. Members that an entry leaves out are empty.
macro_rules! settings {
    ($($(#[$attribute:meta])* $field:ident: $type:ty = $default:expr, $variant:ident {
        $($member:ident: $value:expr),* $(,)?
    })*) => {
        /// The values of all settings, each of them valid.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings {
            $($(#[$attribute])* pub $field: $type,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// One setting. The order is that of the form and of `--help`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Setting {
            $(#[doc = concat!("[`Settings::", stringify!($field), "`]")] $variant,)*
        }

        impl Setting {
            /// Every setting, in the order of the form.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the entry in the table.
            #[must_use]
            pub fn info(self) -> &'static SettingInfo {
                match self {
                    $(Self::$variant => const { &SettingInfo {
                        key: stringify!($field),
                        $($member: $value,)*
                        get: |settings| settings.$field.text(),
                        toml: |settings| settings.$field.toml(),
                        set: |settings, text| {
                            settings.$field = SettingValue::parse(text, Self::$variant.info())?;
                            Ok(())
                        },
                        choices: <$type as SettingValue>::choices,
                        ..SettingInfo::EMPTY
                    } },)*
                }
            }
        }
    };
}

settings! {
    /// A host name or an IP literal. For a name, the server listens on every address that it resolves to.
    host: String = "localhost".to_owned(), Host {
        label: "Host",
        about: "The name or address to listen on. With localhost, only this computer can connect; with 0.0.0.0, other \
                computers can too.",
        placeholder: "localhost",
        flag: Flag::new("host", "HOST", "Host name or address to listen on"),
        python: "SERVER_NAME = @host@",
    }

    /// The TCP port. 0 lets the OS choose a free one.
    port: u16 = 12345, Port {
        label: "Port",
        about: "The port that clients connect to. With 0, the OS chooses a free one.",
        placeholder: "12345",
        range: Some(0..=65_535),
        flag: Flag::new("port", "PORT", "Port to listen on; 0 for a free one"),
        python: "SERVER_PORT = @port@",
    }

    /// The backlog, which is passed to `listen(2)` unchanged.
    backlog: u16 = 5, Backlog {
        label: "Backlog",
        about: "How many new connections can wait in the accept queue, as passed to listen(). The OS may adjust the \
                number.",
        placeholder: "5",
        range: Some(0..=65_535),
        flag: Flag::new("backlog", "N", "New connections that can wait in the accept queue"),
        python: "BACKLOG = @backlog@  # clients that may wait to be accepted",
    }

    /// How accepted clients are served.
    mode: Mode = Mode::default(), Mode {
        label: "Clients",
        about: "How clients are handled: one after another, or several at once.",
        flag: Flag::new("mode", "MODE", "How clients are handled"),
    }

    /// The number of threads in mode [`Mode::Pool`].
    pool_size: u16 = 10, PoolSize {
        label: "Pool size",
        about: "How many threads serve the clients. Further clients wait for a free thread.",
        unit: "threads",
        range: Some(1..=1_000),
        scope: Scope::Pool,
        flag: Flag::new("pool-size", "N", "Threads in the pool"),
        python: "MAX_WORKERS = @pool_size@  # clients served at the same time",
    }

    /// The most bytes that one `recv` returns.
    recv_size: u32 = 1024, RecvSize {
        label: "Recv size",
        about: "The most bytes that one recv() call returns. Longer data takes several calls.",
        unit: "bytes",
        range: Some(1..=16_777_216),
        flag: Flag::new("recv-size", "BYTES", "The most bytes that one recv() call returns"),
        python: "RECV_SIZE = @recv_size@  # bytes that one recv() returns at most",
    }

    /// The most clients at the same time. Once it is reached, no client is accepted until another one closes.
    max_clients: u32 = 1000, MaxClients {
        label: "Max clients",
        about: "The most clients at once, including those that wait for a thread of the pool. Further clients wait in the \
                accept queue.",
        unit: "at once",
        range: Some(1..=100_000),
        scope: Scope::SeveralClients,
        flag: Flag::new("max-clients", "N", "The most clients at once; others wait in the accept queue"),
        python: "# Max clients is Echoscope's own: this program accepts every client.",
    }

    /// After this many seconds without a byte, a client's connection is closed; 0 means never.
    idle_timeout: u32 = 0, IdleTimeout {
        label: "Idle timeout",
        about: "After this many seconds without data, the server closes a connection. 0 means never.",
        unit: "seconds, 0 = never",
        range: Some(0..=86_400),
        flag: Flag::new("idle-timeout", "SECONDS", "Close a connection after this long without data; 0: never"),
        python: "IDLE_TIMEOUT = @idle_timeout@  # seconds without a byte: then a client is closed",
    }

    /// The most entries that the log keeps. The oldest entries about data are evicted first.
    log_entries: u32 = 100_000, LogEntries {
        label: "Log entries",
        about: "How many entries the log keeps. The oldest entries about data are removed first.",
        unit: "at most",
        range: Some(100..=500_000),
        scope: Scope::Window,
    }

    /// The most memory for log entries, in MiB. The oldest entries about data are evicted first.
    log_mebibytes: u32 = 64, LogMebibytes {
        label: "Log memory",
        about: "How much memory the log can use. The oldest entries about data are removed first.",
        unit: "MiB at most",
        range: Some(1..=4_096),
        scope: Scope::Window,
    }

    /// Whether connections use TLS.
    tls: bool = false, Tls {
        label: "TLS",
        about: "Encrypt connections (from the next start)",
        flag: Flag::switch(
            ("tls", "Use TLS, with --cert <FILE> and --key <FILE>"),
            ("no-tls", "Don't use TLS, even if the saved settings turn it on"),
        ),
    }

    /// The file with the certificate chain, in PEM form.
    certificate: PathBuf = PathBuf::new(), Certificate {
        label: "server.crt",
        about: "The certificate chain that the server presents to clients, in PEM form.",
        placeholder: "path, or drop a file",
        scope: Scope::Tls,
        flag: Flag::new("cert", "FILE", "Certificate chain in PEM form"),
        python: "CERTIFICATE = @certificate@",
    }

    /// The file with the private key, in PEM form.
    key: PathBuf = PathBuf::new(), Key {
        label: "server.key",
        about: "The private key of the certificate, in PEM form.",
        placeholder: "path, or drop a file",
        scope: Scope::Tls,
        flag: Flag::new("key", "FILE", "Private key of the certificate in PEM form"),
        python: "KEY = @key@",
    }

    /// The versions of TLS that the server supports.
    tls_versions: TlsVersions = TlsVersions::default(), TlsVersions {
        label: "Versions",
        scope: Scope::Tls,
        flag: Flag::new("tls-versions", "VERSIONS", "TLS versions to support"),
    }

    /// Whether the server requests a certificate from clients.
    client_auth: ClientAuth = ClientAuth::default(), ClientAuth {
        label: "Client certificates",
        scope: Scope::Tls,
        flag: Flag::new("client-auth", "WHEN", "Whether to request a certificate from clients"),
    }

    /// The file with the CA certificates that clients' certificates are checked with, in PEM form.
    client_ca: PathBuf = PathBuf::new(), ClientCa {
        label: "Client CA",
        about: "The certificates of the CAs that issue the clients' certificates, in PEM form.",
        placeholder: "path",
        scope: Scope::ClientCertificates,
        flag: Flag::new("client-ca", "FILE", "CA certificates to check client certificates with"),
        python: "CLIENT_CA = @client_ca@",
    }

    /// The protocols that the server offers by ALPN (RFC 7301), the preferred one first; empty: no ALPN.
    alpn: Vec<String> = Vec::new(), Alpn {
        label: "ALPN",
        about: "Application protocols in order of preference, such as h2,http/1.1. Empty: no ALPN.",
        placeholder: "none",
        scope: Scope::Tls,
        flag: Flag::new("alpn", "PROTOCOLS", "Application protocols to accept by ALPN"),
    }

    /// Whether clients get tickets with which they can resume their sessions.
    session_tickets: bool = true, SessionTickets {
        label: "Session tickets",
        about: "With a ticket, a client can resume its session: the handshake is shorter and sends no certificate.",
        scope: Scope::Tls,
        flag: Flag::switch(
            ("tickets", "Send session tickets, so that clients can resume sessions [default]"),
            ("no-tickets", "Send no session tickets, so that every handshake is a full one"),
        ),
    }

    /// The file that TLS keys are written to; empty: none. It is neither saved nor loaded, so that it isn't
    /// left on by mistake.
    key_log: PathBuf = PathBuf::new(), KeyLog {
        label: "Key log",
        about: "The keys of every TLS connection are appended to this file, for Wireshark. Anyone who has the file can \
                decrypt recorded connections. Empty: off. This setting is never saved.",
        placeholder: "off",
        scope: Scope::Tls,
        flag: Flag::new("key-log", "FILE", "Append the keys of TLS connections to a file, for Wireshark"),
        python: "# The key log is left out: a saved program would remember it.",
    }

    /// The window's theme.
    theme: ThemeChoice = ThemeChoice::default(), Theme { label: "Theme", scope: Scope::Window }

    /// The zoom of the window in percent.
    zoom: u16 = 100, Zoom { label: "Zoom", range: Some(20..=500), scope: Scope::Window }

    /// How the log shows received bytes.
    data_format: DataFormat = DataFormat::default(), DataFormat { label: "Data format", scope: Scope::Window }

    /// Whether the window shows the form, if there is enough space for it.
    side_panel: bool = true, SidePanel { label: "Side panel", scope: Scope::Window }

    /// The share of the left one of two tabs side by side, in thousandths of their width.
    split: u16 = 500, Split { label: "Split", range: Some(200..=800), scope: Scope::Window }
    /// Whether the window offers first steps while nothing has happened yet.
    start_screen: bool = true, StartScreen { label: "Start screen", scope: Scope::Window }

    /// Whether the Code tab shows the robust version of the tutorial's program.
    robust_program: bool = false, RobustProgram { label: "Robust version", scope: Scope::Window }

    /// The tab in front, counted from 1.
    tab: u16 = 1, Tab { label: "Tab", range: Some(1..=5), scope: Scope::Window }

    /// The width of the window in points without zoom.
    window_width: u16 = 1180, WindowWidth { label: "Window width", range: Some(1..=65_535), scope: Scope::Window }

    /// The height of the window in points without zoom.
    window_height: u16 = 760, WindowHeight { label: "Window height", range: Some(1..=65_535), scope: Scope::Window }

    /// Whether the window is maximized.
    window_maximized: bool = false, WindowMaximized { label: "Window maximized", scope: Scope::Window }

    /// The height of the details under a list, in points.
    detail_height: u16 = 158, DetailHeight {
        label: "Detail height",
        range: Some(80..=65_535),
        scope: Scope::Window,
    }

    /// The file name of the newest crash report that a window has reported; empty if there was none.
    reported_crash: PathBuf = PathBuf::new(), ReportedCrash { label: "Reported crash", scope: Scope::Window }
}

impl SettingInfo {
    /// The values of members that an entry leaves out.
    const EMPTY: Self = Self {
        key: "",
        label: "",
        about: "",
        unit: "",
        placeholder: "",
        range: None,
        scope: Scope::Server,
        flag: None,
        python: "",
        get: |_| String::new(),
        set: |_, _| Ok(()),
        toml: |_| None,
        choices: Vec::new,
    };
}

impl Setting {
    /// Returns the setting with this key in the settings file.
    #[must_use]
    pub fn with_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.info().key == key)
    }

    /// Returns the name in the form and in messages.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.info().label
    }

    /// Returns the value as text. Bytes of a path that aren't UTF-8 are replaced.
    #[must_use]
    pub fn text(self, settings: &Settings) -> String {
        (self.info().get)(settings)
    }

    /// Changes the value.
    ///
    /// # Errors
    /// The text isn't a value of this setting. The settings are then unchanged.
    pub fn set(self, settings: &mut Settings, text: impl AsRef<OsStr>) -> Result<(), SettingError> {
        (self.info().set)(settings, text.as_ref())
    }

    /// Returns the value for the settings file; `None` if it is a path that can't be stored.
    #[must_use]
    pub fn toml(self, settings: &Settings) -> Option<Value> {
        (self.info().toml)(settings)
    }

    /// Returns whether the settings file stores this setting.
    #[must_use]
    pub fn is_saved(self) -> bool {
        self != Self::KeyLog
    }

    /// Returns the keywords, labels and explanations of a setting with a fixed list of values; empty for any other one.
    #[must_use]
    pub fn choices(self) -> Choices {
        (self.info().choices)()
    }

    /// Returns whether the value is the path of a file.
    #[must_use]
    pub fn is_path(self) -> bool {
        matches!(self, Self::Certificate | Self::Key | Self::ClientCa | Self::KeyLog)
    }

    /// Returns whether the setting has an effect on a server that is started with these settings.
    #[must_use]
    pub fn affects_server(self, settings: &Settings) -> bool {
        match self.info().scope {
            Scope::Server => true,
            Scope::Pool => settings.mode == Mode::Pool,
            Scope::SeveralClients => settings.mode != Mode::One,
            Scope::Tls => settings.tls,
            Scope::ClientCertificates => settings.tls && settings.client_auth != ClientAuth::None,
            Scope::Window => false,
        }
    }
}

/// A type of setting, whose values can be parsed.
trait SettingValue: Serialize + Sized {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError>;

    /// Returns the value for the settings file, if it can be stored.
    fn toml(&self) -> Option<Value> {
        Value::try_from(self).ok()
    }

    /// Returns the text that [`Self::parse`] accepts.
    fn text(&self) -> String {
        self.toml().and_then(|value| value_text(&value)).unwrap_or_default()
    }

    fn choices() -> Choices {
        Vec::new()
    }
}

impl<T: SettingChoice + Serialize> SettingValue for T {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError> {
        let unknown = || SettingError::NotAKeyword { label: info.label, keywords: T::keywords() };
        text.to_str().and_then(SettingChoice::parse).ok_or_else(unknown)
    }

    fn choices() -> Choices {
        T::TABLE.iter().map(|(_, keyword, label, about)| (*keyword, *label, *about)).collect()
    }
}

impl SettingValue for bool {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError> {
        let unknown = || SettingError::NotAKeyword { label: info.label, keywords: vec!["true", "false"] };
        text.to_str().and_then(|text| text.parse().ok()).ok_or_else(unknown)
    }
}

impl SettingValue for u32 {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError> {
        parse::number(info.label, info.range.clone().unwrap_or(0..=u32::MAX), &text.to_string_lossy())
    }
}

impl SettingValue for u16 {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError> {
        let too_large = |_| SettingError::NotANumber { label: info.label, range: 0..=u32::from(Self::MAX) };
        u32::parse(text, info)?.try_into().map_err(too_large)
    }
}

/// Only the host has this type.
impl SettingValue for String {
    fn parse(text: &OsStr, _: &SettingInfo) -> Result<Self, SettingError> {
        parse::host(&text.to_string_lossy())
    }
}

/// Only the ALPN protocols have this type.
impl SettingValue for Vec<String> {
    fn parse(text: &OsStr, _: &SettingInfo) -> Result<Self, SettingError> {
        parse::alpn(&text.to_string_lossy())
    }
}

impl SettingValue for PathBuf {
    fn parse(text: &OsStr, info: &SettingInfo) -> Result<Self, SettingError> {
        // Only the key log is created. The other files are read, which fails with a clear error for a folder.
        if info.key == "key_log" && text.to_string_lossy().ends_with(['/', '\\']) {
            return Err(SettingError::NotAFile { label: info.label });
        }
        Ok(text.into())
    }

    fn toml(&self) -> Option<Value> {
        path_value(self)
    }

    fn text(&self) -> String {
        self.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_valid_value() {
        for setting in Setting::ALL {
            let mut settings = Settings::default();
            setting.set(&mut settings, setting.text(&Settings::default())).unwrap();
            assert_eq!(settings, Settings::default(), "{setting:?}");
            assert_eq!(Setting::with_key(setting.info().key), Some(*setting));
        }
    }

    #[test]
    fn invalid_text_leaves_the_settings_unchanged() {
        for (setting, text, expected) in [
            (Setting::Port, "70000", "Port must be a whole number from 0 to 65,535."),
            (Setting::RecvSize, "1k", "Recv size must be a whole number from 1 to 16,777,216."),
            (Setting::Mode, "two", "Clients must be “one”, “threads”, or “pool”."),
            (
                Setting::KeyLog,
                "/tmp/",
                "Key log must be a file, and this path is a folder. Add a file name, such as keys.log.",
            ),
        ] {
            let mut settings = Settings::default();
            assert_eq!(setting.set(&mut settings, text).unwrap_err().to_string(), expected);
            assert_eq!(settings, Settings::default());
        }
    }
}
