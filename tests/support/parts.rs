//! What a window is made of: every control and every word, where it stands, and how much of it is in view.
#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use std::collections::HashMap;

use egui::{LayerId, Rect, Role, WidgetRect, vec2};
use egui_kittest::kittest::{AccessKitNode, NodeT};

use super::harness::Window;

/// A control or a word.
pub(crate) struct Part<'a> {
    pub(crate) node: AccessKitNode<'a>,
    pub(crate) name: String,
    /// All of it, in points.
    pub(crate) rect: Rect,
    /// What of it is not scrolled out of view.
    pub(crate) seen: Rect,
    pub(crate) layer: LayerId,
    /// Whether it can be pressed, or given the keyboard.
    pub(crate) acts: bool,
}

impl Part<'_> {
    pub(crate) fn role(&self) -> Role {
        self.node.role()
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.seen.width() > 1.0 && self.seen.height() > 1.0
    }

    /// For the words of a failure.
    pub(crate) fn told(&self) -> String {
        format!("{:?} “{}” at {}", self.role(), self.name, self.rect)
    }
}

/// All parts of what the last frame showed.
pub(crate) fn parts(window: &Window) -> Vec<Part<'_>> {
    let places: HashMap<u64, WidgetRect> = window.0.ctx.viewport(|viewport| {
        let all = viewport.prev_pass.widgets.layers().flat_map(|(_, widgets)| widgets);
        all.map(|widget| (widget.id.value(), *widget)).collect()
    });
    let nodes = window.0.root().children_recursive().map(|node| node.accesskit_node());
    nodes
        .filter(|node| !node.is_hidden())
        .filter_map(|node| {
            let place = places.get(&node.locate().0.0)?;
            let name = node.label().or_else(|| node.value()).unwrap_or_default();
            let seen = place.interact_rect.intersect(window.0.ctx.content_rect());
            let acts = place.sense.senses_click() || place.sense.is_focusable();
            Some(Part { node, name, rect: place.rect, seen, layer: place.layer_id, acts })
        })
        .collect()
}

/// Makes the window so many pixels large and zooms it so far.
pub(crate) fn resize(window: &mut Window, pixels: [f32; 2], zoom: f32) {
    window.0.set_pixels_per_point(zoom);
    // The new zoom is taken in first: with it egui derives a size from the one before.
    window.run();
    let points = vec2(pixels[0], pixels[1]) / zoom;
    window.0.set_size(points);
    window.run();
    let room = window.0.ctx.content_rect().size();
    assert!((room - points).length() < 1.0, "the window has {room:?} points and not {points:?}");
}
