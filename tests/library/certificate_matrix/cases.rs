//! Odd certificates, good ones, and the host that clients ask for.

use super::der::{
    CN, ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512, ED25519, Fields, Key, NAME_CONSTRAINTS, RSA_MD5, RSA_SHA1,
    RSA_SHA256, SAN, UTF8, constraints, extension, general_name, key_usage, name, oid, purposes, san, san_of,
    sequence, tlv,
};

/// A certificate file, the CA file that clients are given, and the host that they ask for.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) host: &'static str,
    /// The file in PEM.
    pub(super) chain: String,
    /// The key in PEM.
    pub(super) key: String,
    /// The clients' CA file in PEM; `None` if it is the served file itself.
    pub(super) ca: Option<String>,
    /// Whether the CA file is `ca.crt` in the certificate's folder, where Echoscope finds it.
    pub(super) is_ca_beside: bool,
}

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const ANY_PURPOSE: &str = "2.5.29.37.0";
const NETSCAPE_SERVER_GATED: &str = "2.16.840.1.113730.4.1";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
const UNKNOWN: &str = "1.2.3.4";

/// The cases, and the keys of the certificates in them.
pub(super) struct Cases {
    all: Vec<Case>,
    leaf: Key,
    middle: Key,
    root: Key,
}

/// A chain of three certificates, the last of which is the clients' CA.
struct Chain {
    leaf: Fields,
    middle: Fields,
    root: Fields,
}

fn leaf() -> Fields {
    Fields::new("localhost", vec![san(&["localhost"])])
}

/// Returns the fields of a certificate that a CA signs.
fn issued() -> Fields {
    issued_with(san(&["localhost"]))
}

fn issued_with(extension: Vec<u8>) -> Fields {
    Fields::new("localhost", [vec![extension], Fields::identifiers()].concat())
}

/// Replaces the first two extensions of a CA: its constraints and key usage.
fn replace_first(fields: &mut Fields, extensions: Vec<Vec<u8>>) {
    fields.extensions.splice(..2, extensions);
}

fn with_names(names: &[&str]) -> Fields {
    Fields::new("localhost", vec![san(names)])
}

impl Cases {
    /// Returns all cases.
    pub(super) fn all() -> Vec<Case> {
        let mut cases = Self { all: Vec::new(), leaf: Key::new(), middle: Key::new(), root: Key::new() };
        cases.names();
        cases.name_encodings();
        cases.uses();
        cases.dates();
        cases.structures();
        cases.kinds_of_keys();
        cases.chains();
        cases.issued();
        cases.issuers();
        cases.path_lengths();
        cases.constraints();
        cases.all
    }

    fn push(&mut self, name: &str, host: &'static str, chain: String, ca: Option<String>) -> &mut Case {
        let key = self.leaf.pair.serialize_pem();
        self.all.push(Case { name: name.to_owned(), host, chain, key, ca, is_ca_beside: true });
        self.all.last_mut().unwrap()
    }

    /// Adds a self-signed certificate.
    fn own(&mut self, name: &str, host: &'static str, fields: &Fields) {
        self.push(name, host, fields.sign_self(&self.leaf), None);
    }

    /// Adds a self-signed certificate for localhost with one change.
    fn changed(&mut self, name: &str, change: impl FnOnce(&mut Fields)) {
        let mut fields = leaf();
        change(&mut fields);
        self.own(name, "localhost", &fields);
    }

    /// Adds a self-signed certificate for localhost with one more extension.
    fn extended(&mut self, name: &str, extension: Vec<u8>) {
        self.changed(name, |fields| fields.extensions.push(extension));
    }

    /// Adds a chain with one change: once with its root where Echoscope finds it and, unless the change can be seen only
    /// with the root, once without.
    fn chain(&mut self, name: &str, change: impl FnOnce(&mut Chain)) {
        self.chain_for(name, "localhost", change);
    }

    fn chain_for(&mut self, name: &str, host: &'static str, change: impl FnOnce(&mut Chain)) {
        let mut chain = Chain { leaf: issued(), middle: Fields::ca("Middle"), root: Fields::ca("Root") };
        change(&mut chain);
        let served = chain.leaf.sign(&self.leaf, &chain.middle, &self.middle)
            + &chain.middle.sign(&self.middle, &chain.root, &self.root);
        let root = chain.root.sign_self(&self.root);
        self.push(name, host, served.clone(), Some(root.clone()));
        if chain.root != Fields::ca("Root") || chain.middle.has_broken_signature {
            return;
        }
        self.push(&format!("{name}, root unknown"), host, served, Some(root)).is_ca_beside = false;
    }

    fn names(&mut self) {
        for (names, host) in [
            (&["localhost"][..], "localhost"),
            (&["LocalHost"], "localhost"),
            (&["localhost"], "127.0.0.1"),
            (&["127.0.0.1"], "127.0.0.1"),
            (&["127.0.0.1"], "localhost"),
            (&["127.0.0.2"], "127.0.0.1"),
            (&["::1"], "::1"),
            (&["::1"], "localhost"),
            (&["localhost", "::1"], "127.0.0.1"),
            (&["*.localhost"], "localhost"),
            (&["*.localhost"], "app.localhost"),
            (&["*.test"], "echo.test"),
            (&["*.example.test"], "www.example.test"),
            (&["*.example.test"], "example.test"),
            (&["*.example.test"], "a.b.example.test"),
            (&["*.EXAMPLE.test"], "www.example.test"),
            (&["*.*.test"], "a.b.test"),
            (&["www.*.test"], "www.b.test"),
            (&["*.0.0.1"], "127.0.0.1"),
            (&["*"], "localhost"),
            (&["l*"], "localhost"),
            (&["w*.example.test"], "www.example.test"),
            (&["*w.example.test"], "www.example.test"),
            (&["*.example.test"], "xn--bcher-kva.example.test"),
            (&["x*.example.test"], "xn--bcher-kva.example.test"),
            (&["localhost."], "localhost"),
            (&[".localhost"], "localhost"),
            (&[".example.test"], "www.example.test"),
            (&["my_host.test"], "my_host.test"),
            (&["*.example.test"], "my_host.example.test"),
            (&["*.my_host.test"], "a.my_host.test"),
            (&["xn--bcher-kva.test"], "xn--bcher-kva.test"),
            (&["wrong.test"], "localhost"),
            (&["wrong.test", "localhost"], "localhost"),
            (&["localhost\0.test"], "localhost"),
            (&["localhost "], "localhost"),
            (&[""], "localhost"),
            (&["", "localhost"], "localhost"),
            (&["bad name", "localhost"], "localhost"),
            (&["https://localhost"], "localhost"),
            (&["localhost:443"], "localhost"),
            (&["-a.test", "localhost"], "localhost"),
            (&["\u{fc}.test", "localhost"], "localhost"),
        ] {
            self.own(&format!("names {names:?} for {host}"), host, &with_names(names));
        }
        // An address as a name of the DNS.
        for (address, host) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1")] {
            let fields = Fields::new("localhost", vec![san_of(&[tlv(0x82, address)])]);
            self.own(&format!("DNS name {address}"), host, &fields);
        }
        let mapped = tlv(0x87, [&[0; 10][..], &[0xff, 0xff, 127, 0, 0, 1]].concat());
        self.own("mapped address", "127.0.0.1", &Fields::new("localhost", vec![san_of(&[mapped])]));
        let long = san_of(&[tlv(0x87, [127, 0, 0, 1, 0]), general_name("localhost")]);
        self.own("address of 5 bytes", "localhost", &Fields::new("localhost", vec![long]));
    }

    fn name_encodings(&mut self) {
        let address_only = || san(&["192.0.2.1"]);
        let mail_only = || san_of(&[tlv(0x81, "a@localhost")]);
        let uri_only = || san_of(&[tlv(0x86, "https://localhost/")]);
        let no_names: [(&str, Vec<Vec<u8>>); 5] = [
            ("no alternative names", vec![constraints(false, None)]),
            ("addresses alone", vec![address_only()]),
            ("mail addresses alone", vec![mail_only()]),
            ("URIs alone", vec![uri_only()]),
            ("an empty list of names", vec![san(&[])]),
        ];
        for (kind, extensions) in no_names {
            self.own(
                &format!("{kind}, right common name"),
                "localhost",
                &Fields::new("localhost", extensions.clone()),
            );
            self.own(
                &format!("{kind}, wrong common name"),
                "localhost",
                &Fields::new("wrong.test", extensions),
            );
        }
        self.own(
            "wrong common name, right alternative name",
            "localhost",
            &Fields::new("wrong.test", vec![san(&["localhost"])]),
        );
        self.own(
            "address as common name",
            "127.0.0.1",
            &Fields::new("127.0.0.1", vec![constraints(false, None)]),
        );
        self.own(
            "wildcard as common name",
            "www.example.test",
            &Fields::new("*.example.test", vec![constraints(false, None)]),
        );
        let purposes_of_client = vec![constraints(false, None), purposes(false, &[ANY_PURPOSE])];
        self.own("common name, any purpose", "localhost", &Fields::new("localhost", purposes_of_client));
        let utf16: Vec<u8> = "localhost".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf32: Vec<u8> = "localhost".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        for (kind, tag, text) in [
            ("BMPString", 0x1e, utf16),
            ("UniversalString", 0x1c, utf32),
            ("T61String", 0x14, b"localhost".to_vec()),
            ("PrintableString", 0x13, b"localhost".to_vec()),
            ("IA5String", 0x16, b"localhost".to_vec()),
            ("VisibleString", 0x1a, b"localhost".to_vec()),
            ("GeneralString", 0x1b, b"localhost".to_vec()),
            ("NumericString", 0x12, b"localhost".to_vec()),
        ] {
            let only =
                Fields { subject: name(tag, &text), ..Fields::new("", vec![constraints(false, None)]) };
            self.own(&format!("{kind} as common name"), "localhost", &only);
            self.own(
                &format!("{kind} beside the right name"),
                "localhost",
                &Fields { subject: name(tag, &text), ..leaf() },
            );
        }
        self.changed("empty subject", |fields| fields.subject = sequence(&[]));
        let critical = extension(SAN, true, sequence(&[general_name("localhost")]));
        self.changed("empty subject, critical names", |fields| {
            (fields.subject, fields.extensions) = (sequence(&[]), vec![critical]);
        });
        self.changed("two common names", |fields| {
            let one = |text: &str| tlv(0x31, sequence(&[oid(CN), tlv(UTF8, text)]));
            (fields.subject, fields.extensions) =
                (sequence(&[one("wrong.test"), one("localhost")]), vec![constraints(false, None)]);
        });
    }

    fn uses(&mut self) {
        for (kind, critical, ids) in [
            ("server", false, &[SERVER][..]),
            ("critical server", true, &[SERVER]),
            ("client", false, &[CLIENT]),
            ("critical client", true, &[CLIENT]),
            ("server and client", false, &[CLIENT, SERVER]),
            ("any", false, &[ANY_PURPOSE]),
            ("critical any", true, &[ANY_PURPOSE]),
            ("client and any", false, &[CLIENT, ANY_PURPOSE]),
            ("Netscape's server", false, &[NETSCAPE_SERVER_GATED]),
            ("no", false, &[]),
        ] {
            self.extended(&format!("{kind} purpose"), purposes(critical, ids));
        }
        // The bits: digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement, keyCertSign.
        for (kind, bits) in [
            ("digitalSignature", 0x80),
            ("nonRepudiation", 0x40),
            ("keyEncipherment", 0x20),
            ("dataEncipherment", 0x10),
            ("keyAgreement", 0x08),
            ("keyCertSign", 0x04),
            ("digitalSignature and keyCertSign", 0x84),
        ] {
            self.extended(&format!("{kind} alone"), key_usage(bits));
        }
        self.extended("no key usage bits", extension("2.5.29.15", true, tlv(3, [0])));
        self.extended("Netscape client type", extension(NETSCAPE_TYPE, false, tlv(3, [7, 0x80])));
        self.extended("Netscape server type", extension(NETSCAPE_TYPE, false, tlv(3, [6, 0x40])));
        self.extended("CA", constraints(true, None));
        self.changed("CA for signing alone", |fields| {
            fields.extensions.extend([constraints(true, None), key_usage(0x06)]);
        });
        self.extended("CA with path length 0", constraints(true, Some(0)));
        self.extended("path length without CA", constraints(false, Some(0)));
        self.extended("not a CA", constraints(false, None));
        self.extended("unknown critical extension", extension(UNKNOWN, true, tlv(5, [])));
        self.extended("unknown extension", extension(UNKNOWN, false, tlv(5, [])));
        self.extended("critical subject key identifier", extension("2.5.29.14", true, tlv(4, [1; 20])));
        self.extended(
            "critical policies",
            extension("2.5.29.32", true, sequence(&[sequence(&[oid("2.5.29.32.0")])])),
        );
        self.extended("critical CRL distribution points", {
            let point = tlv(0xa0, tlv(0xa0, tlv(0x86, "http://localhost/crl")));
            extension("2.5.29.31", true, sequence(&[sequence(&[point])]))
        });
        self.extended(
            "critical policy constraints",
            extension("2.5.29.36", true, sequence(&[tlv(0x80, [0])])),
        );
        self.extended("critical inhibit any policy", extension("2.5.29.54", true, tlv(2, [0])));
        self.extended(
            "critical must staple",
            extension("1.3.6.1.5.5.7.1.24", true, sequence(&[tlv(2, [5])])),
        );
        self.extended("must staple", extension("1.3.6.1.5.5.7.1.24", false, sequence(&[tlv(2, [5])])));
        self.extended("name constraints in the leaf", permitted(true, &["localhost"]));
    }

    fn dates(&mut self) {
        for (kind, begins, ends) in [
            ("expired", "200101000000Z", "240101000000Z"),
            ("not yet valid", "450101000000Z", "490101000000Z"),
            ("reversed dates in the past", "240101000000Z", "200101000000Z"),
            ("reversed dates around now", "450101000000Z", "200101000000Z"),
            ("reversed dates in the future", "490101000000Z", "450101000000Z"),
            ("no end", "200101000000Z", "99991231235959Z"),
            ("generalized time before 2050", "20200101000000Z", "20450101000000Z"),
            ("beyond 2049 in two digits", "200101000000Z", "500101000000Z"),
            ("since 1950", "500101000000Z", "490101000000Z"),
            ("year 0001", "00010101000000Z", "490101000000Z"),
            ("fraction of a second", "20200101000000.5Z", "490101000000Z"),
        ] {
            self.changed(kind, |fields| (fields.begins, fields.ends) = (begins, ends));
        }
    }

    fn structures(&mut self) {
        let version = |number| tlv(0xa0, tlv(2, [number]));
        let alone = |version: Vec<u8>, extensions| Fields { version, ..Fields::new("localhost", extensions) };
        self.own("version 1", "localhost", &alone(Vec::new(), Vec::new()));
        self.own("version 1 for another name", "wrong.test", &alone(Vec::new(), Vec::new()));
        self.own("version 1, encoded", "localhost", &alone(version(0), Vec::new()));
        self.own("version 2", "localhost", &alone(version(1), Vec::new()));
        self.own("version 3 without extensions", "localhost", &alone(version(2), Vec::new()));
        self.own("version 1 with extensions", "localhost", &alone(Vec::new(), vec![san(&["localhost"])]));
        self.own("version 2 with extensions", "localhost", &alone(version(1), vec![san(&["localhost"])]));
        self.own("version 4", "localhost", &alone(version(3), vec![san(&["localhost"])]));
        self.extended("names twice", san(&["localhost"]));
        self.extended("other names as second extension", san(&["wrong.test"]));
        self.changed("purposes twice", |fields| {
            fields.extensions.extend([purposes(false, &[SERVER]), purposes(false, &[SERVER])]);
        });
        self.changed("constraints twice", |fields| {
            fields.extensions.extend([constraints(false, None), constraints(false, None)]);
        });
        self.changed("key usage twice", |fields| {
            fields.extensions.extend([key_usage(0x80), key_usage(0x80)]);
        });
        self.changed("unknown extension twice", |fields| {
            let unknown = extension(UNKNOWN, false, tlv(5, []));
            fields.extensions.extend([unknown.clone(), unknown]);
        });
        self.extended("damaged key usage", extension("2.5.29.15", true, [4, 1, 0]));
        self.extended("damaged purposes", extension("2.5.29.37", false, [4, 1, 0]));
        self.extended("damaged constraints", extension("2.5.29.19", true, [4, 1, 0]));
        self.changed("damaged names", |fields| fields.extensions = vec![extension(SAN, false, [4, 1, 0])]);
        for (kind, serial) in [
            ("0", vec![0]),
            ("negative", vec![0xff]),
            ("of 20 bytes", vec![0x11; 20]),
            ("of 21 bytes", vec![0x11; 21]),
            ("of 200 bytes", vec![0x11; 200]),
        ] {
            self.changed(&format!("serial number {kind}"), |fields| fields.serial = serial);
        }
        self.changed("broken signature", |fields| fields.has_broken_signature = true);
        self.changed("another algorithm inside", |fields| fields.inner_algorithm = Some(ECDSA_SHA384));
        self.changed("another algorithm outside", |fields| {
            (fields.algorithm, fields.inner_algorithm) = (Some(ECDSA_SHA384), Some(ECDSA_SHA256));
        });
        self.chain("other algorithm inside an issued one", |chain| {
            chain.leaf.inner_algorithm = Some(ECDSA_SHA384);
        });
        self.chain("negative serial number, issued", |chain| chain.leaf.serial = vec![0xff]);
    }

    fn kinds_of_keys(&mut self) {
        let kinds = [
            ("P-384", &rcgen::PKCS_ECDSA_P384_SHA384, ECDSA_SHA384),
            ("P-521", &rcgen::PKCS_ECDSA_P521_SHA512, ECDSA_SHA512),
            ("Ed25519", &rcgen::PKCS_ED25519, ED25519),
            ("RSA", &rcgen::PKCS_RSA_SHA256, RSA_SHA256),
        ];
        let mut rsa = None;
        for (kind, algorithm, id) in kinds {
            let key = Key::of(algorithm, id);
            let chain = leaf().sign_self(&key);
            self.push(kind, "localhost", chain, None).key = key.pair.serialize_pem();
            rsa = Some(key);
        }
        let rsa = rsa.unwrap();
        let key = rsa.pair.serialize_pem();
        for (kind, algorithm) in [("SHA-1", RSA_SHA1), ("MD5", RSA_MD5)] {
            let fields = Fields { algorithm: Some(algorithm), ..leaf() };
            self.push(&format!("{kind}, self-signed"), "localhost", fields.sign_self(&rsa), None)
                .key
                .clone_from(&key);
            let root = Fields::ca("Root");
            let chain = Fields { algorithm: Some(algorithm), ..issued() }.sign(&self.leaf, &root, &rsa);
            self.push(&format!("{kind}, issued"), "localhost", chain, Some(root.sign_self(&rsa)));
            let middle = Fields { algorithm: Some(algorithm), ..Fields::ca("Middle") };
            let chain =
                issued().sign(&self.leaf, &middle, &self.middle) + &middle.sign(&self.middle, &root, &rsa);
            self.push(
                &format!("{kind}, intermediate"),
                "localhost",
                chain.clone(),
                Some(root.sign_self(&rsa)),
            );
            self.push(
                &format!("{kind}, intermediate, root unknown"),
                "localhost",
                chain,
                Some(root.sign_self(&rsa)),
            )
            .is_ca_beside = false;
        }
        for (kind, bits) in [("keyEncipherment alone, RSA", 0x20), ("digitalSignature alone, RSA", 0x80)] {
            let usage = key_usage(bits);
            let fields = Fields::new("localhost", vec![san(&["localhost"]), usage]);
            self.push(kind, "localhost", fields.sign_self(&rsa), None).key.clone_from(&key);
        }
    }

    fn chains(&mut self) {
        let (middle, root) = (Fields::ca("Middle"), Fields::ca("Root"));
        let first = issued().sign(&self.leaf, &middle, &self.middle);
        let second = middle.sign(&self.middle, &root, &self.root);
        let third = root.sign_self(&self.root);
        let other = Fields::ca("Other").sign_self(&Key::new());
        let old = Fields { ends: "240101000000Z", ..Fields::ca("Other") }.sign_self(&Key::new());
        let direct = issued().sign(&self.leaf, &root, &self.root);
        for (kind, chain) in [
            ("missing intermediate", first.clone()),
            ("complete chain", format!("{first}{second}")),
            ("chain with its root", format!("{first}{second}{third}")),
            ("wrong order", format!("{first}{third}{second}")),
            ("repeated certificate", format!("{first}{first}{second}")),
            ("unrelated certificate between", format!("{first}{other}{second}")),
            ("unrelated certificate at the end", format!("{first}{second}{other}")),
            ("unrelated expired certificate", format!("{first}{second}{old}")),
            ("unrelated intermediate", format!("{direct}{second}")),
            ("no intermediate needed", direct),
        ] {
            self.push(kind, "localhost", chain, Some(third.clone()));
        }
        let namesake = middle.sign(&Key::new(), &root, &self.root);
        self.push(
            "intermediate with another key",
            "localhost",
            format!("{first}{namesake}"),
            Some(third.clone()),
        );
        let expired =
            Fields { ends: "240101000000Z", ..middle.clone() }.sign(&self.middle, &root, &self.root);
        let both = format!("{first}{expired}{second}");
        self.push("expired intermediate beside a valid one", "localhost", both, Some(third.clone()));
        let own = leaf().sign_self(&self.leaf);
        self.push("self-signed with another certificate", "localhost", format!("{own}{other}"), Some(own));
        self.chain("expired leaf in a chain", |chain| chain.leaf.ends = "240101000000Z");
        self.chain("expired intermediate", |chain| chain.middle.ends = "240101000000Z");
        self.chain("intermediate not valid yet", |chain| chain.middle.begins = "450101000000Z");
        self.chain("expired root", |chain| chain.root.ends = "240101000000Z");
        self.chain("broken signature in a chain", |chain| chain.leaf.has_broken_signature = true);
        self.chain("broken signature of the intermediate", |chain| chain.middle.has_broken_signature = true);
    }

    fn issued(&mut self) {
        for (kind, extension) in [
            ("an unknown critical extension", extension(UNKNOWN, true, tlv(5, []))),
            ("critical policies", extension("2.5.29.32", true, sequence(&[sequence(&[oid("2.5.29.32.0")])]))),
            ("names twice", san(&["localhost"])),
            ("no key usage bits", extension("2.5.29.15", true, tlv(3, [0]))),
            ("a damaged key usage", extension("2.5.29.15", true, [4, 1, 0])),
            ("constraints as a CA", constraints(true, None)),
            ("a key usage of keyEncipherment", key_usage(0x20)),
            ("a key usage of keyCertSign", key_usage(0x04)),
            ("a purpose of clients", purposes(false, &[CLIENT])),
            ("any purpose", purposes(false, &[ANY_PURPOSE])),
            ("must staple", extension("1.3.6.1.5.5.7.1.24", false, sequence(&[tlv(2, [5])]))),
        ] {
            self.chain(&format!("issued with {kind}"), |chain| chain.leaf.extensions.push(extension));
        }
        self.chain("issued without names", |chain| chain.leaf = issued_with(constraints(false, None)));
        self.chain("issued without identifiers", |chain| chain.leaf = leaf());
        self.chain("issued, version 1", |chain| {
            (chain.leaf.version, chain.leaf.extensions) = (Vec::new(), Vec::new());
        });
        self.chain("issued, critical issuer identifier", |chain| {
            let id = extension("2.5.29.35", true, sequence(&[tlv(0x80, [7; 20])]));
            *chain.leaf.extensions.last_mut().unwrap() = id;
        });
    }

    fn issuers(&mut self) {
        self.chain("intermediate marked as no CA", |chain| {
            replace_first(&mut chain.middle, vec![constraints(false, None)]);
        });
        self.chain("intermediate without constraints", |chain| {
            replace_first(&mut chain.middle, vec![key_usage(0x06)]);
        });
        self.chain("intermediate without extensions", |chain| chain.middle.extensions = Vec::new());
        self.chain("intermediate of version 1", |chain| {
            (chain.middle.version, chain.middle.extensions) = (Vec::new(), Vec::new());
        });
        self.chain("intermediate without keyCertSign", |chain| {
            replace_first(&mut chain.middle, vec![constraints(true, None), key_usage(0x80)]);
        });
        self.chain("intermediate without key usage", |chain| {
            replace_first(&mut chain.middle, vec![constraints(true, None)]);
        });
        self.chain("intermediate for clients", |chain| {
            chain.middle.extensions.push(purposes(false, &[CLIENT]));
        });
        self.chain("intermediate for servers", |chain| {
            chain.middle.extensions.push(purposes(false, &[SERVER]));
        });
        self.chain("intermediate for any purpose", |chain| {
            chain.middle.extensions.push(purposes(false, &[ANY_PURPOSE]));
        });
        self.chain("intermediate with an unknown critical extension", |chain| {
            chain.middle.extensions.push(extension(UNKNOWN, true, tlv(5, [])));
        });
        self.chain("intermediate with an unknown extension", |chain| {
            chain.middle.extensions.push(extension(UNKNOWN, false, tlv(5, [])));
        });
        self.chain("intermediate with constraints twice", |chain| {
            chain.middle.extensions.push(constraints(true, None));
        });
        self.chain("path length 0 of the root", |chain| {
            replace_first(&mut chain.root, vec![constraints(true, Some(0)), key_usage(0x06)]);
        });
        self.chain("path length 1 of the root", |chain| {
            replace_first(&mut chain.root, vec![constraints(true, Some(1)), key_usage(0x06)]);
        });
        self.chain("path length 0 of the intermediate", |chain| {
            replace_first(&mut chain.middle, vec![constraints(true, Some(0)), key_usage(0x06)]);
        });
        self.chain("root marked as no CA", |chain| {
            replace_first(&mut chain.root, vec![constraints(false, None)]);
        });
        self.chain("root without keyCertSign", |chain| {
            replace_first(&mut chain.root, vec![constraints(true, None), key_usage(0x80)]);
        });
        self.chain("root for clients", |chain| chain.root.extensions.push(purposes(false, &[CLIENT])));
        self.chain("root with an unknown critical extension", |chain| {
            chain.root.extensions.push(extension(UNKNOWN, true, tlv(5, [])));
        });
        self.chain("root of version 1", |chain| {
            (chain.root.version, chain.root.extensions) = (Vec::new(), Vec::new());
        });
    }

    fn path_lengths(&mut self) {
        let (middle, root) = (Fields::ca("Middle"), Fields::ca("Root"));
        let first = issued().sign(&self.leaf, &middle, &self.middle);
        let third = root.sign_self(&self.root);
        // Two intermediates: the path length of the upper one allows none below it.
        let mut upper = Fields::ca("Upper");
        for (kind, length) in [("exceeded", 0), ("reached", 1)] {
            replace_first(&mut upper, vec![constraints(true, Some(length)), key_usage(0x06)]);
            let key = Key::new();
            let chain =
                [first.clone(), middle.sign(&self.middle, &upper, &key), upper.sign(&key, &root, &self.root)];
            self.push(
                &format!("path length {kind} in the file"),
                "localhost",
                chain.concat(),
                Some(third.clone()),
            )
            .is_ca_beside = false;
        }
    }

    fn constraints(&mut self) {
        for (kind, is_permitted, names) in [
            ("the host permitted", true, &["localhost"][..]),
            ("another host permitted", true, &["example.test"]),
            ("the host excluded", false, &["localhost"]),
            ("another host excluded", false, &["example.test"]),
            ("every host excluded", false, &[""]),
        ] {
            self.chain(&format!("{kind} by the intermediate"), |chain| {
                chain.middle.extensions.push(permitted(is_permitted, names));
            });
            self.chain(&format!("{kind} by the root"), |chain| {
                chain.root.extensions.push(permitted(is_permitted, names));
            });
        }
        self.chain_for("a domain permitted", "www.example.test", |chain| {
            chain.leaf = issued_with(san(&["www.example.test"]));
            chain.middle.extensions.push(permitted(true, &["example.test"]));
        });
        self.chain_for("a domain excluded", "www.example.test", |chain| {
            chain.leaf = issued_with(san(&["www.example.test"]));
            chain.middle.extensions.push(permitted(false, &["example.test"]));
        });
        let subtree = |address: &[u8], is_permitted: bool| {
            let base = sequence(&[tlv(0x87, address)]);
            extension(NAME_CONSTRAINTS, true, sequence(&[tlv(if is_permitted { 0xa0 } else { 0xa1 }, base)]))
        };
        for (kind, address, is_permitted) in [
            ("the address permitted", [127, 0, 0, 0, 255, 0, 0, 0], true),
            ("another address permitted", [10, 0, 0, 0, 255, 0, 0, 0], true),
            ("the address excluded", [127, 0, 0, 0, 255, 0, 0, 0], false),
        ] {
            self.chain_for(kind, "127.0.0.1", |chain| {
                chain.leaf = issued_with(san(&["127.0.0.1"]));
                chain.middle.extensions.push(subtree(&address, is_permitted));
            });
        }
        self.chain("a constraint that is not critical", |chain| {
            let base = sequence(&[general_name("example.test")]);
            chain.middle.extensions.push(extension(NAME_CONSTRAINTS, false, sequence(&[tlv(0xa0, base)])));
        });
        self.chain("a constraint on subjects", |chain| {
            let base = sequence(&[tlv(0xa4, name(UTF8, "Other"))]);
            chain.middle.extensions.push(extension(NAME_CONSTRAINTS, true, sequence(&[tlv(0xa0, base)])));
        });
        self.chain("a constraint on the common name", |chain| {
            chain.leaf = issued_with(constraints(false, None));
            chain.middle.extensions.push(permitted(true, &["example.test"]));
        });
    }
}

/// Returns name constraints that permit or exclude DNS names.
fn permitted(is_permitted: bool, names: &[&str]) -> Vec<u8> {
    let subtrees: Vec<_> = names.iter().map(|name| sequence(&[tlv(0x82, name)])).collect();
    extension(
        NAME_CONSTRAINTS,
        true,
        sequence(&[tlv(if is_permitted { 0xa0 } else { 0xa1 }, subtrees.concat())]),
    )
}
