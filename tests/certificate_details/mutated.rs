//! Damaged certificates: whatever the bytes, nothing panics and no text breaks its line.
