//! The composer: text, hexadecimal digits or a file to send, once or repeatedly, and the progress of sending.

use std::time::Duration;

use egui::accesskit::ActionData;
use egui::text::{CCursor, CCursorRange, LayoutJob};
use egui::{
    Align2, Context, Event, Id, Key, KeyboardShortcut, Modifiers, ProgressBar, RichText, ScrollArea, Stroke,
    StrokeKind, TextBuffer, TextEdit, TextFormat, Ui, vec2,
};

use crate::app::clients::{ClientCommand, ClientField, ClientTab, MAX_INPUT, SendKind, TabCommand};
use crate::client::client_event::ClientStatus;
use crate::client::input::{InputError, LineEnding};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::client::connect_form::{describe, edit};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, chip, icon_button, pill_button, segments, small_button};
use crate::ui::widgets::dialog::default_button;
use crate::ui::widgets::field::{Tone, add_edit, focus_field, note, plain_label, small};
use crate::ui::widgets::icon::Icon;

/// The state of the composer.
#[derive(Debug, Default)]
pub(super) struct Composer {
    /// Whether the field gets the keyboard focus in the next frame.
    needs_focus: bool,
    /// Whether the second row is shown in a short tab.
    shows_options: bool,
}

const SEND: f32 = 58.0;
/// The largest height of the field for several lines, as a share of the window's. With more lines, it scrolls.
const MAX_SHARE: f32 = 0.12;
/// How long the server may read nothing before a note about it is shown.
const MAX_BLOCKED: Duration = Duration::from_millis(500);
const KINDS: [(&str, &str, &str); 3] = [
    ("Text", "Send text", "Text with a line ending, and with escapes such as \\n if they are on"),
    ("Hex", "Send hexadecimal digits", "Two hexadecimal digits for each byte: 48 65 6c 6c 6f"),
    ("File", "Send a file", "A file of any size, unchanged"),
];
const ENDINGS: [(&str, &str, &str); 4] = [
    ("none", "No line ending", "Appends nothing"),
    ("\\n", "Line feed", "Appends LF, as Unix and the tutorial's nc do"),
    ("\\r\\n", "Carriage return and line feed", "Appends CRLF, as most Internet text protocols do"),
    ("\\0", "Zero byte", "Appends NUL, the end of a C string"),
];

fn field_id() -> Id {
    Id::unique("input of a client")
}

/// Returns whether the keyboard is in the field for text or digits.
pub(crate) fn has_focus(ctx: &Context) -> bool {
    ctx.memory(|memory| memory.has_focus(field_id()))
}

impl Composer {
    /// Moves the keyboard focus to the field when it is shown next, and selects its text. If this is called for a
    /// click, the click would take the focus away again in the current frame.
    pub(super) fn focus(&mut self) {
        self.needs_focus = true;
    }

    /// Shows the composer of one client. If `is_short`, the second row, with the line ending and the repetition, is shown
    /// only on request.
    pub(super) fn show(&mut self, ui: &mut Ui, tab: &ClientTab, is_short: bool, actions: &mut Vec<Action>) {
        let (form, status) = (tab.form(), tab.status());
        let kind = form.send_kind;
        if std::mem::take(&mut self.needs_focus) {
            ui.scroll_to_rect(ui.max_rect(), None);
            if kind == SendKind::File {
                focus_field(ui.ctx(), describe(ClientField::File).0);
            } else {
                ui.memory_mut(|memory| memory.request_focus(field_id()));
                select_all(ui.ctx());
            }
        }
        ui.spacing_mut().item_spacing = vec2(size::GAP, 6.0);
        let has_lines = kind != SendKind::File && has_line_end(form.text(kind.field()));
        let controls = |ui: &mut Ui| {
            if let Some(chosen) = segments(ui, &KINDS, index_of(&SendKind::ALL, &kind)) {
                actions.push(
                    ClientCommand::Tab(tab.id(), TabCommand::SetSendKind(SendKind::ALL[chosen])).into(),
                );
                self.focus();
            }
            let options_width = if is_short { ICON_BUTTON + size::GAP } else { 0.0 };
            let width = (ui.available_width() - SEND - size::GAP - options_width).max(80.0);
            let entered = if kind == SendKind::File {
                edit(ui, tab, kind.field(), width, actions)
            } else {
                input_field(ui, tab, kind.field(), width, actions)
            };
            let reason = tab.cannot_send();
            let send = default_button(ui, "Send", reason.is_none());
            let send = send.on_disabled_hover_text(reason.unwrap_or_default());
            // Enter is ignored while the client is still connecting.
            let entered = entered && !status.state.is_connecting();
            let send = send.on_hover_text("Enter. In the text, Shift+Enter inserts a line end.");
            if send.clicked() {
                // The click has taken the focus from the field.
                self.focus();
            }
            if send.clicked() || entered {
                actions.push(ClientCommand::Tab(tab.id(), TabCommand::Send).into());
            }
            if is_short {
                let icon = if self.shows_options { Icon::ChevronDown } else { Icon::ChevronRight };
                let toggle = icon_button(ui, icon, "Line ending and repetition", Some(self.shows_options));
                self.shows_options ^= toggle.clicked();
            }
        };
        if has_lines {
            ui.horizontal_top(controls)
        } else {
            ui.horizontal(controls)
        };
        if has_lines && kind == SendKind::Text {
            let ends = line_ends(form.text(kind.field()));
            small(ui, format!("Line ends in the text are sent unchanged: {ends}."));
            if form.escapes && joins_lines(form.text(kind.field())) {
                let text = "A backslash at the end of a line joins it with the next one. To send both, turn off Escapes.";
                note(ui, Tone::Caution, text);
            }
        }
        if let Some(reason) = form.full() {
            note(ui, Tone::Caution, &reason);
        }
        let mistake = form.input_error().map(|error| error.to_string());
        if let Some(problem) = mistake.as_deref().or(tab.refused()) {
            note(ui, Tone::Problem, problem);
        }
        let shows_options = !is_short || self.shows_options;
        if shows_options || is_sending(&status) {
            ui.horizontal_wrapped(|ui| {
                match kind {
                    _ if !shows_options => {}
                    SendKind::File => drop(small(ui, "The file is sent unchanged, without a line ending.")),
                    SendKind::Text | SendKind::Hex => {
                        if kind == SendKind::Text {
                            text_options(ui, tab, actions);
                        }
                        repeat_fields(ui, tab, actions);
                    }
                }
                progress(ui, tab, &status, actions);
            });
        }
        if let Err(error) = form.repetition()
            && kind != SendKind::File
        {
            note(ui, Tone::Problem, &error);
        }
        let Some(since) = status.blocked_since else { return };
        if let Some(rest) = MAX_BLOCKED.checked_sub(since.elapsed()) {
            return ui.ctx().request_repaint_after(rest);
        }
        let queued = text::bytes(status.queued);
        note(
            ui,
            Tone::Caution,
            &format!("The server isn't receiving: its buffers are full. {queued} wait in the send queue."),
        );
    }
}

fn index_of<T: PartialEq>(all: &[T], value: &T) -> usize {
    all.iter().position(|known| known == value).unwrap_or(0)
}

fn has_line_end(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// Returns the names of the kinds of line end in the text.
fn line_ends(text: &str) -> String {
    let rest = text.replace("\r\n", "");
    let kinds = [
        (text.contains("\r\n"), "CR LF (\\r\\n)"),
        (rest.contains('\n'), "LF (\\n)"),
        (rest.contains('\r'), "CR (\\r)"),
    ];
    let names: Vec<_> =
        kinds.iter().filter(|(is_there, _)| *is_there).map(|(_, name)| (*name).to_owned()).collect();
    text::list(&names, names.len())
}

/// Returns whether an escape at the end of a line joins it with the next one, as in Python.
fn joins_lines(text: &str) -> bool {
    let ends_in_escape = |line: &str| line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    text.rsplit('\n').skip(1).any(ends_in_escape)
}

/// Returns whether the user inserts a line end in this frame: pastes one, or presses Shift+Enter.
fn inserts_line_end(ui: &Ui) -> bool {
    let inserts = |event: &Event| match event {
        Event::Paste(text) | Event::MiddleClickPaste { text, .. } => has_line_end(text),
        Event::AccessKitActionRequest(request) => {
            matches!(&request.data, Some(ActionData::Value(text)) if has_line_end(text))
        }
        Event::Key { key: Key::Enter, pressed: true, modifiers, .. } => modifiers.shift,
        _ => false,
    };
    ui.input(|input| input.events.iter().any(inserts))
}

/// Restores the line ends CR LF of a pasted text. egui makes them LF, and the client sends exactly what was pasted.
fn restore_pasted_line_ends(ui: &Ui) {
    let pasted = |event: &Event| match event {
        Event::Paste(text) if text.contains('\n') => Some(text.clone()),
        _ => None,
    };
    let Some(pasted) = ui.input(|input| input.events.iter().find_map(pasted)) else { return };
    // Without access to the clipboard, as under some Wayland compositors, the line ends stay LF, as the note reports.
    let original = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text());
    if let Some(original) = original.ok().filter(|text| text.replace("\r\n", "\n") == pasted) {
        ui.input_mut(|input| {
            for event in input.events.iter_mut().filter(|event| matches!(event, Event::Paste(_))) {
                *event = Event::Paste(original.clone());
            }
        });
    }
}

/// Shows the field for text or digits, with the mistake in it underlined. The field has several lines if the text does.
/// Returns whether Enter was pressed in it.
fn input_field(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    width: f32,
    actions: &mut Vec<Action>,
) -> bool {
    let palette = Palette::of(ui);
    let (name, hint, _) = describe(field);
    let mistake = tab.form().input_error();
    let mut text = tab.form().text(field).to_owned();
    let mut layout = |ui: &Ui, text: &dyn TextBuffer, width: f32| {
        let mut job = underlined(text.as_str(), mistake.as_ref(), palette);
        if has_line_end(text.as_str()) {
            (job.break_on_newline, job.wrap.max_width) = (true, width);
        }
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    if has_focus(ui.ctx()) {
        restore_pasted_line_ends(ui);
    }
    let has_lines = has_line_end(&text);
    let edit = if has_lines || inserts_line_end(ui) {
        TextEdit::multiline(&mut text).return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
    } else {
        // Enter sends the text, and the focus stays in the field for the next one.
        TextEdit::singleline(&mut text).return_key(None).align(Align2::LEFT_CENTER)
    };
    let edit = edit
        .id(field_id())
        .hint_text(hint)
        .desired_width(width)
        .desired_rows(1)
        // The app limits the text, too, but only after excess characters would have been laid out here.
        .char_limit(MAX_INPUT)
        .layouter(&mut layout);
    let response = if has_lines {
        let max_height = ui.ctx().content_rect().height() * MAX_SHARE;
        let rows = ScrollArea::vertical().id_salt("lines to send").max_width(width).max_height(max_height);
        rows.show(ui, |ui| add_edit(ui, |ui| ui.add(edit))).inner
    } else {
        add_edit(ui, |ui| ui.add_sized(vec2(width, size::CONTROL), edit))
    };
    let response = response.accessible_name(name);
    if mistake.is_some() {
        let outline = Stroke::new(1.5, palette.problem);
        ui.painter().rect_stroke(response.rect, size::RADIUS, outline, StrokeKind::Inside);
    }
    let entered = response.has_focus()
        && ui.input_mut(|input| !input.modifiers.shift && input.consume_key(Modifiers::NONE, Key::Enter));
    if response.changed() {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::Edit(field, text.clone())).into());
    }
    if entered && tab.cannot_send().is_none() {
        select_all(ui.ctx());
    }
    entered
}

/// Selects the text in the field, so that the next character replaces it, and Enter sends it again.
fn select_all(ctx: &Context) {
    let mut state = TextEdit::load_state(ctx, field_id()).unwrap_or_default();
    // egui moves a cursor that is beyond the end to the end.
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(usize::MAX));
    state.cursor.set_char_range(Some(all));
    state.store(ctx, field_id());
}

/// Returns the text with its mistake underlined, for the layout.
fn underlined(text: &str, mistake: Option<&InputError>, palette: &Palette) -> LayoutJob {
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

/// Shows the choice of the line ending, and the toggle for escapes such as `\n` in the text.
fn text_options(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    let form = tab.form();
    plain_label(ui, "Line ending");
    if let Some(chosen) = segments(ui, &ENDINGS, index_of(&LineEnding::ALL, &form.line_ending)) {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::SetLineEnding(LineEnding::ALL[chosen])).into());
    }
    let tooltip = if form.escapes {
        "\\n, \\t, \\x41 and others are escapes, as in Python"
    } else {
        "A backslash is sent as a backslash"
    };
    if chip(ui, "Escapes", form.escapes).on_hover_text(tooltip).clicked() {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::SetEscapes(!form.escapes)).into());
    }
}

/// Shows the fields for how often and how fast to send repeatedly, and the button that starts it.
fn repeat_fields(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    let mut entered = edit(ui, tab, ClientField::Times, 52.0, actions);
    plain_label(ui, "times, every");
    entered |= edit(ui, tab, ClientField::Every, 52.0, actions);
    plain_label(ui, "ms");
    let reason = tab.cannot_send().or_else(|| tab.form().repetition().err());
    let is_ready = reason.is_none();
    let repeat = ui
        .add_enabled(is_ready, small_button("Repeat"))
        .on_hover_text("Send it this many times, starting now. Replaces the running repetition.")
        .on_disabled_hover_text(reason.unwrap_or_default());
    if repeat.clicked() || (entered && is_ready) {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::Repeat).into());
    }
}

/// Returns whether a file or a repetition is being sent, or the server doesn't receive.
fn is_sending(status: &ClientStatus) -> bool {
    let is_blocked = status.blocked_since.is_some_and(|since| since.elapsed() >= MAX_BLOCKED);
    is_blocked || status.file.is_some() || status.repeat.is_some()
}

/// Shows the progress of a file or a repetition, and a button that stops sending.
fn progress(ui: &mut Ui, tab: &ClientTab, status: &ClientStatus, actions: &mut Vec<Action>) {
    if let Some(file) = &status.file {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = if file.size == 0 { 1.0 } else { file.sent as f32 / file.size as f32 };
        let progress = format!("{} of {}", text::bytes(file.sent), text::bytes(file.size));
        ui.add(ProgressBar::new(share).desired_width(200.0).text(progress));
    }
    if let Some(repeat) = status.repeat {
        let text = format!("{} of {} sent", with_thousands(repeat.done), with_thousands(repeat.of));
        ui.label(RichText::new(text).small().weak());
    }
    if !is_sending(status) {
        return;
    }
    let stop = pill_button(ui, "Stop").accessible_name("Stop sending");
    if stop.on_hover_text("Empty the send queue and stay connected").clicked() {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::StopSending).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::input::parse_text;

    #[test]
    fn only_the_mistake_is_underlined() {
        let palette = Palette::for_theme(false);
        let text = r"ä\q!";
        let mistake = parse_text(text).unwrap_err();
        let job = underlined(text, Some(&mistake), palette);
        assert_eq!(job.text, text);
        let wrong: Vec<&str> = job
            .sections
            .iter()
            .filter(|section| section.format.color == palette.problem && !section.byte_range.is_empty())
            .map(|section| &text[section.byte_range.start.0..section.byte_range.end.0])
            .collect();
        assert_eq!(wrong, [r"\q"]);
    }

    #[test]
    fn joined_lines_are_found() {
        assert!(joins_lines("a\nb \\\nc") && joins_lines("\\\\\\\nc"));
        assert!(!joins_lines("a\nb\\\\\nc\\"));
    }

    #[test]
    fn kinds_of_line_ends_are_named() {
        assert_eq!(line_ends("a\r\nb\r\n"), r"CR LF (\r\n)");
        assert_eq!(line_ends("a\nb"), r"LF (\n)");
        assert_eq!(line_ends("a\rb\r\nc\n"), r"CR LF (\r\n), LF (\n) and CR (\r)");
    }
}
