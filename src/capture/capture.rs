//! One connection's capture: its marks, the bytes that are kept of them, and how both are bounded.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::capture::kept::Kept;
use crate::capture::mark::{Ending, Mark, Place, Side, What};
use crate::capture::store::Shared;
use crate::server::client_id::ClientInfo;

/// Marks of one connection; later ones are counted.
pub const MOST_MARKS: usize = 131_072;
/// Bytes of one connection up to which whole records and chunks are kept.
pub const MOST_BYTES: usize = 1 << 20;
/// So many bytes of each are kept after that.
pub const FIRST_BYTES: usize = 64;

/// Marks that stand together in memory: few, so that a growing capture never copies many.
const SEGMENT: usize = 512;
/// How many marks [`Capture::read`] copies while it keeps the server from adding one.
const SLICE: usize = 256;

/// What went by on one connection. It grows while the connection lasts; what is in it never changes, so it can be
/// read bit by bit.
#[derive(Debug)]
pub struct Capture {
    client: ClientInfo,
    since: SystemTime,
    tls: bool,
    opened: Instant,
    marks: AtomicUsize,
    more: AtomicU64,
    /// How many bytes are kept.
    kept: AtomicUsize,
    /// No more marks but those of the end.
    full: AtomicBool,
    closed: AtomicBool,
    /// What it takes of the budget of all captures.
    pub(crate) used: AtomicUsize,
    inner: Mutex<Inner>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Inner {
    segments: Vec<Vec<Mark>>,
    count: usize,
    kept: Kept,
    ends: Ends,
}

/// Which signs of the end there were already.
#[derive(Debug, Default)]
struct Ends {
    fin_received: bool,
    fin_sent: bool,
    reset: bool,
}

/// A capture at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureInfo {
    /// Whose connection it is.
    pub client: ClientInfo,
    /// When the connection was accepted.
    pub since: SystemTime,
    /// Whether the connection was to speak TLS.
    pub tls: bool,
    /// How many marks there are.
    pub marks: usize,
    /// How many more there were that found no room.
    pub more: u64,
    /// Whether the connection is over.
    pub closed: bool,
}

impl Capture {
    pub(crate) fn new(client: ClientInfo, tls: bool, opened: Instant, shared: Arc<Shared>) -> Self {
        Self {
            client,
            since: SystemTime::now(),
            tls,
            opened,
            marks: AtomicUsize::new(0),
            more: AtomicU64::new(0),
            kept: AtomicUsize::new(0),
            full: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            used: AtomicUsize::new(0),
            inner: Mutex::default(),
            shared,
        }
    }

    /// The first mark.
    pub(crate) fn accepted(&self) {
        let mut inner = self.lock();
        self.has_room(&mut inner, true);
        let nothing = (Place::default(), 0);
        self.push(&mut inner, Duration::ZERO, (Side::Client, What::Accepted), nothing, None);
    }

    /// The capture at a glance; nobody waits for it.
    #[must_use]
    pub fn info(&self) -> CaptureInfo {
        CaptureInfo {
            client: self.client,
            since: self.since,
            tls: self.tls,
            marks: self.len(),
            more: self.more(),
            closed: self.is_closed(),
        }
    }

    /// How many marks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.load(Relaxed)
    }

    /// Whether there is no mark yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many more there were that found no room. They are missing between the last mark and the one before it,
    /// or at the end where the connection is open.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.more.load(Relaxed)
    }

    /// Whether the connection is over: no mark comes any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// Appends the marks from this index on, at most `up_to` of them, and tells how many. The server waits for a
    /// small slice of them at most.
    pub fn read(&self, from: usize, up_to: usize, out: &mut Vec<Mark>) -> usize {
        let mut read = 0;
        while read < up_to {
            let at = from.saturating_add(read);
            let inner = self.lock();
            let Some(segment) = inner.segments.get(at / SEGMENT) else { break };
            let rest = segment.get(at % SEGMENT..).unwrap_or_default();
            let slice = &rest[..rest.len().min(SLICE).min(up_to - read)];
            if slice.is_empty() {
                break;
            }
            out.extend_from_slice(slice);
            read += slice.len();
        }
        read
    }

    /// One mark.
    #[must_use]
    pub fn mark(&self, index: usize) -> Option<Mark> {
        self.lock().segments.get(index / SEGMENT)?.get(index % SEGMENT).copied()
    }

    /// What is kept of a mark's bytes: [`Mark::kept`] of them.
    #[must_use]
    pub fn bytes(&self, mark: &Mark) -> Vec<u8> {
        self.bytes_cut(mark, usize::MAX)
    }

    /// As [`Capture::bytes`], but no more than `up_to` of them.
    #[must_use]
    pub fn bytes_cut(&self, mark: &Mark, up_to: usize) -> Vec<u8> {
        let place = Place { len: mark.place.len.min(u32::try_from(up_to).unwrap_or(u32::MAX)), ..mark.place };
        self.lock().kept.at(place).to_vec()
    }

    /// Records something that has just gone by. Returns its index; `None` where there is no room for it.
    pub fn record(&self, side: Side, what: What, bytes: &[u8], link: Option<u32>) -> Option<u32> {
        self.record_part(side, what, (bytes, bytes.len()), link)
    }

    /// As [`Capture::record`], for something of which not all bytes are at hand: those that are, and how many there
    /// were.
    pub(crate) fn record_part(
        &self,
        side: Side,
        what: What,
        (bytes, len): (&[u8], usize),
        link: Option<u32>,
    ) -> Option<u32> {
        let mut inner = self.lock_with_room()?;
        let place = self.keep(&mut inner, bytes, len);
        Some(self.push(&mut inner, self.now(), (side, what), (place, len), link))
    }

    /// Records plain bytes of the server that are a part of what an earlier mark keeps: they are not kept twice.
    pub(crate) fn record_echo(&self, echoed: u32, start: usize, bytes: &[u8]) -> Option<u32> {
        let mut inner = self.lock_with_room()?;
        let index = echoed as usize;
        let place = inner.segments.get(index / SEGMENT).and_then(|segment| segment.get(index % SEGMENT));
        let place = place.and_then(|mark| part(mark.place, start, bytes.len()));
        let place = place.unwrap_or_else(|| self.keep(&mut inner, bytes, bytes.len()));
        let what = (Side::Server, What::Chunk);
        Some(self.push(&mut inner, self.now(), what, (place, bytes.len()), Some(echoed)))
    }

    /// The client's FIN or RST, or that the connection broke: the first of them counts.
    pub(crate) fn ended_by_client(&self, what: What) {
        let mut inner = self.lock();
        let is_fin = what == What::Fin;
        // `recv` returns no bytes as often as it is asked.
        if inner.ends.reset || is_fin && inner.ends.fin_received {
            return;
        }
        (inner.ends.fin_received, inner.ends.reset) = (inner.ends.fin_received || is_fin, !is_fin);
        self.push_end(&mut inner, Side::Client, what);
    }

    /// `shutdown` was called, and the server's FIN is on its way; told once. After an RST there is none.
    pub(crate) fn fin_sent(&self) {
        let mut inner = self.lock();
        if inner.ends.reset || inner.ends.fin_sent || self.is_closed() {
            return;
        }
        inner.ends.fin_sent = true;
        self.push_end(&mut inner, Side::Server, What::Fin);
    }

    /// Ends the capture as after an orderly end, for who records without a server.
    pub fn finish(&self) {
        self.close(Ending::EndOfStream);
    }

    /// The last mark.
    pub(crate) fn close(&self, ending: Ending) {
        let mut inner = self.lock();
        if self.closed.load(Relaxed) {
            return;
        }
        self.push_end(&mut inner, Side::Server, What::Closed(ending));
        self.full.store(true, Relaxed);
        drop(inner);
        self.closed.store(true, Relaxed);
        self.shared.closed(self.client.id);
    }

    /// Whether a record of this length would be kept whole.
    pub(crate) fn keeps_whole(&self, len: usize) -> bool {
        self.kept.load(Relaxed) + len <= MOST_BYTES && !self.full.load(Relaxed)
    }

    /// The time since accept.
    fn now(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How a connection ended is recorded whatever there is room for.
    fn push_end(&self, inner: &mut Inner, side: Side, what: What) {
        self.has_room(inner, true);
        self.push(inner, self.now(), (side, what), (Place::default(), 0), None);
    }

    fn push(
        &self,
        inner: &mut Inner,
        at: Duration,
        (side, what): (Side, What),
        (place, len): (Place, usize),
        link: Option<u32>,
    ) -> u32 {
        let index = u32::try_from(inner.count).unwrap_or(u32::MAX);
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        if let Some(segment) = inner.segments.last_mut() {
            segment.push(Mark { index, at, side, what, len, link, place });
            inner.count += 1;
            self.marks.store(inner.count, Relaxed);
            self.shared.watch.more();
        }
        index
    }

    /// The inside, with room for one more mark; `None`: there is none from here on, and one more is counted.
    fn lock_with_room(&self) -> Option<MutexGuard<'_, Inner>> {
        if !self.full.load(Relaxed) {
            let mut inner = self.lock();
            if self.has_room(&mut inner, false) {
                return Some(inner);
            }
            self.full.store(true, Relaxed);
        }
        self.more.fetch_add(1, Relaxed);
        None
    }

    /// Makes room for one more mark where there may be, or must be, one.
    fn has_room(&self, inner: &mut Inner, always: bool) -> bool {
        if !always && inner.count >= MOST_MARKS {
            return false;
        }
        let last = inner.segments.last().filter(|segment| segment.len() < SEGMENT);
        let added = match last {
            Some(segment) if segment.len() < segment.capacity() => return true,
            Some(segment) => segment.capacity().min(SEGMENT - segment.len()),
            None if inner.segments.is_empty() => 4,
            None => SEGMENT,
        };
        if !self.shared.take(self, added * size_of::<Mark>()) && !always {
            return false;
        }
        match inner.segments.last_mut().filter(|segment| segment.len() < SEGMENT) {
            Some(segment) => segment.reserve_exact(added),
            None => inner.segments.push(Vec::with_capacity(added)),
        }
        true
    }

    /// Keeps what may be kept of something that had `len` bytes.
    fn keep(&self, inner: &mut Inner, bytes: &[u8], len: usize) -> Place {
        let whole = inner.kept.len() + len <= MOST_BYTES;
        let bytes = if whole { bytes } else { &bytes[..bytes.len().min(FIRST_BYTES)] };
        let place = inner.kept.add(bytes, |more| self.shared.take(self, more));
        self.kept.store(inner.kept.len(), Relaxed);
        place
    }

    /// A panic while the lock is held can't leave a mark half-written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many bytes from `start` on of what is kept, as far as it is.
fn part(place: Place, start: usize, len: usize) -> Option<Place> {
    let start = u32::try_from(start).ok()?;
    let left = place.len.checked_sub(start).filter(|left| *left > 0)?;
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    // All of it, or as much as would be kept of it anyway.
    (left >= len || left as usize >= FIRST_BYTES || start == 0).then(|| Place {
        start: place.start + start,
        len: left.min(len),
        ..place
    })
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.give_back(self);
    }
}
