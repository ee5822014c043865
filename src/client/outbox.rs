//! What waits to be sent: typed bytes, files in pieces, and a repetition beside them.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::config::Payload;
use crate::client::event::Origin;
use crate::client::shared::Order;
use crate::client::status::{FileProgress, RepeatProgress};

/// How much of a file is read at once.
const PIECE: usize = 64 << 10;

/// What waits.
#[derive(Default)]
pub(super) struct Outbox {
    jobs: VecDeque<Job>,
    repeat: Option<Repeat>,
    /// Bytes of the jobs that have not gone, of files only those that were read.
    queued: usize,
}

/// One send.
pub(super) struct Job {
    /// `None` until its first byte goes.
    pub(super) number: Option<u64>,
    pub(super) from: Origin,
    content: Content,
}

enum Content {
    Bytes { data: Arc<[u8]>, gone: usize },
    File { file: Option<File>, piece: Vec<u8>, gone: usize, sent: u64 },
}

struct Repeat {
    data: Arc<[u8]>,
    done: u32,
    of: u32,
    every: Duration,
    next: Instant,
}

impl Outbox {
    pub(super) fn take(&mut self, order: Order) {
        match order {
            Order::Send(Payload::Bytes(data)) => self.push(data.into(), Origin::Typed),
            Order::Send(Payload::File(path)) => {
                let content = Content::File { file: None, piece: Vec::new(), gone: 0, sent: 0 };
                self.jobs.push_back(Job { number: None, from: Origin::File { path, size: 0 }, content });
            }
            Order::Repeat { data, times, every } => {
                self.repeat = Some(Repeat { data, done: 0, of: times.max(1), every, next: Instant::now() });
            }
            Order::StopSending => self.forget(),
        }
    }

    /// Everything is forgotten; how many bytes were still to go.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn stop_repeating(&mut self) {
        self.repeat = None;
    }

    pub(super) fn queued(&self) -> u64 {
        self.queued as u64
    }

    /// Whether nothing waits, and no repetition goes on.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.repeat.is_none()
    }

    /// When the next repetition is due; `None` while something else waits or none goes on.
    pub(super) fn due(&self) -> Option<Instant> {
        self.repeat.as_ref().filter(|_| self.jobs.is_empty()).map(|repeat| repeat.next)
    }

    /// The job at the front. A repetition that is due gets its turn when nothing else waits.
    pub(super) fn front(&mut self, now: Instant) -> Option<&mut Job> {
        if self.jobs.is_empty()
            && let Some(repeat) = self.repeat.as_mut().filter(|repeat| repeat.next <= now)
        {
            repeat.done += 1;
            // Late is late: what was missed is not made up for all at once.
            repeat.next = now.max(repeat.next + repeat.every);
            let (data, turn, of) = (Arc::clone(&repeat.data), repeat.done, repeat.of);
            if turn == of {
                self.repeat = None;
            }
            self.push(data, Origin::Repeated { turn, of });
        }
        self.jobs.front_mut()
    }

    /// The next bytes of the job at the front, read from its file where needed; empty: there are no more.
    pub(super) fn piece(&mut self) -> io::Result<&[u8]> {
        let Some(job) = self.jobs.front_mut() else { return Ok(&[]) };
        match &mut job.content {
            Content::Bytes { data, gone } => Ok(&data[*gone..]),
            Content::File { file, piece, gone, .. } => {
                if *gone == piece.len() {
                    let Origin::File { path, size } = &mut job.from else { return Ok(&[]) };
                    let open = match file {
                        Some(open) => open,
                        None => file.insert(open(path, size)?),
                    };
                    piece.resize(PIECE, 0);
                    let read = read(open, piece);
                    // Also where it failed: what was not read is not queued.
                    piece.truncate(*read.as_ref().unwrap_or(&0));
                    *gone = 0;
                    self.queued += read?;
                }
                Ok(&piece[*gone..])
            }
        }
    }

    /// The file at the front is opened, so that its size is known before it is told of.
    pub(super) fn open(&mut self) -> io::Result<()> {
        self.piece().map(drop)
    }

    /// So many bytes of the job at the front went.
    pub(super) fn went(&mut self, count: usize) {
        self.queued -= count;
        match self.jobs.front_mut().map(|job| &mut job.content) {
            Some(Content::Bytes { gone, .. }) => *gone += count,
            Some(Content::File { gone, sent, .. }) => {
                *gone += count;
                *sent += count as u64;
            }
            None => {}
        }
    }

    /// The job at the front is done with.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        let left = match &job.content {
            Content::Bytes { data, gone } => data.len() - gone,
            Content::File { piece, gone, .. } => piece.len() - gone,
        };
        self.queued -= left;
        Some(job)
    }

    /// The send at the front that was begun: its number, how many of its bytes went, and whether that is all of them.
    pub(super) fn begun(&self) -> Option<(u64, u64, bool)> {
        let job = self.jobs.front()?;
        let (gone, all) = match (&job.content, &job.from) {
            (Content::Bytes { data, gone }, _) => (*gone as u64, data.len() as u64),
            (Content::File { sent, .. }, Origin::File { size, .. }) => (*sent, *size),
            (Content::File { sent, .. }, _) => (*sent, *sent),
        };
        Some((job.number?, gone, gone >= all))
    }

    pub(super) fn file(&self) -> Option<FileProgress> {
        let job = self.jobs.front()?;
        match (&job.from, &job.content) {
            (Origin::File { path, size }, Content::File { sent, .. }) => {
                Some(FileProgress { path: path.clone(), sent: *sent, size: *size })
            }
            _ => None,
        }
    }

    pub(super) fn repetition(&self) -> Option<RepeatProgress> {
        self.repeat.as_ref().map(|repeat| RepeatProgress { done: repeat.done, of: repeat.of })
    }

    fn push(&mut self, data: Arc<[u8]>, from: Origin) {
        self.queued += data.len();
        self.jobs.push_back(Job { number: None, from, content: Content::Bytes { data, gone: 0 } });
    }
}

impl Job {
    /// All of its bytes; none of a file's.
    pub(super) fn data(&self) -> Arc<[u8]> {
        match &self.content {
            Content::Bytes { data, .. } => Arc::clone(data),
            Content::File { .. } => Arc::default(),
        }
    }
}

/// Opens an ordinary file: a pipe could make us wait for ever.
fn open(path: &PathBuf, size: &mut u64) -> io::Result<File> {
    let known = std::fs::metadata(path)?;
    if known.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "this is a folder"));
    }
    if !known.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "this is no ordinary file"));
    }
    *size = known.len();
    File::open(path)
}

fn read(file: &mut File, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is open, but from which nothing can be read: the stick was pulled out.
    fn unreadable(path: PathBuf) -> Job {
        let file = File::create(&path).unwrap();
        let content = Content::File { file: Some(file), piece: Vec::new(), gone: 0, sent: 0 };
        Job { number: None, from: Origin::File { path, size: 0 }, content }
    }

    #[test]
    fn a_file_that_cannot_be_read_leaves_the_count_of_what_waits_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::default();
        outbox.jobs.push_back(unreadable(folder.path().join("file")));
        outbox.take(Order::Send(Payload::Bytes(b"Hello".to_vec())));
        for _ in 0..2 {
            assert!(outbox.piece().is_err());
            assert_eq!(outbox.queued(), 5);
        }
        assert!(outbox.pop().is_some());
        assert_eq!((outbox.queued(), outbox.piece().unwrap()), (5, b"Hello".as_slice()));
    }
}
