//! Every colour and every size of the window, light and dark. No other file names a colour or a pixel count twice.

use std::sync::Arc;

use egui::style::{ScrollStyle, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Ui,
    Vec2, Visuals,
};

use crate::ui::fonts::SEMIBOLD;

/// Sizes in points.
pub(super) mod size {
    /// The window when it opens for the first time.
    pub(in crate::ui) const WINDOW: [f32; 2] = [1180.0, 760.0];
    /// The window can't be made smaller than this.
    pub(in crate::ui) const WINDOW_MIN: [f32; 2] = [720.0, 480.0];
    /// In points, which zooming in makes fewer of, the window is laid out no smaller than this: then it scrolls.
    pub(in crate::ui) const LAYOUT_MIN: [f32; 2] = [700.0, 400.0];
    /// Height of the bar with the name and the state.
    pub(in crate::ui) const TOP_BAR: f32 = 44.0;
    /// Height of the bar with the counters.
    pub(in crate::ui) const STATUS_BAR: f32 = 30.0;
    /// Width of the form.
    pub(in crate::ui) const LEFT: f32 = 320.0;
    /// Space between an edge and what stands beside it.
    pub(in crate::ui) const EDGE: f32 = 16.0;
    /// Space between two things that belong together.
    pub(in crate::ui) const GAP: f32 = 8.0;
    /// Width of the labels in the form.
    pub(in crate::ui) const LABEL: f32 = 84.0;
    /// Height of a text field, a combo box, a button.
    pub(in crate::ui) const CONTROL: f32 = 30.0;
    /// Height of a chip or a pill.
    pub(in crate::ui) const CHIP: f32 = 24.0;
    /// Height of the row of tabs.
    pub(in crate::ui) const TABS: f32 = 40.0;
    /// The log, the table of connections and the sequence diagram are laid out no lower than this: in a low window they scroll together with their rows of
    /// buttons.
    pub(in crate::ui) const TAB_LEAST: f32 = 264.0;
    /// What a dialog says is laid out no narrower than this: in a narrow window it scrolls sideways, too.
    pub(in crate::ui) const DIALOG_LEAST: f32 = 440.0;
    /// Height of the row with the filter.
    pub(in crate::ui) const TOOLBAR: f32 = 44.0;
    /// Height of the start button.
    pub(in crate::ui) const START: f32 = 42.0;
    /// Height of a row in the log.
    pub(in crate::ui) const LOG_ROW: f32 = 23.0;
    /// Height of a row of bytes in the detail.
    pub(in crate::ui) const HEX_ROW: f32 = 19.0;
    /// Height of a line of the program.
    pub(in crate::ui) const CODE_ROW: f32 = 19.0;
    /// Height of a row in the table of connections.
    pub(in crate::ui) const TABLE_ROW: f32 = 34.0;
    /// Height of the detail under the log, until the user drags its edge.
    pub(in crate::ui) const DETAIL: f32 = 158.0;
    /// Height of a row of a sequence diagram.
    pub(in crate::ui) const SEQUENCE_ROW: f32 = 40.0;
    /// Height of the detail under a sequence diagram, until the user drags its edge.
    pub(in crate::ui) const SEQUENCE_DETAIL: f32 = 220.0;
    /// Width of a scroll bar.
    pub(in crate::ui) const SCROLL_BAR: f32 = 10.0;
    /// Rounding of fields and buttons.
    pub(in crate::ui) const RADIUS: u8 = 6;
    /// Running text.
    pub(in crate::ui) const TEXT: f32 = 13.5;
    /// Notes under a field, the status bar.
    pub(in crate::ui) const SMALL: f32 = 12.0;
    /// What a lesson asks to be done: read from the last row of a class.
    pub(in crate::ui) const LESSON: f32 = 16.0;
    /// The bar of a lesson may always be so high.
    pub(in crate::ui) const LESSON_LEAST: f32 = 164.0;
    /// Log lines.
    pub(in crate::ui) const MONO: f32 = 12.5;
}

/// The colours of one theme, named by what they are for.
#[derive(Debug)]
pub(super) struct Palette {
    /// Behind bars, the form and the detail.
    pub(super) panel: Color32,
    /// Behind the log.
    pub(super) canvas: Color32,
    /// Inside a field or on a quiet button.
    pub(super) field: Color32,
    /// The same with the pointer over it.
    pub(super) field_hover: Color32,
    /// Lines between areas, outlines of fields.
    pub(super) border: Color32,
    /// Outlines with the pointer over them; the off switch.
    pub(super) border_strong: Color32,
    /// Text that is read first.
    pub(super) text: Color32,
    /// Labels, times, hints.
    pub(super) muted: Color32,
    /// The app's colour: what is on, what is selected, where the keyboard is.
    pub(super) accent: Color32,
    /// A quiet area in the app's colour.
    pub(super) accent_soft: Color32,
    /// The large button, and the same with the pointer over it.
    pub(super) start: [Color32; 2],
    /// The large button while it stops, and the same with the pointer over it.
    pub(super) stop: [Color32; 2],
    /// Text on the large button.
    pub(super) on_strong: Color32,
    /// All is well.
    pub(super) good: Color32,
    /// Have a second look.
    pub(super) caution: Color32,
    /// Something is wrong.
    pub(super) problem: Color32,
    /// A quiet area that says so.
    pub(super) problem_soft: Color32,
    /// A row with the pointer over it.
    pub(super) row_hover: Color32,
    /// A selected row.
    pub(super) row_selected: Color32,
    /// Records of the TLS handshake.
    pub(super) handshake: Color32,
    /// Records that carry data.
    pub(super) record: Color32,
    /// Clients by number, over and over.
    pub(super) clients: [Color32; 6],
    /// Words that the programming language keeps for itself.
    pub(super) code_keyword: Color32,
    /// Strings in a program.
    pub(super) code_text: Color32,
    /// Numbers in a program.
    pub(super) code_number: Color32,
    /// Dims the window behind the help and under dropped files.
    pub(super) veil: Color32,
    /// The knob of a switch.
    pub(super) knob: Color32,
}

const LIGHT: Palette = Palette {
    panel: Color32::from_rgb(249, 250, 251),
    canvas: Color32::from_rgb(255, 255, 255),
    field: Color32::from_rgb(240, 242, 245),
    field_hover: Color32::from_rgb(232, 235, 240),
    border: Color32::from_rgb(226, 228, 234),
    border_strong: Color32::from_rgb(176, 182, 194),
    text: Color32::from_rgb(27, 31, 38),
    muted: Color32::from_rgb(91, 99, 113),
    accent: Color32::from_rgb(9, 112, 108),
    accent_soft: Color32::from_rgb(217, 240, 239),
    start: [Color32::from_rgb(13, 124, 119), Color32::from_rgb(10, 108, 104)],
    stop: [Color32::from_rgb(198, 47, 59), Color32::from_rgb(178, 38, 50)],
    on_strong: Color32::WHITE,
    good: Color32::from_rgb(30, 112, 48),
    caution: Color32::from_rgb(140, 76, 0),
    problem: Color32::from_rgb(184, 32, 46),
    problem_soft: Color32::from_rgb(252, 232, 233),
    row_hover: Color32::from_rgb(244, 246, 248),
    row_selected: Color32::from_rgb(226, 242, 241),
    handshake: Color32::from_rgb(104, 70, 190),
    record: Color32::from_rgb(28, 92, 184),
    clients: [
        Color32::from_rgb(9, 112, 108),
        Color32::from_rgb(104, 70, 190),
        Color32::from_rgb(150, 80, 6),
        Color32::from_rgb(28, 92, 184),
        Color32::from_rgb(168, 36, 106),
        Color32::from_rgb(56, 108, 28),
    ],
    code_keyword: Color32::from_rgb(124, 48, 156),
    code_text: Color32::from_rgb(24, 102, 60),
    code_number: Color32::from_rgb(140, 76, 0),
    veil: Color32::from_black_alpha(90),
    knob: Color32::WHITE,
};

const DARK: Palette = Palette {
    panel: Color32::from_rgb(26, 30, 37),
    canvas: Color32::from_rgb(20, 23, 28),
    field: Color32::from_rgb(35, 41, 51),
    field_hover: Color32::from_rgb(43, 50, 62),
    border: Color32::from_rgb(43, 49, 58),
    border_strong: Color32::from_rgb(84, 94, 110),
    text: Color32::from_rgb(230, 233, 238),
    muted: Color32::from_rgb(150, 158, 171),
    accent: Color32::from_rgb(47, 190, 178),
    accent_soft: Color32::from_rgb(18, 55, 54),
    start: [Color32::from_rgb(15, 126, 120), Color32::from_rgb(17, 118, 113)],
    stop: [Color32::from_rgb(206, 56, 68), Color32::from_rgb(190, 48, 60)],
    on_strong: Color32::WHITE,
    good: Color32::from_rgb(98, 190, 112),
    caution: Color32::from_rgb(230, 163, 82),
    problem: Color32::from_rgb(245, 116, 124),
    problem_soft: Color32::from_rgb(62, 30, 36),
    row_hover: Color32::from_rgb(27, 31, 38),
    row_selected: Color32::from_rgb(23, 48, 47),
    handshake: Color32::from_rgb(178, 152, 250),
    record: Color32::from_rgb(112, 172, 250),
    clients: [
        Color32::from_rgb(47, 190, 178),
        Color32::from_rgb(178, 152, 250),
        Color32::from_rgb(230, 154, 88),
        Color32::from_rgb(112, 172, 250),
        Color32::from_rgb(240, 132, 186),
        Color32::from_rgb(132, 200, 112),
    ],
    code_keyword: Color32::from_rgb(200, 165, 250),
    code_text: Color32::from_rgb(140, 205, 150),
    code_number: Color32::from_rgb(235, 180, 110),
    veil: Color32::from_black_alpha(140),
    knob: Color32::WHITE,
};

impl Palette {
    /// The colours of the theme that the window shows now.
    pub(super) fn of(ui: &Ui) -> &'static Self {
        Self::for_theme(ui.visuals().dark_mode)
    }

    /// The colours of the dark or the light theme.
    pub(super) fn for_theme(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// The colour of a client, the same for as long as the log lives.
    pub(super) fn client(&self, id: u64) -> Color32 {
        let count = self.clients.len() as u64;
        usize::try_from(id.saturating_sub(1) % count).map_or(self.text, |index| self.clients[index])
    }

    /// The ring around what the keyboard acts on.
    pub(super) fn focus_ring(&self) -> Stroke {
        Stroke::new(2.0, self.accent)
    }
}

/// Words, in the size of running text.
pub(super) fn text() -> FontId {
    FontId::proportional(size::TEXT)
}

/// Words, smaller: notes and counters.
pub(super) fn small() -> FontId {
    FontId::proportional(size::SMALL)
}

/// Words that carry weight: headings, the active tab.
pub(super) fn strong(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(SEMIBOLD.into()))
}

/// Bytes, times, addresses.
pub(super) fn mono() -> FontId {
    FontId::monospace(size::MONO)
}

/// Gives the context its fonts and both themes.
pub(super) fn install(ctx: &Context) {
    crate::ui::fonts::install(ctx);
    for theme in [Theme::Light, Theme::Dark] {
        ctx.set_style_of(theme, Arc::new(style(theme)));
    }
}

fn style(theme: Theme) -> Style {
    let palette = Palette::for_theme(theme == Theme::Dark);
    let mut style = Style { visuals: visuals(theme, palette), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, text()),
        (TextStyle::Button, text()),
        (TextStyle::Heading, strong(15.0)),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(size::GAP, size::GAP);
    spacing.button_padding = Vec2::new(10.0, 5.0);
    spacing.interact_size = Vec2::new(36.0, size::CONTROL);
    spacing.window_margin = Margin::same(20);
    spacing.menu_margin = Margin::same(6);
    spacing.combo_width = 60.0;
    spacing.icon_width = 16.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        dormant_handle_opacity: 0.25,
        active_handle_opacity: 0.4,
        interact_handle_opacity: 0.6,
        ..ScrollStyle::floating()
    };
    // Less high than the space below a last line.
    style.spacing.scroll.fade.size = size::GAP;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = true;
    style
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let base = if theme == Theme::Dark { Visuals::dark() } else { Visuals::light() };
    let mut visuals = Visuals {
        panel_fill: palette.panel,
        window_fill: palette.panel,
        window_stroke: Stroke::new(1.0, palette.border),
        window_corner_radius: CornerRadius::same(10),
        menu_corner_radius: CornerRadius::same(8),
        window_shadow: Shadow { offset: [0, 8], blur: 28, spread: 0, color: palette.veil },
        popup_shadow: Shadow { offset: [0, 4], blur: 14, spread: 0, color: palette.veil.gamma_multiply(0.6) },
        extreme_bg_color: palette.field,
        text_edit_bg_color: Some(palette.field),
        faint_bg_color: palette.row_hover,
        code_bg_color: palette.field,
        weak_text_color: Some(palette.muted),
        hyperlink_color: palette.accent,
        warn_fg_color: palette.caution,
        error_fg_color: palette.problem,
        // What can't be pressed can still be read.
        disabled_alpha: 0.62,
        // A blinking cursor would repaint an idle window twice a second.
        text_cursor: TextCursorStyle {
            stroke: Stroke::new(1.5, palette.accent),
            blink: false,
            ..base.text_cursor
        },
        widgets: widgets(palette),
        ..base
    };
    visuals.selection.bg_fill = palette.accent_soft;
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals
}

fn widgets(palette: &Palette) -> Widgets {
    let state = |fill: Color32, outline: Stroke, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: outline,
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: CornerRadius::same(size::RADIUS),
        expansion: 0.0,
    };
    let line = |color| Stroke::new(1.0, color);
    Widgets {
        noninteractive: state(palette.panel, line(palette.border), palette.text),
        inactive: state(palette.field, line(palette.border), palette.text),
        hovered: state(palette.field_hover, line(palette.border_strong), palette.text),
        active: state(palette.field_hover, Stroke::new(2.0, palette.accent), palette.text),
        open: state(palette.field_hover, line(palette.border_strong), palette.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: Color32) -> f64 {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn all_text_can_be_read_in_both_themes() {
        for (name, p) in [("light", &LIGHT), ("dark", &DARK)] {
            let plain = [p.panel, p.canvas, p.field, p.field_hover, p.row_hover, p.row_selected];
            let mut pairs = vec![
                ("on_strong", p.on_strong, p.start[0]),
                ("on_strong", p.on_strong, p.start[1]),
                ("on_strong", p.on_strong, p.stop[0]),
                ("on_strong", p.on_strong, p.stop[1]),
                ("accent on soft", p.accent, p.accent_soft),
                ("text on soft", p.text, p.accent_soft),
                ("problem on soft", p.problem, p.problem_soft),
                ("text on problem soft", p.text, p.problem_soft),
            ];
            for ground in plain {
                pairs.extend([("text", p.text, ground), ("muted", p.muted, ground)]);
            }
            for ground in [p.panel, p.canvas, p.row_hover, p.row_selected] {
                pairs.extend([("problem", p.problem, ground), ("accent", p.accent, ground)]);
                pairs.extend([("handshake", p.handshake, ground), ("record", p.record, ground)]);
                pairs.extend(p.clients.map(|client| ("client", client, ground)));
            }
            for ground in [p.canvas, p.row_selected, p.accent_soft] {
                let code = [p.code_keyword, p.code_text, p.code_number, p.muted, p.caution];
                pairs.extend(code.map(|ink| ("code", ink, ground)));
            }
            pairs.extend([
                ("good", p.good, p.panel),
                ("caution", p.caution, p.panel),
                ("caution", p.caution, p.canvas),
            ]);
            let faded = p.panel.lerp_to_gamma(p.text, style(Theme::Dark).visuals.disabled_alpha);
            let ratio = contrast(faded, p.panel);
            assert!(ratio >= 3.0, "{name}: what can't be pressed has {ratio:.2}");
            for (what, ink, ground) in pairs {
                let ratio = contrast(ink, ground);
                assert!(ratio >= 4.5, "{name}: {what} {ink:?} on {ground:?} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn clients_keep_their_colours_and_wrap_around() {
        assert_eq!(LIGHT.client(1), LIGHT.clients[0]);
        assert_eq!(LIGHT.client(7), LIGHT.clients[0]);
        assert_ne!(LIGHT.client(1), LIGHT.client(2));
    }
}
