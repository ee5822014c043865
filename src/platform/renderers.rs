//! The renderers that can draw the window on each OS, and what they draw on.

use eframe::{CreationContext, NativeOptions, Renderer, glow};

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

/// The device that draws the window: a GPU, or the processor with a software renderer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DrawingDevice {
    /// The name by the driver, for example `llvmpipe (LLVM 15.0.6, 256 bits)`.
    pub(crate) name: String,
    /// Whether it draws on the processor.
    pub(crate) is_software: bool,
}

impl DrawingDevice {
    /// Returns the device of a window that was just created.
    pub(crate) fn of(creation: &CreationContext<'_>) -> Self {
        #[cfg(any(windows, target_os = "macos"))]
        if let Some(state) = &creation.wgpu_render_state {
            let adapter = state.adapter.get_info();
            let is_software =
                adapter.device_type == eframe::wgpu::DeviceType::Cpu || is_software(&adapter.name);
            return Self { name: adapter.name, is_software };
        }
        let name = creation.gl.as_deref().map_or_else(String::new, opengl_renderer);
        Self { is_software: is_software(&name), name }
    }
}

#[expect(unsafe_code, reason = "OpenGL has no safe wrapper")]
fn opengl_renderer(gl: &glow::Context) -> String {
    // SAFETY: the context is current while the window is created, and it has the parameter `GL_RENDERER`.
    unsafe { glow::HasContext::get_parameter_string(gl, glow::RENDERER) }
}

/// Returns whether the name of a device is that of a program that draws on the processor.
fn is_software(name: &str) -> bool {
    // Mesa's three; Google's; Microsoft's for Direct3D (WARP) and for OpenGL; Apple's.
    const NAMES: [&str; 7] = [
        "llvmpipe",
        "softpipe",
        "software rasterizer",
        "swiftshader",
        "microsoft basic render",
        "gdi generic",
        "apple software",
    ];
    let name = name.to_lowercase();
    NAMES.iter().any(|known| name.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_renderers_are_recognized_by_name() {
        for name in [
            "llvmpipe (LLVM 19.1.7, 256 bits)",
            "softpipe",
            "Software Rasterizer",
            "Google SwiftShader",
            "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
            "Microsoft Basic Render Driver",
            "GDI Generic",
            "Apple Software Renderer",
        ] {
            assert!(is_software(name), "{name}");
        }
        for name in [
            "Mesa Intel(R) UHD Graphics 620 (KBL GT2)",
            "AMD Radeon RX 6600 (radeonsi, navi23, LLVM 19.1.7, DRM 3.61)",
            "NVIDIA GeForce RTX 3060/PCIe/SSE2",
            "Apple M2",
            "virgl (AMD Radeon)",
            "SVGA3D; build: RELEASE;  LLVM;",
            "",
        ] {
            assert!(!is_software(name), "{name}");
        }
    }
}
