//! Holds the glossary: one term for one thing in every text that a user reads. These are the strings in `src`, the help
//! texts of the command line, the lessons, the guides and the texts of the packages.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Terms that no text may contain, and what to write instead. A `…` stands for up to four words of the same sentence.
/// A word with `*` matches every word with that beginning.
const TERMS: &[(&[&str], &str)] = &[
    // TCP
    (&["the system", "this system", "the server's system", "its system"], "the OS"),
    (
        &["in the backlog", "into the backlog", "out of the backlog", "backlog is full", "full backlog"],
        "accept queue for the place; backlog is the number",
    ),
    (&["backlog overflow*", "backlog fill*", "fill* the backlog"], "accept queue for the place"),
    (&["broke off", "break* off", "void"], "reset, or lost"),
    (&["hang* up", "hung up", "let* go", "letting go", "went away", "go* away"], "close, or disconnect"),
    (&["no more to send", "nothing more to send"], "end of stream"),
    (&["has gone", "have gone", "let in", "lets in"], "closed, connected or accepted"),
    (&["on their way", "on its way"], "in flight"),
    (&["hand* over", "hand* on", "hands it"], "returns"),
    (&["chunk*", "piece", "pieces"], "what one recv() call returns"),
    // TLS
    (&["goodbye", "farewell"], "close_notify"),
    (
        &["certificate … refused", "refuse* … certificate", "certificate … refuses"],
        "rejected; only TCP connections are refused",
    ),
    (&["authority", "authorities"], "CA"),
    (&["signed itself", "signed by itself", "signs itself"], "self-signed"),
    (&["who signed it", "whoever signed"], "issuer"),
    (&["certificate to show", "show* a certificate", "show* its certificate"], "present a certificate"),
    (&["show* no certificate", "none shown", "shown certificate"], "present a certificate"),
    (&["take* up … session", "took up … session", "session … taken up"], "resume"),
    (&["plain bytes"], "plaintext"),
    (&["in the open", "in the clear"], "unencrypted"),
    // The window
    (&["halt*"], "pause"),
    (&["ladder*", "life line*", "lifeline*"], "sequence diagram"),
    (&["flag", "flags"], "option"),
    (&["anew", "start* over"], "again, or restart"),
    (&["fault", "faults"], "bug, or error"),
    (&["for ever"], "forever"),
    // Style
    (&["somebody", "someone", "nobody", "anybody", "everybody", "whoever"], "name the subject: client, you"),
    (&["tells", "says", "hears", "heard"], "reports, returns or sends"),
    (&["could not be", "couldn't be"], "can't be"),
    (&["so many seconds", "so often", "for so long"], "name the number"),
    (&["wished for", "wish* for"], "requested"),
    (&["cancelled", "cancelling"], "canceled"),
    (&["labelled", "modelled", "travelled", "signalled", "fulfil"], "American spelling: one l, fulfill"),
    (&["behaviour*", "colour*", "favour*", "honour*", "neighbour*"], "American spelling: -or"),
    (&["centre*", "grey*", "licence*", "defence*", "catalogue*", "whilst"], "American spelling"),
    (
        &["recognise*", "organise*", "initialise*", "normalise*", "summarise*", "optimise*", "analyse*"],
        "American spelling: -z-",
    ),
    (&["learnt", "spelt", "misspelt", "burnt"], "American spelling: -ed"),
];

/// Standard names that contain one of the terms.
const STANDARD_NAMES: &[&str] = &[
    "system call*",
    "system trust",
    "system's trust",
    "system theme",
    "system clipboard",
    "certificate authorit*",
    "TCP flag*",
];

/// Texts that may contain a term: the whole text, or the whole line of a document, and the reason.
const ALLOWED: &[(&str, &str)] = &[];

/// Macros and functions whose texts only developers read.
const FOR_DEVELOPERS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "expect",
    "expect_err",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
];
/// Attributes without text for users.
const QUIET_ATTRIBUTES: &[&str] = &["allow", "cfg", "cfg_attr", "doc", "expect", "must_use", "path", "serde"];
/// Folders of documents, and single documents, with the ends of the names that are read.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("README.md", &[".md"]),
    (".github", &[".md"]),
    ("assets/guide", &[".md"]),
    ("assets/lessons", &[".toml"]),
    ("src/python", &[".template"]),
    ("assets/packaging", &[".txt", ".xml", ".desktop", ".nsi"]),
];

/// A text that a user reads.
struct UserText {
    file: String,
    line: usize,
    text: String,
}

/// Collects the strings of a source file, without those that only developers read.
struct Strings<'a> {
    file: &'a str,
    /// Whether doc comments are texts for users: clap makes the help of them.
    docs: bool,
    found: Vec<UserText>,
}

impl Strings<'_> {
    fn read(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    trees.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
                    let bracket = |next: &TokenTree| matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
                    let Some(TokenTree::Group(attribute)) = trees.next_if(bracket) else { continue };
                    if self.attribute(&attribute) {
                        // The item ends with its body or with a semicolon.
                        trees.by_ref().find(|tree| match tree {
                            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                            TokenTree::Punct(mark) => mark.as_char() == ';',
                            _ => false,
                        });
                    }
                }
                TokenTree::Ident(name) if FOR_DEVELOPERS.iter().any(|known| name == known) => {
                    trees.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
                    trees.next_if(|next| matches!(next, TokenTree::Group(_)));
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Literal(literal) => self.literal(&literal),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// Reads an attribute. Returns whether the item below it is only for tests.
    fn attribute(&mut self, attribute: &Group) -> bool {
        let name = attribute.stream().into_iter().next().map(|tree| tree.to_string()).unwrap_or_default();
        if name == "doc" && self.docs || !QUIET_ATTRIBUTES.contains(&name.as_str()) {
            self.read(attribute.stream());
        }
        attribute.to_string().replace(char::is_whitespace, "").starts_with("[cfg(test)")
    }

    fn literal(&mut self, literal: &proc_macro2::Literal) {
        let source = literal.to_string();
        let raw = source.strip_prefix('r').map(|text| text.trim_matches('#'));
        let Some(text) = raw.unwrap_or(&source).strip_prefix('"') else { return };
        let text = text.strip_suffix('"').unwrap_or(text);
        let text = if raw.is_some() { text.to_owned() } else { unescaped(text) };
        self.found.push(UserText { file: self.file.to_owned(), line: literal.span().start().line, text });
    }
}

/// Returns a string's text with line ends and quotation marks as the user sees them.
fn unescaped(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |joined, line| joined + line.trim_start());
    joined.replace("\\n", "\n").replace("\\\"", "\"")
}

fn strings(file: &str, source: &str) -> Vec<UserText> {
    let stream =
        TokenStream::from_str(source).unwrap_or_else(|error| panic!("{file} can't be parsed: {error}"));
    let mut strings = Strings { file, docs: file.starts_with("src/cli/"), found: Vec::new() };
    strings.read(stream);
    strings.found
}

/// Returns the text's words and sentence ends, each with its place in the text.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if letter.is_alphanumeric() || matches!(letter, '\'' | '_' | '-') {
            start.get_or_insert(at);
        } else {
            words.extend(start.take().map(|start| (start, &text[start..at])));
            if matches!(letter, '.' | ';' | '?' | '!') {
                words.push((at, "."));
            }
        }
    }
    words
}

/// Returns whether `words` begin with the words of a term.
fn begins_with(words: &[(usize, &str)], term: &[&str]) -> bool {
    let Some((first, rest)) = term.split_first() else { return true };
    if *first == "…" {
        let gap = words.iter().take(4).take_while(|(_, word)| *word != ".").count();
        return (0..=gap).any(|gap| begins_with(&words[gap..], rest));
    }
    let same = |word: &str| match first.strip_suffix('*') {
        Some(start) => word.to_lowercase().starts_with(&start.to_lowercase()),
        None => word.eq_ignore_ascii_case(first),
    };
    words.first().is_some_and(|(_, word)| same(word)) && begins_with(&words[1..], rest)
}

/// Returns where a term is among the words: for each place, the range of the words from its first one.
fn places(words: &[(usize, &str)], term: &str) -> Vec<Range<usize>> {
    let parts: Vec<_> = term.split(' ').collect();
    let starts = (0..words.len()).filter(|start| begins_with(&words[*start..], &parts));
    starts.map(|start| start..start + parts.len()).collect()
}

/// Returns the place, the term and its replacement for everything in a text that the glossary rules out.
fn ruled_out(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let words = words(text);
    let names: Vec<_> = STANDARD_NAMES.iter().flat_map(|name| places(&words, name)).collect();
    let is_name =
        |place: &Range<usize>| names.iter().any(|name| name.start < place.end && place.start < name.end);
    let mut found = Vec::new();
    for (terms, instead) in TERMS {
        for term in *terms {
            let places = places(&words, term).into_iter().filter(|place| !is_name(place));
            found.extend(places.map(|place| (words[place.start].0, *term, *instead)));
        }
    }
    found
}

/// Returns a document without the code in it, with the same lines.
fn without_code(text: &str) -> String {
    let blank =
        |code: &str| code.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect::<String>();
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { blank(part) } else { part.to_owned() }).collect()
}

/// Reads the files below `path` whose names have one of the ends.
fn files(path: &str, ends: &[&str], found: &mut Vec<(String, String)>) {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if full.is_dir() {
        let mut names: Vec<_> = fs::read_dir(&full)
            .expect("the folder can be listed")
            .map(|entry| entry.expect("the folder can be listed").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        for name in names {
            files(&format!("{path}/{name}"), ends, found);
        }
    } else if ends.iter().any(|end| path.ends_with(end)) {
        found.push((path.to_owned(), fs::read_to_string(&full).expect("the file can be read")));
    }
}

#[test]
fn user_visible_texts_use_the_terms_of_the_glossary() {
    let mut sources = Vec::new();
    files("src", &[".rs"], &mut sources);
    sources.retain(|(file, _)| !file.ends_with("tests.rs"));
    let texts: Vec<UserText> = sources.iter().flat_map(|(file, source)| strings(file, source)).collect();
    assert!(texts.iter().any(|text| text.text == "Start server"), "the strings of the window were not found");
    let mut documents = Vec::new();
    for (path, ends) in DOCUMENTS {
        files(path, ends, &mut documents);
    }
    assert!(documents.len() > 10, "the documents were not found: {}", documents.len());

    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    let mut check = |file: &str, line: usize, allowed: &str, term: &str, instead: &str| {
        if ALLOWED.iter().any(|(text, _)| *text == allowed) {
            used.push(allowed.to_owned());
        } else {
            wrong.push(format!("{file}:{line}: “{term}” → {instead}\n    {allowed}"));
        }
    };
    for UserText { file, line, text } in &texts {
        for (_, term, instead) in ruled_out(text) {
            check(file, *line, text, term, instead);
        }
    }
    for (file, text) in &documents {
        let is_markdown = Path::new(file).extension().is_some_and(|end| end == "md");
        let prose = if is_markdown { without_code(text) } else { text.clone() };
        for (at, term, instead) in ruled_out(&prose) {
            let number = prose[..at].matches('\n').count();
            let line = text.lines().nth(number).unwrap_or_default().trim();
            check(file, number + 1, line, term, instead);
        }
    }
    let idle = ALLOWED.iter().filter(|(text, _)| !used.iter().any(|used| used == text));
    wrong.extend(idle.map(|(text, _)| format!("ALLOWED has a text that needs no exception: {text}")));
    assert!(wrong.is_empty(), "{} texts need another term:\n{}\n", wrong.len(), wrong.join("\n"));
}

#[test]
fn terms_are_found_in_user_visible_strings_only() {
    let source = r##"
        /// The system.
        #[error("no answer from the \
                 system")]
        fn shown() -> &'static str { assert!(true, "the system"); format!("{}: Halted!", r#"hang up"#) }
        #[cfg(test)]
        mod tests { const TEXT: &str = "the system"; }
        const LAST: &str = "A certificate that the client refused. It is in\nthe backlog";
    "##;
    let places = |file: &str| -> Vec<_> {
        let texts = strings(file, source);
        texts
            .iter()
            .flat_map(|text| ruled_out(&text.text).into_iter().map(|found| (text.line, found.1)))
            .collect()
    };
    let expected = [
        (3, "the system"),
        (5, "halt*"),
        (5, "hang* up"),
        (8, "in the backlog"),
        (8, "certificate … refused"),
    ];
    assert_eq!(places("src/ui/example.rs"), expected);
    assert_eq!(places("src/cli/example.rs")[0], (2, "the system"), "clap shows doc comments");
    assert_eq!(without_code("Halt `it\nnow`."), "Halt   \n   .");
    assert!(
        ruled_out("The system trust store. A certificate. Refused? Systems, flagged; TCP flags.").is_empty()
    );
}
