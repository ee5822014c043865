//! Writes connections to a file while they are served.
//!
//! The threads that serve clients never wait for the disk: they add to a queue, which a thread of its own writes. While
//! the queue is full, data is left out, counted, and marked in the file.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use rustls::KeyLog;
use thiserror::Error;

use crate::capture::captures::Side;
use crate::capture::pcapng::blocks::{Blocks, MAGIC};
use crate::capture::pcapng::tcp_connection::TcpConnection;
use crate::platform::files::{is_own, open_as_only_writer, owner_only, restrict_to_owner};
use crate::server::event::{ClientId, ClientInfo};
use crate::sync::lock;
use crate::text::{self, count};
use crate::tls::key_log_line;

/// The most memory that waiting messages may take, in bytes. Ends of connections are added even beyond it.
const MAX_QUEUED: usize = 64 << 20;
/// The approximate memory for a message in addition to its data, in bytes.
const MESSAGE: usize = 128;
/// How long messages are collected before they are written together. Waking the writer for each one would cost the
/// thread that serves the client a system call.
const INTERVAL: Duration = Duration::from_millis(5);
/// The size of blocks that are written at once, in bytes.
const BATCH: usize = 1 << 20;

/// Why a capture file can't be created. The messages are for users.
#[derive(Debug, Error)]
pub enum CaptureFileError {
    /// The file exists, and is something else.
    #[error("Can't write the capture to {}: it isn't a pcapng capture. Choose another file, or delete it.", .0.display())]
    NotACapture(PathBuf),
    /// Another program, or another run of this one, writes to the file.
    #[error("Can't write the capture to {}: another program is writing to it. Choose another file.", .0.display())]
    InUse(PathBuf),
    /// The file exists, belongs to another user, and would contain TLS keys.
    #[error("Can't write the capture to {}: with TLS keys, the file must be your own. Choose another file.", .0.display())]
    NotOwn(PathBuf),
    /// The OS reported an error.
    #[error("Can't write the capture to {}: {}. Choose another file.", .0.display(), text::io_error(.1))]
    Io(PathBuf, io::Error),
}

/// Counts what a capture file has, and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The number of connections in the file.
    pub connections: u64,
    /// The number of packets in the file.
    pub packets: u64,
    /// Counts what was left out because the queue was full.
    pub queue_full: LeftOut,
    /// Counts what was left out because the file could not be written.
    pub write_failed: LeftOut,
}

/// Counts what was left out of a capture file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The number of connections whose beginning was left out.
    pub connections: u64,
    /// The number of packets.
    pub packets: u64,
    /// The number of bytes, of connections whose beginning is in the file, that had no packet yet.
    pub bytes: u64,
    /// The number of TLS keys.
    pub keys: u64,
}

/// A file that connections are written to while they are served. A clone is another handle to the same file.
#[derive(Clone)]
pub struct CaptureFile(Arc<Queue>);

struct Queue {
    messages: Sender<Message>,
    queued: AtomicUsize,
    with_keys: bool,
    /// Whether nothing can be written any more: the reader of a pipe has closed it.
    is_closed: AtomicBool,
    /// Counts what was left out because the queue was full.
    overflow: Mutex<LeftOut>,
    /// Counts what was left out because the file could not be written.
    write_failed: Mutex<LeftOut>,
    done: Mutex<Receiver<Written>>,
}

enum Message {
    Packet(Packet),
    TlsKey(String),
    Finish,
}

/// Something that happened on a connection.
struct Packet {
    connection: ClientId,
    at: SystemTime,
    /// The number of bytes of the client and of the server that were left out before it.
    skipped: [u64; 2],
    kind: PacketKind,
}

enum PacketKind {
    Open { client: SocketAddr, server: SocketAddr },
    Data(Side, Box<[u8]>),
    Fin(Side),
    Reset,
    Lost,
    Closed,
}

impl Message {
    fn size(&self) -> usize {
        MESSAGE
            + match self {
                Self::Packet(Packet { kind: PacketKind::Data(_, data), .. }) => data.len(),
                Self::TlsKey(line) => line.len(),
                _ => 0,
            }
    }
}

impl CaptureFile {
    /// Creates the file, and starts the thread that writes it. An earlier capture is overwritten only when something is
    /// written: a connection, or the end in [`CaptureFile::finish`]. The keys of TLS connections are written if
    /// `with_keys` is set; then only the owner may read the file. `on_error` is called with the first error while
    /// writing, as a message for the user.
    ///
    /// A pipe is opened by that thread, since this waits for a reader.
    ///
    /// # Errors
    /// The file can't be written, or it is none that may be overwritten.
    pub fn create(
        path: &Path,
        with_keys: bool,
        on_error: impl Fn(String) + Send + 'static,
    ) -> Result<Self, CaptureFileError> {
        let io_error = |error| CaptureFileError::Io(path.to_owned(), error);
        let is_special = path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        let file = if is_special { None } else { Some(open(path, with_keys)?) };
        let is_new =
            file.as_ref().is_some_and(|file| file.metadata().is_ok_and(|metadata| metadata.len() == 0));
        let (messages, received) = channel();
        let (sender, done) = channel();
        let queue = Arc::new(Queue {
            messages,
            queued: AtomicUsize::new(0),
            with_keys,
            is_closed: AtomicBool::new(false),
            overflow: Mutex::default(),
            write_failed: Mutex::default(),
            done: Mutex::new(done),
        });
        let mut blocks = Blocks::new().map_err(io_error)?;
        let mut writer = Writer {
            queue: Arc::clone(&queue),
            path: path.to_owned(),
            file,
            header_len: blocks.bytes().len(),
            is_regular: !is_special,
            has_earlier: !is_special && !is_new,
            size: 0,
            blocks,
            unwritten: LeftOut::default(),
            lost: 0,
            connections: HashMap::new(),
            written: Written::default(),
            on_error: Some(Box::new(on_error)),
        };
        if is_new {
            writer.try_write().map_err(io_error)?;
        }
        thread::Builder::new()
            .name("capture file".to_owned())
            .spawn(move || {
                // The receiver may have stopped waiting.
                let _ = sender.send(writer.run(&received));
            })
            .map_err(io_error)?;
        Ok(Self(queue))
    }

    /// Writes what is queued and ends the thread. Returns what was written; `None` if it takes longer than `timeout`.
    #[must_use]
    pub fn finish(&self, timeout: Duration) -> Option<Written> {
        self.0.add(Message::Finish);
        lock(&self.0.done).recv_timeout(timeout).ok()
    }

    /// Begins to write a connection; `None` if there is no room for it.
    pub(crate) fn open(
        &self,
        client: ClientInfo,
        server: SocketAddr,
        tls: bool,
    ) -> Option<Arc<FileConnection>> {
        if !self.0.has_room() {
            self.0.leave_out(|left_out| left_out.connections += 1);
            return None;
        }
        let connection = FileConnection {
            queue: Arc::clone(&self.0),
            id: client.id,
            skipped: [AtomicU64::new(0), AtomicU64::new(0)],
            waits_for_keys: tls && self.0.with_keys,
            held: Mutex::new(None),
        };
        connection.add(PacketKind::Open { client: client.peer, server });
        Some(Arc::new(connection))
    }

    /// Returns where TLS keys are to be logged; `None` if the file contains none.
    pub(crate) fn key_log(&self) -> Option<Arc<dyn KeyLog>> {
        self.0.with_keys.then(|| Arc::clone(&self.0) as Arc<dyn KeyLog>)
    }
}

impl Queue {
    fn has_room(&self) -> bool {
        self.queued.load(Relaxed) < MAX_QUEUED && !self.is_closed.load(Relaxed)
    }

    /// Counts what there is no room for.
    fn leave_out(&self, count: impl FnOnce(&mut LeftOut)) {
        let is_closed = self.is_closed.load(Relaxed);
        count(&mut lock(if is_closed { &self.write_failed } else { &self.overflow }));
    }

    fn add(&self, message: Message) {
        self.queued.fetch_add(message.size(), Relaxed);
        // The writer receives until `Message::Finish`; later messages are of no use.
        let _ = self.messages.send(message);
    }
}

impl KeyLog for Queue {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        if self.has_room() {
            self.add(Message::TlsKey(key_log_line(label, client_random, secret)));
        } else {
            self.leave_out(|left_out| left_out.keys += 1);
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureFile").finish_non_exhaustive()
    }
}

/// One connection that is written to a file.
pub(crate) struct FileConnection {
    queue: Arc<Queue>,
    id: ClientId,
    /// The number of bytes of the client and of the server that were left out since the last message.
    skipped: [AtomicU64; 2],
    /// Whether keys are logged while received data is processed. They must be written before the data, since Wireshark
    /// decrypts only what comes after them.
    waits_for_keys: bool,
    /// Received data that has not been processed yet.
    held: Mutex<Option<Message>>,
}

impl FileConnection {
    /// Records data that the socket received or sent.
    pub(crate) fn data(&self, side: Side, data: &[u8]) {
        if self.queue.has_room() {
            self.add(PacketKind::Data(side, data.into()));
        } else {
            let len = data.len() as u64;
            self.skipped[side.index()].fetch_add(len, Relaxed);
            self.queue.leave_out(|left_out| left_out.bytes += len);
        }
    }

    /// Records the FIN of a side. Only the first one of a side counts.
    pub(crate) fn fin(&self, side: Side) {
        self.add(PacketKind::Fin(side));
    }

    /// Records the client's RST.
    pub(crate) fn reset(&self) {
        self.add(PacketKind::Reset);
    }

    /// Records that the OS gave up the connection.
    pub(crate) fn lost(&self) {
        self.add(PacketKind::Lost);
    }

    /// Records that the connection is closed. Nothing follows.
    pub(crate) fn close(&self) {
        self.add(PacketKind::Closed);
    }

    fn add(&self, kind: PacketKind) {
        let is_received = matches!(kind, PacketKind::Data(Side::Client, _));
        let skipped = [0, 1].map(|side: usize| self.skipped[side].swap(0, Relaxed));
        let packet = Packet { connection: self.id, at: SystemTime::now(), skipped, kind };
        let mut held = lock(&self.held);
        if let Some(message) = held.take() {
            self.queue.add(message);
        }
        if self.waits_for_keys && is_received {
            *held = Some(Message::Packet(packet));
        } else {
            self.queue.add(Message::Packet(packet));
        }
    }
}

/// Writes the messages of a queue to a file.
struct Writer {
    queue: Arc<Queue>,
    path: PathBuf,
    /// `None` until a pipe has a reader.
    file: Option<File>,
    is_regular: bool,
    /// Whether the file still holds an earlier capture, which the first write replaces.
    has_earlier: bool,
    /// The size of what was written, in bytes: the end of the last whole block.
    size: u64,
    /// The size of the blocks that the file begins with, in bytes.
    header_len: usize,
    blocks: Blocks,
    /// Counts what is waiting to be written.
    unwritten: LeftOut,
    /// The number of packets that were left out since the last one that was written.
    lost: u64,
    connections: HashMap<ClientId, TcpConnection>,
    written: Written,
    /// Called with the first error.
    on_error: Option<Box<dyn Fn(String) + Send>>,
}

impl Writer {
    /// Writes all messages up to [`Message::Finish`], or counts them if they can't be written.
    fn run(mut self, messages: &Receiver<Message>) -> Written {
        if !self.write_messages(messages) {
            self.count(messages);
        }
        let (queue_full, write_failed) = (*lock(&self.queue.overflow), *lock(&self.queue.write_failed));
        Written { queue_full, write_failed, ..self.written }
    }

    /// Counts what can't be written, up to [`Message::Finish`].
    fn count(&self, messages: &Receiver<Message>) {
        let mut skipped = HashSet::new();
        for message in messages {
            let mut left_out = lock(&self.queue.write_failed);
            match message {
                Message::Finish => break,
                Message::TlsKey(_) => left_out.keys += 1,
                Message::Packet(Packet { connection, kind, .. }) => match kind {
                    PacketKind::Open { .. } => {
                        skipped.insert(connection);
                        left_out.connections += 1;
                    }
                    PacketKind::Data(_, data) if !skipped.contains(&connection) => {
                        left_out.bytes += data.len() as u64;
                    }
                    _ => {}
                },
            }
        }
    }

    /// Returns whether the messages were finished; otherwise nothing more can be written.
    fn write_messages(&mut self, messages: &Receiver<Message>) -> bool {
        if self.file.is_none() {
            match OpenOptions::new().write(true).open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) => {
                    self.stop(&error);
                    return false;
                }
            }
        }
        let mut is_finished = false;
        while !is_finished {
            // This can't fail: the queue holds a sender.
            let Ok(mut message) = messages.recv() else { return false };
            loop {
                self.queue.queued.fetch_sub(message.size(), Relaxed);
                is_finished |= matches!(message, Message::Finish);
                if let Err(error) = self.add(message) {
                    self.stop(&error);
                    return is_finished;
                }
                if self.blocks.bytes().len() > BATCH && !self.write() {
                    return is_finished;
                }
                match messages.try_recv() {
                    Ok(next) => message = next,
                    Err(_) => break,
                }
            }
            let is_busy = self.blocks.bytes().len() > BATCH / 2;
            if !self.write() {
                return is_finished;
            }
            if !is_finished && !is_busy {
                thread::sleep(INTERVAL);
            }
        }
        true
    }

    /// Makes the blocks of a message.
    fn add(&mut self, message: Message) -> io::Result<()> {
        let packets = self.blocks.packets();
        let blocks = &mut self.blocks;
        match message {
            Message::TlsKey(line) => {
                blocks.tls_keys(&line)?;
                self.unwritten.keys += 1;
            }
            Message::Finish => {
                for connection in self.connections.values_mut() {
                    connection.finish(blocks, SystemTime::now())?;
                }
            }
            Message::Packet(Packet { connection, at, kind: PacketKind::Open { client, server }, .. }) => {
                self.connections.insert(connection, TcpConnection::open(blocks, at, client, server)?);
                self.unwritten.connections += 1;
            }
            Message::Packet(Packet { connection: id, at, skipped, kind }) => {
                let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
                connection.skip(Side::Client, skipped[0]);
                connection.skip(Side::Server, skipped[1]);
                match kind {
                    PacketKind::Open { .. } => {}
                    PacketKind::Data(side, data) => connection.data(blocks, at, side, &data)?,
                    PacketKind::Fin(side) => connection.fin(blocks, at, side)?,
                    PacketKind::Reset => connection.reset(blocks, at)?,
                    PacketKind::Lost => connection.lost(blocks, at)?,
                    PacketKind::Closed => {
                        connection.close(blocks, at)?;
                        self.connections.remove(&id);
                    }
                }
            }
        }
        self.unwritten.packets += self.blocks.packets() - packets;
        Ok(())
    }

    /// Writes the blocks, or leaves them out if that fails. Returns whether later ones may be written.
    fn write(&mut self) -> bool {
        let LeftOut { connections, packets, keys, .. } = std::mem::take(&mut self.unwritten);
        let Err(error) = self.try_write() else {
            self.written.connections += connections;
            self.written.packets += packets;
            self.lost = 0;
            return true;
        };
        {
            let mut left_out = lock(&self.queue.write_failed);
            left_out.connections += connections;
            left_out.packets += packets;
            left_out.keys += keys;
        }
        self.lost += packets;
        // A file without its first blocks couldn't be read.
        let kept = if self.size == 0 { self.header_len } else { 0 };
        self.blocks.bytes().truncate(kept);
        // A file ends with its last whole block, and there may be space again later.
        if !self.is_regular || self.truncate().is_err() {
            self.stop(&error);
            return false;
        }
        self.blocks.note(format!("{} left out before this packet.", count(self.lost, "packet")));
        self.report(&error, "Packets are left out until there is space again");
        true
    }

    fn try_write(&mut self) -> io::Result<()> {
        if self.has_earlier {
            self.truncate()?;
            self.has_earlier = false;
        }
        let bytes = self.blocks.bytes();
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        self.size += bytes.len() as u64;
        bytes.clear();
        Ok(())
    }

    fn truncate(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.set_len(self.size)?;
        io::Seek::seek(file, io::SeekFrom::Start(self.size)).map(drop)
    }

    /// Ends the capture, because nothing more can be written.
    fn stop(&mut self, error: &io::Error) {
        self.queue.is_closed.store(true, Relaxed);
        if error.kind() == ErrorKind::BrokenPipe {
            self.report(error, "The program that read it has ended");
        } else {
            self.report(error, "Nothing more is captured");
        }
    }

    fn report(&mut self, error: &io::Error, effect: &str) {
        if let Some(on_error) = self.on_error.take() {
            let (path, reason) = (self.path.display(), text::io_error(error));
            on_error(format!("Can't write the capture to {path}: {reason}. {effect}; the server continues."));
        }
    }
}

/// Opens a file for a new capture. An existing file must be empty or a capture.
fn open(path: &Path, with_keys: bool) -> Result<File, CaptureFileError> {
    let io_error = |error| CaptureFileError::Io(path.to_owned(), error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    if with_keys {
        owner_only(&mut options);
    }
    let opened = open_as_only_writer(&mut options, path).map_err(io_error)?;
    let mut file = opened.ok_or_else(|| CaptureFileError::InUse(path.to_owned()))?;
    let metadata = file.metadata().map_err(io_error)?;
    if with_keys && !is_own(&metadata) {
        return Err(CaptureFileError::NotOwn(path.to_owned()));
    }
    let mut start = Vec::new();
    (&mut file).take(MAGIC.len() as u64).read_to_end(&mut start).map_err(io_error)?;
    if !start.is_empty() && start != MAGIC {
        return Err(CaptureFileError::NotACapture(path.to_owned()));
    }
    if with_keys {
        restrict_to_owner(&file).map_err(io_error)?;
    }
    Ok(file)
}
