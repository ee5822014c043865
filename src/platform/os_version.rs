//! The name and the version of the OS, for a crash report.

use std::env::consts::ARCH;

/// Returns the name and version of the OS, as far as they are known, and the processor's architecture:
/// `Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64, x86_64`.
#[must_use]
pub(crate) fn os_version() -> String {
    format!("{}, {ARCH}", version())
}

#[cfg(target_os = "linux")]
fn version() -> String {
    // os-release(5); proc(5).
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, Linux {}", name.unwrap_or("unknown distribution").trim_matches('"'), kernel.trim())
}

#[cfg(target_os = "macos")]
fn version() -> String {
    let list =
        std::fs::read_to_string("/System/Library/CoreServices/SystemVersion.plist").unwrap_or_default();
    let value =
        list.split_once("<key>ProductVersion</key>").and_then(|(_, rest)| rest.split_once("<string>"));
    let version = value.and_then(|(_, rest)| rest.split_once("</string>"));
    format!("macOS {}", version.map_or("of an unknown version", |(version, _)| version))
}

#[cfg(all(windows, feature = "gui"))]
#[expect(unsafe_code, reason = "the call has no safe wrapper")]
fn version() -> String {
    use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
    use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
    let size = u32::try_from(size_of::<OSVERSIONINFOW>()).unwrap_or_default();
    let mut version = OSVERSIONINFOW { dwOSVersionInfoSize: size, ..OSVERSIONINFOW::default() };
    // SAFETY: the call fills the structure, whose size is in it.
    unsafe { RtlGetVersion(&raw mut version) };
    format!("Windows {}.{}.{}", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", all(windows, feature = "gui"))))]
fn version() -> String {
    std::env::consts::OS.to_owned()
}
