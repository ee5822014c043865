//! The command line: what to measure, or how to serve as a baseline.

use std::path::PathBuf;

/// The task of this process.
#[derive(Debug)]
pub(crate) enum Arguments {
    /// Serve as a baseline: `--bare PORT RECV_SIZE [CERTIFICATE KEY]`.
    Bare(Bare),
    /// Measure the loads whose names contain one of `names`, or every load if there are none.
    Measure { quick: bool, names: Vec<String> },
}

/// The settings of a baseline.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) port: u16,
    /// The most bytes that one read returns.
    pub(crate) recv_size: usize,
    /// The files with the certificate and its key; `None` without TLS.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
}

impl Arguments {
    /// Reads the command line.
    pub(crate) fn from_command_line() -> Result<Self, String> {
        let all: Vec<String> = std::env::args().skip(1).collect();
        if let Some((first, rest)) = all.split_first()
            && first == "--bare"
        {
            return bare(rest).map(Self::Bare).ok_or_else(|| format!("not a way to serve: {rest:?}"));
        }
        let (mut quick, mut names) = (false, Vec::new());
        for argument in all {
            match argument.as_str() {
                // Cargo passes this argument to every benchmark.
                "--bench" => {}
                "--quick" => quick = true,
                _ if argument.starts_with('-') => {
                    return Err(format!("{argument} is not known; there is --quick, and names of figures"));
                }
                _ => names.push(argument),
            }
        }
        Ok(Self::Measure { quick, names })
    }
}

fn bare(arguments: &[String]) -> Option<Bare> {
    let (port, recv_size) = (arguments.first()?.parse().ok()?, arguments.get(1)?.parse().ok()?);
    let tls = match &arguments[2..] {
        [] => None,
        [certificate, key] => Some((certificate.into(), key.into())),
        _ => return None,
    };
    Some(Bare { port, recv_size, tls })
}
