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
    "Press Start server. The log shows each step of the server.",
    "In the Client tab press Connect, type Hello, and press Enter: the same bytes come back. Or copy the line under “Try \
     it from a terminal”.",
    "In the Log tab select an entry to see its bytes and an explanation.",
    "The Wire tab shows the same conversation as a sequence diagram, the Code tab as the lines of a program.",
    "Press Create certificate…, restart the server, and connect again: now the Wire tab shows TLS records and the \
     plaintext in them.",
];

const WORDS: [(&str, &str); 12] = [
    ("Chips", "Connections, Data, TLS and Problems: press one to hide its entries or to show them again."),
    ("Filter", "#2 shows client 2, error shows problems, any other word the entries that contain it."),
    ("One at a time", "The next client is served when the one before it has left."),
    ("A thread for each", "All clients are served at once, each by its own thread."),
    ("A pool of threads", "A fixed number of threads serve the clients; the others wait for a free thread."),
    (
        "Backlog",
        "The length of the queue in which the OS keeps new connections until the server accepts them.",
    ),
    ("Step mode", "The server halts before each of its calls until you let it happen."),
    (
        "Wire",
        "Double arrows are TLS records, single ones unencrypted bytes. A bar at the tip is FIN, a cross RST, a diamond \
         an alert.",
    ),
    (
        "Broken on purpose",
        "Create certificate… also makes bad certificates: see which client rejects them, and why.",
    ),
    ("Details…", "Shows what a certificate contains and checks it as a client does."),
    ("Your own lesson", "A text file, opened with Help; the README describes its format."),
    ("Without a window", "echoscope --headless serves in a terminal; echoscope --help lists the options."),
];

const LIMITS: &str = "It isn't for the public internet: it echoes whatever anyone sends. By default it listens on this \
                      computer alone, and the form warns if others can connect. It doesn't renew certificates, changes \
                      no trust store, and keeps no log on disk unless you save one.";

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
        ui.add(Label::new(RichText::new(text)).wrap());
    };
    let heading = |ui: &mut Ui, text: &str| {
        ui.add_space(6.0);
        ui.label(RichText::new(text).font(theme::strong(size::TEXT)).weak());
    };
    paragraph(
        ui,
        "See how a network server works: Echoscope sends back every byte that it receives, and shows each call, byte and \
         TLS record.",
    );
    heading(ui, "A tour of five minutes");
    ui.spacing_mut().interact_size.y = 18.0;
    for (number, step) in TOUR.iter().enumerate() {
        // Not in a grid, whose last column doesn't wrap.
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(format!("{}.", number + 1)).weak());
            paragraph(ui, step);
        });
    }
    paragraph(
        ui,
        "The button Help has seven lessons. To serve TLS with your own files, browse, type their paths, or drop them on the \
         window.",
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
            ui.monospace(keys);
            ui.label(about);
            ui.end_row();
        }
    });
    heading(ui, "What it doesn't do");
    paragraph(ui, LIMITS);
    if let Some(file) = settings_file {
        heading(ui, "Settings");
        paragraph(ui, "They are saved in this file; options on the command line override them.");
        copy_frame(palette).inner_margin(8).show(ui, |ui| {
            let file = file.display().to_string();
            ui.add(Label::new(RichText::new(file).monospace()).wrap())
        });
    }
}
