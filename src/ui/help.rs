//! The help (F1): the guides, a search through them, and an entry about this program.

use std::collections::HashMap;
use std::path::Path;

use egui::style::ScrollAnimation;
use egui::{
    Align, Button, Context, Frame, Key, Label, Layout, Margin, Modifiers, Rect, RichText, ScrollArea, Stroke,
    TextStyle, Ui, vec2,
};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use crate::lessons::condition::LessonPlace;
use crate::platform::renderers::DrawingDevice;
use crate::ui::action::Action;
use crate::ui::guides::{self, Guide, Hit, Part, Place};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, copy_box, copy_button};
use crate::ui::widgets::dialog::{Dialog, DialogPart, default_button};
use crate::ui::widgets::field::{focus_field, named, text_field};

const HELP: Dialog = Dialog { title: "Help", width: 1000.0 };
const SEARCH: &str = "search the guides";
/// Width of the list of guides, and in a narrow dialog.
const LIST: [f32; 2] = [176.0, 132.0];
/// A dialog narrower than this has a narrow list.
const NARROW: f32 = 700.0;
/// Smallest height of a guide. In a shorter dialog, it scrolls together with the search field.
const MIN_HEIGHT: f32 = 120.0;
/// Font size of a guide's title. The other headings are between this size and that of the text.
const TITLE: f32 = 21.0;

/// The help and what it shows.
#[derive(Debug, Default)]
pub(super) struct Help {
    is_open: bool,
    /// The guides; empty until the help is opened for the first time.
    guides: Vec<Guide>,
    cache: CommonMarkCache,
    page: Page,
    query: String,
    /// The sections that the search has found, while they are shown instead of the page.
    hits: Option<Vec<Hit>>,
    /// The section to scroll to.
    target: Option<usize>,
    /// The heights of the parts that were shown at this width: by guide, section and part.
    heights: HashMap<(usize, usize, usize), f32>,
    width: f32,
}

/// A page that the list on the left leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Guide(usize),
    About,
}

impl Default for Page {
    fn default() -> Self {
        Self::Guide(0)
    }
}

/// The facts about this program that exist only while it runs.
pub(super) struct About<'a> {
    pub(super) settings_file: Option<&'a Path>,
    pub(super) device: Option<&'a DrawingDevice>,
}

impl Help {
    /// Opens or closes the help.
    pub(super) fn toggle(&mut self, ctx: &Context) {
        self.is_open = !self.is_open;
        self.focus_search(ctx);
    }

    /// Moves the keyboard focus to the search field; returns whether the help is open.
    pub(super) fn focus_search(&self, ctx: &Context) -> bool {
        if self.is_open {
            focus_field(ctx, SEARCH);
        }
        self.is_open
    }

    /// Shows the help if it is open.
    pub(super) fn show(&mut self, ui: &Ui, about: &About<'_>) -> Option<Action> {
        if !self.is_open {
            return None;
        }
        if self.guides.is_empty() {
            self.guides = guides::parse();
            for link in self.guides.iter().flat_map(|guide| &guide.links) {
                self.cache.add_link_hook(link);
            }
        }
        let (mut is_done, mut checks) = (false, false);
        let keys = HELP.show(ui, |ui, part| match part {
            DialogPart::Contents => self.contents(ui, about),
            DialogPart::Buttons => {
                is_done |= default_button(ui, "Close the help", true).clicked();
                checks |= ui.button(LessonPlace::CheckServer.label()).clicked();
                ui.weak(concat!("Echoscope ", env!("CARGO_PKG_VERSION")));
            }
        });
        self.is_open = !(is_done || checks || keys.closed);
        checks.then_some(Action::Open(LessonPlace::CheckServer))
    }

    fn contents(&mut self, ui: &mut Ui, about: &About<'_>) {
        let height = (Dialog::contents_height(ui) - size::CONTROL - 2.0 * size::GAP).max(MIN_HEIGHT);
        self.search_field(ui);
        ui.add_space(size::GAP);
        ui.horizontal_top(|ui| {
            ui.set_height(height);
            let width = LIST[usize::from(ui.available_width() < NARROW)];
            let column = Layout::top_down(Align::LEFT);
            ui.allocate_ui_with_layout(vec2(width, height), column, |ui| {
                ui.set_width(width);
                ScrollArea::vertical().id_salt("guides").auto_shrink(false).show(ui, |ui| self.list(ui));
            });
            ui.separator();
            ui.allocate_ui_with_layout(vec2(ui.available_width(), height), column, |ui| {
                let page = match (&self.hits, self.page) {
                    (Some(_), _) => usize::MAX,
                    (None, Page::About) => self.guides.len(),
                    (None, Page::Guide(guide)) => guide,
                };
                ScrollArea::vertical().id_salt(("page", page)).auto_shrink(false).show(ui, |ui| {
                    scroll_by_page(ui);
                    ui.set_width(ui.available_width() - size::SCROLL_BAR);
                    match (&self.hits, self.page) {
                        (Some(_), _) => self.found(ui),
                        (None, Page::About) => show_about(ui, about),
                        (None, Page::Guide(guide)) => self.guide(ui, guide),
                    }
                });
            });
        });
    }

    /// Shows the search field. Enter opens the first section that was found.
    fn search_field(&mut self, ui: &mut Ui) {
        let width = ui.available_width();
        let (field, typed) = text_field(ui, SEARCH, width, &self.query, "Search the guides", false);
        let field = field.accessible_name("Search the guides");
        if let Some(typed) = typed {
            self.hits = (!typed.trim().is_empty()).then(|| guides::search(&self.guides, &typed));
            self.query = typed;
        } else if field.gained_focus() && !self.query.trim().is_empty() {
            self.hits = Some(guides::search(&self.guides, &self.query));
        }
        if field.lost_focus()
            && ui.input(|input| input.key_pressed(Key::Enter))
            && let Some(hit) = self.hits.iter().flatten().next()
        {
            self.open(hit.place);
        }
    }

    fn open(&mut self, place: Place) {
        self.page = Page::Guide(place.guide);
        self.target = Some(place.section);
        self.hits = None;
    }

    /// Shows the list of the guides.
    fn list(&mut self, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 2.0;
        let guides = self.guides.iter().enumerate();
        let guides = guides.map(|(index, guide)| (Page::Guide(index), guide.title()));
        for (page, title) in guides.chain([(Page::About, "About Echoscope")]) {
            let on = self.page == page && self.hits.is_none();
            let button = ui.add(Button::new(title).selected(on).frame_when_inactive(on));
            // The form has a control with the name of a guide.
            if button.accessible_name(format!("Guide: {title}")).clicked() {
                self.page = page;
                self.hits = None;
            }
        }
    }

    /// Shows the sections that the search has found.
    fn found(&mut self, ui: &mut Ui) {
        let hits = self.hits.as_deref().unwrap_or_default();
        let count = match hits.len() {
            0 => "No section contains all of these words.".to_owned(),
            1 => "1 section".to_owned(),
            several => format!("{several} sections"),
        };
        ui.weak(count);
        let mut chosen = None;
        for hit in hits {
            let guide = &self.guides[hit.place.guide];
            let heading = &guide.sections[hit.place.section].heading;
            let name = if hit.place.section == 0 {
                heading.clone()
            } else {
                format!("{} › {heading}", guide.title())
            };
            let button = Button::new(theme::bold(name)).frame_when_inactive(false).wrap();
            if ui.add(button).clicked() {
                chosen = Some(hit.place);
            }
            ui.indent(heading, |ui| ui.add(Label::new(&hit.excerpt).wrap()));
        }
        if let Some(place) = chosen {
            self.open(place);
        }
    }

    /// Shows a guide. A link to a section opens it.
    fn guide(&mut self, ui: &mut Ui, guide: usize) {
        let target = self.target.take();
        let mut clicked = None;
        ui.style_mut().text_styles.insert(TextStyle::Heading, theme::strong(TITLE));
        ui.visuals_mut().hyperlink_color = Palette::of(ui).accent;
        // All lines are equally high, those with code, links or the number of a list item, too.
        ui.spacing_mut().interact_size.y = ui.text_style_height(&TextStyle::Body);
        ui.spacing_mut().item_spacing.y = 2.0;
        if self.width.to_bits() != ui.available_width().to_bits() {
            self.width = ui.available_width();
            self.heights.clear();
        }
        for (index, section) in self.guides[guide].sections.iter().enumerate() {
            if target == Some(index) {
                ui.scroll_to_cursor_animation(Some(Align::TOP), ScrollAnimation::none());
            }
            for (number, part) in section.parts.iter().enumerate() {
                let id = (guide, index, number);
                let top = ui.cursor().min;
                // A part that is scrolled out isn't drawn: the scroll bar of its table would be visible.
                if let Some(height) = self.heights.get(&id)
                    && !ui.is_rect_visible(Rect::from_min_size(top, vec2(self.width, *height)))
                {
                    ui.add_space(*height);
                    continue;
                }
                ui.push_id(id, |ui| match part {
                    Part::Code(code) => code_block(ui, code.trim_end()),
                    Part::Markdown(text) => {
                        CommonMarkViewer::new().show(ui, &mut self.cache, text);
                        let links = self.cache.link_hooks();
                        clicked = clicked
                            .take()
                            .or(links.iter().find(|(_, on)| **on).map(|(link, _)| link.clone()));
                    }
                });
                self.heights.insert(id, ui.cursor().top() - top.y);
            }
        }
        ui.add_space(size::GAP);
        if let Some(place) = clicked.and_then(|link| guides::destination(&self.guides, guide, &link)) {
            self.open(place);
        }
    }
}

/// Scrolls when Page up or Page down is pressed, even while the search field has the keyboard focus.
fn scroll_by_page(ui: &mut Ui) {
    let page = ui.clip_rect().height() * 0.9;
    for (key, by) in [(Key::PageUp, page), (Key::PageDown, -page)] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            ui.scroll_with_delta(vec2(0.0, by));
        }
    }
}

/// Shows a code block whose lines don't wrap, with a button that copies it.
fn code_block(ui: &mut Ui, code: &str) {
    let palette = Palette::of(ui);
    ui.add_space(size::GAP);
    let frame = Frame::new().fill(palette.field).stroke(Stroke::new(1.0, palette.border));
    frame.corner_radius(size::RADIUS).inner_margin(Margin::symmetric(10, 6)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let width = ui.available_width() - ICON_BUTTON - size::GAP;
            ScrollArea::horizontal().max_width(width).auto_shrink([false, true]).show(ui, |ui| {
                ui.add(Label::new(RichText::new(code).font(theme::mono())).extend());
            });
            let first = code.lines().next().unwrap_or_default();
            copy_button(ui, &format!("Copy: {first}"), || code.to_owned());
        });
    });
}

/// Shows what can't be in a guide: the version, the file with the settings, and what draws the window.
fn show_about(ui: &mut Ui, about: &About<'_>) {
    ui.label(RichText::new("About Echoscope").font(theme::strong(TITLE)));
    ui.add_space(size::GAP);
    named(ui, "Version", |ui| ui.label(env!("CARGO_PKG_VERSION")));
    named(ui, "License", |ui| ui.label("MIT"));
    if let Some(DrawingDevice { name, is_software }) = about.device.filter(|device| !device.name.is_empty()) {
        let on = if *is_software { ", which uses the processor, not a GPU" } else { "" };
        named(ui, "Drawn by", |ui| ui.add(Label::new(format!("{name}{on}")).wrap()));
    }
    if let Some(file) = about.settings_file {
        named(ui, "Settings file", |ui| {
            copy_box(ui, "Copy the path", &file.display().to_string(), usize::MAX);
        });
    }
}
