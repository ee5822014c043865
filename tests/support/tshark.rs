//! Reads pcapng files with tshark, as Wireshark does.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{finish, program};

pub(crate) struct Tshark {
    program: PathBuf,
    /// The protocol above TCP. By itself, tshark guesses it from the ports and the data, and some guesses are wrong.
    protocol: &'static str,
    /// The key log to decrypt TLS with.
    key_log: Option<PathBuf>,
}

impl Tshark {
    /// Finds tshark to read an echo without TLS, or prints that the test is skipped.
    pub(crate) fn plain() -> Option<Self> {
        Some(Self { program: program("tshark")?, protocol: "echo", key_log: None })
    }

    /// Finds tshark to read TLS, or prints that the test is skipped.
    pub(crate) fn tls() -> Option<Self> {
        Self::plain().map(|plain| Self { protocol: "tls", ..plain })
    }

    /// Decrypts TLS with this key log.
    pub(crate) fn with_keys(mut self, key_log: &Path) -> Self {
        self.key_log = Some(key_log.to_owned());
        self
    }

    fn run(&self, file: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        // The settings of the user don't matter. tshark checks checksums only on request.
        command.env("HOME", file.parent().expect("the file is in a folder"));
        command.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
        command.arg("-d").arg(format!("tcp.port==1-65535,{}", self.protocol));
        if let Some(keys) = &self.key_log {
            command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
        }
        command.arg("-r").arg(file).args(arguments);
        let end = finish(command);
        assert_eq!(end.code, Some(0), "{arguments:?}: {}", end.stderr);
        end.stdout
    }

    /// Returns the summaries of all errors and warnings.
    pub(crate) fn problems(&self, file: &Path) -> Vec<String> {
        let text = self.run(file, &["-q", "-z", "expert,warn"]);
        let rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        // A row has the frequency, the group, the protocol and the summary.
        rows.filter(|words| words.len() > 3 && words[0].parse::<u64>().is_ok())
            .map(|words| words[3..].join(" "))
            .collect()
    }

    /// Returns what the client and the server sent on a connection: with TLS, the data that tshark decrypts.
    pub(crate) fn follow(&self, file: &Path, stream: u64) -> [Vec<u8>; 2] {
        let protocol = if self.protocol == "tls" { "tls" } else { "tcp" };
        let text = self.run(file, &["-q", "-z", &format!("follow,{protocol},raw,{stream}")]);
        let mut sides = [Vec::new(), Vec::new()];
        let is_data =
            |line: &&str| !line.is_empty() && line.trim().bytes().all(|byte| byte.is_ascii_hexdigit());
        for line in text.lines().filter(is_data) {
            let digits = line.trim();
            let bytes =
                (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            sides[usize::from(line.starts_with('\t'))].extend(bytes);
        }
        sides
    }

    /// Returns these fields of each packet that matches the filter.
    pub(crate) fn fields(&self, file: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let mut arguments = vec!["-T", "fields", "-Y", filter];
        arguments.extend(fields.iter().flat_map(|field| ["-e", *field]));
        let text = self.run(file, &arguments);
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }
}

/// Returns `len` bytes of numbered lines.
pub(crate) fn lines(len: usize) -> Vec<u8> {
    (0..).flat_map(|number| format!("line {number}\n").into_bytes()).take(len).collect()
}
