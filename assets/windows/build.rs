//! Adds the icon, the version and the manifest to the Windows program. Does nothing for other OSes.

use std::path::PathBuf;
use std::{env, io};

/// The program's name in Task Manager and in the file's properties.
const NAME: &str = "Echoscope";
/// American English (Windows language identifier).
const LANGUAGE: u16 = 0x0409;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets/windows");
    println!("cargo::rerun-if-changed=icons/echoscope.ico");
    // The target's OS: this script may run on another one.
    if env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|system| system != "windows") {
        return Ok(());
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let file = |name| root.join(name).display().to_string();
    winresource::WindowsResource::new()
        .set_language(LANGUAGE)
        .set("ProductName", NAME)
        .set("FileDescription", NAME)
        .set("InternalName", "echoscope")
        .set("OriginalFilename", "echoscope.exe")
        .set("Comments", env!("CARGO_PKG_DESCRIPTION"))
        .set("LegalCopyright", "Copyright (c) 2026 The Echoscope contributors. MIT License.")
        .set_icon(&file("icons/echoscope.ico"))
        .set_manifest_file(&file("assets/windows/echoscope.manifest"))
        .compile_for("echoscope")
        .map_err(|error| {
            let needed = "needed: rc.exe of the Windows SDK, or windres and ar of MinGW-w64";
            io::Error::new(error.kind(), format!("no Windows resource could be made ({needed}): {error}"))
        })
}
