//! The parts of a window: every control and every text, with its area and the part of it that is in view.
#![allow(dead_code, reason = "not every test program uses all of it")]

use std::collections::HashMap;

use egui::{LayerId, Rect, Role, WidgetRect, vec2};
use egui_kittest::kittest::{AccessKitNode, NodeT};

use super::harness::Window;

/// A control or a text.
pub(crate) struct Part<'a> {
    pub(crate) node: AccessKitNode<'a>,
    pub(crate) name: String,
    /// The whole area in points.
    pub(crate) rect: Rect,
    /// The area that isn't scrolled out of view.
    pub(crate) seen: Rect,
    pub(crate) layer: LayerId,
    /// Whether the part can be pressed or get the keyboard focus.
    pub(crate) acts: bool,
}

impl Part<'_> {
    pub(crate) fn role(&self) -> Role {
        self.node.role()
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.seen.width() > 1.0 && self.seen.height() > 1.0
    }

    /// Describes the part for the message of a failed assertion.
    pub(crate) fn description(&self) -> String {
        format!("{:?} “{}” at {}", self.role(), self.name, self.rect)
    }
}

/// Returns all parts of the last frame.
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

/// Sets the window's size in pixels and its zoom factor.
pub(crate) fn resize(window: &mut Window, pixels: [f32; 2], zoom: f32) {
    window.0.set_pixels_per_point(zoom);
    // The zoom takes effect in the next frame, in which egui scales the old size.
    window.run();
    let points = vec2(pixels[0], pixels[1]) / zoom;
    window.0.set_size(points);
    window.run();
    let room = window.0.ctx.content_rect().size();
    assert!((room - points).length() < 1.0, "the window has {room:?} points and not {points:?}");
}
