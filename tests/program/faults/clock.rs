//! The computer's clock is set back by an hour: the log keeps its order, no duration is negative, no time limit is
//! exceeded.
//!
//! All processes share the real clock, so the program gets one of its own: a library that is loaded before libc
//! replaces the wall clock. The monotonic clock, which can't be set, remains the OS's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;

use super::echo;
use super::tls::{over, trusting};
use crate::support::{Guarded, Identity, Lines, echoscope, finish, program};

const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    const char *set_back = getenv("SET_BACK");
    if (clock == CLOCK_REALTIME && set_back && access(set_back, F_OK) == 0)
        now->tv_sec -= 3600;
    return result;
}
"#;

fn library(folder: &Path) -> Option<PathBuf> {
    program("cc")?;
    let (source, library) = (folder.join("clock.c"), folder.join("libclock.so"));
    fs::write(&source, LIBRARY).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    let end = finish(compile);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    Some(library)
}

#[test]
fn clock_can_be_set_back_by_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = library(folder.path()) else { return };
    let set_back = folder.path().join("set back");
    let identity = Identity::new();
    let mut arguments = vec!["--headless", "--port", "0", "--host", "127.0.0.1", "--log-format", "json"];
    arguments.extend(["--idle-timeout", "60"]);
    arguments.extend(identity.arguments());
    let mut command = echoscope(&arguments);
    command.env("LD_PRELOAD", &library).env("SET_BACK", &set_back);
    let mut child = Guarded(command.stdout(std::process::Stdio::piped()).spawn().unwrap());
    let lines = Lines::of(child.0.stdout.take().unwrap());
    let next = |event: &str| {
        let line: Value = serde_json::from_str(&lines.next()).unwrap();
        assert_eq!(line["event"], event, "{line}");
        line
    };
    let port = u16::try_from(next("starting")["port"].as_u64().unwrap()).unwrap();
    next("listening");
    let config = trusting(Path::new(&identity.certificate));
    let connect = || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
        over(stream, &config)
    };

    let mut persistent = connect();
    echo(&mut persistent, b"before");
    let opened = next("opened");
    next("handshake");
    let before = next("received");
    fs::write(&set_back, "").unwrap();
    echo(&mut persistent, b"after");
    let after = next("received");
    // This client has a session ticket from the future.
    let mut returning = connect();
    echo(&mut returning, b"back again");
    let back = (next("opened"), next("handshake"), next("received"));
    drop(persistent);
    let closed = next("closed");

    let time = |line: &Value| line["time"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let gone_back = time(&before).duration_since(time(&after));
    assert!(gone_back.as_secs() > 3500, "the clock was not set back: {before} {after}");
    for line in [&opened, &before, &after, &back.0, &back.1, &back.2, &closed] {
        let took = line["seconds"].as_f64().unwrap_or_default();
        assert!((0.0..60.0).contains(&took), "{line}");
    }
    assert_eq!(
        (closed["id"].as_u64(), closed["reason"].as_str()),
        (Some(1), Some("end_without_close_notify"))
    );
    // Time continues from the new value: nothing waits until the hour has passed again.
    drop(returning);
    next("closed");
    fs::remove_file(&set_back).unwrap();
    echo(&mut connect(), b"set forward");
    let opened = next("opened");
    assert!(time(&opened).duration_since(time(&after)).as_secs() > 3500, "{opened}");
}
