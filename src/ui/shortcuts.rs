//! Keys that work wherever the keyboard is.

use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::dialogs::Purpose;
use super::wish::{Tab, Wish};
use crate::session::Command;

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const TAB_KEYS: [Key; 6] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];

/// Takes the shortcuts out of the input, before a text field sees them.
pub(super) fn read(ctx: &Context) -> Vec<Wish> {
    let table = [
        (ctrl(Key::Enter), Wish::StartOrStop),
        (ctrl(Key::F), Wish::FocusFilter),
        (ctrl(Key::L), Wish::Session(Command::ClearLog)),
        (ctrl(Key::S), Wish::Browse(Purpose::SaveLog)),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F1), Wish::ToggleHelp),
    ];
    // A tab's key is its place among them.
    let tabs = TAB_KEYS.into_iter().zip(Tab::ALL).map(|(key, tab)| (ctrl(key), Wish::Show(tab)));
    let mut wishes: Vec<Wish> = ctx.input_mut(|input| {
        table
            .into_iter()
            .chain(tabs)
            .filter_map(|(keys, wish)| input.consume_shortcut(&keys).then_some(wish))
            .collect()
    });
    // Ctrl+C is the log's only where no text is selected that would be meant instead.
    let text_has_it = ctx.text_edit_focused() || ctx.plugin::<LabelSelectionState>().lock().has_selection();
    if !text_has_it && ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
        wishes.push(Wish::CopyEntries);
    }
    wishes
}
