//! A client outside the app, and certificates as the app creates them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use echoscope::tls::create::{self, CertificateSpec, CreatedFiles, Defect, KeyChoice};

use crate::lessons::player::PATIENCE;

/// Connects a client without TLS.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes and reads them back.
pub(crate) fn echo(client: &mut (impl Read + Write), data: &[u8]) {
    client.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

/// Creates a certificate as *Create certificate…* does.
pub(crate) fn create(folder: &Path, defect: Option<Defect>) -> Box<CreatedFiles> {
    let spec = CertificateSpec {
        folder: folder.to_owned(),
        key: KeyChoice::P256,
        defect,
        ..CertificateSpec::default()
    };
    Box::new(create::create(&spec, true, jiff::Timestamp::now()).unwrap())
}
