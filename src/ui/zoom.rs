//! The window's zoom, as it was left last time. egui itself reads the keys that change it.

use egui::Context;

/// Whether the window has got its remembered zoom, or is still waiting for it.
#[derive(Debug, Default)]
pub(super) struct ZoomMemory {
    /// Asked for in the first frame; egui zooms at the beginning of the next.
    asked: Option<u16>,
    begun: bool,
}

impl ZoomMemory {
    /// Zooms as `remembered` (percent) in the first frame. From then on returns what is to be remembered, where the user
    /// has zoomed.
    pub(super) fn follow(&mut self, ctx: &Context, remembered: u16) -> Option<u16> {
        let now = percent(ctx.zoom_factor());
        if !self.begun {
            self.begun = true;
            if now != remembered {
                self.asked = Some(remembered);
                ctx.set_zoom_factor(f32::from(remembered) / 100.0);
            }
            return None;
        }
        if self.asked.take_if(|asked| *asked == now).is_some() || self.asked.is_some() {
            return None;
        }
        (now != remembered).then_some(now)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "egui zooms from 0.2 to 5")]
fn percent(factor: f32) -> u16 {
    (factor * 100.0).round() as u16
}
