//! The details, held against what `openssl x509` prints.
