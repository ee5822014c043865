//! The bytes that a capture keeps, one after the other in blocks that never move much.

use crate::capture::mark::Place;

/// The size that a block grows to before the next one begins.
const BLOCK: usize = 64 * 1024;

/// Kept bytes.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    blocks: Vec<Vec<u8>>,
    len: usize,
}

impl Kept {
    /// How many bytes are kept.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Keeps these bytes where `take` allows the memory that they need, and tells where they stand.
    pub(crate) fn add(&mut self, bytes: &[u8], take: impl FnOnce(usize) -> bool) -> Place {
        if bytes.is_empty() {
            return Place::default();
        }
        let fits = |block: &&Vec<u8>| block.len() + bytes.len() <= BLOCK;
        let (grown, index) = match self.blocks.last().filter(fits) {
            Some(block) if block.len() + bytes.len() <= block.capacity() => (0, self.blocks.len() - 1),
            Some(block) => {
                let wanted = (block.capacity() * 2).clamp(block.len() + bytes.len(), BLOCK);
                (wanted - block.capacity(), self.blocks.len() - 1)
            }
            // The first one is small: most connections carry little.
            None if self.blocks.is_empty() => (bytes.len().max(256), 0),
            None => (bytes.len().max(BLOCK), self.blocks.len()),
        };
        if grown > 0 && !take(grown) {
            return Place::default();
        }
        if index == self.blocks.len() {
            self.blocks.push(Vec::new());
        }
        let block = &mut self.blocks[index];
        if grown > 0 {
            block.reserve_exact(block.capacity() + grown - block.len());
        }
        let start = block.len();
        block.extend_from_slice(bytes);
        self.len += bytes.len();
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Place { segment: number(index), start: number(start), len: number(bytes.len()) }
    }

    /// The bytes that stand there.
    pub(crate) fn at(&self, place: Place) -> &[u8] {
        let (start, len) = (place.start as usize, place.len as usize);
        let block = self.blocks.get(place.segment as usize);
        block.and_then(|block| block.get(start..start + len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_kept_is_found_again_and_paid_for() {
        let (mut kept, mut paid) = (Kept::default(), 0);
        let data = |n: usize| vec![u8::try_from(n % 251).unwrap(); n * 37 % 20_000 + 1];
        let places = (0..200).map(|n| {
            kept.add(&data(n), |more| {
                paid += more;
                true
            })
        });
        let places = places.collect::<Vec<_>>();
        for (n, place) in places.iter().enumerate() {
            assert_eq!(kept.at(*place), data(n), "{n}");
        }
        assert_eq!(paid, kept.blocks.iter().map(Vec::capacity).sum::<usize>());
        assert_eq!(kept.add(&vec![1; BLOCK], |_| false), Place::default());
        assert_eq!(kept.at(Place::default()).len(), 0);
    }
}
