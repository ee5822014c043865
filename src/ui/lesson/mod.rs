//! The bar above the tabs with the lesson that the user is doing, and the menu that lists the lessons.
//!
//! ```text
//! ┌ lesson_bar ────────────────────────────────────────────────────────────────┐
//! │ Your first echo   Step 3 of 6  ✓ ✓ ● ○ ○ ○                           ⌄  ✕ │
//! │ ✓ accept() returned a new socket, made for this one client. …              │ why of the previous step
//! │ Type Hello into the field of the client and press Enter.                   │ text of this step
//! │ ○ recv() returned “Hell”   ✓ recv() returned “o, w”                        │ its conditions
//! │ [Set it up] backlog 2   [Show the Client tab]   Back   Skip this step      │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

pub(super) mod help_menu;
pub(super) mod lesson_action;
pub(super) mod lesson_bar;
mod lesson_parts;
