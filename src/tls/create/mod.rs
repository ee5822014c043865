//! Creates certificates for experiments, good ones and deliberately broken ones, for the window's dialog and the
//! command line. Nothing is ever added to a trust store.
//!
//! ```text
//!  CertificateSpec ──> prepare ──> PreparedCertificate ──> write ──> CreatedFiles
//!        │             folder, CA,  keys and certificates   all files  paths, a summary,
//!        │             keys         in memory               or none    commands to try
//!        ├──> preflight: the problems and files that `prepare` would find
//!        └──> openssl_script: the same files by hand
//! ```

mod certificate_name;
mod certificate_spec;
mod created_files;
mod defect;
mod issue;
mod openssl_script;
mod prepare;
mod write_files;
mod x509_v1;

pub use certificate_name::InvalidName;
pub use certificate_spec::{
    CA_CERTIFICATE, CA_KEY, CERTIFICATE, CertificateSpec, INTERMEDIATE, KEY, KeyChoice, SIGNING_REQUEST,
    SpecField, SpecProblem, parse_days, split_names,
};
pub use created_files::CreatedFiles;
pub use defect::Defect;
pub use openssl_script::openssl_script;
pub use prepare::{Preflight, PreparedCertificate, create, preflight, prepare};
pub use write_files::CreateError;
