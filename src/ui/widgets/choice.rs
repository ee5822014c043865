//! egui's combo box with full keyboard support: it opens at the current choice, the arrow keys move inside the list, and
//! closing it moves the focus back.

use egui::{ComboBox, EventFilter, Id, Key, Modifiers, Response, Ui};

use crate::ui::widgets::icon::{self, Icon};

/// The height above which the list scrolls.
const MAX_HEIGHT: f32 = 360.0;

/// Adds a combo box of this width. Each choice has a label and a tooltip, which may be empty. Returns the response and
/// the new choice, if there is one.
pub(in crate::ui) fn choice<T: Copy + PartialEq, S: AsRef<str>>(
    ui: &mut Ui,
    id: &str,
    width: f32,
    current: T,
    choices: &[(T, S, &str)],
) -> (Response, Option<T>) {
    let at = choices.iter().position(|(choice, ..)| *choice == current).unwrap_or(0);
    let mut chosen = None;
    let salt = Id::unique("combo box").with(id);
    // The focused line when the list was last open. `None` if it wasn't open.
    let before: Option<Option<Id>> = ui.data(|data| data.get_temp(salt));
    let combo = ComboBox::from_id_salt(id)
        .width(width)
        .height(MAX_HEIGHT)
        .truncate()
        .icon(|ui, rect, visuals, _| {
            icon::paint(ui.painter(), Icon::ChevronDown, rect.shrink(3.0), visuals.text_color());
        })
        .selected_text(choices.get(at).map_or("", |(_, label, _)| label.as_ref()))
        .show_ui(ui, |ui| {
            let mut lines = Vec::with_capacity(choices.len());
            for (choice, label, about) in choices {
                let line = ui.selectable_label(*choice == current, label.as_ref());
                let line = if about.is_empty() { line } else { line.on_hover_text(*about) };
                if line.clicked() {
                    chosen = Some(*choice).filter(|choice| *choice != current);
                    // egui closes it only for a click with the pointer, not for the Enter key.
                    ui.close();
                }
                lines.push(line);
            }
            if before.is_none()
                && let Some(line) = lines.get(at)
            {
                line.request_focus();
                line.scroll_to_me(None);
            }
            arrows(ui, &lines);
            lines.iter().find(|line| line.has_focus()).map(|line| line.id)
        });
    if let Some(here) = combo.inner {
        ui.data_mut(|data| data.insert_temp(salt, here));
    } else if let Some(line) = before {
        ui.data_mut(|data| data.remove::<Option<Id>>(salt));
        // Unless another widget has got the focus.
        if ui.memory(|memory| memory.focused().is_none_or(|now| Some(now) == line)) {
            combo.response.request_focus();
        }
    }
    (combo.response, chosen)
}

/// Moves the focus with the arrow keys, Home and End.
fn arrows(ui: &Ui, lines: &[Response]) {
    let Some(at) = lines.iter().position(Response::has_focus) else { return };
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(lines[at].id, filter));
    let last = lines.len() - 1;
    let steps = [
        (Key::ArrowUp, at.saturating_sub(1)),
        (Key::ArrowDown, (at + 1).min(last)),
        (Key::Home, 0),
        (Key::End, last),
    ];
    for (key, to) in steps {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            lines[to].request_focus();
            lines[to].scroll_to_me(None);
        }
    }
}
