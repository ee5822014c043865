//! Keyboard shortcuts that work in the whole window: one table for the keys and their actions.

use egui::os::OperatingSystem;
use egui::text_selection::LabelSelectionState;
use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::Command;
use crate::ui::action::{Action, TABS};

/// Returns the shortcuts and their actions. The guide `tour.md` describes them.
fn table() -> [(KeyboardShortcut, Action); 10] {
    let ctrl = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
    let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
    [
        (ctrl(Key::Enter), Action::StartOrStop),
        (ctrl(Key::F), Action::FocusFilter),
        (ctrl(Key::S), Action::save_log()),
        (ctrl(Key::L), Command::ClearLog.into()),
        (plain(Key::F9), Action::ToggleStepping),
        (plain(Key::F10), Action::StepNext),
        (plain(Key::F5), Command::SetStepping(false).into()),
        (ctrl(Key::B), Action::ToggleSidePanel),
        (plain(Key::F11), Action::TogglePresenter),
        (plain(Key::F1), Action::ToggleHelp),
    ]
}

/// The keys of the tabs, from left to right.
const TAB_KEYS: [Key; TABS.len()] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];

/// Replaces key names in a text by those of this OS: `Cmd` instead of `Ctrl` on macOS.
pub(super) fn with_key_names(ctx: &Context, text: &str) -> String {
    if ctx.os() == OperatingSystem::Mac { text.replace("Ctrl", "Cmd") } else { text.to_owned() }
}

/// Removes pressed shortcuts from the input, so that text fields don't get them; returns their actions.
pub(super) fn read(ctx: &Context) -> Vec<Action> {
    let tabs = TAB_KEYS.map(|key| KeyboardShortcut::new(Modifiers::COMMAND, key));
    let tabs = tabs.into_iter().zip(TABS.map(|tab| Action::ChooseTab(None, tab)));
    let mut actions: Vec<Action> = ctx.input_mut(|input| {
        let pressed = table().into_iter().chain(tabs).filter(|(keys, _)| input.consume_shortcut(keys));
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

#[cfg(test)]
mod tests {
    use egui::ModifierNames;

    use super::*;

    #[test]
    fn tour_lists_every_shortcut() {
        let tour = include_str!("../../assets/guide/tour.md");
        for (shortcut, action) in table() {
            let keys = shortcut.format(&ModifierNames::NAMES, false);
            assert!(tour.contains(&format!("| {keys} |")), "{keys}: {action:?}");
        }
    }
}
