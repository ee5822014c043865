//! Keys that work wherever the keyboard is.

use eframe::egui::os::OperatingSystem;
use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::dialogs::Purpose;
use super::wish::{Tab, Wish};
use crate::session::Command;

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Keys as they are called on this system. A Mac's keyboard has Ctrl, too, but shortcuts are made with another key there.
pub(super) fn named(ctx: &Context, keys: &str) -> String {
    if ctx.os() == OperatingSystem::Mac { keys.replace("Ctrl", "Cmd") } else { keys.to_owned() }
}

/// Takes the shortcuts out of the input, before a text field sees them.
pub(super) fn read(ctx: &Context) -> Vec<Wish> {
    let table = [
        (ctrl(Key::Enter), Wish::StartOrStop),
        (ctrl(Key::F), Wish::FocusFilter),
        (ctrl(Key::L), Wish::Session(Command::ClearLog)),
        (ctrl(Key::S), Wish::Browse(Purpose::SaveLog)),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F1), Wish::ToggleHelp),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F9), Wish::ToggleStepping),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F10), Wish::StepNext),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F5), Wish::Session(Command::GoOn)),
    ];
    let numbers = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].map(ctrl);
    let tabs = numbers.into_iter().zip(Tab::ALL.map(Wish::Show));
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
