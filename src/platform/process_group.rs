//! A program together with the programs that it starts: a process group on Unix, a process tree on Windows.

use std::io;
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};

use crate::platform::socket_queues::listening_among;

/// A program and its children. They are killed on drop.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    child: Child,
    status: Option<ExitStatus>,
}

impl ProcessGroup {
    /// Starts a program in a group of its own, so that Ctrl-C in the terminal doesn't reach it.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        prepare(&mut command);
        Ok(Self { child: command.spawn()?, status: None })
    }

    /// Takes the pipes of stdout and stderr.
    pub(crate) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Returns how the program exited; `None` if it runs. After its exit, its children are killed, except on Windows,
    /// which finds them only while it runs.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            // An error means that the status isn't known, as for a program that runs.
            self.status = self.child.try_wait().ok().flatten();
            if self.status.is_some() {
                kill_group(&self.child);
            }
        }
        self.status
    }

    /// Sends the program and its children the signal that Ctrl-C sends. Returns whether that is possible.
    pub(crate) fn interrupt(&self) -> bool {
        self.status.is_none() && interrupt_group(&self.child)
    }

    /// Returns how many sockets are open in the program and its children. Only Linux reports it.
    pub(crate) fn open_sockets(&self) -> Option<usize> {
        Some(self.sockets()?.len())
    }

    /// Returns the addresses that the program and its children listen on. Only Linux reports them.
    pub(crate) fn listening_addresses(&self) -> Option<Vec<SocketAddr>> {
        listening_among(&self.sockets()?)
    }

    /// Returns the inode numbers of the sockets of the program and its children.
    fn sockets(&self) -> Option<Vec<String>> {
        find_sockets(self.child.id())
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if self.status.is_none() {
            kill_group(&self.child);
            // These fail if the program has exited.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(unix)]
fn prepare(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
    let set_signals = || {
        #[expect(unsafe_code, reason = "signal(2) has no safe wrapper")]
        // SAFETY: the call sets no handler, and is allowed between fork and exec (signal-safety(7)).
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
        }
        // If a signal kills this process or its thread, the program doesn't outlive it.
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        Ok(())
    };
    // A shell without job control starts programs in the background with SIGINT ignored, and children inherit that.
    #[expect(unsafe_code, reason = "code between fork and exec must not allocate")]
    // SAFETY: the closure only calls signal(2) and prctl(2).
    unsafe {
        command.pre_exec(set_signals);
    }
}

/// No window for the output, and no Ctrl-C of this program's console.
#[cfg(windows)]
fn prepare(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    std::os::windows::process::CommandExt::creation_flags(
        command,
        CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP,
    );
}

/// Runs a program for the console without a window.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

#[cfg(unix)]
fn signal_group(child: &Child, signal: rustix::process::Signal) -> bool {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    group.is_some_and(|group| rustix::process::kill_process_group(group, signal).is_ok())
}

#[cfg(unix)]
fn interrupt_group(child: &Child) -> bool {
    signal_group(child, rustix::process::Signal::INT)
}

#[cfg(not(unix))]
fn interrupt_group(_: &Child) -> bool {
    false
}

#[cfg(unix)]
fn kill_group(child: &Child) {
    // This fails if no process is left.
    signal_group(child, rustix::process::Signal::KILL);
}

#[cfg(windows)]
fn kill_group(child: &Child) {
    // `taskkill` is a part of Windows. It fails if no process is left.
    let mut command = Command::new("taskkill");
    command.args(["/T", "/F", "/PID", &child.id().to_string()]);
    std::os::windows::process::CommandExt::creation_flags(&mut command, CREATE_NO_WINDOW);
    let _ = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status();
}

/// Returns the inode numbers of the sockets among the file descriptors of a group's processes (proc(5), `stat` and
/// `fd`).
#[cfg(target_os = "linux")]
fn find_sockets(group: u32) -> Option<Vec<String>> {
    use std::fs;

    let is_in_group = |stat: &str| {
        // The name in parentheses may contain spaces. After it are the state, the parent and the group.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(2) == Some(group.to_string().as_str())
    };
    let mut inodes = Vec::new();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let path = process.path();
        if !fs::read_to_string(path.join("stat")).is_ok_and(|stat| is_in_group(&stat)) {
            continue;
        }
        // This fails if the process has just exited.
        for file in fs::read_dir(path.join("fd")).into_iter().flatten().flatten() {
            let link = fs::read_link(file.path()).unwrap_or_default();
            let inode = link.to_str().and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']'));
            inodes.extend(inode.map(str::to_owned));
        }
    }
    Some(inodes)
}

#[cfg(not(target_os = "linux"))]
fn find_sockets(_: u32) -> Option<Vec<String>> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;
    use std::process::Stdio;

    use super::*;

    fn shell(script: &str) -> ProcessGroup {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        ProcessGroup::start(command).expect("there is a shell")
    }

    #[test]
    fn children_are_killed_with_the_program() {
        let mut group = shell("sleep 600 & echo started; wait");
        let mut out = group.outputs().0.unwrap();
        out.read_exact(&mut [0; 8]).unwrap();
        assert_eq!(group.exit_status(), None);
        drop(group);
        // The child had the other end of the pipe.
        assert_eq!(out.read(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn interrupt_ends_the_program() {
        // With exec, because dash loses a signal that comes while it starts a program.
        let mut group = shell("echo started; exec sleep 600");
        group.outputs().0.unwrap().read_exact(&mut [0; 8]).unwrap();
        assert!(group.interrupt());
        while group.exit_status().is_none() {
            std::thread::yield_now();
        }
        assert!(!group.exit_status().unwrap().success());
        assert!(!group.interrupt());
    }
}
