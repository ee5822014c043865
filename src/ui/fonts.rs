//! The typefaces: Inter for words, the monospaced one by `JetBrains` for bytes and log lines.
//!
//! egui's own fonts stay behind them for the few signs that these lack.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily};

/// The family for headings and for the one button that matters.
pub(super) const SEMIBOLD: &str = "semibold";

/// Makes the fonts known. They take effect with the next frame.
pub(super) fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

fn definitions() -> FontDefinitions {
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

#[cfg(test)]
mod tests {
    use super::*;
    use egui::FontId;

    #[test]
    fn every_sign_that_the_window_writes_has_a_glyph() {
        let ctx = Context::default();
        install(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |_| {});
        output.textures_delta.clear();
        for family in [FontFamily::Proportional, FontFamily::Monospace, FontFamily::Name(SEMIBOLD.into())] {
            for sign in "aZ09 ↓↑←→↵·…“”’µ−".chars() {
                let id = FontId::new(14.0, family.clone());
                assert!(ctx.fonts_mut(|fonts| fonts.has_glyph(&id, sign)), "{family:?} lacks {sign}");
            }
        }
    }
}
