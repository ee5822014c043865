//! Words where there is no window to say them in, and no terminal either.

use rfd::{MessageDialog, MessageLevel};

/// Shows an error in a box of the system's own, and waits until it is closed.
pub fn message_box(error: &str) {
    MessageDialog::new().set_level(MessageLevel::Error).set_title("Echoscope").set_description(error).show();
}
