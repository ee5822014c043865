//! Keyboard shortcuts that work in the whole window: one table for the keys, their actions and the help.

use egui::os::OperatingSystem;
use egui::text_selection::LabelSelectionState;
use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::Command;
use crate::ui::action::{Action, TABS};

/// Returns the shortcuts: for each, its key, the key's name in the help, its action, and its description in the help.
fn table() -> [(KeyboardShortcut, &'static str, Action, &'static str); 10] {
    let ctrl = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
    let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
    [
        (ctrl(Key::Enter), "Ctrl+Enter", Action::StartOrStop, "Start or stop the server"),
        (ctrl(Key::F), "Ctrl+F", Action::FocusFilter, "Filter the log; Esc empties the filter"),
        (ctrl(Key::S), "Ctrl+S", Action::save_log(), "Save the log"),
        (ctrl(Key::L), "Ctrl+L", Command::ClearLog.into(), "Clear the log"),
        (plain(Key::F9), "F9", Action::ToggleStepping, "Step mode on or off"),
        (plain(Key::F10), "F10", Action::StepNext, "Step mode: let the next call happen"),
        (plain(Key::F5), "F5", Command::SetStepping(false).into(), "Leave step mode"),
        (ctrl(Key::B), "Ctrl+B", Action::ToggleSidePanel, "Hide the form, or show it again"),
        (
            plain(Key::F11),
            "F11",
            Action::TogglePresenter,
            "Presenter mode: full screen, larger text; Esc leaves it",
        ),
        (plain(Key::F1), "F1", Action::ToggleHelp, "This help"),
    ]
}

/// The keys of the tabs, from left to right.
const TAB_KEYS: [Key; TABS.len()] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];

/// More keys for the help to list: their names and what they do.
const OTHER_KEYS: [(&str, &str); 8] = [
    ("Ctrl+1, Ctrl+2 …", "The tabs, on the side that you used last"),
    ("↑ ↓ PgUp PgDn", "Select a log entry; with Shift several"),
    ("Home, End", "First and last entry"),
    ("Ctrl+A", "Select all entries"),
    ("Ctrl+C", "Copy the selected entries"),
    ("Ctrl+Z", "Restore the log after it was cleared"),
    ("Tab, Space", "Go on to the next control, press it"),
    ("Ctrl + and −", "Zoom in and out; Ctrl+0 resets"),
];

/// Returns the names of all keys and what each does, for the help.
pub(super) fn help(ctx: &Context) -> Vec<(String, &'static str)> {
    let shortcuts = table().into_iter().map(|(_, name, _, about)| (name, about));
    shortcuts.chain(OTHER_KEYS).map(|(name, about)| (with_key_names(ctx, name), about)).collect()
}

/// Replaces key names in a text by those of this OS: `Cmd` instead of `Ctrl` on macOS.
pub(super) fn with_key_names(ctx: &Context, text: &str) -> String {
    if ctx.os() == OperatingSystem::Mac { text.replace("Ctrl", "Cmd") } else { text.to_owned() }
}

/// Removes pressed shortcuts from the input, so that text fields don't get them; returns their actions.
pub(super) fn read(ctx: &Context) -> Vec<Action> {
    let shortcuts = table().into_iter().map(|(keys, _, action, _)| (keys, action));
    let tabs = TAB_KEYS.map(|key| KeyboardShortcut::new(Modifiers::COMMAND, key));
    let tabs = tabs.into_iter().zip(TABS.map(|tab| Action::ChooseTab(None, tab)));
    let mut actions: Vec<Action> = ctx.input_mut(|input| {
        let pressed = shortcuts.chain(tabs).filter(|(keys, _)| input.consume_shortcut(keys));
        pressed.map(|(_, action)| action).collect()
    });
    // In a text field, Ctrl+Z undoes what was typed.
    let undo = KeyboardShortcut::new(Modifiers::COMMAND, Key::Z);
    if !ctx.text_edit_focused() && ctx.input_mut(|input| input.consume_shortcut(&undo)) {
        actions.push(Command::RestoreLog.into());
    }
    // Ctrl+C copies selected entries unless text is selected.
    let text_selected = ctx.text_edit_focused() || ctx.plugin::<LabelSelectionState>().lock().has_selection();
    if !text_selected && ctx.input(|input| input.events.contains(&Event::Copy)) {
        actions.push(Action::CopyEntries);
    }
    actions
}
