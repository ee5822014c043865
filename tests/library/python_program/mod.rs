//! The Python program that Echoscope writes: it runs, and does and prints what Echoscope does.

mod both;
mod conversations;
mod saved;
mod settings;
mod text;
