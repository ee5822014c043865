//! The fonts: Inter for text, `JetBrains` Mono for bytes and log entries. egui's own fonts supply the few characters that
//! they lack.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily};

/// The font family of headings and of the start button.
pub(super) const SEMIBOLD: &str = "semibold";

/// Installs the fonts, which take effect in the next frame.
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
