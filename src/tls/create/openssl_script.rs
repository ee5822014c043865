//! The openssl commands that create the files of a certificate by hand, as a script for a POSIX shell and OpenSSL 1.1.1
//! or later.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::platform::terminal::{quoted, quoted_path};
use crate::tls::create::certificate_spec::{CertificateSpec, Defect, KeyChoice};
use crate::tls::create::issue::{
    CA_DAYS, CA_NAME, CLIENT_NAME, DEFECT_DAYS, INTERMEDIATE_NAME, subject, subject_alt_names, validity,
};

const SIGNED_BY_CA: &str = "-CA ca.crt -CAkey ca.key -set_serial \"0x4$(openssl rand -hex 15)\"";

const CA_EXTENSIONS: &str = "basicConstraints = critical, CA:TRUE\n\
    keyUsage = critical, keyCertSign, cRLSign\n\
    subjectKeyIdentifier = hash\n\
    authorityKeyIdentifier = keyid:always\n";

/// Returns the script. It needs no input and replaces files of the same names, except for the practice CA's. The dates
/// of an expired or not yet valid certificate are relative to `now`.
#[must_use]
pub fn openssl_script(spec: &CertificateSpec, now: Timestamp) -> String {
    let folder = quoted_path(&spec.folder);
    let mut parts = vec![format!(
        "# For a POSIX shell and OpenSSL 1.1.1 or later. Files of the same names are replaced, but not the practice CA's.\n\
         set -e\nmkdir -p {folder}\ncd {folder}\n"
    )];
    if spec.needs_ca() {
        parts.push(format!(
            "# The practice CA, once for this folder\n\
             if [ ! -e ca.crt ] && [ ! -e ca.key ]; then\n\
             {}\
             fi\n",
            create_ca("ca", CA_NAME, CA_DAYS, "-signkey ca.key"),
        ));
    }
    let names = subject_alt_name_line(spec);
    let names = if names.is_empty() { names } else { format!(" -addext {}", quoted(&names)) };
    parts.push(format!(
        "# The server's key, and a request for a certificate\n\
         {}\n\
         openssl req -new -key server.key -subj '/CN={}'{names} -out server.csr\n",
        create_key(spec.key, "server.key"),
        subject(spec),
    ));
    if spec.defect == Some(Defect::NoIntermediate) {
        parts.push(format!(
            "# The intermediate CA, whose certificate the server won't send; its key is not kept\n{}",
            create_ca("intermediate", INTERMEDIATE_NAME, spec.days, SIGNED_BY_CA)
        ));
    }
    parts.push(match spec.defect {
        Some(Defect::Version1) => version_1_certificate(spec),
        Some(Defect::Expired) => certificate_with_dates(spec, now, &format!("ended {DEFECT_DAYS} days ago")),
        Some(Defect::NotYetValid) => {
            certificate_with_dates(spec, now, &format!("begins {DEFECT_DAYS} days from now"))
        }
        _ => certificate(spec),
    });
    if spec.client_certificate {
        parts.push(client_certificate(spec));
    }
    parts.join("\n")
}

/// Returns the commands that create a key, which only its owner may read.
fn create_key(key: KeyChoice, file: &str) -> String {
    let command = match key {
        KeyChoice::Rsa2048 => format!("openssl genrsa -out {file} 2048"),
        KeyChoice::Rsa4096 => format!("openssl genrsa -out {file} 4096"),
        KeyChoice::P256 => format!(
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve -out {file}"
        ),
        KeyChoice::Ed25519 => format!("openssl genpkey -algorithm ED25519 -out {file}"),
    };
    // In a subshell, so that `umask` doesn't apply to the certificates, which everyone may read.
    format!("(umask 077; {command})")
}

/// Returns the commands that create a CA's key and certificate.
fn create_ca(name: &str, common_name: &str, days: u32, signer: &str) -> String {
    format!(
        "{}\n\
         openssl req -new -key {name}.key -subj '/CN={common_name}' -out {name}.csr\n\
         cat > {name}.ext <<'END'\n{CA_EXTENSIONS}END\n\
         openssl x509 -req -days {days} -in {name}.csr {signer} \\\n  -extfile {name}.ext -out {name}.crt\n\
         rm {name}.csr {name}.ext\n",
        create_key(KeyChoice::P256, &format!("{name}.key")),
    )
}

fn certificate(spec: &CertificateSpec) -> String {
    let (signer, more_to_remove) = match spec.defect {
        Some(Defect::SelfSigned) => ("-signkey server.key".to_owned(), ""),
        Some(Defect::NoIntermediate) => (SIGNED_BY_CA.replace("ca.", "intermediate."), " intermediate.key"),
        _ if spec.needs_ca() => (SIGNED_BY_CA.to_owned(), ""),
        _ => ("-signkey server.key".to_owned(), ""),
    };
    format!(
        "# The certificate\n\
         {}openssl x509 -req -days {} -in server.csr {signer} \\\n  -extfile server.ext -out server.crt\n\
         rm server.ext{more_to_remove}\n",
        extension_file(spec),
        spec.days,
    )
}

fn client_certificate(spec: &CertificateSpec) -> String {
    format!(
        "# A client's key and certificate\n\
         {}\n\
         openssl req -new -key client.key -subj '/CN={CLIENT_NAME}' -out client.csr\n\
         cat > client.ext <<'END'\n\
         basicConstraints = critical, CA:FALSE\n\
         keyUsage = critical, digitalSignature\n\
         extendedKeyUsage = clientAuth\n\
         subjectKeyIdentifier = hash\n\
         authorityKeyIdentifier = keyid:always\n\
         END\n\
         openssl x509 -req -days {} -in client.csr {SIGNED_BY_CA} \\\n  -extfile client.ext -out client.crt\n\
         rm client.csr client.ext\n",
        create_key(spec.key, "client.key"),
        spec.days,
    )
}

/// Returns the commands that create a certificate with given dates. `openssl x509` accepts dates only since version
/// 3.4; `openssl ca` always has, but needs a database.
fn certificate_with_dates(spec: &CertificateSpec, now: Timestamp, when: &str) -> String {
    let (start, end) = validity(spec.days, spec.defect, now);
    let date = |moment: Timestamp| moment.strftime("%Y%m%d%H%M%SZ");
    let signer =
        if spec.needs_ca() { "-cert ca.crt -keyfile ca.key" } else { "-selfsign -keyfile server.key" };
    format!(
        "# The certificate, whose validity {when}: only openssl ca accepts dates in every version\n\
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
        extension_file(spec),
        date(start),
        date(end),
    )
}

/// Returns the commands that create an X.509 version 1 certificate. Up to OpenSSL 3.1, `x509 -req` creates one if there
/// are no extensions; since 3.2, `req` has an option for it.
fn version_1_certificate(spec: &CertificateSpec) -> String {
    let (new, old) = if spec.needs_ca() {
        ("-CA ca.crt -CAkey ca.key -key server.key", SIGNED_BY_CA)
    } else {
        ("-key server.key", "-signkey server.key")
    };
    format!(
        "# The certificate: without extensions it is of version 1, since OpenSSL 3.2 with -x509v1\n\
         if openssl req -help 2>&1 | grep -q x509v1; then\n\
         openssl req -x509 -x509v1 -days {days} {new} -subj '/CN={}' -out server.crt\n\
         else\n\
         openssl x509 -req -days {days} -in server.csr {old} -out server.crt\n\
         fi\n",
        subject(spec),
        days = spec.days,
    )
}

fn extension_file(spec: &CertificateSpec) -> String {
    let mut lines = if spec.defect == Some(Defect::CaAsServer) {
        CA_EXTENSIONS.to_owned()
    } else {
        let encipherment = if spec.key.is_rsa() { ", keyEncipherment" } else { "" };
        format!(
            "basicConstraints = critical, CA:FALSE\n\
             keyUsage = critical, digitalSignature{encipherment}\n\
             extendedKeyUsage = serverAuth\n\
             subjectKeyIdentifier = hash\n\
             authorityKeyIdentifier = keyid:always\n"
        )
    };
    let names = subject_alt_name_line(spec);
    if !names.is_empty() {
        lines += &names;
        lines.push('\n');
    }
    format!("cat > server.ext <<'END'\n{lines}END\n")
}

/// Returns `subjectAltName=DNS:…,IP:…`; empty if the certificate has no alternative names.
fn subject_alt_name_line(spec: &CertificateSpec) -> String {
    let entry =
        |name: String| format!("{}:{name}", if name.parse::<IpAddr>().is_ok() { "IP" } else { "DNS" });
    let entries: Vec<_> = subject_alt_names(spec).into_iter().map(entry).collect();
    if entries.is_empty() { String::new() } else { format!("subjectAltName={}", entries.join(",")) }
}
