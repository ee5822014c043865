//! What is to be sent: text, hexadecimal digits or a file. Enter sends it.

use egui::text::{CCursor, CCursorRange, LayoutJob};
use egui::{Align2, Context, Id, Key, Modifiers, Stroke, StrokeKind, TextEdit, TextFormat, Ui, vec2};

use crate::app::clients::{ClientCommand, ClientField, ClientTab, MOST_TYPED, SendKind};
use crate::client::typed::{LineEnding, TypedError};
use crate::ui::action::Action;
use crate::ui::tabs::client::{action, fields, repeat, strong_button};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{chip, segments, text_width};
use crate::ui::widgets::field::{focus_field, label};
use crate::ui::widgets::note::{Tone, note};

/// What the composer remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct Composer {
    /// Whether a narrow window shows how to repeat.
    repeating: bool,
    /// Whether the field is to get the keyboard.
    wanted: bool,
}

const SEND: f32 = 76.0;
const KINDS: [(&str, &str, &str); 3] = [
    ("Text", "Send text", "Text, with escapes such as \\n if you like, and a line ending"),
    ("Hex", "Send hexadecimal digits", "Two hexadecimal digits for each byte: 48 65 6c 6c 6f"),
    ("File", "Send a file", "A file of any size, as it is"),
];
const ENDINGS: [(&str, &str, &str); 4] = [
    ("none", "No line ending", "Nothing is added to the text"),
    ("\\n", "Line feed", "LF is added: Unix, and the tutorial's nc"),
    ("\\r\\n", "Carriage return and line feed", "CRLF is added: most of the Internet's text protocols"),
    ("\\0", "Zero byte", "NUL is added: the end of a C string"),
];
/// Below this width the repetition gets a row of its own.
const NARROW: f32 = 700.0;

/// Where the keyboard goes to type.
fn field_id() -> Id {
    Id::unique("what a client sends")
}

impl Composer {
    /// Gives the keyboard to the field the next time it is shown: by then the click that led here is over, which would
    /// take it away again. The next key replaces what stands there.
    pub(in crate::ui) fn focus(&mut self) {
        self.wanted = true;
    }

    /// Shows it for one client.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, tab: &ClientTab) -> Vec<Action> {
        let mut actions = Vec::new();
        let kind = tab.form().send_kind();
        if std::mem::take(&mut self.wanted) {
            ui.scroll_to_rect(ui.max_rect(), None);
            if kind == SendKind::File {
                focus_field(ui.ctx(), &fields::salt(ClientField::File));
            } else {
                ui.memory_mut(|memory| memory.request_focus(field_id()));
                select_all(ui.ctx());
            }
        }
        ui.spacing_mut().item_spacing = vec2(size::GAP, 6.0);
        let mut entered = false;
        let status = tab.status();
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL);
            let now = SendKind::ALL.iter().position(|known| *known == kind).unwrap_or(0);
            if let Some(chosen) = segments(ui, &KINDS, now) {
                actions.push(action(ClientCommand::SetSendKind(tab.id(), SendKind::ALL[chosen])));
                self.focus();
            }
            let (field, room) = (field_of(kind), ui.available_width() - SEND - size::GAP);
            entered = match kind {
                SendKind::File => {
                    let width = room.max(80.0);
                    ui.allocate_ui(vec2(width, size::CONTROL), |ui| {
                        ui.horizontal(|ui| fields::path(ui, tab, field, &mut actions).1).inner
                    })
                    .inner
                }
                SendKind::Text | SendKind::Hex => typed(ui, tab, field, room.max(80.0), &mut actions),
            };
            let reason = tab.cannot_send();
            let send = strong_button(ui, "Send", reason.is_none(), Some(SEND));
            let send = send.on_disabled_hover_text(reason.unwrap_or_default());
            // Too early is no mistake.
            let entered = entered && !status.state.is_connecting();
            if send.on_hover_text("Enter").clicked() || entered {
                actions.push(action(ClientCommand::Send { id: tab.id() }));
            }
        });
        problem(ui, tab);
        let narrow = ui.available_width() < NARROW;
        // Whether a repetition that goes on is told in its own row.
        let mut told = false;
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL);
            if kind == SendKind::File {
                return repeat::file(ui, tab, &status, &mut actions);
            }
            if kind == SendKind::Text {
                line_ending(ui, tab, narrow, &mut actions);
            }
            if !narrow || kind == SendKind::Hex {
                told = repeat::show(ui, tab, &status, &mut actions);
            } else if chip(ui, "Repeat…", self.repeating).clicked() {
                self.repeating = !self.repeating;
            }
        });
        if narrow && kind == SendKind::Text && self.repeating {
            told = ui.horizontal(|ui| repeat::show(ui, tab, &status, &mut actions)).inner;
        }
        repeat::notes(ui, tab, &status, told, &mut actions);
        actions
    }
}

/// What is wrong with what is typed, or why the last send came to nothing.
fn problem(ui: &mut Ui, tab: &ClientTab) {
    if let Some(words) = tab.form().full() {
        note(ui, Tone::Caution, &words);
    }
    if let Some(error) = tab.form().typed_error() {
        note(ui, Tone::Problem, &error.to_string());
    } else if let Some(words) = tab.refused() {
        note(ui, Tone::Problem, words);
    }
}

fn field_of(kind: SendKind) -> ClientField {
    match kind {
        SendKind::Text => ClientField::Text,
        SendKind::Hex => ClientField::Hex,
        SendKind::File => ClientField::File,
    }
}

/// The field for text or digits, in which a mistake is underlined; returns whether Enter was pressed in it.
fn typed(ui: &mut Ui, tab: &ClientTab, field: ClientField, width: f32, actions: &mut Vec<Action>) -> bool {
    let palette = Palette::of(ui);
    let mistake = tab.form().typed_error();
    let mut text = tab.form().text(field).to_owned();
    let mut layout = |ui: &Ui, text: &dyn egui::TextBuffer, _: f32| {
        let job = marked(text.as_str(), mistake.as_ref(), palette);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let hint = if field == ClientField::Hex { "48 65 6c 6c 6f" } else { "Hello" };
    let edit = TextEdit::singleline(&mut text)
        .id(field_id())
        .hint_text(hint)
        .desired_width(width)
        // Already here, so that what is left out is not laid out first.
        .char_limit(MOST_TYPED)
        .align(Align2::LEFT_CENTER)
        // Enter sends; the keyboard stays for the next line.
        .return_key(None)
        .layouter(&mut layout);
    let response = ui.add_sized(vec2(width, size::CONTROL), edit);
    if mistake.is_some() {
        let outline = Stroke::new(1.5, palette.problem);
        ui.painter().rect_stroke(response.rect, size::RADIUS, outline, StrokeKind::Inside);
    }
    let (name, _) = fields::about(field);
    let response = response.accessible_name(name);
    let entered =
        response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    if response.changed() {
        actions.push(action(ClientCommand::Edit(tab.id(), field, text.clone())));
    }
    if entered && tab.cannot_send().is_none() {
        select_all(ui.ctx());
    }
    entered
}

/// The next key replaces what stands in the field, and Enter sends it again.
fn select_all(ctx: &Context) {
    let mut state = TextEdit::load_state(ctx, field_id()).unwrap_or_default();
    // Beyond the end is at the end.
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(usize::MAX));
    state.cursor.set_char_range(Some(all));
    state.store(ctx, field_id());
}

/// The text with its mistake underlined.
fn marked(text: &str, mistake: Option<&TypedError>, palette: &Palette) -> LayoutJob {
    let plain = TextFormat::simple(theme::mono(), palette.text);
    let mut job =
        LayoutJob { break_on_newline: false, keep_trailing_whitespace: true, ..LayoutJob::default() };
    job.wrap.max_width = f32::INFINITY;
    let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte);
    let (from, to) = mistake.map_or((text.len(), text.len()), |mistake| {
        (at(mistake.position), at(mistake.position + mistake.length))
    });
    let wrong =
        TextFormat { color: palette.problem, underline: Stroke::new(1.5, palette.problem), ..plain.clone() };
    for (part, format) in [(&text[..from], &plain), (&text[from..to], &wrong), (&text[to..], &plain)] {
        job.append(part, 0.0, format.clone());
    }
    job
}

/// What is added to the text, and whether it has escapes.
fn line_ending(ui: &mut Ui, tab: &ClientTab, narrow: bool, actions: &mut Vec<Action>) {
    let form = tab.form();
    let name = "Line ending";
    if !narrow {
        let width = text_width(ui, name, theme::text());
        let _ = label(ui, name, width);
    }
    let now = LineEnding::ALL.iter().position(|known| *known == form.line_ending()).unwrap_or(0);
    if let Some(chosen) = segments(ui, &ENDINGS, now) {
        actions.push(action(ClientCommand::SetLineEnding(tab.id(), LineEnding::ALL[chosen])));
    }
    let on = form.escapes();
    let about = if on {
        "\\n, \\t, \\x41 and the like stand for the bytes that Python makes of them"
    } else {
        "A backslash is sent as a backslash"
    };
    if chip(ui, "Escapes", on).on_hover_text(about).clicked() {
        actions.push(action(ClientCommand::SetEscapes(tab.id(), !on)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::typed;

    #[test]
    fn only_the_mistake_is_marked() {
        let palette = Palette::for_theme(false);
        let text = r"ä\q!";
        let mistake = typed::text(text).unwrap_err();
        let job = marked(text, Some(&mistake), palette);
        assert_eq!(job.text, text);
        let wrong: Vec<&str> = job
            .sections
            .iter()
            .filter(|section| section.format.color == palette.problem && !section.byte_range.is_empty())
            .map(|section| &text[section.byte_range.start.0..section.byte_range.end.0])
            .collect();
        assert_eq!(wrong, [r"\q"]);
    }
}
