//! The options that change settings, made from the table of settings.

use std::ffi::{OsStr, OsString};

use clap::builder::{
    OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser,
};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, ValueHint};

use crate::cli::help_text::{self, SERVER, TLS};
use crate::settings::{Flag, Scope, Setting, SettingError, Settings};

/// The settings that `-h` lists. `--help` and the manual page list all of them.
const IN_SUMMARY: [Setting; 4] = [Setting::Host, Setting::Port, Setting::Mode, Setting::Tls];

/// An option on the command line that changes a setting.
#[derive(Debug)]
pub(super) struct GivenFlag {
    pub(super) setting: Setting,
    /// The name without dashes.
    pub(super) name: &'static str,
    value: OsString,
}

/// The options on the command line that change settings.
#[derive(Debug)]
pub(super) struct SettingFlags(pub(super) Vec<GivenFlag>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(settings_with_flags().flat_map(|(setting, flag)| arguments(setting, flag)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = settings_with_flags().filter_map(|(setting, flag)| {
            let (name, value) = match flag.off {
                Some((off, _)) if is_given(matches, off) => (off, "false".into()),
                _ if !is_given(matches, flag.long) => return None,
                Some(_) => (flag.long, "true".into()),
                None => (flag.long, matches.get_one::<OsString>(flag.long)?.clone()),
            };
            Some(GivenFlag { setting, name, value })
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SettingFlags {
    /// Changes the settings.
    ///
    /// # Errors
    /// A value is invalid. The error is one line.
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), SettingError> {
        self.0.iter().try_for_each(|given| given.setting.set(settings, &given.value))
    }

    /// Returns whether an option changes the setting.
    pub(super) fn contains(&self, setting: Setting) -> bool {
        self.0.iter().any(|given| given.setting == setting)
    }
}

/// Returns whether an argument is on the command line, and not only its default.
pub(super) fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn settings_with_flags() -> impl Iterator<Item = (Setting, Flag)> {
    Setting::ALL.iter().filter_map(|setting| Some((*setting, setting.info().flag?)))
}

/// Returns the option of a setting, and the option that turns a switch off.
fn arguments(setting: Setting, flag: Flag) -> Vec<Arg> {
    let info = setting.info();
    let is_tls = setting == Setting::Tls || matches!(info.scope, Scope::Tls | Scope::ClientCertificates);
    let argument = |long: &'static str, help: &'static str| {
        Arg::new(long).long(long).help(help).help_heading(if is_tls { TLS } else { SERVER })
    };
    let on = argument(flag.long, flag.help).hide_short_help(!IN_SUMMARY.contains(&setting));
    if let Some((long, help)) = flag.off {
        let on = on.action(ArgAction::SetTrue).overrides_with(long);
        return vec![on, argument(long, help).action(ArgAction::SetTrue).hide_short_help(true)];
    }
    let default = setting.text(&Settings::default());
    let option = on
        .short((setting == Setting::Port).then_some('p'))
        .value_name(flag.value_name)
        .value_parser(value_parser(setting))
        .allow_negative_numbers(info.range.is_some())
        .value_hint(match setting {
            Setting::Host => ValueHint::Hostname,
            _ if setting.is_path() => ValueHint::AnyPath,
            _ => ValueHint::Unknown,
        });
    let option = if default.is_empty() { option } else { option.default_value(default) };
    vec![if info.about.is_empty() { option } else { option.long_help(info.about) }]
}

/// Returns a parser that only checks the text. The value is set later, after the saved settings were loaded.
fn value_parser(setting: Setting) -> ValueParser {
    let choices = setting.choices();
    if choices.is_empty() {
        return ValueParser::new(checked(setting));
    }
    let choices = choices.iter().map(|(keyword, _, about)| (*keyword, *about));
    ValueParser::new(ChoiceParser { setting, keywords: help_text::keywords_of(choices) })
}

fn checked(setting: Setting) -> impl TypedValueParser<Value = OsString> {
    OsStringValueParser::new().try_map(move |text| -> Result<OsString, SettingError> {
        setting.set(&mut Settings::default(), &text).map(|()| text)
    })
}

/// Parses a setting with a fixed list of values.
#[derive(Clone)]
struct ChoiceParser {
    setting: Setting,
    keywords: PossibleValuesParser,
}

impl TypedValueParser for ChoiceParser {
    type Value = OsString;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<OsString, Error> {
        // The TLS versions are a list in any order, and clap would not put its keywords in quotes.
        if self.setting == Setting::TlsVersions {
            return checked(self.setting).parse_ref(command, arg, value);
        }
        self.keywords.parse_ref(command, arg, value).map(OsString::from)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.keywords.possible_values()
    }
}
