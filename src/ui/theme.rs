//! All fonts, colors and shared sizes of the window, for the light and the dark theme.
//!
//! Other files take colors only from [`Palette`]; a unit test checks that every text has enough contrast.

use std::sync::Arc;

use egui::style::{ScrollStyle, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Stroke,
    Style, TextStyle, Theme, Ui, Vec2, Visuals,
};

/// Sizes in points, egui's logical pixels.
pub(super) mod size {
    /// Height of the bar with the address for others in presenter mode.
    pub(crate) const ADDRESS_BAR: f32 = 52.0;
    /// Font size of that address.
    pub(crate) const ADDRESS: f32 = 26.0;
    /// Smallest size to which the user can shrink the window.
    pub(crate) const WINDOW_MIN: [f32; 2] = [720.0, 480.0];
    /// Smallest size of the window's layout. If the window has fewer points, because it is zoomed in, it scrolls.
    pub(crate) const LAYOUT_MIN: [f32; 2] = [700.0, 400.0];
    /// From this width of the window on, two tabs are side by side.
    pub(crate) const SPLIT_WINDOW: f32 = 1500.0;
    /// Smallest width of the layout while the side panel is hidden.
    pub(crate) const LAYOUT_MIN_WITHOUT_PANEL: f32 = 468.0;
    /// Height of the bar at the top.
    pub(crate) const TOP_BAR: f32 = 44.0;
    /// Height of the bar at the bottom.
    pub(crate) const STATUS_BAR: f32 = 34.0;
    /// Width of the side panel.
    pub(crate) const SIDE_PANEL: f32 = 320.0;
    /// Space between an edge and the content beside it.
    pub(crate) const EDGE: f32 = 16.0;
    /// Space between two widgets of a group.
    pub(crate) const GAP: f32 = 8.0;
    /// Width of the labels in the form.
    pub(crate) const LABEL: f32 = 84.0;
    /// Height of a text field, a combo box, a button.
    pub(crate) const CONTROL: f32 = 30.0;
    /// Height of a chip or a pill.
    pub(crate) const CHIP: f32 = 24.0;
    /// Height of the row of tabs.
    pub(crate) const TABS: f32 = 40.0;
    /// Smallest height of the Live, Log and Wire tabs. In a shorter window, each scrolls together with its
    /// toolbar.
    pub(crate) const MIN_TAB: f32 = 264.0;
    /// Smallest width of a dialog's content. In a narrower window, the content also scrolls sideways.
    pub(crate) const MIN_DIALOG: f32 = 440.0;
    /// Height of the start button.
    pub(crate) const START_BUTTON: f32 = 42.0;
    /// Height of a row in the log.
    pub(crate) const LOG_ROW: f32 = 23.0;
    /// Height of a row of bytes.
    pub(crate) const HEX_ROW: f32 = 19.0;
    /// Height of a line of the program.
    pub(crate) const CODE_ROW: f32 = 19.0;
    /// Height of a row in the table of connections.
    pub(crate) const TABLE_ROW: f32 = 34.0;
    /// Height of the details under a list, until the user drags their edge.
    pub(crate) const DETAIL: f32 = 158.0;
    /// Height of a row of the sequence diagram.
    pub(crate) const SEQUENCE_ROW: f32 = 40.0;
    /// Width of a scroll bar.
    pub(crate) const SCROLL_BAR: f32 = 10.0;
    /// Corner radius of fields and buttons.
    pub(crate) const RADIUS: u8 = 6;
    /// Font size of most text.
    pub(crate) const TEXT: f32 = 13.5;
    /// Font size of notes under a field and of the status bar.
    pub(crate) const SMALL: f32 = 12.0;
    /// Font size of the text of a lesson's step: large enough to read from the last row of a classroom.
    pub(crate) const LESSON: f32 = 16.0;
    /// The height that the lesson bar may take even in a short window.
    pub(crate) const MIN_LESSON: f32 = 164.0;
    /// Font size of log entries, code and bytes.
    pub(crate) const MONO: f32 = 12.5;
}

/// The colors of one theme, named by what they are for.
#[derive(Debug)]
pub(super) struct Palette {
    /// Background of bars, the form and the details of a selected row.
    pub(super) panel: Color32,
    /// Background of the log and the other tabs.
    pub(super) canvas: Color32,
    /// Background of fields and buttons.
    pub(super) field: Color32,
    /// Background of fields and buttons under the pointer.
    pub(super) field_hover: Color32,
    /// Lines between areas.
    pub(super) border: Color32,
    /// Outlines of fields and buttons, a switch that is off, the grip of a splitter.
    pub(super) border_strong: Color32,
    /// Primary text.
    pub(super) text: Color32,
    /// Secondary text: labels, times, hints.
    pub(super) muted: Color32,
    /// The app's color, for controls that are on, selected or focused.
    pub(super) accent: Color32,
    /// A background in the app's color.
    pub(super) accent_soft: Color32,
    /// Background of the start button, and of the start button under the pointer. The first one is also the background
    /// of selected text in a field.
    pub(super) start: [Color32; 2],
    /// Text of the start button and of selected text; the knob of a switch.
    pub(super) on_strong: Color32,
    /// Success.
    pub(super) good: Color32,
    /// A warning.
    pub(super) caution: Color32,
    /// An error.
    pub(super) problem: Color32,
    /// Background of an error.
    pub(super) problem_soft: Color32,
    /// Background of a row under the pointer.
    pub(super) row_hover: Color32,
    /// Background of a selected row.
    pub(super) row_selected: Color32,
    /// The colors of clients, by number; more clients reuse them in order. Also for TLS record kinds and Python
    /// keywords.
    pub(super) clients: [Color32; 6],
    /// Dims the window behind a dialog.
    pub(super) veil: Color32,
}

static LIGHT: Palette = Palette::new(false);
static DARK: Palette = Palette::new(true);

impl Palette {
    /// Returns the palette of a theme. Each color is given first for the light theme, then for the dark one.
    #[expect(clippy::unreadable_literal, reason = "colors as in CSS: 0xrrggbb")]
    const fn new(dark: bool) -> Self {
        const fn rgb(dark: bool, light_color: u32, dark_color: u32) -> Color32 {
            let [_, red, green, blue] = if dark { dark_color } else { light_color }.to_be_bytes();
            Color32::from_rgb(red, green, blue)
        }
        Self {
            panel: rgb(dark, 0xf9fafb, 0x1a1e25),
            canvas: rgb(dark, 0xffffff, 0x14171c),
            field: rgb(dark, 0xf0f2f5, 0x232933),
            field_hover: rgb(dark, 0xe8ebf0, 0x2b323e),
            border: rgb(dark, 0xe2e4ea, 0x2b313a),
            border_strong: rgb(dark, 0x7f8795, 0x747e8e),
            text: rgb(dark, 0x1b1f26, 0xe6e9ee),
            muted: rgb(dark, 0x5b6371, 0x969eab),
            accent: rgb(dark, 0x09706c, 0x2fbeb2),
            accent_soft: rgb(dark, 0xd9f0ef, 0x123736),
            start: [rgb(dark, 0x0d7c77, 0x10807a), rgb(dark, 0x0a6c68, 0x117671)],
            on_strong: rgb(dark, 0xffffff, 0xffffff),
            good: rgb(dark, 0x1e7030, 0x62be70),
            caution: rgb(dark, 0x8c4c00, 0xe6a352),
            problem: rgb(dark, 0xb8202e, 0xf5747c),
            problem_soft: rgb(dark, 0xfce8e9, 0x3e1e24),
            row_hover: rgb(dark, 0xebeef2, 0x242a34),
            row_selected: rgb(dark, 0xe2f2f1, 0x17302f),
            clients: [
                rgb(dark, 0x09706c, 0x2fbeb2),
                rgb(dark, 0x6846be, 0xb298fa),
                rgb(dark, 0x965006, 0xe69a58),
                rgb(dark, 0x1c5cb8, 0x70acfa),
                rgb(dark, 0xa8246a, 0xf084ba),
                rgb(dark, 0x386c1c, 0x84c870),
            ],
            veil: Color32::from_black_alpha(if dark { 140 } else { 90 }),
        }
    }

    /// Returns the colors of the current theme.
    pub(super) fn of(ui: &Ui) -> &'static Self {
        Self::for_theme(ui.visuals().dark_mode)
    }

    /// Returns the colors of the dark or the light theme.
    pub(super) fn for_theme(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// Returns the color of the client with this number.
    pub(super) fn client(&self, id: u64) -> Color32 {
        let count = self.clients.len() as u64;
        usize::try_from(id.saturating_sub(1) % count).map_or(self.text, |index| self.clients[index])
    }

    /// Returns the outline of the widget that has the keyboard focus.
    pub(super) fn focus_ring(&self) -> Stroke {
        Stroke::new(2.0, self.accent)
    }
}

/// Returns the font of most text.
pub(super) fn text() -> FontId {
    FontId::proportional(size::TEXT)
}

/// Returns the font of notes and counters.
pub(super) fn small() -> FontId {
    FontId::proportional(size::SMALL)
}

/// The font family of headings and of the start button.
const SEMIBOLD: &str = "semibold";

/// Returns the font of headings and the selected tab, in a given size.
pub(super) fn strong(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(SEMIBOLD.into()))
}

/// Returns a text in bold type, for titles.
pub(super) fn bold(text: impl Into<String>) -> RichText {
    RichText::new(text).font(strong(size::TEXT))
}

/// Returns the font of bytes, times and addresses.
pub(super) fn mono() -> FontId {
    FontId::monospace(size::MONO)
}

/// Installs the fonts and both themes.
pub(super) fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Light, Theme::Dark] {
        ctx.set_style_of(theme, Arc::new(style(theme)));
    }
}

/// Returns Inter for text and `JetBrains` Mono for bytes and log entries. egui's own fonts supply the few characters
/// that these lack.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        ("Inter", include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        ("Inter SemiBold", include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
        ("JetBrains Mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular-NoLigatures.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), fallback);
    for (family, first) in [
        (FontFamily::Proportional, "Inter"),
        (FontFamily::Name(SEMIBOLD.into()), "Inter SemiBold"),
        (FontFamily::Monospace, "JetBrains Mono"),
    ] {
        fonts.families.entry(family).or_default().insert(0, first.to_owned());
    }
    fonts
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
    // The fade at the edge of a scroll area is no higher than the space below the last line, so that it covers no text.
    style.spacing.scroll.fade.size = size::GAP;
    style
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let base = if theme == Theme::Dark { Visuals::dark() } else { Visuals::light() };
    let mut visuals = Visuals {
        panel_fill: palette.panel,
        window_fill: palette.panel,
        window_stroke: Stroke::new(1.0, palette.border),
        extreme_bg_color: palette.field,
        weak_text_color: Some(palette.muted),
        // Disabled text is dimmer than any other text, and still readable.
        disabled_alpha: if theme == Theme::Dark { 0.54 } else { 0.64 },
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
        inactive: state(palette.field, line(palette.border_strong), palette.text),
        hovered: state(palette.field_hover, line(palette.muted), palette.text),
        active: state(palette.field_hover, Stroke::new(2.0, palette.accent), palette.text),
        open: state(palette.field_hover, line(palette.muted), palette.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the relative luminance of a color (WCAG 2.2).
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
    fn text_has_contrast_of_4_5_in_both_themes() {
        for (name, p) in [("light", &LIGHT), ("dark", &DARK)] {
            let plain = [p.panel, p.canvas, p.field, p.field_hover, p.row_hover, p.row_selected];
            let mut pairs = vec![
                ("on_strong", p.on_strong, p.start[0]),
                ("on_strong", p.on_strong, p.start[1]),
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
                pairs.extend(p.clients.map(|client| ("client", client, ground)));
            }
            for ground in [p.canvas, p.row_selected, p.accent_soft] {
                let code = [p.clients[1], p.good, p.muted, p.caution];
                pairs.extend(code.map(|color| ("code", color, ground)));
            }
            pairs.extend([
                ("good", p.good, p.panel),
                ("caution", p.caution, p.panel),
                ("caution", p.caution, p.canvas),
            ]);
            for (role, color, ground) in pairs {
                let ratio = contrast(color, ground);
                assert!(ratio >= 4.5, "{name}: {role} {color:?} on {ground:?} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn edges_of_controls_and_selected_text_have_contrast_of_3_in_both_themes() {
        for (name, theme, p) in [("light", Theme::Light, &LIGHT), ("dark", Theme::Dark, &DARK)] {
            let widgets = style(theme).visuals.widgets;
            let mut pairs = vec![("selected text", p.start[0], p.field)];
            for ground in [p.panel, p.canvas, p.field] {
                pairs.extend([
                    ("edge", widgets.inactive.bg_stroke.color, ground),
                    ("edge under the pointer", widgets.hovered.bg_stroke.color, ground),
                    ("focus ring", p.focus_ring().color, ground),
                ]);
            }
            for (what, color, ground) in pairs {
                let ratio = contrast(color, ground);
                assert!(ratio >= 3.0, "{name}: {what} {color:?} on {ground:?} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn disabled_text_is_readable_and_dimmer_than_labels() {
        for (theme, p) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
            let alpha = style(theme).visuals.disabled_alpha;
            let faded = |color| p.panel.lerp_to_gamma(color, alpha);
            let label = contrast(p.muted, p.panel);
            for ground in [p.panel, p.field] {
                let disabled = contrast(faded(p.text), faded(ground));
                assert!((4.5..label).contains(&disabled), "{theme:?}: {disabled:.2} and {label:.2}");
            }
        }
    }

    #[test]
    fn row_under_the_pointer_stands_out_in_both_themes() {
        for p in [&LIGHT, &DARK] {
            let ratio = contrast(p.row_hover, p.canvas);
            assert!(ratio >= 1.15, "{:?} has {ratio:.2}", p.row_hover);
        }
    }

    #[test]
    fn client_colors_repeat_after_the_last() {
        assert_eq!(LIGHT.client(1), LIGHT.clients[0]);
        assert_eq!(LIGHT.client(7), LIGHT.clients[0]);
        assert_ne!(LIGHT.client(1), LIGHT.client(2));
    }

    #[test]
    fn fonts_have_a_glyph_for_every_character_of_the_window() {
        let ctx = Context::default();
        install(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |_| {});
        output.textures_delta.clear();
        for family in [FontFamily::Proportional, FontFamily::Monospace, FontFamily::Name(SEMIBOLD.into())] {
            for character in "aZ09 ↓↑←→↵·…“”’µ−".chars() {
                let id = FontId::new(14.0, family.clone());
                assert!(
                    ctx.fonts_mut(|fonts| fonts.has_glyph(&id, character)),
                    "{family:?} lacks {character}"
                );
            }
        }
    }
}
