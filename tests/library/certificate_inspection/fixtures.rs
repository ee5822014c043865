//! Certificate files of every kind, each with its key.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

/// A folder for the files of one test.
pub(crate) struct TestFolder(tempfile::TempDir);

/// A certificate file, its key, and possibly a CA file.
pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: Option<PathBuf>,
}

/// A CA: its certificate's parameters and key.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(crate) pem: String,
}

/// Returns parameters that are valid from 2020 until 2089.
pub(crate) fn params(names: &[&str]) -> CertificateParams {
    let mut params =
        CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2089, 1, 1);
    named(&mut params, "localhost");
    params
}

pub(crate) fn named(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Lab");
    params.distinguished_name.push(DnType::CommonName, name);
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(&[]);
    named(&mut params, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (ca_params(name), KeyPair::generate().unwrap());
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    pub(crate) fn below(&self, name: &str) -> Self {
        let (params, key) = (ca_params(name), KeyPair::generate().unwrap());
        let pem = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap().pem();
        Self { params, key, pem }
    }

    pub(crate) fn sign(&self, params: &CertificateParams, key: &KeyPair) -> String {
        params.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap().pem()
    }
}

impl TestFolder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn put(&self, name: &'static str, pem: &str, key: &KeyPair, ca: Option<&str>) -> Fixture {
        Fixture {
            name,
            certificate: self.write(&format!("{name}.crt"), pem),
            key: self.write(&format!("{name}.key"), &key.serialize_pem()),
            ca: ca.map(|ca| self.write(&format!("{name}-ca.crt"), ca)),
        }
    }

    /// Creates a self-signed certificate with an ECDSA P-256 key.
    pub(crate) fn own(&self, name: &'static str, params: &CertificateParams) -> Fixture {
        let key = KeyPair::generate().unwrap();
        self.put(name, &params.self_signed(&key).unwrap().pem(), &key, None)
    }

    /// Creates a certificate with `openssl req -x509` and these arguments.
    pub(crate) fn openssl(&self, openssl: &Path, name: &'static str, arguments: &[&str]) -> Fixture {
        let path = |end: &str| self.0.path().join(format!("{name}.{end}"));
        let (certificate, key) = (path("crt"), path("key"));
        let output = Command::new(openssl)
            .args(["req", "-x509", "-nodes", "-days", "365", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
        Fixture { name, certificate, key, ca: None }
    }

    /// Creates certificates that only openssl can create.
    pub(crate) fn by_openssl(&self, openssl: &Path) -> Vec<Fixture> {
        let names =
            "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,email:a@example.org,URI:https://example.org/";
        let no_ca = "basicConstraints=critical,CA:FALSE";
        let with = |name, key: &[&str], more: &[&str]| {
            let arguments = [&["-subj", "/C=DE/O=Lab/CN=localhost", "-addext", names], key, more].concat();
            self.openssl(openssl, name, &arguments)
        };
        vec![
            with("openssl-ed25519", &["-newkey", "ed25519"], &["-addext", no_ca]),
            with("openssl-rsa", &["-newkey", "rsa:2048"], &["-addext", no_ca]),
            with(
                "openssl-pss",
                &["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
                &["-addext", no_ca],
            ),
            with(
                "openssl-exponent",
                &["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
                &["-addext", no_ca],
            ),
            with("openssl-sha1", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha1"], &[]),
            with("openssl-ca", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], &[]),
            with(
                "openssl-p384",
                &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"],
                &[
                    "-addext",
                    no_ca,
                    "-addext",
                    "keyUsage=critical,digitalSignature,keyEncipherment",
                    "-addext",
                    "extendedKeyUsage=serverAuth,clientAuth,1.2.3.4",
                    "-addext",
                    "1.2.3.4=ASN1:UTF8String:hello",
                    "-set_serial",
                    "4711",
                ],
            ),
        ]
    }

    /// Runs the tutorial's three commands.
    pub(crate) fn tutorial(&self, openssl: &Path) -> Fixture {
        let path = |end: &str| self.0.path().join(format!("tutorial.{end}"));
        for line in [
            "genrsa -out tutorial.key 2048",
            "req -new -key tutorial.key -out tutorial.csr -subj /CN=localhost",
            "x509 -req -days 365 -in tutorial.csr -signkey tutorial.key -out tutorial.crt",
        ] {
            let output =
                Command::new(openssl).args(line.split(' ')).current_dir(self.0.path()).output().unwrap();
            assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Fixture { name: "tutorial", certificate: path("crt"), key: path("key"), ca: None }
    }

    /// Creates good and deliberately broken certificates with rcgen.
    pub(crate) fn all(&self) -> Vec<Fixture> {
        let mut all = self.self_signed();
        all.extend(self.chains());
        all
    }

    fn self_signed(&self) -> Vec<Fixture> {
        let names = ["localhost", "127.0.0.1", "::1"];
        let mut all = vec![self.own("own", &params(&names))];
        for (name, algorithm) in [
            ("p384", &rcgen::PKCS_ECDSA_P384_SHA384),
            ("ed25519", &rcgen::PKCS_ED25519),
            ("rsa", &rcgen::PKCS_RSA_SHA256),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            all.push(self.put(name, &params(&names).self_signed(&key).unwrap().pem(), &key, None));
        }
        let mut expired = params(&names);
        (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        all.push(self.own("expired", &expired));
        let mut early = params(&names);
        early.not_before = date_time_ymd(2088, 1, 1);
        all.push(self.own("early", &early));
        all.push(self.own("no-san", &params(&[])));
        let mut address = params(&[]);
        named(&mut address, "127.0.0.1");
        all.push(self.own("no-san-address", &address));
        let mut both = expired.clone();
        both.subject_alt_names.clear();
        all.push(self.own("no-san-expired", &both));
        let mut nameless = params(&[]);
        nameless.distinguished_name = rcgen::DistinguishedName::new();
        nameless.distinguished_name.push(DnType::OrganizationName, "Lab");
        all.push(self.own("nameless", &nameless));
        let mut ca = params(&names);
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        all.push(self.own("ca-as-server", &ca));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        all.push(self.own("strict-ca-as-server", &ca));
        let mut purpose = params(&names);
        purpose.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        all.push(self.own("client-purpose", &purpose));
        let mut usage = params(&names);
        usage.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        all.push(self.own("wrong-key-usage", &usage));
        usage.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        usage.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        all.push(self.own("good", &usage));
        let mut wild = params(&["*.example.org", "example.org"]);
        wild.subject_alt_names.push(SanType::IpAddress(IpAddr::from([192, 0, 2, 1])));
        all.push(self.own("wildcard", &wild));
        let mut strange = params(&["localhost"]);
        strange
            .distinguished_name
            .push(DnType::OrganizationalUnitName, DnValue::Utf8String("a\nb\u{1b}[31m, #+\"".to_owned()));
        strange.distinguished_name.push(DnType::LocalityName, " Zürich ");
        all.push(self.own("strange", &strange));
        all
    }

    fn chains(&self) -> Vec<Fixture> {
        let names = ["localhost", "127.0.0.1"];
        let root = Authority::root("Root");
        let middle = root.below("Middle");
        let key = KeyPair::generate().unwrap();
        let mut server = params(&names);
        server.use_authority_key_identifier_extension = true;
        let leaf = middle.sign(&server, &key);
        let mut expired = ca_params("Middle");
        expired.not_after = date_time_ymd(2021, 1, 1);
        let expired = root.sign(&expired, &middle.key);
        let mut no_san = params(&[]);
        no_san.use_authority_key_identifier_extension = true;
        let no_san = root.sign(&no_san, &key);
        // A CA with the issuer's name but another key.
        let namesake = root.below("Middle");
        let mut no_ca = params(&[]);
        named(&mut no_ca, "Middle");
        let no_ca = root.sign(&no_ca, &middle.key);
        let ca = Some(root.pem.as_str());
        vec![
            self.put("direct", &root.sign(&server, &key), &key, ca),
            self.put("chain", &format!("{leaf}{}", middle.pem), &key, ca),
            self.put("full-chain", &format!("{leaf}{}{}", middle.pem, root.pem), &key, ca),
            self.put("no-intermediate", &leaf, &key, ca),
            self.put("wrong-order", &format!("{leaf}{}{}", root.pem, middle.pem), &key, ca),
            self.put("expired-intermediate", &format!("{leaf}{expired}"), &key, ca),
            self.put("namesake", &format!("{leaf}{}", namesake.pem), &key, ca),
            self.put("signed-by-no-ca", &format!("{leaf}{no_ca}"), &key, ca),
            self.put("twice", &format!("{leaf}{leaf}{}", middle.pem), &key, ca),
            self.put("intermediate-as-ca", &leaf, &key, Some(&middle.pem)),
            self.put("no-san-direct", &no_san, &key, ca),
            self.put("wrong-ca", &leaf, &key, Some(&Authority::root("Root").pem)),
        ]
    }
}
