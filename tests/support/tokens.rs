//! A Rust source as words and marks: enough to see what it names, without comments, strings and tests.

/// A word or a mark of a source.
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Token {
    pub(crate) fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// The words and marks of a source, without comments, strings and characters.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let source = text.chars().collect::<Vec<_>>();
    let is_word = |at: usize| source.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let ahead =
        |at: usize, words: &str| words.chars().enumerate().all(|(n, c)| source.get(at + n) == Some(&c));
    let mut tokens = Vec::new();
    let (mut at, mut counted, mut line) = (0, 0, 1);
    while at < source.len() {
        line += source[counted..at].iter().filter(|c| **c == '\n').count();
        counted = at;
        if ahead(at, "//") {
            at += source[at..].iter().take_while(|c| **c != '\n').count();
        } else if ahead(at, "/*") {
            at = after_comment(&source, at);
        } else if source[at] == '"' {
            at = after_string(&source, at);
        } else if let Some(end) = after_raw_string(&source, at) {
            at = end;
        } else if source[at] == '\'' {
            // A character, or else the tick of a lifetime.
            at += match (source.get(at + 1), source.get(at + 2)) {
                (Some('\\'), _) => 3 + source[at + 3..].iter().take_while(|c| **c != '\'').count() + 1,
                (_, Some('\'')) => 3,
                _ => 1,
            };
        } else if is_word(at) {
            let start = at;
            while is_word(at) {
                at += 1;
            }
            tokens.push(Token { line, text: source[start..at].iter().collect() });
        } else {
            let long = if ahead(at, "::") { 2 } else { 1 };
            if !source[at].is_whitespace() {
                tokens.push(Token { line, text: source[at..at + long].iter().collect() });
            }
            at += long;
        }
    }
    tokens
}

fn after_comment(source: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < source.len() {
        match (source[at], source.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn after_string(source: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < source.len() && source[at] != '"' {
        at += if source[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of `r"…"`, `br#"…"#` and the like; `None` where none starts.
fn after_raw_string(source: &[char], start: usize) -> Option<usize> {
    let prefix = source[start..].iter().take_while(|c| matches!(c, 'b' | 'c' | 'r')).count();
    if prefix == 0 || prefix > 2 || source[start + prefix - 1] != 'r' {
        return None;
    }
    let hashes = source[start + prefix..].iter().take_while(|c| **c == '#').count();
    let open = start + prefix + hashes;
    if source.get(open) != Some(&'"') {
        return None;
    }
    let closes = |at: &usize| source[*at] == '"' && (1..=hashes).all(|n| source.get(at + n) == Some(&'#'));
    Some((open + 1..source.len()).find(closes).map_or(source.len(), |at| at + 1 + hashes))
}

/// Leaves out what stands behind `#[cfg(test)]`, up to the end of its braces or its semicolon.
pub(crate) fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        kept.push(token);
        let tail = kept.len().saturating_sub(mark.len());
        if !kept[tail..].iter().map(|token| token.text.as_str()).eq(mark) {
            continue;
        }
        kept.truncate(tail);
        let mut depth = 0_usize;
        for token in tokens.by_ref() {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(token.text.as_str(), "}" | ";") {
                break;
            }
        }
    }
    kept
}
