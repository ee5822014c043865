//! The help (F1): a tour of five minutes, terms, keys, limits, and the settings file.

use std::path::Path;

use egui::text::LayoutJob;
use egui::{Align, Frame, Grid, Id, Label, Layout, RichText, ScrollArea, TextFormat, Ui};

use crate::ui::shortcuts;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::icon_button;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::{copy_frame, modal};

const TOUR: [&str; 5] = [
    "Press Start server. The log tells each step, as the server makes it.",
    "In the Client tab press Connect, type Hello, and press Enter: the same bytes come back. A terminal will do, too: \
     copy the line under “Try it from a terminal”.",
    "In the Log tab select an entry: below stand its bytes, and a sentence that explains it.",
    "See the same conversation in the Wire tab, as it went by, and in the Code tab, as the lines of a program.",
    "Press Create certificate…, start the server anew, and connect again: now the Wire tab shows TLS records, and \
     beside them what they hide.",
];

const WORDS: [(&str, &str); 12] = [
    (
        "Chips",
        "Connections, Data, TLS and Problems: press one to hide its entries, press again to show them.",
    ),
    ("Filter", "#2 shows client 2, error shows what went wrong, any other word the lines that hold it."),
    ("One at a time", "A client is served to its end; the next ones wait in the backlog."),
    ("A thread for each", "Every client is served at once, by a thread of its own."),
    ("A pool of threads", "A fixed number of threads share the clients; who finds none free waits."),
    ("Backlog", "The queue in which the system keeps new connections until the server accepts them."),
    ("Step mode", "The server halts before each of its calls, until you let that call happen."),
    (
        "Wire",
        "Double arrows are TLS records, single ones plain bytes. A bar at the tip is FIN, a cross RST, a diamond an alert.",
    ),
    (
        "Broken on purpose",
        "Create certificate… makes bad certificates, too: see which client refuses them, and why.",
    ),
    ("Details…", "Takes a certificate apart and checks it as a client does."),
    ("A lesson of your own", "A text file, opened by Help; the README tells how to write one."),
    (
        "Without a window",
        "In a terminal, echoscope --headless serves and prints the log; echoscope --help lists the options.",
    ),
];

const LIMITS: &str = "It is not for the public internet: it sends back whatever anyone sends, without asking who they \
                      are. By default it listens on this computer alone, and the form warns where a host lets others \
                      in. It doesn't renew certificates, puts none into any trust store, and keeps no log on disk \
                      unless you save one.";

/// Width of the text.
const WIDTH: f32 = 600.0;
/// Free space around the help, both sides together.
const AROUND: f32 = 48.0;
/// Height of the title with the space below it.
const TITLE: f32 = 38.0;
/// Space between the text and the scroll bar.
const SCROLL_ROOM: f32 = 12.0;

/// Shows the help; returns whether it stays open.
pub(super) fn show(ui: &Ui, settings_file: Option<&Path>) -> bool {
    let palette = Palette::of(ui);
    let room = ui.ctx().content_rect().size();
    let frame = Frame::window(ui.style()).fill(palette.panel);
    let response = modal(Id::unique("help"), "Help and keys").frame(frame).backdrop_color(palette.veil).show(
        ui.ctx(),
        |ui| {
            let margins = ui.spacing().window_margin.sum();
            ui.set_width((room.x - AROUND - margins.x).min(WIDTH));
            let mut stay = true;
            ui.horizontal(|ui| {
                ui.label(RichText::new("Echoscope").font(theme::strong(18.0)));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    stay = !icon_button(ui, Icon::Cross, "Close the help", None).clicked();
                });
            });
            let height = room.y - AROUND - margins.y - TITLE;
            let narrow = ui.available_width() < size::DIALOG_LEAST;
            let area = ScrollArea::new([narrow, true]).auto_shrink([false, true]);
            area.max_height(height).min_scrolled_height(height).show(ui, |ui| {
                let least = if narrow { size::DIALOG_LEAST } else { 0.0 };
                ui.set_width(ui.available_width().max(least) - SCROLL_ROOM);
                contents(ui, settings_file);
            });
            stay
        },
    );
    response.inner && !response.should_close()
}

fn contents(ui: &mut Ui, settings_file: Option<&Path>) {
    let palette = Palette::of(ui);
    let paragraph = |ui: &mut Ui, text: &str| {
        ui.add(Label::new(RichText::new(text).color(palette.text)).wrap());
    };
    let heading = |ui: &mut Ui, text: &str| {
        ui.add_space(6.0);
        ui.label(RichText::new(text).font(theme::strong(size::TEXT)).color(palette.muted));
    };
    paragraph(
        ui,
        "An echo server that lets you see a server work: it sends back every byte that it receives, and shows each call, \
         each byte and each TLS record on the way.",
    );
    heading(ui, "A tour of five minutes");
    ui.spacing_mut().interact_size.y = 18.0;
    for (number, step) in TOUR.iter().enumerate() {
        // Not in a grid, whose last column doesn't wrap.
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(format!("{}.", number + 1)).color(palette.muted));
            paragraph(ui, step);
        });
    }
    paragraph(
        ui,
        "The button Help has seven lessons that go on from here, each step ticked off when it is done. Files of your own \
         serve TLS as well: browse, type their paths, or drop them on the window.",
    );
    heading(ui, "Words");
    for (word, meaning) in WORDS {
        let mut job = LayoutJob::default();
        job.append(word, 0.0, TextFormat::simple(theme::strong(size::TEXT), palette.text));
        job.append(meaning, 6.0, TextFormat::simple(theme::text(), palette.text));
        ui.add(Label::new(job).wrap());
    }
    heading(ui, "Keys");
    Grid::new("keys").num_columns(2).min_row_height(18.0).spacing([24.0, 4.0]).show(ui, |ui| {
        for (keys, about) in shortcuts::help(ui.ctx()) {
            ui.label(RichText::new(keys).font(theme::mono()).color(palette.text));
            ui.label(RichText::new(about).color(palette.text));
            ui.end_row();
        }
    });
    heading(ui, "What it doesn't do");
    paragraph(ui, LIMITS);
    if let Some(file) = settings_file {
        heading(ui, "Settings");
        paragraph(ui, "They are remembered in this file; options on the command line win over them.");
        copy_frame(palette).inner_margin(8).show(ui, |ui| {
            let file = file.display().to_string();
            ui.add(Label::new(RichText::new(file).font(theme::mono()).color(palette.text)).wrap())
        });
    }
}
