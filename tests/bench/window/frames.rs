//! The cost of a frame with a million entries compared with a thousand: at the end, in the middle, with a filter.

use egui::Event;

use super::headless::Headless;
use super::report::{Rounds, at_most, median, milliseconds};

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
const GOAL: f64 = 1.2;
/// The number of frames in one measurement.
const FRAMES: usize = 40;

pub(crate) fn run(rounds: Rounds) {
    println!("One frame with {MANY} entries, as a ratio to one with {FEW}");
    let (mut few, mut many) = (Headless::with_entries(FEW), Headless::with_entries(MANY));
    compare("following the end", rounds, &mut few, &mut many);
    for window in [&mut few, &mut many] {
        window.scroll_to_middle();
        assert!(window.shows("new entries ↓") || !window.shows("0000999"), "it is not in the middle");
    }
    compare("in the middle", rounds, &mut few, &mut many);
    for window in [&mut few, &mut many] {
        window.focus_filter();
        window.frame(vec![Event::Text("items 7".to_owned())]);
        window.run_until_idle();
        assert!(!window.shows("No entry matches the filter"));
    }
    compare("with a filter on", rounds, &mut few, &mut many);
}

fn compare(what: &str, rounds: Rounds, few: &mut Headless, many: &mut Headless) {
    let (mut ratios, mut least) = (Vec::new(), Vec::new());
    for _ in 0..rounds.of(9) {
        let (one, other) = (median_cost(few), median_cost(many));
        ratios.push(other / one);
        least.push(one);
    }
    let more = format!("({:.2} ms with few; {} shapes and {})", median(least), few.shapes(), many.shapes());
    at_most(what, median(ratios), GOAL, &more);
}

/// Returns the median cost of a frame, in milliseconds of processor time if the OS reports it.
fn median_cost(window: &mut Headless) -> f64 {
    let frame = |_| {
        let took = window.frame(Vec::new());
        milliseconds(took.processor.unwrap_or(took.wall))
    };
    median((0..FRAMES).map(frame).collect())
}
