//! What is told about a certificate file, held against openssl, and what clients will say, held against real clients.

mod fixtures;
mod mutated;
mod oracles;
mod printed;
mod spoken;
