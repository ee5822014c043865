//! The Python program that Echoscope writes can be run, and behaves and prints like Echoscope.

mod both;
mod conversations;
mod saved;
mod settings;
mod text;
