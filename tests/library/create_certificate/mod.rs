//! Making certificates, as its user sees it: what other programs say to the files, and what is refused.

mod broken;
mod clients;
mod commands;
mod good;
mod lab;
mod printed;
mod refused;
mod together;
