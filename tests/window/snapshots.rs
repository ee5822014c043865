//! Pictures of the window, compared with those in `tests/window/snapshots`. After an intended change,
//! `UPDATE_SNAPSHOTS=1 cargo test --test window snapshots` renews them; look at each before you commit it.
//!
//! A software Vulkan driver draws the pictures (Mesa's lavapipe, Debian package `mesa-vulkan-drivers`), so that they
//! are the same on every machine.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use echoscope::app::{App, Options};
use echoscope::settings::{Settings, ThemeChoice};
use echoscope::ui;
use egui::{Key, Modifiers, Ui};
use egui_kittest::{Harness, SnapshotOptions};

/// Opens a window with these settings, drawn by wgpu.
fn window(size: [f32; 2], settings: Settings) -> Harness<'static, ui::Window> {
    let options = SnapshotOptions::new().output_path("tests/window/snapshots");
    let builder = Harness::builder().with_size(size).with_options(options).wgpu();
    let mut window = builder.build_eframe(move |creation| {
        // eframe fills the window with the panels' color before it draws; the harness doesn't.
        let clear = |ui: &mut Ui| {
            let fill = ui.visuals().panel_fill;
            ui.painter().rect_filled(ui.ctx().viewport_rect(), 0.0, fill);
        };
        creation.egui_ctx.on_begin_pass("clear", Arc::new(clear));
        ui::Window::new(&creation.egui_ctx, App::new(settings, Options::default()))
    });
    window.run();
    window
}

#[test]
fn start_screen_in_light() {
    let settings = Settings { theme: ThemeChoice::Light, ..Settings::default() };
    window([1180.0, 760.0], settings).snapshot("start-light");
}

#[test]
fn start_screen_in_dark_at_the_smallest_size() {
    let settings = Settings { theme: ThemeChoice::Dark, ..Settings::default() };
    window([720.0, 480.0], settings).snapshot("start-dark-smallest");
}

#[test]
fn code_tab_in_dark() {
    let settings = Settings { theme: ThemeChoice::Dark, ..Settings::default() };
    let mut window = window([1180.0, 760.0], settings);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run();
    window.snapshot("code-dark");
}
