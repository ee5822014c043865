//! The lessons that come with the app.

use std::sync::{Arc, LazyLock};

use crate::lessons::Lesson;

const TEXTS: [&str; 7] = [
    include_str!("../../assets/lessons/1-first-echo.toml"),
    include_str!("../../assets/lessons/2-backlog.toml"),
    include_str!("../../assets/lessons/3-stream.toml"),
    include_str!("../../assets/lessons/4-who-hangs-up.toml"),
    include_str!("../../assets/lessons/5-certificate.toml"),
    include_str!("../../assets/lessons/6-eavesdropper.toml"),
    include_str!("../../assets/lessons/7-hundred-clients.toml"),
];

/// The lessons that come with the app, in the order in which they build on each other.
#[must_use]
pub fn shipped() -> &'static [Arc<Lesson>] {
    static LESSONS: LazyLock<Vec<Arc<Lesson>>> = LazyLock::new(|| {
        let read = |text| Arc::new(Lesson::parse(text).expect("a test reads every lesson that is built in"));
        TEXTS.into_iter().map(read).collect()
    });
    &LESSONS
}
