//! The help (F1): a tour of five minutes, terms, keys, limits, the settings file, and what draws the window.

use std::path::Path;

use egui::{Grid, Label, Ui};

use crate::platform::renderers::DrawingDevice;
use crate::ui::shortcuts;
use crate::ui::theme;
use crate::ui::widgets::controls::copy_box;
use crate::ui::widgets::dialog::{Dialog, DialogPart};

const TOUR: [&str; 5] = [
    "Press Start server. The Live tab shows the server as it is now, the Log tab each step that it makes.",
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
    ("Step mode", "The server pauses before each of its calls until you let it happen."),
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
    ("Your own lesson", "A text file, opened with Lessons; the README describes its format."),
    ("Without a window", "echoscope --headless serves in a terminal; echoscope --help lists the options."),
];

const LIMITS: &str = "It isn't for the public internet: it echoes whatever anyone sends. By default it listens on this \
                      computer alone, and the form warns if others can connect. It doesn't renew certificates, changes \
                      no trust store, and keeps no log on disk unless you save one.";

const HELP: Dialog = Dialog { title: "Help and keys", width: 600.0 };

/// Shows the help; returns whether it stays open.
pub(super) fn show(ui: &Ui, settings_file: Option<&Path>, device: Option<&DrawingDevice>) -> bool {
    !HELP.show_until_closed(ui, "Close the help", |ui, part| {
        if part == DialogPart::Contents {
            contents(ui, settings_file, device);
        }
    })
}

fn contents(ui: &mut Ui, settings_file: Option<&Path>, device: Option<&DrawingDevice>) {
    let heading = |ui: &mut Ui, text: &str| {
        ui.add_space(6.0);
        ui.label(theme::bold(text).weak());
    };
    ui.label(
        "See how a network server works: Echoscope sends back every byte that it receives, and shows each call, byte and \
         TLS record.",
    );
    heading(ui, "A tour of five minutes");
    ui.spacing_mut().interact_size.y = 18.0;
    for (number, step) in TOUR.iter().enumerate() {
        // Not a grid, because its last column wouldn't wrap.
        ui.horizontal_top(|ui| {
            ui.weak(format!("{}.", number + 1));
            ui.add(Label::new(*step).wrap());
        });
    }
    ui.label(
        "The button Lessons has seven lessons. To serve TLS with your own files, browse, type their paths, or drop them on the \
         window.",
    );
    heading(ui, "Words");
    for (word, meaning) in WORDS {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(theme::bold(word));
            ui.label(meaning);
        });
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
    ui.label(LIMITS);
    if let Some(file) = settings_file {
        heading(ui, "Settings");
        ui.label("They are saved in this file; options on the command line override them.");
        copy_box(ui, "Copy the path", &file.display().to_string(), usize::MAX);
    }
    if let Some(DrawingDevice { name, is_software }) = device.filter(|device| !device.name.is_empty()) {
        heading(ui, "Version");
        let version = env!("CARGO_PKG_VERSION");
        let on = if *is_software { ", which uses the processor, not a GPU" } else { "" };
        ui.label(format!("Echoscope {version}. The window is drawn by {name}{on}."));
    }
}
