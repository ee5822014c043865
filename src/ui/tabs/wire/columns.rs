//! What stands where in a row, from left to right.

use egui::{Rangef, Rect};

/// Places in a row, in points on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ui) struct Columns {
    /// The right end of the row's number; `None` where there is no room for one.
    pub(in crate::ui) number: Option<f32>,
    /// The right end of the time.
    pub(in crate::ui) time: f32,
    /// The client's life line.
    pub(in crate::ui) client: f32,
    /// The server's life line.
    pub(in crate::ui) server: f32,
    /// What stands beside the server's life line; `None` where there is no room: it then goes between the lines.
    pub(in crate::ui) beside: Option<Rangef>,
}

/// From this width on rows are numbered.
const NUMBERED: f32 = 640.0;
/// From this width on something stands beside the life lines.
const WIDE: f32 = 560.0;
const NUMBER: f32 = 48.0;
const TIME: f32 = 84.0;

impl Columns {
    /// The places in a row of this extent.
    pub(in crate::ui) fn of(row: Rect) -> Self {
        let number = (row.width() >= NUMBERED).then_some((row.left() + NUMBER).round());
        let time = (number.unwrap_or(row.left()) + TIME).round();
        let client = time + 20.0;
        let room = row.right() - client;
        if row.width() < WIDE {
            return Self { number, time, client, server: (row.right() - 14.0).round(), beside: None };
        }
        let server = (client + (room * 0.56).min(620.0)).round();
        Self { number, time, client, server, beside: Some(Rangef::new(server + 16.0, row.right() - 8.0)) }
    }

    /// Between the life lines, with room for the heads of arrows.
    pub(in crate::ui) fn between(&self) -> Rangef {
        Rangef::new(self.client + 12.0, self.server - 14.0)
    }
}
