//! Keys that work wherever the keyboard is.

use egui::os::OperatingSystem;
use egui::text_selection::LabelSelectionState;
use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::Command;
use crate::ui::action::{Action, Tab};

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Keys as they are called on this system. A Mac's keyboard has Ctrl, too, but shortcuts are made with another key there.
pub(super) fn named(ctx: &Context, keys: &str) -> String {
    if ctx.os() == OperatingSystem::Mac { keys.replace("Ctrl", "Cmd") } else { keys.to_owned() }
}

/// Takes the shortcuts out of the input, before a text field sees them.
pub(super) fn read(ctx: &Context) -> Vec<Action> {
    let table = [
        (ctrl(Key::Enter), Action::StartOrStop),
        (ctrl(Key::F), Action::FocusFilter),
        (ctrl(Key::L), Action::App(Command::ClearLog)),
        (ctrl(Key::S), Action::save_log()),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F1), Action::ToggleHelp),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F9), Action::ToggleStepping),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F10), Action::StepNext),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F5), Action::App(Command::SetStepping(false))),
    ];
    let numbers = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].map(ctrl);
    let tabs = numbers.into_iter().zip(Tab::ALL.map(Action::Show));
    let mut actions: Vec<Action> = ctx.input_mut(|input| {
        table
            .into_iter()
            .chain(tabs)
            .filter_map(|(keys, action)| input.consume_shortcut(&keys).then_some(action))
            .collect()
    });
    // Ctrl+C is the log's only where no text is selected that would be meant instead.
    let text_has_it = ctx.text_edit_focused() || ctx.plugin::<LabelSelectionState>().lock().has_selection();
    if !text_has_it && ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
        actions.push(Action::CopyEntries);
    }
    actions
}
