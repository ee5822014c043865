//! TLS from the client's side: each choice of trust, accepted and rejected, with the explanation.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use echoscope::client::ConnectionConfig;
use echoscope::client::client_error::{ClientError, Stage};
use echoscope::client::client_event::{ClientCloseCause, ClientEventKind, PeerEnd};
use echoscope::server::{ServerConfig, TlsFiles};
use echoscope::settings::{ClientAuth, TlsVersions};
use echoscope::tls::handshake::{Accepted, ClientHandshake};
use echoscope::tls::options::{Identity as ClientIdentity, TlsChoices, Trust};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair,
};

use crate::client::watched::{Watched, server};
use crate::support::running::Running;
use crate::support::{Identity, program};

/// Starts a server with this certificate.
pub(crate) fn serve(identity: &Identity, change: impl FnOnce(&mut TlsFiles)) -> Running {
    let mut files = TlsFiles::new(identity.certificate.clone().into(), identity.key.clone().into());
    change(&mut files);
    Running::start(|config: &mut ServerConfig| config.tls = Some(files))
}

/// Returns a configuration to connect to a server; the server name defaults to `localhost`.
pub(crate) fn config(running: &Running, mut tls: TlsChoices) -> ConnectionConfig {
    if tls.name.is_empty() {
        "localhost".clone_into(&mut tls.name);
    }
    let address = running.address;
    ConnectionConfig { tls: Some(tls), ..ConnectionConfig::plain(address.ip().to_string(), address.port()) }
}

/// Connects, waits for an echo, and returns the result of the handshake.
fn connect_and_echo(running: &Running, tls: TlsChoices) -> std::sync::Arc<ClientHandshake> {
    let mut client = Watched::connect(config(running, tls));
    client.wait_until_open();
    client.send(b"Hello");
    assert_eq!(client.received(5), b"Hello");
    client.event("handshake", |kind| match kind {
        ClientEventKind::Handshake(agreed) => Some(std::sync::Arc::clone(agreed)),
        _ => None,
    })
}

fn connect_and_fail(running: &Running, tls: TlsChoices) -> ClientError {
    Watched::connect(config(running, tls)).failed()
}

fn trust_this(identity: &Identity) -> Trust {
    Trust::ThisServer(identity.certificate.clone().into())
}

/// Creates a certificate and its key, and writes them to files.
fn write(
    folder: &std::path::Path,
    params: &CertificateParams,
    ca: Option<&Issuer<'static, KeyPair>>,
) -> Files {
    let key = KeyPair::generate().unwrap();
    let made = ca.map_or_else(|| params.self_signed(&key), |ca| params.signed_by(&key, ca)).unwrap();
    let name = format!("{:x}", next_number());
    let path = |end: &str| folder.join(format!("{name}.{end}"));
    fs::write(path("crt"), made.pem()).unwrap();
    fs::write(path("key"), key.serialize_pem()).unwrap();
    Files { certificate: path("crt"), key: path("key"), pair: key }
}

fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    pair: KeyPair,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2100, 1, 1);
    params
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "Practice CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn serve_files(files: &Files, change: impl FnOnce(&mut TlsFiles)) -> Running {
    let mut tls = TlsFiles::new(files.certificate.clone(), files.key.clone());
    change(&mut tls);
    Running::start(|config| config.tls = Some(tls))
}

#[test]
fn server_certificate_is_trusted_in_both_versions() {
    let identity = Identity::new();
    let running = serve(&identity, |_| {});
    for (versions, version) in [(TlsVersions::Only12, "TLS 1.2"), (TlsVersions::Both, "TLS 1.3")] {
        let agreed =
            connect_and_echo(&running, TlsChoices { versions, ..TlsChoices::new(trust_this(&identity)) });
        assert_eq!((agreed.agreed.version, agreed.accepted), (version, Accepted::Signed));
        assert_eq!(agreed.agreed.server_name.as_deref(), Some("localhost"));
        assert_eq!(agreed.chain.len(), 1);
        assert!(
            agreed.chain[0].self_signed
                && agreed.agreed.group.is_some()
                && agreed.agreed.signature_scheme.is_some()
        );
        assert!(!agreed.asked_for_certificate && !agreed.presented_certificate);
    }
}

#[test]
fn x509_v1_certificate_of_the_tutorial_is_pinned_in_both_versions() {
    let Some(openssl) = program("openssl") else { return };
    let identity = Identity::by_the_tutorial(&openssl);
    let running = serve(&identity, |_| {});
    for versions in TlsVersions::ALL {
        let agreed =
            connect_and_echo(&running, TlsChoices { versions, ..TlsChoices::new(trust_this(&identity)) });
        if agreed.chain[0].version == 1 {
            assert_eq!(agreed.accepted, Accepted::Pinned { name_checked: false });
        }
        let agreed = connect_and_echo(&running, TlsChoices { versions, ..TlsChoices::new(Trust::Nothing) });
        assert_eq!(agreed.accepted, Accepted::Unchecked);
    }
    let other = Identity::new();
    let failure = connect_and_fail(&running, TlsChoices::new(trust_this(&other)));
    assert!(failure.to_string().contains("it is not the one in server.crt"), "{failure:?}");
}

#[test]
fn served_ca_and_foreign_leaf_are_pinned_and_their_names_checked() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving_ca = ca_params();
    serving_ca.subject_alt_names = params("localhost").subject_alt_names;
    let ca = write(folder.path(), &serving_ca, None);
    let issuer = Issuer::new(ca_params(), KeyPair::generate().unwrap());
    let leaf = write(folder.path(), &params("localhost"), Some(&issuer));
    for files in [&ca, &leaf] {
        let running = serve_files(files, |_| {});
        let trust = Trust::ThisServer(files.certificate.clone());
        let agreed = connect_and_echo(&running, TlsChoices::new(trust.clone()));
        assert_eq!(agreed.accepted, Accepted::Pinned { name_checked: true });
        let failure = connect_and_fail(
            &running,
            TlsChoices { name: "other.test".to_owned(), ..TlsChoices::new(trust) },
        );
        assert!(failure.to_string().contains("It is for localhost"), "{failure:?}");
    }
}

#[test]
fn unknown_critical_extension_is_not_treated_as_x509_v1() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["localhost", "other.example"] {
        let mut params = params(name);
        let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
        let files = write(folder.path(), &params, None);
        let running = serve_files(&files, |_| {});
        for versions in TlsVersions::ALL {
            let trust = Trust::ThisServer(files.certificate.clone());
            let failure = connect_and_fail(&running, TlsChoices { versions, ..TlsChoices::new(trust) });
            assert_eq!(failure.stage(), Stage::Handshake);
            assert!(
                failure
                    .to_string()
                    .contains("it has a critical extension that the client does not support. Make one"),
                "{name}: {failure:?}"
            );
        }
    }
}

#[test]
fn ca_file_is_trusted_and_a_missing_issuer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), &ca_params(), None);
    let issuer = Issuer::new(ca_params(), ca.pair);
    let leaf = write(folder.path(), &params("localhost"), Some(&issuer));
    let running = serve_files(&leaf, |_| {});
    let agreed = connect_and_echo(&running, TlsChoices::new(Trust::CaFile(ca.certificate.clone())));
    assert_eq!(agreed.accepted, Accepted::Signed);
    let other = Identity::new();
    let failure =
        connect_and_fail(&running, TlsChoices::new(Trust::CaFile(other.certificate.clone().into())));
    assert_eq!(failure.stage(), Stage::Handshake);
    assert!(failure.to_string().contains("rejected the server's certificate for “localhost”"), "{failure:?}");
    assert!(failure.to_string().contains("Give the client the certificate of CN=Practice CA"), "{failure:?}");
    assert!(!failure.raw().is_empty());
    let failure = connect_and_fail(&running, TlsChoices::new(Trust::CaFile(folder.path().join("none.crt"))));
    assert_eq!(failure.stage(), Stage::Preparing);
    assert!(failure.to_string().contains("none.crt"), "{failure:?}");
}

#[test]
fn rejected_certificate_is_explained() {
    let identity = Identity::new();
    let running = serve(&identity, |_| {});
    let failure = connect_and_fail(
        &running,
        TlsChoices { name: "echo.test".to_owned(), ..TlsChoices::new(trust_this(&identity)) },
    );
    assert!(
        failure.to_string().contains("for “echo.test”")
            && failure.to_string().contains("It is for localhost"),
        "{failure:?}"
    );
    let failure = connect_and_fail(&running, TlsChoices::new(Trust::System));
    // Without a trust store, the explanation is about its absence.
    let expected = ["give the client this certificate", "No system trust store"];
    assert!(expected.iter().any(|text| failure.to_string().contains(text)), "{failure:?}");
    let failure = connect_and_fail(
        &running,
        TlsChoices { name: "not a name".to_owned(), ..TlsChoices::new(Trust::Nothing) },
    );
    assert_eq!(failure.stage(), Stage::Preparing);
    assert!(failure.to_string().contains("“not a name”"), "{failure:?}");

    let folder = tempfile::tempdir().unwrap();
    let mut old = params("localhost");
    old.not_after = rcgen::date_time_ymd(2021, 1, 1);
    old.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let files = write(folder.path(), &old, None);
    let running = serve_files(&files, |_| {});
    let failure = connect_and_fail(&running, TlsChoices::new(Trust::ThisServer(files.certificate.clone())));
    assert!(failure.to_string().contains("expired on 2021-01-01"), "{failure:?}");
    connect_and_echo(&running, TlsChoices::new(Trust::Nothing));
}

#[test]
fn alerts_of_the_server_are_explained() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), &ca_params(), None);
    let asks = |files: &mut TlsFiles| {
        files.client_auth = ClientAuth::Required;
        files.client_ca.clone_from(&ca.certificate);
    };
    let running = serve(&identity, asks);
    for versions in TlsVersions::ALL {
        let failure =
            connect_and_fail(&running, TlsChoices { versions, ..TlsChoices::new(trust_this(&identity)) });
        assert!(failure.to_string().contains("requires a client certificate"), "{versions:?}: {failure:?}");
        let own = ClientIdentity {
            certificate: identity.certificate.clone().into(),
            key: identity.key.clone().into(),
        };
        let stranger = TlsChoices { versions, identity: Some(own), ..TlsChoices::new(trust_this(&identity)) };
        let failure = connect_and_fail(&running, stranger);
        assert!(
            failure.to_string().contains("rejected this client's certificate"),
            "{versions:?}: {failure:?}"
        );
    }
    let running = serve(&identity, |files| files.alpn = vec!["echo".to_owned()]);
    let alpn =
        |name: &str| TlsChoices { alpn: vec![name.to_owned()], ..TlsChoices::new(trust_this(&identity)) };
    let failure = connect_and_fail(&running, alpn("h2"));
    assert!(
        failure.to_string().contains("none of the offered application protocols (ALPN): h2"),
        "{failure:?}"
    );
    assert_eq!(connect_and_echo(&running, alpn("echo")).agreed.alpn.as_deref(), Some("echo"));
    let running = serve(&identity, |files| files.versions = TlsVersions::Only13);
    let versions = TlsVersions::Only12;
    let failure =
        connect_and_fail(&running, TlsChoices { versions, ..TlsChoices::new(trust_this(&identity)) });
    assert!(failure.to_string().contains("TLS 1.2 only"), "{failure:?}");
}

#[test]
fn client_certificate_is_presented_on_request() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), &ca_params(), None);
    let issuer = Issuer::new(ca_params(), ca.pair);
    let mut alice = params("alice");
    alice.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let alice = write(folder.path(), &alice, Some(&issuer));
    let mut running = serve(&identity, |files| {
        files.client_auth = ClientAuth::Required;
        files.client_ca = ca.certificate.clone();
    });
    let own = ClientIdentity { certificate: alice.certificate.clone(), key: alice.key.clone() };
    let agreed = connect_and_echo(
        &running,
        TlsChoices { identity: Some(own), ..TlsChoices::new(trust_this(&identity)) },
    );
    assert!(agreed.asked_for_certificate && agreed.presented_certificate);
    let subject = running.event(|event| match &event.kind {
        echoscope::server::event::EventKind::Handshake(handshake) => {
            handshake.client_certificate.as_ref().map(|certificate| certificate.subject.clone())
        }
        _ => None,
    });
    assert_eq!(subject, "CN=alice");
    let swapped = ClientIdentity { certificate: alice.certificate, key: identity.key.clone().into() };
    let failure = connect_and_fail(
        &running,
        TlsChoices { identity: Some(swapped), ..TlsChoices::new(trust_this(&identity)) },
    );
    assert_eq!(failure.stage(), Stage::Preparing);
    assert!(failure.to_string().starts_with("The client certificate can't be used."), "{failure:?}");
}

#[test]
fn tls_on_one_side_only_is_recognized() {
    let identity = Identity::new();
    let plain = Running::start(|_| {});
    let failure = connect_and_fail(&plain, TlsChoices::new(trust_this(&identity)));
    assert!(failure.to_string().contains("echoed this client's ClientHello"), "{failure:?}");
    let tls = serve(&identity, |_| {});
    let mut client = Watched::open(tls.address);
    client.send(&[b'x'; 100]);
    assert!(client.note().contains("Turn TLS on for this client"));
}

#[test]
fn disconnect_during_the_handshake_is_explained() {
    let (address, thread) = server(|mut stream| stream.read(&mut [0; 8192]).unwrap());
    let tls = Some(TlsChoices::new(Trust::Nothing));
    let mut client =
        Watched::connect(ConnectionConfig { tls, ..ConnectionConfig::plain("127.0.0.1", address.port()) });
    let failure = client.failed();
    assert_eq!(failure.stage(), Stage::Handshake);
    assert!(failure.to_string().contains("during the TLS handshake without a reason"), "{failure:?}");
    assert!(thread.join().unwrap() > 0);
    let identity = Identity::new();
    let running = serve(&identity, |_| {});
    let mut client = Watched::connect(config(&running, TlsChoices::new(trust_this(&identity))));
    client.wait_until_open();
    running.server.stop();
    assert!(matches!(
        client.closed().cause,
        ClientCloseCause::Server(PeerEnd::CloseNotify | PeerEnd::WithoutCloseNotify)
    ));
}
