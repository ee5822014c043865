//! The tabs in the center of the window: one of them, or in a wide window two side by side, with a splitter between.

use egui::{
    CursorIcon, EventFilter, Id, Key, Memory, Modifiers, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo,
    accesskit, vec2,
};

use crate::lessons::condition::LessonPlace;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::{focus_ring, focused_at, grip};

/// The smallest width of each side.
const MIN_SIDE: f32 = 380.0;
/// The width of the splitter.
const SPLITTER: f32 = 9.0;
/// The smallest and the largest share of the left side, in thousandths.
const MIN_SHARE: u16 = 200;
const MAX_SHARE: u16 = 800;
/// How far an arrow key moves the splitter, in thousandths.
const STEP: u16 = 25;

/// One of two tabs side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Left,
    Right,
}

/// A tab in view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// The side; `None` if the view isn't split.
    pub(super) side: Option<Side>,
    pub(super) tab: LessonPlace,
    /// Whether the keys act on this view.
    pub(super) is_in_use: bool,
    pub(super) area: Rect,
}

/// Which tabs are shown, and where.
#[derive(Debug)]
pub(super) struct SplitView {
    /// The tabs of the left and the right side. A view that isn't split shows the tab of the side that was used last.
    tabs: [LessonPlace; 2],
    used: Side,
    is_split: bool,
    /// The share of the left side while the splitter is dragged, in thousandths.
    dragged: Option<u16>,
    /// The widget with the keyboard focus in the last frame.
    focused: Option<Id>,
}

impl SplitView {
    /// Returns a view of this tab, with another one beside it if the window is wide enough: by default the Client tab on
    /// the left.
    pub(super) fn new(tab: LessonPlace) -> Self {
        let is_client = tab == LessonPlace::Client;
        Self {
            tabs: [LessonPlace::Client, if is_client { LessonPlace::Live } else { tab }],
            used: if is_client { Side::Left } else { Side::Right },
            is_split: false,
            dragged: None,
            focused: None,
        }
    }

    /// Returns the tab on the side that was used last.
    pub(super) fn current(&self) -> LessonPlace {
        self.tabs[self.used as usize]
    }

    /// Returns the side that was used last; `None` if the view isn't split.
    pub(super) fn side(&self) -> Option<Side> {
        self.is_split.then_some(self.used)
    }

    /// Returns whether a tab is in view.
    pub(super) fn shows(&self, tab: LessonPlace) -> bool {
        if self.is_split { self.tabs.contains(&tab) } else { self.current() == tab }
    }

    /// Brings a tab into view: the Client tab on the left side and any other one on the right side, unless it is in
    /// view already.
    pub(super) fn open(&mut self, tab: LessonPlace) {
        let side = match self.tabs.iter().position(|shown| *shown == tab) {
            Some(0) => Side::Left,
            None if tab == LessonPlace::Client => Side::Left,
            _ => Side::Right,
        };
        self.tabs[side as usize] = tab;
        self.used = side;
    }

    /// Shows a tab on a side: if the other side shows it, the two tabs change places. Without a side, uses the tab where
    /// it is shown, or else shows it on the side that was used last.
    pub(super) fn choose(&mut self, side: Option<Side>, tab: LessonPlace) {
        if !self.is_split {
            return self.open(tab);
        }
        if side.is_none() && self.tabs.contains(&tab) {
            return self.open(tab);
        }
        self.used = side.unwrap_or(self.used);
        if self.tabs.contains(&tab) {
            if self.current() != tab {
                self.tabs.reverse();
            }
        } else {
            self.tabs[self.used as usize] = tab;
        }
    }

    /// Divides the available area, in a wide window among two sides. `share` is that of the left side. Returns the tabs
    /// in view, from left to right.
    pub(super) fn arrange(&mut self, ui: &Ui, share: u16) -> Vec<View> {
        let area = ui.available_rect_before_wrap();
        self.is_split = ui.ctx().content_rect().width() >= size::SPLIT_WINDOW;
        if !self.is_split {
            self.dragged = None;
            return vec![View { side: None, tab: self.current(), is_in_use: true, area }];
        }
        let share = f32::from(self.dragged.unwrap_or(share)) / 1000.0;
        let width = (area.width() * share).round().min(area.width() - SPLITTER - MIN_SIDE).max(MIN_SIDE);
        let x = area.left() + width;
        let sides = [(Side::Left, area.with_max_x(x)), (Side::Right, area.with_min_x(x + SPLITTER))];
        let used = position_of_use(ui, &mut self.focused);
        if let Some((side, _)) = sides.iter().find(|(_, area)| used.is_some_and(|at| area.contains(at))) {
            self.used = *side;
        }
        let view = |(side, area)| View {
            side: Some(side),
            tab: self.tabs[side as usize],
            is_in_use: side == self.used,
            area,
        };
        sides.map(view).to_vec()
    }

    /// Shows the splitter between two sides, which the mouse or the arrow keys move. Returns the new share of the left
    /// side once it is to be saved.
    pub(super) fn show_splitter(&mut self, ui: &Ui, left: Rect, right: Rect) -> Option<u16> {
        let rect = Rect::from_x_y_ranges(left.right()..=right.left(), left.y_range());
        let sense = Sense::CLICK | Sense::DRAG | Sense::FOCUSABLE;
        let response = ui.interact(rect, Id::unique("splitter"), sense);
        let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
        let total = left.union(right);
        let share = thousandths((left.width() / total.width()).clamp(0.0, 1.0));
        response
            .widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Move the border between the tabs"));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_orientation(accesskit::Orientation::Vertical);
            node.set_numeric_value(f64::from(share) / 10.0);
            node.add_action(accesskit::Action::Decrement);
            node.add_action(accesskit::Action::Increment);
        });
        let palette = Palette::of(ui);
        ui.painter().rect_filled(rect, 0.0, palette.panel);
        for x in [rect.left() + 0.5, rect.right() - 0.5] {
            ui.painter().vline(x, rect.y_range(), (1.0, palette.border));
        }
        grip(ui, rect.center(), vec2(3.0, 36.0), response.hovered() || response.dragged());
        focus_ring(ui, &response, rect.shrink(2.0), 2.0);
        if response.dragged()
            && let Some(at) = response.interact_pointer_pos()
        {
            let share = (at.x - SPLITTER / 2.0 - total.left()) / total.width();
            let share = Some(thousandths(share.clamp(0.0, 1.0)).clamp(MIN_SHARE, MAX_SHARE));
            if self.dragged != share {
                self.dragged = share;
                ui.ctx().request_repaint();
            }
        }
        if response.drag_stopped() {
            return self.dragged.take();
        }
        moved_by_keys(ui, &response, share)
    }
}

/// Returns where the user pressed the mouse button, or where the widget is to which the keyboard focus has moved.
/// `focused` is the widget that had it before.
fn position_of_use(ui: &Ui, focused: &mut Option<Id>) -> Option<Pos2> {
    let pressed = ui.input(|input| {
        let pointer = &input.pointer;
        pointer.any_pressed().then(|| pointer.interact_pos()).flatten()
    });
    // A press on a menu or a dialog is not one on the tab behind it.
    let has_dialog = ui.memory(|memory| memory.top_modal_layer().is_some());
    let is_covered = |at| has_dialog || ui.ctx().layer_id_at(at).is_some_and(|layer| layer != ui.layer_id());
    let now = ui.memory(Memory::focused);
    // A widget that is new has no place before the next frame.
    let moved_to = if now == *focused { None } else { focused_at(ui) };
    if now.is_none() || moved_to.is_some() {
        *focused = now;
    }
    pressed.filter(|at| !is_covered(*at)).or(moved_to)
}

/// Returns the new share of the left side if an arrow key was pressed while the splitter has the keyboard focus, or if a
/// screen reader moved it.
fn moved_by_keys(ui: &Ui, splitter: &Response, share: u16) -> Option<u16> {
    let has_focus = splitter.has_focus();
    if has_focus {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(splitter.id, filter));
    }
    let is_moved = |key, action| {
        ui.input_mut(|input| {
            (has_focus && input.consume_key(Modifiers::NONE, key))
                || input.has_accesskit_action_request(splitter.id, action)
        })
    };
    let moved = match (
        is_moved(Key::ArrowLeft, accesskit::Action::Decrement),
        is_moved(Key::ArrowRight, accesskit::Action::Increment),
    ) {
        (true, false) => share.saturating_sub(STEP),
        (false, true) => share + STEP,
        _ => return None,
    };
    Some(moved.clamp(MIN_SHARE, MAX_SHARE))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
fn thousandths(share: f32) -> u16 {
    (share * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use LessonPlace::{Client, Code, Live, Wire};

    use super::*;

    fn split() -> SplitView {
        SplitView { is_split: true, ..SplitView::new(Live) }
    }

    #[test]
    fn a_tab_that_the_other_side_shows_changes_places() {
        let mut view = split();
        view.choose(Some(Side::Right), Client);
        assert_eq!(view.tabs, [Live, Client]);
        view.choose(None, Wire);
        assert_eq!((view.tabs, view.side()), ([Live, Wire], Some(Side::Right)));
        view.choose(Some(Side::Left), Code);
        view.choose(None, Code);
        assert_eq!((view.tabs, view.current()), ([Code, Wire], Code));
    }

    #[test]
    fn tab_in_view_is_used_where_it_is_if_no_side_is_given() {
        let mut view = split();
        view.choose(None, Client);
        assert_eq!((view.tabs, view.side()), ([Client, Live], Some(Side::Left)));
        view.choose(None, Live);
        assert_eq!((view.tabs, view.side()), ([Client, Live], Some(Side::Right)));
    }

    #[test]
    fn opening_a_tab_keeps_the_client_on_the_left() {
        let mut view = split();
        view.choose(Some(Side::Left), Client);
        view.open(Wire);
        assert_eq!((view.tabs, view.current()), ([Client, Wire], Wire));
        view.open(Client);
        assert_eq!((view.tabs, view.current()), ([Client, Wire], Client));
    }

    #[test]
    fn a_narrow_window_shows_one_tab_and_forgets_none() {
        let mut view = SplitView::new(Live);
        assert!(view.shows(Live) && !view.shows(Client));
        view.choose(None, Client);
        assert!(view.shows(Client) && !view.shows(Live));
        view.choose(None, Code);
        view.is_split = true;
        assert_eq!(view.tabs, [Client, Code]);
    }
}
