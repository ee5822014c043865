//! The renderers that can draw the window on each OS.

use eframe::{NativeOptions, Renderer};

/// The renderers in the order in which to try them: OpenGL (glow), and wgpu with Direct3D or Metal. Windows often lacks
/// OpenGL, for example in a virtual machine; on macOS it is deprecated.
pub const RENDERERS: &[Renderer] = &[
    #[cfg(target_os = "macos")]
    Renderer::Wgpu,
    Renderer::Glow,
    #[cfg(windows)]
    Renderer::Wgpu,
];

/// Makes wgpu choose the graphics card that takes the least power.
pub fn save_power(options: &mut NativeOptions) {
    #[cfg(any(windows, target_os = "macos"))]
    if let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        setup.power_preference = eframe::wgpu::PowerPreference::LowPower;
    }
    #[cfg(not(any(windows, target_os = "macos")))]
    let _ = options;
}
