//! The data under the mouse pointer. Rows in other tabs about the same bytes of the connection are highlighted.

use std::ops::Range;

use egui::{Context, Id, Response};

use crate::server::event::ClientId;

/// A part of the data of a connection. An echo has the same positions as the data that it repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataRange {
    /// The connection.
    pub(super) connection: ClientId,
    /// The positions of the bytes in what the client sent, from 0.
    pub(super) bytes: Range<u64>,
}

impl DataRange {
    /// Returns the range of `len` bytes that begin at `offset`.
    pub(super) fn new(connection: ClientId, offset: u64, len: u64) -> Self {
        Self { connection, bytes: offset..offset.saturating_add(len) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.connection == other.connection
            && self.bytes.start < other.bytes.end
            && other.bytes.start < self.bytes.end
    }
}

#[derive(Debug, Clone, Default)]
struct Hovered {
    /// As of the last frame.
    shown: Option<DataRange>,
    /// As of this frame, as far as it is drawn.
    next: Option<DataRange>,
}

fn id() -> Id {
    Id::unique("hovered data")
}

/// Returns whether a row about `data` is highlighted: the pointer is over it or over a row about the same bytes.
pub(super) fn is_highlighted(response: &Response, data: Option<&DataRange>) -> bool {
    let Some(data) = data else { return response.hovered() };
    response.ctx.data_mut(|memory| {
        let hovered = memory.get_temp_mut_or_default::<Hovered>(id());
        if response.hovered() {
            hovered.next = Some(data.clone());
            return true;
        }
        hovered.shown.as_ref().is_some_and(|shown| shown.overlaps(data))
    })
}

/// Highlights what the pointer is over at the end of this frame. Draws another frame if that is something else.
pub(crate) fn end_frame(ctx: &Context) {
    let has_changed = ctx.data_mut(|memory| {
        let hovered = memory.get_temp_mut_or_default::<Hovered>(id());
        let before = std::mem::replace(&mut hovered.shown, hovered.next.take());
        before != hovered.shown
    });
    if has_changed {
        ctx.request_repaint();
    }
}
