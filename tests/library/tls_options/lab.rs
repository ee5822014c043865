//! A test server, the folder with its certificates and keys, and two clients.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

use crate::support::{Finished, Guarded, Lines, echoscope, finish, program};

/// A server with JSON lines, and the folder with its files: `server.crt`, `ca.crt`, `client.crt`, their keys and more.
pub(crate) struct Lab {
    pub(crate) folder: tempfile::TempDir,
    server: Option<(Guarded, Lines)>,
    pub(crate) port: u16,
    /// The events of clients that were still connected when another client's connection was closed.
    pending: RefCell<Vec<Value>>,
}

impl Lab {
    /// Creates the folder with its files, without a server.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = Self { folder, server: None, port: 0, pending: RefCell::default() };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        lab.write("server", &made.cert.pem(), &made.signing_key);
        let (ca, ca_pem) = authority("Practice CA");
        fs::write(lab.path("ca.crt"), ca_pem).unwrap();
        let (stranger, _) = authority("Another CA");
        lab.client_certificate("client", &ca, |_| {});
        lab.client_certificate("stranger", &stranger, |_| {});
        lab.client_certificate("expired", &ca, |params| params.not_after = rcgen::date_time_ymd(2021, 1, 1));
        lab.client_certificate("purpose", &ca, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        });
        lab
    }

    /// Starts a server with these arguments in addition to the certificate. `FOLDER` in them stands for the lab's
    /// folder.
    pub(crate) fn start(arguments: &str) -> Self {
        let mut lab = Self::new();
        lab.serve(arguments);
        lab
    }

    pub(crate) fn serve(&mut self, arguments: &str) {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        self.server = Some((Guarded(child), lines));
        self.port = u16::try_from(self.wait_until("starting")["port"].as_u64().unwrap()).unwrap();
        self.wait_until("listening");
    }

    /// Returns the command that starts a server.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let fixed =
            "--headless --port 0 --log-format json --tls --cert FOLDER/server.crt --key FOLDER/server.key";
        let folder = self.folder.path().to_str().unwrap();
        let all = format!("{fixed} {arguments}").replace("FOLDER", folder);
        echoscope(&all.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, certificate: &str, key: &KeyPair) {
        fs::write(self.path(&format!("{name}.crt")), certificate).unwrap();
        fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn client_certificate(
        &self,
        name: &str,
        ca: &Issuer<'static, KeyPair>,
        change: impl FnOnce(&mut CertificateParams),
    ) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        self.write(name, &params.signed_by(&key, ca).unwrap().pem(), &key);
    }

    /// Waits for the server's next event of this kind.
    pub(crate) fn wait_until(&self, event: &str) -> Value {
        let passed = self.lines().wait_until(|line| parse(line)["event"] == event);
        parse(passed.last().unwrap())
    }

    /// Waits until a client's connection is closed, and returns all its events.
    pub(crate) fn visit(&self) -> Visit {
        let mut events = self.pending.take();
        let passed = self.lines().wait_until(|line| parse(line)["event"] == "closed");
        events.extend(passed.iter().map(|line| parse(line)));
        let closed = events.last().unwrap()["id"].clone();
        // The next client may have connected already.
        let (own, others) =
            events.into_iter().partition(|event| event["id"].is_null() || event["id"] == closed);
        self.pending.replace(others);
        Visit(own)
    }

    fn lines(&self) -> &Lines {
        &self.server.as_ref().unwrap().1
    }

    /// Connects with openssl, which sends a line and waits for its echo. Returns its output, or `None` without openssl.
    pub(crate) fn openssl(&self, arguments: &str) -> Option<ClientOutput> {
        let openssl = program("openssl")?;
        let mut child = Command::new(openssl)
            .args(["s_client", "-connect", &format!("127.0.0.1:{}", self.port), "-servername", "localhost"])
            .args(["-CAfile", "server.crt", "-verify_return_error"])
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        let mut child = Guarded(child);
        // This fails if openssl has exited already.
        let _ = input.write_all(b"Hello from openssl\n");
        let mut output = Vec::new();
        let mut echoed = false;
        while let Some(line) = out.next_or_end() {
            // openssl writes received data without flushing its own messages first, so part of a message
            // may precede the echo.
            echoed = line.ends_with("Hello from openssl");
            output.push(line);
            if echoed {
                break;
            }
        }
        drop(input);
        output.extend(out.rest());
        output.extend(err.rest());
        let _ = child.0.wait();
        Some(ClientOutput { text: output.join("\n"), echoed })
    }

    /// Connects with Python, possibly several times in turn, each time with the previous session. Returns an object
    /// for each connection, or `None` without Python.
    pub(crate) fn python(&self, options: Value) -> Option<Vec<Value>> {
        let python = program("python3")?;
        let mut options = options;
        options["port"] = json!(self.port);
        let mut command = Command::new(python);
        command
            .args(["-c", PYTHON, &options.to_string()])
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        let Finished { code, stdout, stderr } = finish(command);
        assert_eq!(code, Some(0), "{stderr}");
        Some(stdout.lines().map(parse).collect())
    }
}

/// The output of a client.
#[derive(Debug)]
pub(crate) struct ClientOutput {
    pub(crate) text: String,
    /// Whether the client's line came back.
    pub(crate) echoed: bool,
}

/// The server's events of one client.
#[derive(Debug)]
pub(crate) struct Visit(Vec<Value>);

impl Visit {
    fn find(&self, event: &str) -> Option<&Value> {
        self.0.iter().find(|line| line["event"] == event)
    }

    /// Returns the handshake event; panics if the handshake failed.
    pub(crate) fn handshake(&self) -> &Value {
        self.find("handshake").unwrap_or_else(|| panic!("no handshake: {:#?}", self.0))
    }

    /// Returns the text and the whole event of the TLS failure; panics if the handshake succeeded.
    pub(crate) fn failure(&self) -> (&str, &Value) {
        let problem = self.find("problem").unwrap_or_else(|| panic!("no problem: {:#?}", self.0));
        assert_eq!(problem["problem"], "tls", "{problem}");
        assert!(self.find("handshake").is_none() && self.find("received").is_none(), "{:#?}", self.0);
        (problem["text"].as_str().unwrap(), problem)
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

const PYTHON: &str = r"
import json, socket, ssl, sys
o = json.loads(sys.argv[1])
c = ssl.create_default_context(cafile='server.crt')
if 'version' in o:
    c.minimum_version = c.maximum_version = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}[o['version']]
if 'cert' in o:
    c.load_cert_chain(o['cert'] + '.crt', o['cert'] + '.key')
if 'alpn' in o:
    c.set_alpn_protocols(o['alpn'])
session = None
for visit in range(o.get('visits', 1)):
    result = {}
    try:
        with socket.create_connection(('127.0.0.1', o['port']), 20) as plain:
            with c.wrap_socket(plain, server_hostname='localhost', session=session) as s:
                s.sendall(b'Hello from Python\n')
                result['echo'] = s.recv(100).decode()
                result['version'], result['alpn'] = s.version(), s.selected_alpn_protocol()
                result['reused'] = s.session_reused
                session = s.session
                s.unwrap()
    except OSError as e:
        result['error'] = str(e)
    print(json.dumps(result))
";

/// Returns the options for [`Lab::python`] that select a TLS version.
pub(crate) fn version(version: &str) -> Value {
    json!({ "version": version })
}
