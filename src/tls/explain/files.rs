//! Explains the problems of certificate and key files: what happened, why, and the remedy, in at most two sentences. A
//! command that fixes the problem follows, if there is one.

use std::fmt;
use std::io;
use std::path::Path;

use crate::platform::terminal::{HAS_SUDO, argument};
use crate::text::{self, MAX_NAME, display_name, display_path, fill, sanitize};
use crate::tls::file_error::{
    CertificateFault, FileContent, FileProblem, FileRole, Form, TlsError, TlsFileError,
};
use crate::tls::key_type::KeyType;

/// Returns the text for a problem. A command that fixes it, if there is one, follows on a separate line.
#[expect(clippy::too_many_lines, reason = "a table: one entry for each problem")]
fn template(error: &TlsFileError) -> &'static str {
    use CertificateFault as F;
    use FileContent as C;
    use FileProblem as P;
    use FileRole::{Certificate, ClientCa};
    let for_certificate = matches!(error.role, Certificate | ClientCa);
    match &error.problem {
        P::NoPath => "No {what} is chosen. Type the path of {a_file}, such as {example}.",
        P::NoSuchFile(_) => "There is no file {name} in {folder}. Check the name and the folder.",
        P::NoSuchFolder(_) => "{name} can't be found: there is no folder {folder}. Check the path.",
        P::NotAFolder(_) => {
            "{name} can't be found: {folder} is a file, not a folder. Remove everything after it in the path, even a slash."
        }
        P::DanglingLink { .. } => {
            "{name} can't be found: {folder} is a symbolic link to {target}, which doesn't exist. Check the link."
        }
        P::CurrentFolderGone => {
            "{name} can't be found: the folder that Echoscope was started in no longer exists. Change to another folder and \
             restart Echoscope, or type the full path."
        }
        P::Tilde => {
            "{name} can't be found: ~ stands for your home folder only in a shell. Type the full path."
        }
        P::Url => "{name} can't be found: it is a URL, not a path. Remove file://.",
        P::FolderClosed(..) => {
            "{name} can't be found: permission denied on folder {folder}. Copy the file to a folder of your own."
        }
        P::Folder => "{name} is a folder. Choose {a_file} in it, such as {example}.",
        P::NotOrdinary => "{name} is a pipe, a socket or a device, so it was not read. Choose {a_file}.",
        P::NotReadable(_) if HAS_SUDO => {
            "{name} can't be read: permission denied. Make a copy of your own:\n\
             sudo install -m 600 -o $USER {input} {output}"
        }
        P::NotReadable(_) => {
            "{name} can't be read: permission denied. Allow reading it in its Properties, under Security."
        }
        P::Unreadable(_) => "{name} can't be read ({reason}). Check the path, or choose another file.",
        P::NotWritable(_) => "{name} can't be written ({reason}). Choose a file in a folder of your own.",
        P::NotOwn => {
            "{name} belongs to another user, who could read the keys. Choose a new file, such as {example}."
        }
        P::NotAKeyLog => {
            "{name} is not a key log, so nothing was added to it. Choose a new file, such as {example}."
        }
        P::Empty => "{name} is empty. Most likely the command that made it failed: run it again.",
        P::TooLarge(_) => "{name} is too large ({size}) for a {what}. Choose {a_file}, such as {example}.",
        P::Instead { content, .. } => match (content, for_certificate) {
            (C::Certificate, true) | (C::Key, false) => {
                "{name} is a {what} in binary form (DER), but Echoscope reads text (PEM). Convert it:\n\
                 openssl {tool} -inform der -in {input} -out {output}"
            }
            (C::Key | C::EncryptedKey | C::OpenSshKey | C::PuttyKey, _) if error.role == ClientCa => {
                "{name} contains a private key, not a certificate. Choose the CA's certificate, such as {example}."
            }
            (C::Certificate, false) | (C::Key | C::EncryptedKey | C::OpenSshKey | C::PuttyKey, true) => {
                "{name} contains {other}, not a {what}. If the two files are swapped, exchange their paths."
            }
            (C::EncryptedKey, false) => {
                "{name} is encrypted, and Echoscope doesn't ask for passphrases. Make a copy without one:\n\
                 {decode}openssl pkey{in} -out {output}"
            }
            (C::OpenSshKey, false) => {
                "{name} is in OpenSSH's format, which Echoscope doesn't read. Copy it to {output} and convert the copy (RSA and \
                 ECDSA keys only):\n\
                 ssh-keygen -p -N \"\" -m PKCS8 -f {output}"
            }
            (C::PuttyKey, false) => {
                "{name} is in PuTTY's format, which Echoscope doesn't read. Open it in PuTTYgen and choose Export OpenSSH key, \
                 then choose the new file."
            }
            (C::Request, true) if error.role == Certificate => {
                "{name} is a certificate signing request. Sign it, then choose the certificate:\n\
                 {decode}openssl x509 -req -days 365{in} -signkey {server.key} -out {signed}"
            }
            (C::Request, true) => {
                "{name} is a certificate signing request. Sign it, then choose the certificate."
            }
            (C::Request, false) => {
                "{name} is a certificate signing request, not a private key. Choose the key that it was made with."
            }
            (C::PublicKey, _) => "{name} is only a public key. Choose the {what}, such as {example}.",
            (C::Crl, _) => {
                "{name} is a list of revoked certificates (CRL). Choose the {what} itself, such as {example}."
            }
            (C::Pkcs12, _) => {
                "{name} is a PKCS#12 bundle of certificate and key. Extract the {what}:\n\
                 {decode}openssl pkcs12{in} {parts} -out {output}"
            }
            (C::JavaKeyStore, _) => {
                "{name} is a Java key store. Convert it to PKCS#12, then choose the new file:\n\
                 keytool -importkeystore -srckeystore {input} -deststoretype pkcs12 -destkeystore {bundle}"
            }
            (C::Pkcs7, true) => {
                "{name} is a PKCS#7 bundle of certificates, which Echoscope doesn't read. Extract them:\n\
                 {decode}openssl pkcs7 -print_certs{in} -out {output}"
            }
            (C::Pkcs7, false) => {
                "{name} is a PKCS#7 bundle, which contains certificates but no key. Choose the key, such as {example}."
            }
            (C::Parameters | C::Other, _) => "{name} contains no {what}. Choose {a_file}, such as {example}.",
        },
        P::Base64 => {
            "The {what} in {name} is damaged: it is not base64. Copy the file again, or make a new one."
        }
        P::NoEnd(_) => {
            "{name} is cut off: the line -----END {label}----- is missing. Copy the whole file again."
        }
        P::BeginLine(_) => {
            "The first line of the {what} in {name} is damaged. It must be -----BEGIN {label}----- and nothing else."
        }
        P::EndLine(_) => {
            "The last line of the {what} in {name} is damaged. It must be -----END {label}----- and nothing else."
        }
        P::BadCertificate { of, fault, .. } => match (fault, of) {
            (F::Damaged, 1) => {
                "The certificate in {name} is damaged. Copy the file again, or make a new one."
            }
            (F::Damaged, _) => {
                "Certificate {number} of {of} in {name} is damaged. Copy the file again, or make a new one."
            }
            (F::Ber, _) => {
                "Certificate {number} of {of} in {name} is encoded in BER, but TLS requires DER. Make a new certificate."
            }
            (F::Other(_), _) => {
                "Certificate {number} of {of} in {name} is actually {other}. Remove it from the file, or replace it \
                 with the certificate."
            }
            (F::Unparsable(_), _) => {
                "Echoscope can't read certificate {number} of {of} in {name} ({reason}). Make a new certificate."
            }
        },
        P::DamagedKey => "The private key in {name} is damaged. Copy the file again, or make a new one.",
        P::RejectedKey(_) => {
            "The TLS library rejected the private key in {name}. Make a new key, then a new certificate for it:\n\
             openssl genrsa -out {new key} 2048"
        }
        P::RsaLength(_) => {
            "The RSA key in {name} has {bits} bits, but only 2048 to 8192 are supported. Make a new key, then a new \
             certificate for it:\n\
             openssl genrsa -out {new key} 2048"
        }
        P::RsaExponent(_) => {
            "The RSA key in {name} has a public exponent of {bits} bits, but at most 33 are supported. Make a new key, then \
             a new certificate for it:\n\
             openssl genrsa -out {new key} 2048"
        }
        P::RsaPrimes(_) => {
            "The RSA key in {name} has {primes} prime factors, but only 2 are supported. Make a new key, then a new \
             certificate for it:\n\
             openssl genrsa -out {new key} 2048"
        }
        P::UnsupportedKey(_) => {
            "{name} contains {article} {type} key, which Echoscope can't sign with. Make an RSA key, then a new \
             certificate for it:\n\
             openssl genrsa -out {new key} 2048"
        }
        P::OtherBlock(_) => "{name} contains “{label}”, not a {what}. Choose {a_file}, such as {example}.",
        P::NoneFound => {
            "{name} contains no {what} in PEM form: there is no line -----BEGIN {begin}-----. Choose {a_file}, such as {example}."
        }
        P::Neither => {
            "{name} contains neither a certificate nor a private key. Drop PEM files, such as server.crt and server.key."
        }
    }
}

fn value(error: &TlsFileError, key: &str) -> Option<String> {
    use FileProblem as P;
    let path = &error.path;
    let for_key = error.role == FileRole::Key;
    let (what, example, a_file) = match error.role {
        FileRole::Certificate => ("certificate", "server.crt", "a certificate file"),
        FileRole::Key => ("private key", "server.key", "a private key file"),
        FileRole::ClientCa => ("CA certificate", "ca.crt", "a file with CA certificates"),
        FileRole::KeyLog => ("key log", "keys.log", "a file to write the keys to"),
    };
    Some(match (key, &error.problem) {
        ("name", _) => display_name(path),
        ("what", _) => what.to_owned(),
        ("example", _) => example.to_owned(),
        ("a_file", _) => a_file.to_owned(),
        ("input", _) => argument(path),
        ("tool", _) => if for_key { "pkey" } else { "x509" }.to_owned(),
        ("other", P::BadCertificate { fault: CertificateFault::Other(content), .. }) => {
            content_name(*content).to_owned()
        }
        ("other", _) => if for_key { "a certificate" } else { "a private key" }.to_owned(),
        ("parts", _) => if for_key { "-nocerts -nodes" } else { "-nokeys" }.to_owned(),
        ("begin", _) => if for_key { "PRIVATE KEY" } else { "CERTIFICATE" }.to_owned(),
        ("output", _) if for_key => beside(path, ["plain.key", "plain2.key"]),
        ("output", _) => beside(path, ["plain.crt", "plain2.crt"]),
        ("bundle", _) => beside(path, ["plain.p12", "plain2.p12"]),
        ("server.key", _) => argument(&path.with_file_name("server.key")),
        ("signed", _) => beside(path, ["server.crt", "new.crt"]),
        ("new key", _) => beside(path, ["new.key", "new2.key"]),
        (
            "folder",
            P::NoSuchFile(folder)
            | P::NoSuchFolder(folder)
            | P::NotAFolder(folder)
            | P::DanglingLink { link: folder, .. }
            | P::FolderClosed(folder, _),
        ) => display_path(folder),
        ("target", P::DanglingLink { target, .. }) => display_path(target),
        ("reason", P::Unreadable(error) | P::NotWritable(error)) => text::io_error(error),
        ("reason", P::BadCertificate { fault: CertificateFault::Unparsable(reason), .. }) => {
            sanitize(reason, MAX_NAME)
        }
        ("size", P::TooLarge(bytes)) => text::bytes(*bytes),
        // openssl decodes base64 without regard to the label.
        ("decode", P::Instead { form: Form::Mislabeled, .. }) => {
            format!("openssl base64 -d -in {} | ", argument(path))
        }
        ("decode", _) => String::new(),
        ("in", P::Instead { form, content }) => {
            let inform =
                if *form == Form::Pem || *content == FileContent::Pkcs12 { "" } else { " -inform der" };
            let input =
                if *form == Form::Mislabeled { String::new() } else { format!(" -in {}", argument(path)) };
            format!("{inform}{input}")
        }
        ("label", P::NoEnd(label) | P::OtherBlock(label) | P::BeginLine(label) | P::EndLine(label)) => {
            sanitize(label, MAX_NAME)
        }
        ("number", P::BadCertificate { number, .. }) => number.to_string(),
        ("of", P::BadCertificate { of, .. }) => of.to_string(),
        ("primes", P::RsaPrimes(primes)) => primes.to_string(),
        ("bits", P::RsaLength(bits) | P::RsaExponent(bits)) => bits.to_string(),
        ("type", P::UnsupportedKey(key_type)) => key_type.to_string(),
        ("article", P::UnsupportedKey(key_type)) => article(key_type).to_owned(),
        _ => return None,
    })
}

/// Returns the name of a content with its article.
fn content_name(content: FileContent) -> &'static str {
    match content {
        FileContent::Certificate => "a certificate",
        FileContent::Key => "a private key",
        FileContent::EncryptedKey => "an encrypted private key",
        FileContent::OpenSshKey => "an OpenSSH key",
        FileContent::PuttyKey => "a PuTTY key",
        FileContent::JavaKeyStore => "a Java key store",
        FileContent::PublicKey => "a public key",
        FileContent::Request => "a certificate signing request",
        FileContent::Crl => "a list of revoked certificates (CRL)",
        FileContent::Pkcs12 => "a PKCS#12 bundle",
        FileContent::Pkcs7 => "a PKCS#7 bundle",
        FileContent::Parameters | FileContent::Other => "something else",
    }
}

/// Returns the command that fixes the problem, if there is one. It never overwrites the file that it reads.
#[must_use]
pub fn file_error_command(error: &TlsFileError) -> Option<String> {
    let (_, command) = template(error).split_once('\n')?;
    Some(fill(command, |key| value(error, key)))
}

impl fmt::Display for TlsFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fill(&template(self).replace('\n', " "), |key| value(self, key)))
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::KeyMismatch { certificate, key } => write!(
                f,
                "{} doesn't match {}. Choose the key and the certificate that were made together, or make a new certificate: openssl req -x509 -key {} -days 365 -subj \
                 /CN=localhost -out {}",
                display_name(key),
                display_name(certificate),
                argument(key),
                beside(certificate, ["new.crt", "new2.crt"])
            ),
            // RFC 8446, section 4.4.2, requires the server's own certificate to be the first.
            Self::ChainOrder { certificate, key, number } => write!(
                f,
                "{} belongs to certificate {number} in {}, but clients take the first one as the server's. Move that certificate \
                 to the top of the file.",
                display_name(key),
                display_name(certificate)
            ),
            Self::Rustls(_) | Self::ClientVerifier(_) => f.write_str(
                "The TLS library rejected this certificate and key. Make a new pair and try again.",
            ),
        }
    }
}

/// Returns a warning to show while keys are written to a file.
#[must_use]
pub fn key_log_warning(path: &Path) -> String {
    format!(
        "TLS keys are written to {}: anyone with this file can decrypt a recording of the connections. Delete it when you are done.",
        display_path(path)
    )
}

/// Explains an error in writing keys to the key log.
#[must_use]
pub fn explain_key_log_error(path: &Path, error: &io::Error) -> String {
    format!(
        "Can't write the key log to {}: {error}. Free some space or choose another file, then restart the server.",
        display_path(path)
    )
}

/// Returns the path, in the file's folder, of the first of two names that isn't the name of the file itself.
fn beside(path: &Path, names: [&str; 2]) -> String {
    let is_taken = path.file_name().is_some_and(|name| name == names[0]);
    argument(&path.with_file_name(names[usize::from(is_taken)]))
}

/// Returns the indefinite article for a type of key, by its sound: an X25519, an RSA-PSS, an ECDSA, an Ed448 key; a
/// DSA, a Diffie-Hellman key.
fn article(key_type: &KeyType) -> &'static str {
    if key_type.to_string().starts_with(['A', 'E', 'R', 'X']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_never_overwrites_its_input() {
        for (name, role) in [
            ("plain.key", FileRole::Key),
            ("plain.crt", FileRole::Certificate),
            ("server.crt", FileRole::Certificate),
        ] {
            use FileContent::{Certificate, EncryptedKey, Key, Pkcs12, Request};
            for content in [Certificate, Key, Pkcs12, Request, EncryptedKey] {
                let problem = FileProblem::Instead { content, form: Form::Pem };
                let error = TlsFileError::new(Path::new(name), role, problem);
                let command = file_error_command(&error).unwrap_or_default();
                assert!(!command.ends_with(&format!("-out {name}")), "{command}");
            }
        }
    }
}
