//! The details of the selected entry: what happened, its bytes as hex and text, and an explanation.

use egui::{RichText, Ui};

use crate::log::LogEntry;
use crate::log::explanation;
use crate::log::handshake_details::event_details;
use crate::log::line;
use crate::server::event::EventKind;
use crate::settings::DataFormat;
use crate::text;
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::{DetailContent, DetailView};
use crate::ui::theme::Palette;

/// The state of the panel.
#[derive(Debug, Default)]
pub(in crate::ui) struct EntryDetail(DetailView);

impl EntryDetail {
    /// Shows an entry, or a hint if none is selected.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        entry: Option<&LogEntry>,
        format: DataFormat,
    ) -> Option<Action> {
        let Some(LogEntry { number, event, .. }) = entry else {
            let hint = "Select an entry to see its bytes and what it means.";
            ui.label(RichText::new(hint).color(Palette::of(ui).muted));
            return None;
        };
        let clock = text::clock(event.at);
        let both = explanation::subtitle(event).map(|subtitle| format!("{clock} · {subtitle}"));
        let (data, line): (&[u8], _) = match &event.kind {
            EventKind::Received { data, .. } => (data, None),
            EventKind::Note { .. } => (&[], None),
            _ => (&[], Some(line::line(event, format))),
        };
        let content = DetailContent {
            number: *number,
            title: explanation::title(event),
            subtitles: both.into_iter().chain([clock]).collect(),
            data,
            line,
            raw: explanation::raw(event),
            explanation: explanation::explanation(event),
            rows: event_details(event),
            connection: event.client.map(|client| client.id),
        };
        self.0.show(ui, content, format)
    }
}
