//! The Log tab: a toolbar, the rows, and the details of the selected entry.

pub(in crate::ui) mod log_entry;
pub(in crate::ui) mod log_panel;
pub(in crate::ui) mod log_toolbar;
