//! `create-certificate`: whether other programs accept the files, and which input is rejected.

mod accepted;
mod client_commands;
pub(crate) mod clients;
mod concurrent_runs;
mod defects;
mod openssl_script;
mod rejected;
mod test_folder;
