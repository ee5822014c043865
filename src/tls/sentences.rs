//! The words for everything that can be wrong with certificate and key files: what happened, why, and the remedy.
//!
//! At most two sentences, then the command that mends it, where one does.

use std::path::Path;

use crate::platform::terminal::argument;
use crate::text::{MAX_NAME, display_name, display_path, sanitize};
use crate::tls::error::{Fault, FileError, Role};
use crate::tls::file::LIMIT;
use crate::tls::kind::KeyKind;

/// The sentences for one file, with the command at their end.
pub(super) fn file(error: &FileError) -> String {
    let mut words = words(error);
    if let Some(command) = command(error) {
        words.push(' ');
        words.push_str(&command);
    }
    words
}

/// The sentences for a key that belongs to another certificate.
pub(super) fn mismatch(certificate: &Path, key: &Path) -> String {
    format!(
        "{} does not belong to {}: the certificate was made with another key. Choose the two that were made together, \
         or make a new certificate for this key: openssl req -x509 -key {} -days 365 -subj /CN=localhost -out {}",
        display_name(key),
        display_name(certificate),
        argument(key),
        beside(certificate, ["new.crt", "new2.crt"])
    )
}

/// The sentences for a chain that is not in the order of RFC 8446, section 4.4.2.
pub(super) fn order(certificate: &Path, key: &Path, number: usize) -> String {
    format!(
        "{} belongs to certificate {number} in {}, but clients take the first as the server's. Move that one to the \
         top of the file.",
        display_name(key),
        display_name(certificate)
    )
}

#[expect(clippy::too_many_lines, reason = "a table: one entry for each fault")]
fn words(error: &FileError) -> String {
    use Role::{Certificate, ClientCa, Key, KeyLog};
    let name = display_name(&error.path);
    let (what, example, a_file) = match error.role {
        Certificate => ("certificate", "server.crt", "a certificate file"),
        Key => ("private key", "server.key", "a private key file"),
        ClientCa => ("CA certificate", "ca.crt", "a file with CA certificates"),
        KeyLog => ("key log", "keys.log", "a file to write the keys to"),
    };
    match (&error.fault, error.role) {
        (Fault::NoPath, _) => format!("No {what} is chosen. Type the path of {a_file}, such as {example}."),
        (Fault::NoSuchFile { folder }, _) => {
            format!("There is no file {name} in {}. Check the spelling and the folder.", display_path(folder))
        }
        (Fault::NoSuchFolder { folder }, _) => {
            format!("{name} can't be found: there is no folder {}. Check the path.", display_path(folder))
        }
        (Fault::FolderClosed { folder, .. }, _) => format!(
            "{name} can't be looked for: the system does not let you into the folder {}. Copy the file to a folder of \
             your own.",
            display_path(folder)
        ),
        (Fault::Folder, _) => format!("{name} is a folder. Choose {a_file} in it, such as {example}."),
        (Fault::NotOrdinary, _) => {
            format!(
                "{name} is a device or a pipe, not an ordinary file, so it was not read. Choose {a_file}."
            )
        }
        (Fault::NotReadable { .. }, _) => format!(
            "{name} can't be read: the system does not let you. {}",
            if cfg!(windows) {
                "Allow yourself to read it, in its Properties under Security."
            } else {
                "Make a copy that is yours:"
            }
        ),
        (Fault::Unreadable { .. }, _) => format!(
            "{name} is there, but the disk or network drive does not hand it over. Copy it to another disk and choose \
             the copy."
        ),
        (Fault::NotWritable { .. }, _) => {
            format!(
                "{name} can't be written: the system does not let you. Choose a file in a folder of your own."
            )
        }
        (Fault::NotAKeyLog, _) => format!(
            "{name} holds something else than a key log, so nothing was added to it. Choose a new file, such as \
             {example}."
        ),
        (Fault::Empty, _) => {
            format!(
                "{name} is empty: the command that should have written it has most likely failed. Make it again."
            )
        }
        (Fault::TooLarge { bytes }, _) => format!(
            "{name} has {}, far more than a {what}: nothing over {} is read. Choose {a_file}, such as {example}.",
            size(*bytes),
            size(LIMIT)
        ),
        (Fault::Binary, _) => {
            format!("{name} is a {what} in binary form (DER), but the text form (PEM) is needed. Convert it:")
        }
        (Fault::Swapped, Certificate) => format!(
            "{name} holds a private key, not a certificate. Perhaps the two files are swapped: exchange their paths."
        ),
        (Fault::Swapped, ClientCa) => format!(
            "{name} holds a private key, not a certificate. Choose the CA's certificate, such as {example}; its key is \
             not needed to check clients."
        ),
        (Fault::Swapped, _) => format!(
            "{name} holds a certificate, not a private key. Perhaps the two files are swapped: exchange their paths."
        ),
        (Fault::Request, Certificate | ClientCa) => format!(
            "{name} is a certificate signing request: it only asks for a certificate. Sign it, then choose the \
             certificate:"
        ),
        (Fault::Request, _) => format!(
            "{name} is a certificate signing request, not a private key. Choose the key that it was made with, such \
             as {example}."
        ),
        (Fault::PublicKey, Certificate | ClientCa) => format!(
            "{name} is a public key alone, and a certificate also has a name and a signature. Choose the certificate, \
             such as {example}."
        ),
        (Fault::PublicKey, _) => format!(
            "{name} is the public half of a key, and the server needs the private half. Choose the private key, such \
             as {example}."
        ),
        (Fault::Crl, _) => format!(
            "{name} is a revocation list (CRL): it tells which certificates are no longer good. Choose the {what} \
             itself, such as {example}."
        ),
        (Fault::Pkcs12, _) => format!(
            "{name} is a PKCS#12 bundle, which keeps certificate and key together under a password. Take the {what} \
             out of it:"
        ),
        (Fault::Pkcs7 { .. }, Certificate | ClientCa) => {
            format!(
                "{name} is a PKCS#7 bundle of certificates, which servers do not read. Take them out of it:"
            )
        }
        (Fault::Pkcs7 { .. }, _) => {
            format!(
                "{name} is a PKCS#7 bundle, which holds certificates but no key. Choose the key, such as {example}."
            )
        }
        (Fault::Locked { .. }, _) => {
            format!("{name} is encrypted: it opens only with its passphrase. Make a copy without one:")
        }
        (Fault::OpenSsh, _) => format!(
            "{name} is in OpenSSH's own form, which TLS does not use. Copy it to {} and convert the copy (RSA and ECDSA \
             keys only):",
            output(&error.path, Key)
        ),
        (Fault::Base64 { .. }, _) => format!(
            "The {what} in {name} is damaged: the lines between BEGIN and END are not base64. Copy the file once more \
             from where it came, or make it again."
        ),
        (Fault::NoEnd { label }, _) => format!(
            "{name} breaks off: the line -----END {}----- is missing. Copy the whole file once more, down to that line.",
            sanitize(label, MAX_NAME)
        ),
        (Fault::BeginLine { label }, _) => format!(
            "The first line of the {what} in {name} is damaged. It must be -----BEGIN {label}----- and nothing \
             else."
        ),
        (Fault::BadCertificate { number, of, .. }, _) => format!(
            "{} in {name} is damaged: it is base64, but not of a certificate. Copy the file once more from where it \
             came, or make it again.",
            if *of > 1 { format!("Certificate {number} of {of}") } else { "The certificate".to_owned() }
        ),
        (Fault::BadKey { .. }, _) => format!(
            "The private key in {name} is damaged: it is base64, but not of a key that works. Copy the file once more \
             from where it came, or make it again."
        ),
        (Fault::RsaLength { bits }, _) => format!(
            "The RSA key in {name} has {bits} bits, {}. Make a new key, then a new certificate for it:",
            if *bits < 2048 {
                "and anything under 2048 is no longer safe"
            } else {
                "and anything over 8192 is not supported"
            }
        ),
        (Fault::UnsupportedKey { kind: KeyKind::Other(kind) }, _) => format!(
            "{name} holds {} {kind} key, which this server can't sign with. Make an RSA key, then a new certificate \
             for it:",
            article(kind)
        ),
        (Fault::UnsupportedKey { kind }, _) => {
            format!("{name} holds a key that this server can't sign with ({kind}). Make an RSA key:")
        }
        (Fault::OtherBlock { label }, _) => format!(
            "{name} holds no {what}, but something called “{}”. Choose {a_file}, such as {example}.",
            sanitize(label, MAX_NAME)
        ),
        (Fault::NoneFound, Certificate | ClientCa) => format!(
            "{name} holds no certificate: it has no line -----BEGIN CERTIFICATE-----. Choose the certificate in PEM \
             form, such as {example}."
        ),
        (Fault::NoneFound, _) => format!(
            "{name} holds no private key: it has no line -----BEGIN PRIVATE KEY-----, nor BEGIN RSA or EC PRIVATE KEY. \
             Choose the key in PEM form, such as {example}."
        ),
        (Fault::Neither, _) => format!(
            "{name} holds neither a certificate nor a private key. Drop files in PEM form, such as server.crt and \
             server.key."
        ),
    }
}

/// The command that mends it. What it writes never takes the place of the file it reads.
pub(super) fn command(error: &FileError) -> Option<String> {
    let input = argument(&error.path);
    let output = |role| output(&error.path, role);
    Some(match (&error.fault, error.role) {
        (Fault::NotReadable { .. }, _) if !cfg!(windows) => {
            format!("sudo install -m 600 -o $USER {input} {}", output(error.role))
        }
        (Fault::Binary, Role::Certificate | Role::ClientCa) => {
            format!("openssl x509 -inform der -in {input} -out {}", output(Role::Certificate))
        }
        (Fault::Binary, _) => {
            format!("openssl pkey -inform der -in {input} -out {}", output(Role::Key))
        }
        (Fault::Request, Role::Certificate) => format!(
            "openssl x509 -req -days 365 -in {input} -signkey {} -out {}",
            argument(&error.path.with_file_name("server.key")),
            beside(&error.path, ["server.crt", "new.crt"])
        ),
        (Fault::Pkcs12, Role::Certificate | Role::ClientCa) => {
            format!("openssl pkcs12 -in {input} -nokeys -out {}", output(Role::Certificate))
        }
        (Fault::Pkcs12, _) => {
            format!("openssl pkcs12 -in {input} -nocerts -nodes -out {}", output(Role::Key))
        }
        (Fault::Pkcs7 { binary }, Role::Certificate | Role::ClientCa) => format!(
            "openssl pkcs7 -print_certs{} -in {input} -out {}",
            if *binary { " -inform der" } else { "" },
            output(Role::Certificate)
        ),
        (Fault::Locked { binary }, _) => {
            format!(
                "openssl pkey{} -in {input} -out {}",
                if *binary { " -inform der" } else { "" },
                output(Role::Key)
            )
        }
        (Fault::OpenSsh, _) => format!("ssh-keygen -p -N \"\" -m PKCS8 -f {}", output(Role::Key)),
        (Fault::RsaLength { .. } | Fault::UnsupportedKey { .. }, _) => {
            format!("openssl genrsa -out {} 2048", beside(&error.path, ["new.key", "new2.key"]))
        }
        _ => return None,
    })
}

/// A place for what a command writes: beside the file that it reads, and never that file itself.
fn output(input: &Path, role: Role) -> String {
    beside(
        input,
        match role {
            Role::Key => ["plain.key", "plain2.key"],
            _ => ["plain.crt", "plain2.crt"],
        },
    )
}

/// The first of two names that the file itself doesn't have.
fn beside(input: &Path, names: [&str; 2]) -> String {
    let taken = input.file_name().is_some_and(|name| name == names[0]);
    argument(&input.with_file_name(names[usize::from(taken)]))
}

fn article(noun: &str) -> &'static str {
    // By sound: an X25519, an RSA-PSS, an ECDSA, an Ed448; a DSA, a Diffie-Hellman.
    if noun.starts_with(['A', 'E', 'R', 'X']) { "an" } else { "a" }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match (bytes / MIB, bytes % MIB) {
        (whole, 0) => format!("{whole} MiB"),
        (whole, rest) if whole < 10 => format!("{whole}.{} MiB", rest * 10 / MIB),
        (whole, _) => format!("{whole} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_never_writes_over_what_it_reads() {
        for (name, role) in
            [("plain.key", Role::Key), ("plain.crt", Role::Certificate), ("server.crt", Role::Certificate)]
        {
            for fault in [Fault::Binary, Fault::Pkcs12, Fault::Request, Fault::Locked { binary: false }] {
                let command = command(&FileError::new(Path::new(name), role, fault)).unwrap_or_default();
                assert!(!command.ends_with(&format!("-out {name}")), "{command}");
            }
        }
    }

    #[test]
    fn sizes_are_rounded_down_to_a_tenth() {
        assert_eq!(size(LIMIT), "1 MiB");
        assert_eq!(size(LIMIT * 7 / 2), "3.5 MiB");
        assert_eq!(size(LIMIT * 25 + 1), "25 MiB");
    }
}
