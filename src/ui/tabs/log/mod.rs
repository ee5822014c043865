//! The Log tab: a toolbar, the rows, and the details of the selected entry.

pub(in crate::ui) mod entry_detail;
pub(in crate::ui) mod log_panel;
mod log_row;
pub(in crate::ui) mod log_toolbar;
mod selection;
