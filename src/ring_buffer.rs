//! A list of the newest items, bounded by their number and by the memory that they take. The transcripts of the built-in
//! clients are ring buffers, and the newest entries of the event log are one.

use std::collections::VecDeque;

/// How much a [`RingBuffer`] keeps. Whichever limit is reached first applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of items.
    pub entries: usize,
    /// The maximum memory of all items together, in bytes.
    pub bytes: usize,
}

/// The newest items. Items are numbered in the order of their arrival, from the `first` passed to [`RingBuffer::new`],
/// without gaps; a number is never reused, not even after [`RingBuffer::clear`]. The newest item always stays, even if
/// it alone is larger than the limit.
#[derive(Debug, Clone)]
pub struct RingBuffer<T> {
    /// Each item with its size in bytes.
    items: VecDeque<(T, usize)>,
    limits: Limits,
    bytes: usize,
    next_number: u64,
    evicted: u64,
}

impl<T> RingBuffer<T> {
    /// Creates an empty buffer whose first item gets the number `first`.
    #[must_use]
    pub fn new(limits: Limits, first: u64) -> Self {
        Self { items: VecDeque::new(), limits, bytes: 0, next_number: first, evicted: 0 }
    }

    /// Appends an item that takes `bytes` of memory, and evicts the oldest items if a limit is exceeded. Returns the
    /// number of the new item.
    pub fn push(&mut self, item: T, bytes: usize) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.bytes += bytes;
        self.items.push_back((item, bytes));
        self.evict();
        number
    }

    /// Returns the number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the item at an index, 0 being the oldest.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.items.get(index).map(|(item, _)| item)
    }

    /// Returns the item at an index as mutable. A change must not change the size that was passed to
    /// [`RingBuffer::push`].
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.items.get_mut(index).map(|(item, _)| item)
    }

    /// Returns the index of the item with this number, unless it was evicted or doesn't exist yet.
    #[must_use]
    pub fn position(&self, number: u64) -> Option<usize> {
        let index = usize::try_from(number.checked_sub(self.first_number())?).ok()?;
        (index < self.len()).then_some(index)
    }

    /// Returns the item with this number, unless it was evicted or doesn't exist yet.
    #[must_use]
    pub fn by_number(&self, number: u64) -> Option<&T> {
        self.get(self.position(number)?)
    }

    /// Iterates over the items, the oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter().map(|(item, _)| item)
    }

    /// Returns the number of the oldest item, or [`RingBuffer::next_number`] if there is none.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.next_number - self.items.len() as u64
    }

    /// Returns the number that the next item will get.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Returns how many items were evicted since the last [`RingBuffer::clear`].
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Returns the memory that the items take, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets new limits, and evicts the items that exceed them.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.evict();
    }

    /// Removes all items. Their numbers are not reused.
    pub fn clear(&mut self) {
        // Unlike `VecDeque::clear`, this also releases the memory, which is large for a full buffer.
        *self = Self::new(self.limits, self.next_number);
    }

    /// Evicts the oldest item. Returns it with its size in bytes.
    pub fn evict_oldest(&mut self) -> Option<(T, usize)> {
        let (item, bytes) = self.items.pop_front()?;
        self.bytes -= bytes;
        self.evicted += 1;
        Some((item, bytes))
    }

    fn evict(&mut self) {
        while self.len() > 1 && (self.len() > self.limits.entries || self.bytes > self.limits.bytes) {
            self.evict_oldest();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_items_are_evicted_and_numbers_are_never_reused() {
        let mut buffer = RingBuffer::new(Limits { entries: 3, bytes: 100 }, 1);
        assert_eq!((buffer.first_number(), buffer.position(1)), (1, None));
        for number in 1..=5 {
            assert_eq!(buffer.push(number, 1), number);
        }
        assert_eq!((buffer.len(), buffer.first_number(), buffer.evicted(), buffer.bytes()), (3, 3, 2, 3));
        assert_eq!([2, 3, 5, 6].map(|number| buffer.position(number)), [None, Some(0), Some(2), None]);
        assert_eq!(buffer.iter().copied().collect::<Vec<_>>(), [3, 4, 5]);
        buffer.clear();
        assert_eq!((buffer.len(), buffer.bytes(), buffer.evicted(), buffer.push(6, 1)), (0, 0, 0, 6));
    }

    #[test]
    fn newest_item_stays_even_if_it_exceeds_the_limit() {
        let mut buffer = RingBuffer::new(Limits { entries: 100, bytes: 10 }, 0);
        buffer.push("small", 5);
        buffer.push("large", 50);
        assert_eq!(buffer.iter().copied().collect::<Vec<_>>(), ["large"]);
        buffer.push("small", 5);
        assert_eq!((buffer.len(), buffer.bytes(), buffer.evicted()), (1, 5, 2));
        buffer.set_limits(Limits { entries: 0, bytes: 0 });
        assert_eq!(buffer.len(), 1);
    }
}
