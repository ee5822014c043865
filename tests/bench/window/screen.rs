//! An invisible screen: an `Xvfb` whose pixels are in a file, so that they can be read without a request to it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a measured program may take to show something.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running X server, which is killed on drop.
pub(crate) struct Screen {
    server: Child,
    /// The value for `DISPLAY`.
    pub(crate) name: String,
    pixels: File,
    start: u64,
    line: u64,
    _folder: tempfile::TempDir,
}

impl Screen {
    /// Opens a screen of 1280 × 800 on a free display. Returns `None`, and prints the reason, if `Xvfb` isn't
    /// installed.
    pub(crate) fn open() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "+extension", "GLX", "-nolisten", "tcp"])
            .arg("-fbdir")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut server) = server else {
            println!("  skipped: Xvfb is not installed");
            return None;
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let pixels = File::open(folder.path().join("Xvfb_screen0")).unwrap();
        // The file is in the XWD format (XWDFile.h). It begins with 25 numbers: the 1st is the size of the
        // header, the 13th that of a line, and the 20th the number of colors, which are 12 bytes each and
        // precede the pixels.
        let mut header = [0; 100];
        (&pixels).read_exact(&mut header).unwrap();
        let field =
            |index: usize| u64::from(u32::from_be_bytes(header[index * 4..][..4].try_into().unwrap()));
        let (start, line) = (field(0) + field(19) * 12, field(12));
        let name = format!(":{}", number.trim());
        Some(Self { server, name, pixels, start, line, _folder: folder })
    }

    /// Returns `count` lines of pixels, starting at `y`.
    pub(crate) fn lines(&self, y: u64, count: u64) -> Vec<u8> {
        let mut pixels = vec![0; usize::try_from(self.line * count).unwrap()];
        (&self.pixels).seek(SeekFrom::Start(self.start + y * self.line)).unwrap();
        (&self.pixels).read_exact(&mut pixels).unwrap();
        pixels
    }

    /// Returns whether the screen isn't all black.
    pub(crate) fn is_painted(&self) -> bool {
        // Red, green and blue; the fourth byte has no meaning.
        [100, 300, 500, 700].iter().any(|y| self.lines(*y, 1).chunks(4).any(|pixel| pixel[..3] != [0, 0, 0]))
    }

    /// Waits until something is painted or, with `false`, until the screen is black.
    pub(crate) fn wait_painted(&self, painted: bool) {
        let deadline = Instant::now() + PATIENCE;
        while self.is_painted() != painted {
            assert!(Instant::now() < deadline, "waited in vain for painted = {painted}");
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A program with its window on a screen, which is killed on drop.
pub(crate) struct Shown(pub(crate) Child);

impl Shown {
    /// Starts the program without saved settings.
    pub(crate) fn start(mut command: Command, screen: &Screen, home: &std::path::Path) -> Self {
        let command = command
            .env("DISPLAY", &screen.name)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
