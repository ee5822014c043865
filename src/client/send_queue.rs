//! The send queue: typed bytes, files in chunks, and a repetition that continues whenever the queue is empty.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::client_event::{FileProgress, RepeatProgress, SendOrigin};
use crate::platform::files::open_regular;

/// How many bytes of a file are read at once.
const CHUNK: usize = 64 << 10;

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of a regular file of any size, read in chunks while it is sent.
    File(PathBuf),
}

/// A request to send something, or to stop.
#[derive(Debug)]
pub(super) enum SendRequest {
    Send(Payload),
    Repeat { data: Arc<[u8]>, times: u32, every: Duration },
    Stop,
}

/// The queue of one connection.
#[derive(Default)]
pub(super) struct SendQueue {
    jobs: VecDeque<SendJob>,
    repeat: Option<Repetition>,
    /// Unsent bytes of the jobs. For a file, only bytes that were already read count.
    queued: usize,
}

/// One send.
pub(super) struct SendJob {
    /// The number of the send; `None` until it has started.
    pub(super) number: Option<u64>,
    pub(super) origin: SendOrigin,
    /// The file, once it is open.
    file: Option<File>,
    /// The bytes to send, or the chunk of the file that was read most recently.
    pub(super) data: Arc<[u8]>,
    /// How many bytes of `data` were sent.
    position: usize,
    /// How many bytes of the whole job were sent.
    pub(super) sent: u64,
}

struct Repetition {
    data: Arc<[u8]>,
    done: u32,
    of: u32,
    every: Duration,
    next: Instant,
}

impl SendQueue {
    pub(super) fn request(&mut self, request: SendRequest) {
        match request {
            SendRequest::Send(Payload::Bytes(data)) => self.push(data.into(), SendOrigin::Typed),
            SendRequest::Send(Payload::File(path)) => {
                self.push(Arc::default(), SendOrigin::File { path, size: 0 });
            }
            SendRequest::Repeat { data, times, every } => {
                let of = times.max(1);
                self.repeat = Some(Repetition { data, done: 0, of, every, next: Instant::now() });
            }
            SendRequest::Stop => drop(self.clear()),
        }
    }

    fn push(&mut self, data: Arc<[u8]>, origin: SendOrigin) {
        self.queued += data.len();
        self.jobs.push_back(SendJob { number: None, origin, file: None, data, position: 0, sent: 0 });
    }

    /// Removes everything, and returns how many bytes were not sent.
    pub(super) fn clear(&mut self) -> u64 {
        std::mem::take(self).queued as u64
    }

    pub(super) fn stop_repeating(&mut self) {
        self.repeat = None;
    }

    pub(super) fn queued(&self) -> u64 {
        self.queued as u64
    }

    /// Returns whether nothing is queued and no repetition is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.repeat.is_none()
    }

    /// Returns when the next repetition is due; `None` if something else is queued.
    pub(super) fn due(&self) -> Option<Instant> {
        self.repeat.as_ref().filter(|_| self.jobs.is_empty()).map(|repeat| repeat.next)
    }

    /// Returns the first job. If the queue is empty, a repetition that is due becomes one.
    pub(super) fn front(&mut self, now: Instant) -> Option<&mut SendJob> {
        if self.jobs.is_empty()
            && let Some(repeat) = self.repeat.as_mut().filter(|repeat| repeat.next <= now)
        {
            repeat.done += 1;
            // Only one overdue repetition is sent; the others are postponed.
            repeat.next = now.max(repeat.next + repeat.every);
            let (data, turn, of) = (Arc::clone(&repeat.data), repeat.done, repeat.of);
            if turn == of {
                self.repeat = None;
            }
            self.push(data, SendOrigin::Repeated { turn, of });
        }
        self.jobs.front_mut()
    }

    /// Returns the next bytes of the first job, read from its file if necessary; empty if there are no more.
    pub(super) fn next_bytes(&mut self) -> io::Result<&[u8]> {
        let Some(job) = self.jobs.front_mut() else { return Ok(&[]) };
        if job.position == job.data.len()
            && let SendOrigin::File { path, size } = &mut job.origin
        {
            let file = match &mut job.file {
                Some(file) => file,
                None => job.file.insert(open(path, size)?),
            };
            let mut chunk = Vec::with_capacity(CHUNK);
            // `read_to_end` retries interrupted reads.
            let read = file.take(CHUNK as u64).read_to_end(&mut chunk);
            (job.data, job.position) = (chunk.into(), 0);
            self.queued += job.data.len();
            read?;
        }
        Ok(&job.data[job.position..])
    }

    /// Records that this many of the first job's bytes were sent.
    pub(super) fn advance(&mut self, count: usize) {
        if let Some(job) = self.jobs.front_mut() {
            job.position += count;
            job.sent += count as u64;
            self.queued -= count;
        }
    }

    /// Removes the first job.
    pub(super) fn pop(&mut self) -> Option<SendJob> {
        let job = self.jobs.pop_front()?;
        self.queued -= job.data.len() - job.position;
        Some(job)
    }

    /// Returns the first job if sending it has started.
    pub(super) fn started(&self) -> Option<&SendJob> {
        self.jobs.front().filter(|job| job.number.is_some())
    }

    pub(super) fn file_progress(&self) -> Option<FileProgress> {
        let job = self.jobs.front()?;
        let SendOrigin::File { path, size } = &job.origin else { return None };
        Some(FileProgress { path: path.clone(), sent: job.sent, size: *size })
    }

    pub(super) fn repeat_progress(&self) -> Option<RepeatProgress> {
        self.repeat.as_ref().map(|repeat| RepeatProgress { done: repeat.done, of: repeat.of })
    }
}

impl SendJob {
    /// Returns whether all of its bytes were sent.
    pub(super) fn is_complete(&self) -> bool {
        match self.origin {
            SendOrigin::File { size, .. } => self.sent >= size,
            _ => self.position == self.data.len(),
        }
    }
}

/// Opens a regular file and stores its size.
fn open(path: &Path, size: &mut u64) -> io::Result<File> {
    let file = open_regular(path)?;
    *size = file.metadata()?.len();
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_file_leaves_the_queued_count_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        // The file is open only for writing, so every read fails, as on a disk that was unplugged.
        let file = Some(File::create(&path).unwrap());
        let mut queue = SendQueue::default();
        queue.request(SendRequest::Send(Payload::File(path)));
        queue.jobs[0].file = file;
        queue.request(SendRequest::Send(Payload::Bytes(b"Hello".to_vec())));
        for _ in 0..2 {
            assert!(queue.next_bytes().is_err());
            assert_eq!(queue.queued(), 5);
        }
        assert!(queue.pop().is_some());
        assert_eq!((queue.queued(), queue.next_bytes().unwrap()), (5, b"Hello".as_slice()));
    }
}
