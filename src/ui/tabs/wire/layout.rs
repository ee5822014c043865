//! What is in view of a ladder, and where: the work is that of the view, however many rows there are.

use std::ops::Range;
use std::time::Duration;

use crate::capture::sequence::{Ladder, Scale};

/// Something that stands in the view. Places are counted in rows from the ladder's beginning.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ui) enum Item {
    /// One row, at its slot.
    Row { index: usize, slot: f64 },
    /// Rows that would stand upon each other by time, all in one slot.
    Bundle { rows: Range<usize>, slot: f64 },
    /// Time in which nothing went by, where it takes more room than a row has anyway.
    Gap { from: f64, to: f64, took: Duration },
}

/// Where a row stands so that no two rows overlap: by time, rows share a slot instead.
pub(in crate::ui) fn slot(ladder: &Ladder, index: usize, scale: Scale) -> f64 {
    let place = ladder.place(index, scale);
    if matches!(scale, Scale::True { .. }) { place.floor() } else { place }
}

/// How many rows' room a ladder takes.
pub(in crate::ui) fn height(ladder: &Ladder, scale: Scale) -> f64 {
    if ladder.rows().is_empty() { 0.0 } else { slot(ladder, ladder.rows().len() - 1, scale) + 1.0 }
}

/// What stands between two places, from the top down.
pub(in crate::ui) fn items(ladder: &Ladder, scale: Scale, from: f64, to: f64) -> Vec<Item> {
    let count = ladder.rows().len();
    let by_time = matches!(scale, Scale::True { .. });
    let mut items = Vec::new();
    // A row reaches from its slot to the next whole one.
    let first = if by_time { from.floor() } else { from - 1.0 + 1e-6 };
    let mut index = ladder.row_from(first, scale);
    while index < count {
        let slot = slot(ladder, index, scale);
        gap(ladder, scale, index, &mut items);
        if slot >= to {
            return items;
        }
        let end = if by_time { ladder.row_from(slot + 1.0, scale).max(index + 1) } else { index + 1 };
        items.push(if end == index + 1 {
            Item::Row { index, slot }
        } else {
            Item::Bundle { rows: index..end, slot }
        });
        index = end;
    }
    items
}

/// The gap before a row.
fn gap(ladder: &Ladder, scale: Scale, index: usize, items: &mut Vec<Item>) {
    if index == 0 {
        return;
    }
    let (from, to) = (slot(ladder, index - 1, scale) + 1.0, slot(ladder, index, scale));
    if to - from >= 1.0 {
        items.push(Item::Gap { from, to, took: ladder.rows()[index].gap.unwrap_or_default() });
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Instant;

    use super::*;
    use crate::capture::{Captures, Side, What};
    use crate::server::client_id::{ClientId, ClientInfo};

    /// A ladder of a client that connects and sends so many bytes, one by one.
    fn ladder(chunks: usize) -> Ladder {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        let capture = Captures::default().open(ClientInfo { id: ClientId(1), peer }, false, Instant::now());
        for _ in 0..chunks {
            capture.record(Side::Client, What::Chunk, b"x", None);
        }
        let mut ladder = Ladder::new(&capture);
        ladder.update(&capture);
        ladder
    }

    #[test]
    fn by_order_a_view_has_as_many_rows_as_fit_wherever_it_is() {
        let ladder = ladder(1000);
        for from in [0.0, 1.0, 500.0, 991.0] {
            assert_eq!(items(&ladder, Scale::Order, from, from + 10.0).len(), 10, "{from}");
        }
        assert_eq!(items(&ladder, Scale::Order, 0.5, 10.5).len(), 11, "one is cut at each edge");
    }

    #[test]
    fn by_time_rows_share_slots_and_none_is_lost() {
        let ladder = ladder(1000);
        for per_second in [1.0, 1e3, 1e6] {
            let scale = Scale::True { per_second };
            let mut next = 0;
            for item in items(&ladder, scale, 0.0, height(&ladder, scale)) {
                let rows = match item {
                    Item::Row { index, .. } => index..index + 1,
                    Item::Bundle { rows, .. } => rows,
                    Item::Gap { .. } => continue,
                };
                assert_eq!(rows.start, next, "at {per_second} rows a second");
                next = rows.end;
            }
            assert_eq!(next, ladder.rows().len(), "at {per_second} rows a second");
        }
        let all = items(&ladder, Scale::True { per_second: 1.0 / 60.0 }, 0.0, 10.0);
        assert_eq!(all, [Item::Bundle { rows: 0..1001, slot: 0.0 }]);
    }
}
