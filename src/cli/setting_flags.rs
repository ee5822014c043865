//! The options that change settings, made from the table of settings.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, ValueHint};

use crate::settings::{ClientAuth, Flag, Scope, Setting, SettingError, Settings};

/// The settings that the command line changes, with their new values.
#[derive(Debug)]
pub(super) struct SettingFlags(Vec<(Setting, OsString)>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(settings_with_flags().map(|(setting, flag)| argument(setting, flag)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let values = settings_with_flags().filter_map(|(setting, flag)| {
            let key = setting.info().key;
            let text = if flag.value_name.is_empty() {
                let default = setting.text(&Settings::default());
                matches.get_flag(key).then(|| (default == "false").to_string().into())
            } else {
                matches.get_one(key).cloned()
            };
            Some((setting, text?))
        });
        Ok(Self(values.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SettingFlags {
    /// Changes the settings. Returns whether TLS was turned on.
    ///
    /// # Errors
    /// An option has no effect without another one. The error is one line.
    pub(super) fn apply_flags(self, settings: &mut Settings) -> Result<bool, String> {
        for (setting, text) in &self.0 {
            setting.set(settings, text).map_err(|error| error.to_string())?;
        }
        for (setting, flag) in settings_with_flags().filter(|(setting, _)| self.is_given(*setting)) {
            let flag = format!("--{}", flag.long);
            let needed = match setting.info().scope {
                Scope::Tls | Scope::ClientCertificates if !settings.tls => "--tls",
                Scope::ClientCertificates if settings.client_auth == ClientAuth::None => {
                    "--client-auth optional or required"
                }
                _ => continue,
            };
            return Err(format!("{flag} is for {needed}: add it, or leave {flag} out."));
        }
        Ok(self.is_given(Setting::Tls))
    }

    fn is_given(&self, setting: Setting) -> bool {
        self.0.iter().any(|(other, _)| *other == setting)
    }
}

fn settings_with_flags() -> impl Iterator<Item = (Setting, Flag)> {
    Setting::ALL.iter().filter_map(|setting| Some((*setting, setting.info().flag?)))
}

fn argument(setting: Setting, flag: Flag) -> Arg {
    let argument =
        Arg::new(setting.info().key).long(flag.long).short((setting == Setting::Port).then_some('p'));
    if flag.value_name.is_empty() {
        return argument.action(ArgAction::SetTrue).help(flag.help);
    }
    let default = setting.text(&Settings::default());
    let help =
        if default.is_empty() { flag.help.to_owned() } else { format!("{} [default: {default}]", flag.help) };
    // This only checks the text. The value is set later, after the saved settings were loaded.
    let check = move |text: OsString| -> Result<OsString, SettingError> {
        setting.set(&mut Settings::default(), &text).map(|()| text)
    };
    let keywords: Vec<_> = setting.choices().into_iter().map(|(keyword, _)| keyword).collect();
    // The list of TLS versions can be in any order.
    let parser = if keywords.is_empty() || setting == Setting::TlsVersions {
        ValueParser::new(OsStringValueParser::new().try_map(check))
    } else {
        ValueParser::new(PossibleValuesParser::new(keywords).map(OsString::from))
    };
    argument
        .help(help)
        .value_name(flag.value_name)
        .value_parser(parser)
        .hide_possible_values(true)
        .allow_negative_numbers(setting.info().range.is_some())
        .value_hint(match setting {
            Setting::Host => ValueHint::Hostname,
            _ if setting.is_path() => ValueHint::AnyPath,
            _ => ValueHint::Unknown,
        })
}
