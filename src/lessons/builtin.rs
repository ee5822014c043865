//! The lessons that come with the app.

use std::sync::{Arc, LazyLock};

use crate::lessons::lesson::Lesson;

const TEXTS: [&str; 7] = [
    include_str!("../../assets/lessons/1-first-echo.toml"),
    include_str!("../../assets/lessons/2-backlog.toml"),
    include_str!("../../assets/lessons/3-stream.toml"),
    include_str!("../../assets/lessons/4-who-hangs-up.toml"),
    include_str!("../../assets/lessons/5-certificate.toml"),
    include_str!("../../assets/lessons/6-eavesdropper.toml"),
    include_str!("../../assets/lessons/7-hundred-clients.toml"),
];

/// Returns the built-in lessons, in the order in which they build on each other.
#[must_use]
pub fn builtin_lessons() -> &'static [Arc<Lesson>] {
    static LESSONS: LazyLock<Vec<Arc<Lesson>>> = LazyLock::new(|| {
        let parse = |text| Arc::new(Lesson::parse(text).expect("a test parses every built-in lesson"));
        TEXTS.into_iter().map(parse).collect()
    });
    &LESSONS
}
