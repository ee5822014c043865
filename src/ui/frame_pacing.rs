//! How soon events may cause the next frame. Without a GPU a frame takes many milliseconds of the processor, which the
//! echo lacks meanwhile: the more a frame costs, the fewer frames a stream of events causes. A frame that egui draws
//! because of input isn't delayed.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use egui::{Context, Id};

use crate::platform::processor_time::{RasterThreads, thread_time};
use crate::sync::lock;

/// The part of the machine's processor time that frames caused by events may take: one part in this many.
const SHARE: u32 = 30;
/// The minimum time between two frames that events cause.
const MIN_INTERVAL: Duration = Duration::from_millis(33);
/// The maximum time between two frames that events cause, whatever they cost.
const MAX_INTERVAL: Duration = Duration::from_millis(500);
/// How long after an event its frame is drawn at the earliest, so that the events that follow at once share it.
const SETTLE_TIME: Duration = Duration::from_millis(10);
/// How much earlier than requested a frame may begin.
const TOLERANCE: Duration = Duration::from_millis(2);

/// Computes when the next frame may be drawn, from what the last ones cost.
#[derive(Debug)]
pub(super) struct FramePacing {
    cores: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the last frame was not drawn, because the window is hidden.
    is_hidden: bool,
    /// The processor time that a frame takes, as a moving average.
    cost: Duration,
    /// When the last frame that events caused began.
    last: Option<Instant>,
    /// When the next one is due, if there were events since the last frame.
    due: Option<Instant>,
}

impl State {
    fn interval(&self, cores: u32) -> Duration {
        (self.cost * SHARE / cores).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }
}

impl Default for FramePacing {
    /// Returns the pacing for this machine.
    fn default() -> Self {
        let cores =
            thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
        Self { cores, state: Mutex::default() }
    }
}

impl FramePacing {
    /// Returns how long after `now` the next frame is due that shows an event of this moment. The first event after a
    /// quiet time is shown nearly at once.
    pub(super) fn delay(&self, now: Instant) -> Duration {
        let mut state = lock(&self.state);
        let earliest = now + SETTLE_TIME;
        let paced = state.last.map_or(earliest, |last| earliest.max(last + state.interval(self.cores)));
        let due = *state.due.get_or_insert(paced);
        // For a delay of zero egui draws two frames.
        due.saturating_duration_since(now).max(Duration::from_millis(1))
    }

    /// Returns the minimum time between two frames that events cause.
    fn interval(&self) -> Duration {
        lock(&self.state).interval(self.cores)
    }

    /// Returns whether the window was hidden in the last frame, so that nothing was drawn.
    pub(super) fn is_hidden(&self) -> bool {
        lock(&self.state).is_hidden
    }

    /// Notes that a frame begins, which shows all events up to now, and what the last one has cost if it was drawn.
    fn begin_frame(&self, now: Instant, cost: Option<Duration>) {
        let mut state = lock(&self.state);
        if state.due.take().is_some_and(|due| due <= now + TOLERANCE) {
            state.last = Some(now);
        }
        if let Some(cost) = cost {
            // A single expensive frame counts little: the renderer compiles its shaders in the first frames.
            let weight = if cost < state.cost { 4 } else { 8 };
            state.cost = (state.cost * (weight - 1) + cost) / weight;
        }
    }
}

/// Measures what frames cost, on the window's thread.
#[derive(Debug, Default)]
pub(super) struct FrameMeter {
    pacing: Arc<FramePacing>,
    /// Whether the renderer draws on the processor.
    is_software: bool,
    /// The renderer's threads; `None` until the first frame has been drawn.
    threads: Option<RasterThreads>,
    /// The processor time before the current frame was laid out: of this thread, and of the renderer's.
    before: Option<[Option<Duration>; 2]>,
}

impl FrameMeter {
    /// Returns a meter that reports to `pacing`.
    pub(super) fn new(pacing: Arc<FramePacing>, is_software: bool) -> Self {
        Self { pacing, is_software, ..Self::default() }
    }

    /// Must be called at the beginning of each pass. `wall_time` is what the last frame took by the clock.
    pub(super) fn begin_frame(&mut self, ctx: &Context, wall_time: Option<f32>) {
        if ctx.current_pass_index() > 0 {
            return;
        }
        let before = self.before.take();
        lock(&self.pacing.state).is_hidden = before.is_none();
        let cost = before.and_then(|before| self.cost_since(before, wall_time));
        self.pacing.begin_frame(Instant::now(), cost);
        let interval = self.pacing.interval();
        ctx.data_mut(|data| data.insert_temp(interval_id(), interval));
    }

    /// Must be called before a frame is laid out. Not called while the window is hidden.
    pub(super) fn begin_drawing(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.times());
        }
    }

    fn times(&self) -> [Option<Duration>; 2] {
        [thread_time(), self.threads.as_ref().and_then(RasterThreads::time)]
    }

    /// Returns the processor time that a frame took.
    fn cost_since(&mut self, before: [Option<Duration>; 2], wall_time: Option<f32>) -> Option<Duration> {
        if self.is_software && self.threads.is_none() {
            self.threads = Some(RasterThreads::find());
            return None;
        }
        let after = self.times();
        let took = |index: usize| Some(after[index]?.saturating_sub(before[index]?));
        let own = took(0).or_else(|| Duration::try_from_secs_f32(wall_time?).ok())?;
        // If the renderer's threads can't be measured, each core may have drawn all the time.
        let all = if self.is_software { own * self.pacing.cores } else { own };
        Some(took(1).map_or(all, |raster| own + raster))
    }
}

fn interval_id() -> Id {
    Id::unique("time between frames that events cause")
}

/// Requests a repaint after `delay`, or later if frames are expensive. For state of the server that is read only while
/// a frame is drawn.
pub(super) fn repaint_after(ctx: &Context, delay: Duration) {
    let interval = ctx.data(|data| data.get_temp::<Duration>(interval_id())).unwrap_or_default();
    ctx.request_repaint_after(delay.max(interval));
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Duration = Duration::from_millis(12);

    /// Returns the pacing of a machine after many frames that cost `cost` each.
    fn pacing(cores: u32, cost: Duration) -> FramePacing {
        FramePacing { cores, state: Mutex::new(State { cost, ..State::default() }) }
    }

    /// Sends an event every millisecond, draws the frames that are due, and returns how many that are in a second.
    fn frames(pacing: &FramePacing, start: Instant, cost: Duration) -> u32 {
        let (mut due, mut frames) = (None, 0);
        for now in (0..1000).map(|millis| start + Duration::from_millis(millis)) {
            if due.is_some_and(|due| due <= now) {
                pacing.begin_frame(now, Some(cost));
                frames += 1;
                due = None;
            }
            due.get_or_insert(now + pacing.delay(now));
        }
        frames
    }

    #[test]
    fn stream_of_events_takes_its_share_of_the_machine() {
        for (cores, cost) in [(1, 10), (2, 12), (4, 20), (8, 30)] {
            let cost = Duration::from_millis(cost);
            let drawn = cost * frames(&pacing(cores, cost), Instant::now(), cost);
            let share = Duration::from_secs(1) * cores / SHARE;
            assert!(drawn <= share + cost && drawn + cost * 2 >= share, "{drawn:?} of {share:?}");
        }
    }

    #[test]
    fn rate_of_frames_has_limits() {
        let start = Instant::now();
        let cheap = frames(&pacing(8, Duration::from_micros(300)), start, Duration::from_micros(300));
        assert!((28..=31).contains(&cheap), "{cheap}");
        let second = Duration::from_secs(1);
        assert_eq!(frames(&pacing(1, second), start, second), 2);
    }

    #[test]
    fn first_event_after_a_quiet_time_is_shown_at_once() {
        let (pacing, start) = (pacing(1, COST), Instant::now());
        assert_eq!(pacing.delay(start), SETTLE_TIME);
        let drawn = start + SETTLE_TIME;
        pacing.begin_frame(drawn, Some(COST));
        assert_eq!(pacing.delay(drawn), COST * SHARE);
        pacing.begin_frame(drawn + COST * SHARE, Some(COST));
        assert_eq!(pacing.delay(drawn + COST * SHARE * 2), SETTLE_TIME);
    }

    #[test]
    fn frame_for_input_does_not_delay_the_events_that_it_causes() {
        let (pacing, start) = (pacing(1, COST), Instant::now());
        pacing.begin_frame(start, Some(COST));
        assert_eq!(pacing.delay(start), SETTLE_TIME);
        // A frame for input shows the waiting events early. It doesn't count as one that they caused.
        pacing.begin_frame(start, Some(COST));
        assert_eq!(pacing.delay(start), SETTLE_TIME);
    }

    #[test]
    fn requests_for_one_frame_do_not_postpone_it() {
        let (pacing, start) = (pacing(1, COST), Instant::now());
        pacing.delay(start);
        let later = start + Duration::from_millis(6);
        assert_eq!(pacing.delay(later), SETTLE_TIME.checked_sub(Duration::from_millis(6)).unwrap());
        assert!(pacing.delay(start + Duration::from_secs(9)) > Duration::ZERO);
    }

    #[test]
    fn cost_follows_the_frames_but_not_a_single_one() {
        let (pacing, start) = (pacing(2, COST), Instant::now());
        pacing.begin_frame(start, Some(COST * 12));
        assert!(pacing.interval() < MAX_INTERVAL, "{:?}", pacing.interval());
        for _ in 0..6 {
            pacing.begin_frame(start, Some(COST));
        }
        assert!(pacing.interval() < COST * SHARE, "{:?}", pacing.interval());
        for _ in 0..40 {
            pacing.begin_frame(start, Some(COST * 3));
        }
        assert!(pacing.interval() > COST * SHARE * 5 / 4, "{:?}", pacing.interval());
    }
}
