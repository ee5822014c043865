//! The openssl commands that make the same files by hand: a script for a POSIX shell, for OpenSSL 1.1.1 and later.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::platform::terminal::quoted;
use crate::tls::create::broken::Broken;
use crate::tls::create::ca::{CA_DAYS, CA_NAME};
use crate::tls::create::make::{BROKEN_DAYS, INTERMEDIATE_NAME, alternative_names, subject, validity};
use crate::tls::create::request::{KeyChoice, Request};

/// The script. It asks for nothing, and writes over files of the same names, except for the practice CA's.
///
/// `now` is what the dates of an expired certificate are counted from.
#[must_use]
pub fn openssl_commands(request: &Request, now: Timestamp) -> String {
    let mut parts = vec![folder(request)];
    if request.needs_ca() {
        parts.push(practice_ca());
    }
    parts.push(key_and_request(request));
    if request.broken == Some(Broken::NoIntermediate) {
        parts.push(intermediate(request));
    }
    parts.push(match request.broken {
        Some(Broken::Version1) => version1(request),
        Some(Broken::Expired | Broken::NotYetValid) => with_dates(request, now),
        _ => with_days(request),
    });
    parts.join("\n")
}

fn folder(request: &Request) -> String {
    let folder = quoted(&request.folder.display().to_string());
    let folder = if folder.starts_with("'-") { format!("'./{}", &folder[1..]) } else { folder };
    format!(
        "# For a POSIX shell and OpenSSL 1.1.1 or later. Files of the same names are replaced, but not the practice CA's.\n\
         set -e\nmkdir -p {folder}\ncd {folder}\n"
    )
}

fn practice_ca() -> String {
    format!(
        "# The practice CA, once for this folder\n\
         if [ ! -e ca.crt ] && [ ! -e ca.key ]; then\n\
         {key}\n\
         openssl req -new -key ca.key -subj '/CN={CA_NAME}' -out ca.csr\n\
         cat > ca.ext <<'END'\n{AUTHORITY}END\n\
         openssl x509 -req -days {CA_DAYS} -in ca.csr -signkey ca.key -extfile ca.ext -out ca.crt\n\
         rm ca.csr ca.ext\n\
         fi\n",
        key = make_key(KeyChoice::P256, "ca.key"),
    )
}

fn key_and_request(request: &Request) -> String {
    let names = names_line(request);
    let names = if names.is_empty() { String::new() } else { format!(" -addext {}", quoted(&names)) };
    format!(
        "# The server's key, and a request for a certificate\n\
         {}\n\
         openssl req -new -key server.key -subj '/CN={}'{names} -out server.csr\n",
        make_key(request.key, "server.key"),
        subject(request),
    )
}

fn intermediate(request: &Request) -> String {
    format!(
        "# The intermediate CA, which will be missing; its key is not kept\n\
         {}\n\
         openssl req -new -key intermediate.key -subj '/CN={INTERMEDIATE_NAME}' -out intermediate.csr\n\
         cat > intermediate.ext <<'END'\n{AUTHORITY}END\n\
         openssl x509 -req -days {} -in intermediate.csr -CA ca.crt -CAkey ca.key {SERIAL} \\\n  \
         -extfile intermediate.ext -out intermediate.crt\n\
         rm intermediate.csr intermediate.ext\n",
        make_key(KeyChoice::P256, "intermediate.key"),
        request.days,
    )
}

fn with_days(request: &Request) -> String {
    format!(
        "# The certificate\n{}openssl x509 -req -days {} -in server.csr {} -extfile server.ext -out server.crt\n\
         rm server.ext{}\n",
        extension_file(request),
        request.days,
        signer(request),
        if request.broken == Some(Broken::NoIntermediate) { " intermediate.key" } else { "" },
    )
}

/// `openssl x509` takes dates from 3.4 on only; `openssl ca` has always done so, but wants some order around it.
fn with_dates(request: &Request, now: Timestamp) -> String {
    let (start, end) = validity(request.days, request.broken, now);
    let date = |moment: Timestamp| moment.strftime("%Y%m%d%H%M%SZ");
    let signer =
        if request.needs_ca() { "-cert ca.crt -keyfile ca.key" } else { "-selfsign -keyfile server.key" };
    let when = if request.broken == Some(Broken::Expired) {
        format!("ended {BROKEN_DAYS} days ago")
    } else {
        format!("begins {BROKEN_DAYS} days from now")
    };
    format!(
        "# The certificate, whose validity {when}: only openssl ca takes dates in every version\n\
         {}mkdir -p ca.tmp\n\
         : > ca.tmp/index\n\
         cat > ca.tmp/config <<'END'\n\
         [ca]\ndefault_ca = practice\n\
         [practice]\ndatabase = ca.tmp/index\nnew_certs_dir = ca.tmp\nrand_serial = yes\ndefault_md = default\n\
         policy = any\nunique_subject = no\n\
         [any]\ncommonName = supplied\n\
         END\n\
         openssl ca -config ca.tmp/config -batch -notext -startdate {} -enddate {} \\\n  \
         -in server.csr {signer} -extfile server.ext -out server.crt\n\
         rm -r ca.tmp server.ext\n",
        extension_file(request),
        date(start),
        date(end),
    )
}

/// Up to OpenSSL 3.1 `x509 -req` makes version 1 where no extensions are asked for; from 3.2 on `req` is told so.
fn version1(request: &Request) -> String {
    let days = request.days;
    let (new, old) = if request.needs_ca() {
        ("-CA ca.crt -CAkey ca.key -key server.key", format!("-CA ca.crt -CAkey ca.key {SERIAL}"))
    } else {
        ("-key server.key", "-signkey server.key".to_owned())
    };
    format!(
        "# The certificate: without extensions it is of version 1, from OpenSSL 3.2 on with -x509v1\n\
         if openssl req -help 2>&1 | grep -q x509v1; then\n\
         openssl req -x509 -x509v1 -days {days} {new} -subj '/CN={}' -out server.crt\n\
         else\n\
         openssl x509 -req -days {days} -in server.csr {old} -out server.crt\n\
         fi\n",
        subject(request),
    )
}

fn signer(request: &Request) -> String {
    match request.broken {
        Some(Broken::SelfSigned) => "-signkey server.key".to_owned(),
        Some(Broken::NoIntermediate) => {
            format!("-CA intermediate.crt -CAkey intermediate.key {SERIAL} \\\n ")
        }
        _ if request.needs_ca() => format!("-CA ca.crt -CAkey ca.key {SERIAL} \\\n "),
        _ => "-signkey server.key".to_owned(),
    }
}

/// A random serial number without a file that keeps the last one; without the first digit's upper half it is positive.
const SERIAL: &str = "-set_serial \"0x4$(openssl rand -hex 15)\"";

const AUTHORITY: &str = "basicConstraints = critical, CA:TRUE\n\
    keyUsage = critical, keyCertSign, cRLSign\n\
    subjectKeyIdentifier = hash\n\
    authorityKeyIdentifier = keyid:always\n";

fn extension_file(request: &Request) -> String {
    let mut lines = if request.broken == Some(Broken::CaAsServer) {
        AUTHORITY.to_owned()
    } else {
        format!(
            "basicConstraints = critical, CA:FALSE\n\
             keyUsage = critical, digitalSignature{}\n\
             extendedKeyUsage = serverAuth\n\
             subjectKeyIdentifier = hash\n\
             authorityKeyIdentifier = keyid:always\n",
            if request.key.is_rsa() { ", keyEncipherment" } else { "" },
        )
    };
    let names = names_line(request);
    if !names.is_empty() {
        lines += &names.replacen('=', " = ", 1);
        lines.push('\n');
    }
    format!("cat > server.ext <<'END'\n{lines}END\n")
}

/// `subjectAltName=DNS:…,IP:…`; empty where the certificate has none.
fn names_line(request: &Request) -> String {
    let entries: Vec<_> = alternative_names(request)
        .into_iter()
        .map(|name| if name.parse::<IpAddr>().is_ok() { format!("IP:{name}") } else { format!("DNS:{name}") })
        .collect();
    if entries.is_empty() { String::new() } else { format!("subjectAltName={}", entries.join(",")) }
}

fn make_key(key: KeyChoice, file: &str) -> String {
    // In a shell of its own, so that the certificates stay readable for everyone.
    let command = match key {
        KeyChoice::Rsa2048 => format!("openssl genrsa -out {file} 2048"),
        KeyChoice::Rsa4096 => format!("openssl genrsa -out {file} 4096"),
        KeyChoice::P256 => format!(
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve -out {file}"
        ),
        KeyChoice::Ed25519 => format!("openssl genpkey -algorithm ED25519 -out {file}"),
    };
    format!("(umask 077; {command})")
}
