//! A list to choose from that drops down, also with the keyboard: it opens at what is chosen, the arrow keys go from line
//! to line and stay in it, and when it closes the keyboard is back where it was.

use egui::{ComboBox, EventFilter, Id, Key, Modifiers, Response, Ui};

use crate::ui::widgets::icon::{self, Icon};

/// How high the list is before it scrolls.
const MOST: f32 = 360.0;

/// Shows the choice in this width. Each one has its words and what it means, which may be nothing. Returns the control
/// and what was chosen, where that is another one than before.
pub(in crate::ui) fn choice<T: Copy + PartialEq, S: AsRef<str>>(
    ui: &mut Ui,
    id: &str,
    width: f32,
    current: T,
    choices: &[(T, S, &str)],
) -> (Response, Option<T>) {
    let at = choices.iter().position(|(choice, ..)| *choice == current).unwrap_or(0);
    let mut chosen = None;
    let salt = Id::unique("a list that drops down").with(id);
    // The line that had the keyboard when the list was last seen open, if any had.
    let before: Option<Option<Id>> = ui.data(|data| data.get_temp(salt));
    let combo = ComboBox::from_id_salt(id)
        .width(width)
        .height(MOST)
        .icon(|ui, rect, visuals, _| {
            icon::paint(ui.painter(), Icon::ChevronDown, rect.shrink(3.0), visuals.text_color());
        })
        .selected_text(choices.get(at).map_or("", |(_, words, _)| words.as_ref()))
        .show_ui(ui, |ui| {
            let mut lines = Vec::with_capacity(choices.len());
            for (choice, words, about) in choices {
                let line = ui.selectable_label(*choice == current, words.as_ref());
                let line = if about.is_empty() { line } else { line.on_hover_text(*about) };
                if line.clicked() {
                    chosen = Some(*choice).filter(|choice| *choice != current);
                    // A click of the pointer closes it anyway, but not the Enter key.
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
        // Nobody else has taken it meanwhile.
        if ui.memory(|memory| memory.focused().is_none_or(|now| Some(now) == line)) {
            combo.response.request_focus();
        }
    }
    (combo.response, chosen)
}

/// The arrow keys go from line to line, Home and End to the first and the last one.
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
