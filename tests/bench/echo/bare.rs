//! The baseline: a minimal blocking echo loop in Rust, with a thread for each client and no log, optionally over
//! rustls.
//!
//! As in Echoscope, its sockets use `TCP_NODELAY`, and its TLS has the same provider, versions and tickets. Unlike
//! Echoscope, it has no time limits, counters or explanations.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Outcome;
use crate::arguments::Bare;

/// Serves until the process is killed.
pub(crate) fn serve(how: &Bare) -> Outcome<()> {
    let failed = |error: io::Error| format!("the bare loop can't serve: {error}");
    let tls = match &how.tls {
        Some((certificate, key)) => Some(Arc::new(server_config(certificate, key)?)),
        None => None,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, how.port)).map_err(failed)?;
    let recv_size = how.recv_size;
    loop {
        let (stream, _) = listener.accept().map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let tls = tls.clone();
        thread::spawn(move || match tls {
            None => echo(stream, recv_size),
            Some(config) => {
                let connection = ServerConnection::new(config).map_err(io::Error::other)?;
                echo(StreamOwned::new(connection, stream), recv_size)
            }
        });
    }
}

fn echo(mut stream: impl Read + Write, recv_size: usize) -> io::Result<()> {
    let mut buffer = vec![0; recv_size];
    loop {
        let received = stream.read(&mut buffer)?;
        if received == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..received])?;
    }
}

fn server_config(certificate: &Path, key: &Path) -> Outcome<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("{}: {error}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", key.display()))?;
    let failed = |error: rustls::Error| format!("rustls can't serve: {error}");
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(failed)?;
    config.ticketer = Ticketer::new().map_err(failed)?;
    Ok(config)
}
