//! The Log tab: a toolbar, the rows, and the details of the selected entry.

pub(crate) mod log_entry;
pub(crate) mod log_panel;
pub(crate) mod log_toolbar;
