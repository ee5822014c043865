//! The parts of `--help` that clap doesn't write: examples, exit codes and line breaks. The manual page has the same
//! texts.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, Command};

use crate::settings::SettingChoice;

/// The heading of the options for the server.
pub(super) const SERVER: &str = "Server";
/// The heading of the options for TLS.
pub(super) const TLS: &str = "TLS";
/// The heading of the options for what is printed or written.
pub(super) const OUTPUT: &str = "Output";

/// Command lines or exit codes, each with an explanation.
pub(super) type Entries = &'static [(&'static str, &'static str)];

/// The examples for the program itself.
pub(super) const EXAMPLES: Entries = &[
    ("echoscope --start", "Open the window and start the server"),
    ("echoscope --headless --port 0", "Serve in the terminal, on a free port; the log shows it"),
    (
        "echoscope --headless --mode one --log-format json",
        "Serve one client at a time, and print the log as JSON",
    ),
    (
        "echoscope create-certificate --out lab",
        "Create a key and a self-signed certificate in the folder lab",
    ),
    (
        "echoscope --headless --tls --cert lab/server.crt --key lab/server.key",
        "Serve TLS with this key and certificate",
    ),
    (
        "openssl s_client -quiet -connect localhost:12345 -CAfile lab/server.crt \\\n    \
         -verify_return_error -verify_hostname localhost",
        "Connect to that server from another terminal",
    ),
    ("echoscope --headless --capture echo.pcapng", "Write all connections to a file for Wireshark"),
    ("echoscope --headless --no-tls", "Serve without TLS, even if the saved settings turn it on"),
];

/// The examples for `create-certificate`.
pub(super) const CREATE_EXAMPLES: Entries = &[
    (
        "echoscope create-certificate --out lab",
        "Create a key and a self-signed certificate for this computer",
    ),
    (
        "echoscope create-certificate --out lab-ca --key p256 --client",
        "Create a certificate that a practice CA signs, and one for clients",
    ),
    (
        "echoscope create-certificate --out lab-expired --broken expired",
        "Create an expired certificate, to see how clients reject it",
    ),
    (
        "echoscope create-certificate --out lab --name a.test --show-commands",
        "Print the openssl commands that create a certificate for a.test",
    ),
];

/// The examples for `check`.
pub(super) const CHECK_EXAMPLES: Entries = &[
    ("echoscope check", "Check the server on localhost, port 12345"),
    ("echoscope check --profile course -- python3 ServerPython.py", "Start a program and check it"),
    ("echoscope check localhost:8443 --tls --ca lab/server.crt", "Check a server with TLS"),
    ("echoscope check --only half-close --json", "Run one check, and print the result as JSON"),
];

/// The examples for `completions`.
pub(super) const COMPLETIONS_EXAMPLES: Entries =
    &[("source <(echoscope completions bash)", "Use the completions in this bash session")];

/// The examples for `manual-page`.
pub(super) const MANUAL_PAGE_EXAMPLES: Entries =
    &[("echoscope manual-page | man -l -", "Read the manual page")];

/// The exit codes of the program.
pub(super) const EXIT_CODES: Entries = &[
    ("0", "The server was stopped, the window was closed, or the output is complete."),
    ("1", "The server can't start, or the files can't be created. stderr has the reason in one line."),
    ("2", "Usage error: an option or a value is wrong. stderr has the reason in one line."),
];

/// The exit codes of `check`.
const CHECK_EXIT_CODES: Entries = &[
    ("0", "All required checks passed."),
    ("1", "A required check failed, or the run was canceled."),
    ("2", "Usage error: an option or a value is wrong. stderr has the reason in one line."),
];

/// The width that help texts are wrapped at, so that lines fit a terminal of 80 columns.
const WIDTH: usize = 70;

/// Adds the options that print the help and the version, and breaks the lines of the long help texts.
pub(super) fn complete(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).global(true);
    let help =
        help.help("Print help (see more with '--help')").long_help("Print help (see a summary with '-h')");
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let version = version.help("Print the version").hide_short_help(true);
    wrap_help(command.arg(help.help_heading(OUTPUT)).arg(version.help_heading(OUTPUT)))
}

fn wrap_help(command: Command) -> Command {
    let wrap_argument = |argument: Arg| match argument.get_long_help().or(argument.get_help()) {
        Some(text) => {
            // The first paragraph is the short help, which has no full stop.
            let text = text.to_string().replace("\n\n", ". ");
            let stop = if text.ends_with(['.', ']']) { "" } else { "." };
            argument.long_help(wrap(&(text + stop), WIDTH))
        }
        None => argument,
    };
    let command = match command.get_long_about() {
        Some(about) => {
            let about = wrap(&about.to_string(), WIDTH);
            command.long_about(about)
        }
        None => command,
    };
    command.mut_args(wrap_argument).mut_subcommands(wrap_help)
}

/// Returns a parser for the keywords of `T`, with their explanations for the help.
pub(super) fn keywords<T: SettingChoice>() -> PossibleValuesParser {
    keywords_of(T::TABLE.iter().map(|(_, keyword, _, about)| (*keyword, *about)))
}

/// Returns a parser for keywords, each with an explanation for the help.
pub(super) fn keywords_of(
    choices: impl Iterator<Item = (&'static str, &'static str)> + Clone,
) -> PossibleValuesParser {
    let longest = choices.clone().map(|(keyword, _)| keyword.len()).max().unwrap_or_default();
    let width = WIDTH - longest - "- : ".len();
    PossibleValuesParser::new(
        choices.map(|(keyword, about)| PossibleValue::new(keyword).help(wrap(about, width))),
    )
}

/// Returns examples as a section of the help.
pub(super) fn examples(entries: Entries) -> String {
    let lines = entries
        .iter()
        .map(|(command, about)| format!("\n  {about}:\n      {}", command.replace('\n', "\n      ")));
    format!("Examples:{}", lines.collect::<String>())
}

/// Returns the exit codes as a section of the help.
pub(super) fn exit_codes() -> String {
    exit_codes_of(EXIT_CODES)
}

/// Returns the exit codes of `check` as a section of its help.
pub(super) fn check_exit_codes() -> String {
    exit_codes_of(CHECK_EXIT_CODES)
}

fn exit_codes_of(codes: Entries) -> String {
    let lines = codes
        .iter()
        .map(|(code, about)| format!("\n  {code}  {}", wrap(about, WIDTH).replace('\n', "\n     ")));
    format!("Exit codes:{}", lines.collect::<String>())
}

/// Breaks lines between words, so that each line has at most `width` characters where words allow it.
fn wrap(text: &str, width: usize) -> String {
    let mut column = 0;
    text.split_inclusive([' ', '\n']).fold(String::new(), |mut wrapped, word| {
        let length = word.trim_end().chars().count();
        if column > 0 && column + length > width {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            column = 0;
        }
        column = if word.ends_with('\n') { 0 } else { column + word.chars().count() };
        wrapped + word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("one two three", 6), "one\ntwo\nthree");
        assert_eq!(wrap("one\n\ntwo three", 9), "one\n\ntwo three");
        assert_eq!(wrap("a-word-longer-than-a-line b", 9), "a-word-longer-than-a-line\nb");
    }
}
