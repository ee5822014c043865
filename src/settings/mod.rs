//! The settings: their values, and one table entry that defines everything about each of them.
//!
//! [`definitions`] is that table. The form, the command line, `--help`, the settings file and the Python program read
//! names, defaults, ranges and texts from it, so a new setting needs an entry there and the code that uses it.
//! [`parse`] turns text into values and explains errors, [`choices`] contains the settings with a fixed list of values,
//! and [`settings_file`] loads and saves them.

mod choices;
mod definitions;
pub mod parse;
pub mod settings_file;

pub use choices::{ChoiceTable, ClientAuth, DataFormat, Mode, SettingChoice, ThemeChoice, TlsVersions};
pub use definitions::{Flag, Scope, Setting, SettingInfo, Settings};
pub use parse::SettingError;
