//! The window without a screen: the real app, frame by frame, up to the triangles that a GPU would get.

use std::time::{Duration, Instant};

use echoscope::app::{App, Options};
use echoscope::ui::Window;
use eframe::App as _;
use egui::epaint::Shape;
use egui::{Context, Event, FullOutput, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};

use super::entries;

/// The window's initial size.
const SIZE: [f32; 2] = [1180.0, 760.0];
/// A point on the log's scroll bar, in the middle of the log.
const SCROLL_BAR: Pos2 = pos2(SIZE[0] - 6.0, 270.0);

pub(crate) struct Headless {
    ctx: Context,
    app: Window,
    frame: eframe::Frame,
    time: f64,
    shapes: usize,
    texts: Vec<String>,
}

/// The cost of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameCost {
    /// Wall-clock time.
    pub(crate) wall: Duration,
    /// Processor time, which excludes other programs, if the OS reports it.
    pub(crate) processor: Option<Duration>,
}

impl Headless {
    /// Opens a window with `count` entries in its log and runs it until it is idle.
    pub(crate) fn with_entries(count: u64) -> Self {
        let mut window =
            Self::open(App::with_log(entries::settings(), Options::default(), entries::entries(count)));
        window.press(Key::Num2);
        window
    }

    /// Opens a window with the Live tab in front, and runs it until it is idle.
    pub(crate) fn open(app: App) -> Self {
        let ctx = Context::default();
        let app = Window::new(&ctx, app);
        let frame = eframe::Frame::_new_kittest();
        let mut window = Self { ctx, app, frame, time: 0.0, shapes: 0, texts: Vec::new() };
        window.run_until_idle();
        window
    }

    /// Lays out a frame and creates its triangles; returns the cost.
    pub(crate) fn frame(&mut self, events: Vec<Event>) -> FrameCost {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE.into())),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (start, processor) = (Instant::now(), processor_time());
        let Self { ctx, app, frame, .. } = self;
        let mut output = ctx.run_ui(input, |ui| {
            app.logic(ui.ctx(), frame);
            app.ui(ui, frame);
        });
        output.textures_delta.clear();
        let FullOutput { shapes, pixels_per_point, .. } = output;
        let kept = shapes.clone();
        let triangles = self.ctx.tessellate(shapes, pixels_per_point);
        let took = FrameCost {
            wall: start.elapsed(),
            processor: processor_time().zip(processor).map(|(after, before)| after.saturating_sub(before)),
        };
        assert!(!triangles.is_empty());
        self.shapes = kept.len();
        self.texts.clear();
        for shape in kept {
            collect_texts(&shape.shape, &mut self.texts);
        }
        took
    }

    /// Runs frames until the window requests no more.
    pub(crate) fn run_until_idle(&mut self) {
        for _ in 0..5 {
            self.frame(Vec::new());
        }
        while self.ctx.requested_repaint_last_pass() {
            self.frame(Vec::new());
        }
    }

    /// Returns whether the window requests another frame at once.
    pub(crate) fn is_busy(&self) -> bool {
        self.ctx.requested_repaint_last_pass()
    }

    /// Clicks the middle of the log's scroll bar.
    pub(crate) fn scroll_to_middle(&mut self) {
        let button = |pressed| Event::PointerButton {
            pos: SCROLL_BAR,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Event::PointerMoved(SCROLL_BAR)]);
        self.frame(vec![button(true)]);
        self.frame(vec![button(false)]);
        self.frame(vec![Event::PointerMoved(SCROLL_BAR - vec2(600.0, 0.0))]);
        self.frame(vec![Event::PointerGone]);
        self.run_until_idle();
    }

    /// Moves the keyboard focus to the filter.
    pub(crate) fn focus_filter(&mut self) {
        self.press(Key::F);
    }

    /// Presses Ctrl and a key.
    pub(crate) fn press(&mut self, key: Key) {
        let modifiers = Modifiers::COMMAND;
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.frame(vec![event(true), event(false)]);
        self.run_until_idle();
    }

    pub(crate) fn app(&self) -> &App {
        self.app.app()
    }

    /// Returns the number of shapes in the last frame.
    pub(crate) fn shapes(&self) -> usize {
        self.shapes
    }

    /// Returns whether the last frame contains this text.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.texts.iter().any(|shown| shown.contains(text))
    }
}

fn collect_texts(shape: &Shape, texts: &mut Vec<String>) {
    match shape {
        Shape::Text(text) => texts.push(text.galley.job.text.clone()),
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect_texts(shape, texts)),
        _ => {}
    }
}

/// Returns this thread's processor time with nanosecond resolution (`clock_gettime(2)`).
#[cfg(target_os = "linux")]
fn processor_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Option<Duration> {
    None
}
