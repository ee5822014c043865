//! Typing into the filter of a million entries: computing a frame may not take longer than a screen shows it.

use egui::Event;

use super::headless::Headless;
use super::report::{Rounds, at_most, median, milliseconds};

const MANY: u64 = 1_000_000;
/// The time of a frame on a screen with 60 frames a second, in milliseconds.
const FRAME_TIME: f64 = 16.0;
/// The text to type, which a few entries contain.
const TEXT: &str = "items/07654";
/// The number of frames between two letters of a fast typist, who needs about 100 ms for a letter.
const FRAMES_A_LETTER: usize = 6;

pub(crate) fn run(rounds: Rounds) {
    println!("Typing into the filter of {MANY} entries, worst frame as a ratio to {FRAME_TIME} ms");
    let mut window = Headless::with_entries(MANY);
    window.focus_filter();
    let at_rest = median((0..60).map(|_| milliseconds(window.frame(Vec::new()).wall)).collect());
    let (mut wall, mut processor, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds.of(5) {
        let mut frames = Vec::new();
        for letter in TEXT.chars() {
            frames.push(window.frame(vec![Event::Text(letter.to_string())]));
            frames.extend((0..FRAMES_A_LETTER).map(|_| window.frame(Vec::new())));
        }
        while window.is_busy() {
            frames.push(window.frame(Vec::new()));
        }
        assert!(window.shows("/07654"), "the entry that was looked for is not in view");
        // Deleting the text is measured, too.
        for _ in TEXT.chars() {
            frames.push(window.frame(vec![backspace()]));
            frames.extend((0..FRAMES_A_LETTER).map(|_| window.frame(Vec::new())));
        }
        while window.is_busy() {
            frames.push(window.frame(Vec::new()));
        }
        let worst = |times: &mut dyn Iterator<Item = f64>| times.fold(0.0, f64::max);
        wall.push(worst(&mut frames.iter().map(|took| milliseconds(took.wall))));
        let processor_time = frames.iter().map(|took| milliseconds(took.processor.unwrap_or(took.wall)));
        processor.push(worst(&mut processor_time.into_iter()));
        counts.push(frames.len() as f64);
    }
    let more = format!("({at_rest:.2} ms idle; {} frames a round)", median(counts));
    at_most("worst frame, on the processor", median(processor) / FRAME_TIME, 1.0, &more);
    at_most("worst frame, by the clock", median(wall) / FRAME_TIME, 1.0, "(other programs count here)");
}

fn backspace() -> Event {
    Event::Key {
        key: egui::Key::Backspace,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    }
}
