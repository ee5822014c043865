//! Damaged certificates: no bytes cause a panic or a line break in a text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::tls::CertificateFile;
use echoscope::tls::explain::inspection::{explain_check, explain_end, explain_link};
use echoscope::tls::inspect::chain::chain_links;
use echoscope::tls::inspect::client_check::{Roots, check_as_clients};
use jiff::Timestamp;

use super::fixtures::TestFolder;

/// A deterministic random number generator (Marsaglia's xorshift64), so that failures are reproducible.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

fn damage(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = 0,
            1 => bytes[at] = 0xff,
            2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = bytes[at].wrapping_add(1),
            // Bytes that affect a terminal or break a line.
            4 => bytes[at] = b"\n\x1b\r\x9b\0"[random.below(5)],
            _ => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        }
    }
}

fn check_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{2028}']), "{text:?}");
}

#[test]
fn damaged_certificates_never_panic_or_break_a_line() {
    let folder = TestFolder::new();
    let fixtures = folder.all();
    let wanted = ["own", "good", "rsa", "chain", "wrong-order", "strange", "ca-as-server", "wildcard"];
    let files: Vec<_> = fixtures
        .iter()
        .filter(|fixture| wanted.contains(&fixture.name))
        .map(|fixture| CertificateFile::read(&fixture.certificate).unwrap())
        .collect();
    let roots = Roots::read(fixtures[0].ca.as_ref().unwrap_or(&fixtures[0].certificate)).unwrap();
    let now = Timestamp::now();
    let mut random = Random(0x5eed_0f0e_c405_c09e);
    let (mut read, mut refused) = (0, 0);
    for round in 0..4000 {
        let chain = files[round % files.len()].chain();
        let damaged = random.below(chain.len());
        let mut pem = String::new();
        for (index, der) in chain.iter().enumerate() {
            let mut bytes = der.to_vec();
            if index == damaged {
                damage(&mut bytes, &mut random);
            }
            pem.extend([
                "-----BEGIN CERTIFICATE-----\n",
                &STANDARD.encode(bytes),
                "\n-----END CERTIFICATE-----\n",
            ]);
        }
        let path = folder.write("damaged.crt", &pem);
        let Ok(file) = CertificateFile::read(&path) else {
            refused += 1;
            continue;
        };
        read += 1;
        assert_eq!(file.certificates().len(), file.chain().len());
        for (index, link) in chain_links(&file).iter().enumerate() {
            check_line(&explain_link(index + 1, link).unwrap_or_default());
        }
        for certificate in file.certificates().iter() {
            check_line(&explain_end(certificate));
            check_line(&certificate.subject);
            check_line(&certificate.issuer);
            check_line(&certificate.key.to_string());
            check_line(&certificate.signature);
            check_line(&certificate.validity.description(now));
            assert!((0.0..=1.0).contains(&certificate.validity.elapsed(now)));
            certificate.common_names.iter().for_each(|name| check_line(name));
            certificate.names.iter().for_each(|name| check_line(&name.text));
            for extension in &certificate.extensions {
                check_line(&extension.name);
                check_line(&extension.value);
            }
        }
        for check in check_as_clients(&file, &roots, now) {
            check_line(&explain_check(&check));
            check.names.iter().for_each(|name| check_line(name));
            check_line(&check.raw().unwrap_or_default());
        }
    }
    assert!(read > 500 && refused > 100, "{read} read, {refused} refused: too much or too little damage");
}
