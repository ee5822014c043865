//! Where one thread is, kept so cheaply that the echo doesn't feel it: one relaxed store a call.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::server::calls::{Call, CallArgument, CallSite};

/// The bit that says that the thread halts before the call.
const HALTED: u64 = 1 << 7;
/// Above these bits stands the number of bytes.
const SHIFT: u32 = 8;

/// Where one thread is. All is in one word, so that a snapshot never mixes two calls.
#[derive(Debug, Default)]
pub(super) struct Spot(AtomicU64);

impl Spot {
    /// The thread is at this call, with so many bytes. Only the thread itself says so.
    pub(super) fn enter(&self, call: Call, bytes: usize) {
        // 0 stands for no call. A number of bytes that leaves no room for the rest doesn't fit into any memory.
        self.0.store(((bytes as u64) << SHIFT) | (call as u64 + 1), Relaxed);
    }

    /// The thread is at no call.
    pub(super) fn leave(&self) {
        self.0.store(0, Relaxed);
    }

    /// The thread halts, or goes on.
    pub(super) fn set_halted(&self, halted: bool) {
        let word = self.0.load(Relaxed) & !HALTED;
        self.0.store(word | if halted { HALTED } else { 0 }, Relaxed);
    }

    /// Whether the thread is at this call, or halts before it.
    pub(super) fn is_at(&self, call: Call) -> bool {
        self.place().is_some_and(|place| place.call == call)
    }

    /// Where the thread is.
    pub(super) fn place(&self) -> Option<CallSite> {
        let word = self.0.load(Relaxed);
        let index = (word & (HALTED - 1)).checked_sub(1)?;
        let call = Call::ALL.into_iter().find(|call| *call as u64 == index)?;
        let argument = match call {
            Call::Recv | Call::SendAll => CallArgument::Bytes(word >> SHIFT),
            _ => CallArgument::None,
        };
        Some(CallSite { call, paused: word & HALTED != 0, argument })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read() {
        let spot = Spot::default();
        assert_eq!(spot.place(), None);
        for call in Call::ALL {
            spot.enter(call, 65_536);
            assert!(spot.is_at(call));
            spot.set_halted(true);
            let place = spot.place().unwrap();
            let bytes = matches!(call, Call::Recv | Call::SendAll);
            let argument = if bytes { CallArgument::Bytes(65_536) } else { CallArgument::None };
            assert_eq!(place, CallSite { call, paused: true, argument });
            spot.set_halted(false);
            assert_eq!(spot.place(), Some(CallSite { paused: false, ..place }));
        }
        spot.leave();
        assert_eq!(spot.place(), None);
    }
}
