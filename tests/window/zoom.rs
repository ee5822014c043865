//! The zoom is saved, so that a projector needs it set only once.

use echoscope::settings::Settings;

use crate::harness::Window;

#[test]
fn zoom_is_restored_and_saved() {
    let mut window = Window::with_settings(Settings { zoom: 150, ..Settings::default() });
    assert!((window.0.ctx.zoom_factor() - 1.5).abs() < 0.001, "{}", window.0.ctx.zoom_factor());
    assert_eq!(window.app().settings().zoom, 150);
    window.0.ctx.set_zoom_factor(0.8);
    window.run();
    window.run();
    assert_eq!(window.app().settings().zoom, 80);
}
