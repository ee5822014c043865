//! The guides of `assets/guide`, which are compiled into the program: their sections, and a search through them.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Returns the name and the text of each guide.
macro_rules! files {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../assets/guide/", $name)))),*] };
}

/// The name and the text of each guide, in the order of the list in the help.
const FILES: [(&str, &str); 11] = files! {
    "tour.md" "glossary.md" "lessons.md" "tls.md" "check.md" "wireshark.md" "command-line.md" "serving-modes.md"
    "architecture.md" "packaging.md" "benchmarks.md"
};

/// A table with more characters in a row than this is shown as a list, because cells of a table don't wrap.
const WIDE: usize = 110;
/// The most columns of a table that can be shown as a list.
const LIST_COLUMNS: usize = 3;

/// The characters of an excerpt before and after the word that was found.
const EXCERPT: [usize; 2] = [60, 140];

/// A guide.
#[derive(Debug)]
pub(super) struct Guide {
    /// The name of its file.
    file: &'static str,
    /// Its sections in order. The first heading is the title.
    pub(super) sections: Vec<Section>,
    /// The destinations of its links to guides.
    pub(super) links: Vec<String>,
}

/// A heading and what follows it, up to the next heading of any level.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) heading: String,
    /// The heading and the text, without markup.
    text: String,
    /// The contents that the help shows, with the heading.
    pub(super) parts: Vec<Part>,
}

/// A part of a section.
#[derive(Debug)]
pub(super) enum Part {
    /// Markdown without images, comments and links to anything but guides.
    Markdown(String),
    /// The text of a code block.
    Code(String),
}

/// The place of a section: the number of its guide, and its number in the guide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) guide: usize,
    pub(super) section: usize,
}

/// A section that the search has found.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) place: Place,
    /// The text around the first word that was searched for.
    pub(super) excerpt: String,
}

impl Guide {
    /// Returns the title.
    pub(super) fn title(&self) -> &str {
        self.sections.first().map_or(self.file, |section| &section.heading)
    }
}

/// Parses all guides.
pub(super) fn parse() -> Vec<Guide> {
    FILES.map(|(file, text)| parse_guide(file, text)).into()
}

/// Returns the place that a link in a guide leads to; `None` if it doesn't lead to a guide.
pub(super) fn destination(guides: &[Guide], from: usize, link: &str) -> Option<Place> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let guide = if file.is_empty() { from } else { guides.iter().position(|guide| guide.file == file)? };
    let sections = &guides[guide].sections;
    let section = sections.iter().position(|section| anchor_of(&section.heading) == anchor);
    Some(Place { guide, section: section.unwrap_or(0) })
}

/// Returns the sections that contain all words of a query, those with the words in their heading first.
pub(super) fn search(guides: &[Guide], query: &str) -> Vec<Hit> {
    let words: Vec<_> = query.split_whitespace().map(str::to_ascii_lowercase).collect();
    let Some(first) = words.first() else { return Vec::new() };
    let mut hits = [Vec::new(), Vec::new()];
    for (guide, sections) in guides.iter().map(|guide| &guide.sections).enumerate() {
        for (section, Section { heading, text, .. }) in sections.iter().enumerate() {
            let contains_all = |text: &str| {
                let text = text.to_ascii_lowercase();
                words.iter().all(|word| text.contains(word))
            };
            if contains_all(text) {
                let hit =
                    Hit { place: Place { guide, section }, excerpt: excerpt(text, heading.len(), first) };
                hits[usize::from(!contains_all(heading))].push(hit);
            }
        }
    }
    hits.into_iter().flatten().collect()
}

/// Returns the anchor of a heading, as GitHub makes it.
fn anchor_of(heading: &str) -> String {
    let lower = heading.to_lowercase().replace(' ', "-");
    lower.chars().filter(|character| character.is_alphanumeric() || "-_".contains(*character)).collect()
}

/// Returns the text after the heading around the first occurrence of a word in lower case, cut between words.
fn excerpt(text: &str, heading: usize, word: &str) -> String {
    let body = text[heading..].split_whitespace().collect::<Vec<_>>().join(" ");
    let (before, after) = body.split_at(body.to_ascii_lowercase().find(word).unwrap_or(0));
    let start = before.char_indices().rev().nth(EXCERPT[0]).map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(EXCERPT[1]).map_or(after.len(), |(at, _)| at);
    let first =
        if start == 0 { before } else { before[start..].split_once(' ').map_or("", |(_, words)| words) };
    let last =
        if end == after.len() { after } else { after[..end].rsplit_once(' ').map_or("", |(words, _)| words) };
    let [cut_before, cut_after] = [start > 0, end < after.len()].map(|cut| if cut { "…" } else { "" });
    format!("{cut_before}{first}{last}{cut_after}")
}

/// Splits a guide into its sections.
fn parse_guide(file: &'static str, text: &str) -> Guide {
    let mut parse = GuideParser::new(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        parse.event(event, range);
    }
    parse.end_part(text.len());
    Guide { file, sections: parse.sections, links: parse.links }
}

/// A guide while it is parsed.
struct GuideParser<'a> {
    source: &'a str,
    sections: Vec<Section>,
    links: Vec<String>,
    /// How many tags are open.
    depth: usize,
    /// Where the part begins that isn't complete.
    part_start: usize,
    /// The ranges of the source to replace in that part, with their replacements.
    edits: Vec<(Range<usize>, String)>,
    /// The link that is open: its destination, its range, and the range of its text.
    link: Option<(String, Range<usize>, Option<Range<usize>>)>,
    in_heading: bool,
    in_image: bool,
    /// The text of the code block that is open, if it is in no list or quotation.
    code: Option<String>,
    /// The cells of the table that is open, row by row.
    rows: Vec<Vec<Range<usize>>>,
}

impl<'a> GuideParser<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            sections: Vec::new(),
            links: Vec::new(),
            depth: 0,
            part_start: 0,
            edits: Vec::new(),
            link: None,
            in_heading: false,
            in_image: false,
            code: None,
            rows: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if let Some((_, _, inner)) = &mut self.link
            && !matches!(event, Event::End(TagEnd::Link))
        {
            let start = inner.as_ref().map_or(range.start, |inner| inner.start);
            *inner = Some(start..range.end);
        }
        match event {
            Event::Start(tag) => {
                self.start(tag, range);
                self.depth += 1;
            }
            Event::End(tag) => {
                self.depth -= 1;
                self.end(tag, range);
            }
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::Html(_) | Event::InlineHtml(_) => self.edits.push((range, String::new())),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { .. } if self.depth == 0 => {
                self.end_part(range.start);
                self.sections.push(Section::default());
                self.in_heading = true;
            }
            Tag::CodeBlock(_) if self.depth == 0 => {
                self.end_part(range.start);
                self.code = Some(String::new());
            }
            Tag::Table(_) => self.rows = vec![Vec::new()],
            Tag::TableCell => self.rows.last_mut().into_iter().for_each(|row| row.push(range.clone())),
            Tag::Link { dest_url, .. } => self.link = Some((dest_url.into_string(), range, None)),
            Tag::Image { .. } => {
                self.edits.push((range, String::new()));
                self.in_image = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Heading(_) => self.in_heading = false,
            TagEnd::Image => self.in_image = false,
            TagEnd::CodeBlock => {
                if let (Some(code), Some(section)) = (self.code.take(), self.sections.last_mut()) {
                    section.parts.push(Part::Code(code));
                    self.part_start = range.end;
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.rows.push(Vec::new()),
            TagEnd::Table => self.end_table(range),
            TagEnd::Link => {
                let Some((link, range, inner)) = self.link.take() else { return };
                let file = link.split('#').next().unwrap_or_default();
                if file.is_empty() || FILES.iter().any(|(name, _)| *name == file) {
                    self.links.push(link);
                } else {
                    self.edits.push((range, self.source[inner.unwrap_or(0..0)].to_owned()));
                }
            }
            _ => {}
        }
        self.text(if matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link) { "" } else { " " });
    }

    fn text(&mut self, text: &str) {
        let Some(section) = self.sections.last_mut().filter(|_| !self.in_image) else { return };
        section.text.push_str(text);
        if self.in_heading {
            section.heading.push_str(text);
        }
        if let Some(code) = &mut self.code {
            code.push_str(text);
        }
    }

    /// Returns a range of the source with its edits.
    fn edited(&self, range: Range<usize>) -> String {
        let mut text = String::new();
        let mut from = range.start;
        for (edit, replacement) in &self.edits {
            if from <= edit.start && edit.end <= range.end {
                text.push_str(&self.source[from..edit.start]);
                text.push_str(replacement);
                from = edit.end;
            }
        }
        text + &self.source[from..range.end]
    }

    /// Replaces a wide table with a list.
    fn end_table(&mut self, range: Range<usize>) {
        let cell = |cell: &Range<usize>| self.edited(cell.clone()).trim_matches([' ', '|']).to_owned();
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let width = rows.iter().map(|row| row.iter().map(|cell| cell.chars().count()).sum()).max();
        let Some((head, rows)) = rows.split_first() else { return };
        if width.unwrap_or(0) <= WIDE || head.len() > LIST_COLUMNS {
            return;
        }
        let mut list = String::from("\n");
        for row in rows.iter().filter(|row| !row.is_empty()) {
            let further = match (head.get(2), row.get(2)) {
                (Some(name), Some(value)) if !value.is_empty() => format!(" · *{name}*: {value}"),
                _ => String::new(),
            };
            list.extend(["- ", &row[..row.len().min(2)].join(": "), &further, "\n"]);
        }
        self.edits.retain(|(edit, _)| edit.start < range.start);
        self.edits.push((range, list));
    }

    /// Ends a part of Markdown, and begins the next one.
    fn end_part(&mut self, at: usize) {
        let markdown = self.edited(self.part_start..at);
        self.edits.clear();
        self.part_start = at;
        if let Some(section) = self.sections.last_mut().filter(|_| !markdown.trim().is_empty()) {
            section.parts.push(Part::Markdown(markdown));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guide_is_split_at_headings_and_code_without_images_and_foreign_links() {
        let text = "# One `a`\n\nSee [two](tour.md#x), [*the* code](../../src/lib.rs), ![picture](a.png).\n\n\
                    <!-- comment -->\n\n```sh\nls\n```\n\nEnd.\n\n## Two\n\n- a\n- b\n";
        let guide = parse_guide("tour.md", text);
        let headings: Vec<_> = guide.sections.iter().map(|section| section.heading.as_str()).collect();
        assert_eq!((headings, guide.links), (vec!["One a", "Two"], vec!["tour.md#x".to_owned()]));
        let [Part::Markdown(first), Part::Code(code), Part::Markdown(last)] = &guide.sections[0].parts[..]
        else {
            panic!("{:?}", guide.sections[0].parts);
        };
        assert!(first.contains("[two](tour.md#x), *the* code, .") && !first.contains("comment"), "{first}");
        assert_eq!((code.as_str(), last.trim()), ("ls\n", "End."));
    }

    #[test]
    fn wide_table_becomes_a_list() {
        let long = "x".repeat(WIDE);
        let text = format!(
            "# T\n\n| a | b | keys |\n|---|---|---|\n| `1` | {long} | |\n| 2 | [y](z.rs) | k |\n\n| a |\n|---|\n| 1 |\n"
        );
        let guide = parse_guide("tour.md", &text);
        let [Part::Markdown(shown)] = &guide.sections[0].parts[..] else {
            panic!("{:?}", guide.sections[0].parts)
        };
        assert!(shown.contains(&format!("\n- `1`: {long}\n- 2: y · *keys*: k\n")), "{shown}");
        assert!(shown.contains("\n| a |\n"), "a narrow table stays: {shown}");
    }

    #[test]
    fn links_between_guides_lead_to_headings() {
        let guides = parse();
        for (from, guide) in guides.iter().enumerate() {
            for link in &guide.links {
                let place =
                    destination(&guides, from, link).unwrap_or_else(|| panic!("{link}: no such guide"));
                let heading = &guides[place.guide].sections[place.section].heading;
                let anchor = link.split_once('#').map_or("", |(_, anchor)| anchor);
                assert!(anchor.is_empty() || anchor_of(heading) == anchor, "{}: {link}", guide.file);
            }
        }
    }

    #[test]
    fn search_finds_sections_with_all_words_and_prefers_headings() {
        let guides = parse();
        let hits = search(&guides, "accept QUEUE");
        let heading = |hit: &Hit| guides[hit.place.guide].sections[hit.place.section].heading.clone();
        assert_eq!(heading(&hits[0]), "Accept queue");
        assert!(hits.len() > 1 && hits.iter().all(|hit| !hit.excerpt.is_empty()));
        assert!(search(&guides, "accept qqqq").is_empty() && search(&guides, " ").is_empty());
    }

    #[test]
    fn excerpt_shows_the_word_and_cuts_between_words() {
        let text = format!("Heading {} a  Needle is\n {}", "é".repeat(100), "ü".repeat(200));
        assert_eq!(excerpt(&text, 7, "needle"), "…a Needle is…");
        assert_eq!(excerpt("Heading a needle", 7, "absent"), "a needle");
    }
}
