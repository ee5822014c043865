//! The TLS lab's work that may take time, each kind on a thread of its own: certificates are made, and read in full.
//!
//! A front end asks, goes on, and looks for the answer when it is woken. Only the answer to the last question counts.

mod folder;
mod inspect;
mod make;
mod worker;

pub use folder::{default_folder, typed_path};
pub use inspect::{Inspection, Inspector, RootsFrom};
pub use make::Maker;

use std::sync::Arc;

/// Called from any thread when there may be an answer.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
