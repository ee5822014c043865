//! Broken lesson files: each gets its line, its column and a sentence.

use echoscope::app::Command;
use echoscope::lessons::{LARGEST_FILE, Lesson};

use crate::lessons::player::Player;

const HEAD: &str = "title = 'T'\nsummary = 'S.'\n";

/// A lesson whose only step has these lines, the first of them on line 4.
fn step(lines: &str) -> String {
    format!("{HEAD}[[step]]\n{lines}\n")
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn every_fault_gets_its_line_and_a_sentence() {
    let text = "text = 'Do it.'";
    let when = |done: &str| step(&format!("{text}\ndone = {done}"));
    let faults = [
        (String::new(), 1, 1, "A lesson needs a title (title = \"…\")."),
        ("title = 'T'\n".to_owned(), 1, 1, "A lesson needs a sentence that says what one learns (summary"),
        ("title = 'T'\nsummary = ''\n".to_owned(), 2, 11, "A lesson needs a sentence that says"),
        (
            format!("title = '{}'\nsummary = 'S.'\n", "x".repeat(61)),
            1,
            9,
            "The title is too long: 60 letters",
        ),
        (HEAD.to_owned(), 2, 15, "A lesson needs steps: add [[step]]"),
        (format!("{HEAD}step = []\n"), 3, 8, "A lesson needs steps"),
        (format!("{HEAD}[step]\ntext = 'x'\n"), 3, 1, "two brackets: [[step]]"),
        (format!("{HEAD}step = [1]\n"), 3, 9, "Here a step is wanted"),
        ("title = 'T'\nsummary = \n".to_owned(), 2, 11, "This is not TOML: string values must be quoted"),
        (format!("{HEAD}title = 'again'\n"), 3, 1, "This is not TOML: duplicate key"),
        (
            format!("{HEAD}author = 'me'\n[[step]]\n"),
            3,
            1,
            "A lesson has no key “author”. It may have title, ",
        ),
        (format!("{HEAD}needs = ['ssl']\n"), 3, 10, "needs can't be “ssl”. It takes tls."),
        (step("done = { is = 'stopped' }"), 3, 1, "A step needs a sentence (text = \"…\")."),
        (step("text = '  '\ndone = { is = 'stopped' }"), 4, 8, "A step needs a sentence"),
        (step("text = 3\ndone = { is = 'stopped' }"), 4, 8, "text takes text in quotes"),
        (step(&format!("text = '{}'", "x".repeat(601))), 4, 8, "too long to read in one go"),
        (step(text), 3, 1, "A step needs to know when it is done"),
        (
            step(&format!("{text}\nDone = {{ is = 'stopped' }}")),
            5,
            1,
            "A step has no key “Done”. It may have text, why,",
        ),
        (
            step(&format!("{text}\nopen = 'logs'")),
            5,
            8,
            "open can't be “logs”. It takes log, connections, client",
        ),
        (step(&format!("{text}\nsettings = {{ backlog = '5' }}")), 5, 24, "backlog takes a whole number"),
        (step(&format!("{text}\nsettings = {{ port = 70000 }}")), 5, 21, "Port must be from 0 to 65,535."),
        (step(&format!("{text}\nsettings = {{ mode = 'many' }}")), 5, 21, "It takes one, threads or pool."),
        (
            step(&format!("{text}\nsettings = {{ host = 'a b' }}")),
            5,
            21,
            "Host must be a name or an address.",
        ),
        (step(&format!("{text}\nsettings = {{ tls = 'yes' }}")), 5, 20, "tls takes true or false"),
        (step(&format!("{text}\nsettings = {{ alpn = 'h2' }}")), 5, 21, "alpn takes a list"),
        (step(&format!("{text}\nsettings = {{ key = 'k.pem' }}")), 5, 14, "Settings has no key “key”"),
        (
            step(&format!("{text}\nsettings = {{ key_log = '/tmp/k' }}")),
            5,
            14,
            "Settings has no key “key_log”",
        ),
        (when("'listening'"), 5, 8, "Here a condition is wanted"),
        (when("{}"), 5, 8, "A condition says what is so (is = \"listening\")"),
        (when("{ is = 'listening', seen = 'stopped' }"), 5, 35, "is or seen, not both"),
        (when("{ is = 'running' }"), 5, 15, "is can't be “running”. It takes listening, stopped,"),
        (when("{ is = 'stopped', mode = 'one' }"), 5, 26, "A condition has no key “mode”"),
        (when("{ is = 'settings' }"), 5, 8, "Say which settings"),
        (when("{ is = 'waiting', at_least = 0 }"), 5, 37, "at_least takes a number from 1."),
        (when("{ is = 'waiting', at_least = -1 }"), 5, 37, "at_least takes a whole number"),
        (when("{ is = 'halted', before = 'sleep' }"), 5, 34, "It takes socket, bind, listen"),
        (when("{ seen = 'time_passed' }"), 5, 17, "seen can't be “time_passed”. It takes started,"),
        (
            when("{ seen = 'closed', reason = 'eof' }"),
            5,
            36,
            "reason can't be “eof”. It takes end_of_stream,",
        ),
        (when("{ seen = 'closed', reason = [] }"), 5, 36, "The list of reason is empty."),
        (when("{ seen = 'tls_failed', alert = 'UnknownCA' }"), 5, 39, "alert can't be “UnknownCA”."),
        (when("{ seen = 'received', equals = '' }"), 5, 38, "equals is empty."),
        (when("{ seen = 'received', hex = '0' }"), 5, 35, "two hexadecimal digits"),
        (when("{ seen = 'received', hex = '00', equals = 'x' }"), 5, 35, "equals or hex, not both"),
        (when("{ seen = 'received', bytes = 3, at_least = 2 }"), 5, 37, "bytes or at_least, not both"),
        (when("{ seen = 'stream' }"), 5, 8, "Say what the stream is to have in it"),
        (when("{ seen = 'opened' }"), 5, 8, "Say which tab or dialog is opened"),
        (when("{ seen = 'handshake', version = '1.1' }"), 5, 40, "It takes 1.2 or 1.3."),
        (when("{ seen = 'accepted', since = 'ever' }"), 5, 37, "It takes step or lesson."),
        (when("{ all = [] }"), 5, 16, "The list of all is empty"),
        (when("{ all = { is = 'stopped' } }"), 5, 16, "all takes a list in brackets"),
        (
            when("{ any = [{ is = 'stopped' }], is = 'stopped' }"),
            5,
            38,
            "A condition has no key “is”. It may have all or any.",
        ),
        (
            when("{ all = [\n  { is = 'stopped' },\n  { is = 'nowhere' },\n] }"),
            7,
            10,
            "is can't be “nowhere”",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, line, column, words) in faults {
        match Lesson::parse(&text) {
            Ok(_) => wrong.push(format!("{text}\n  was taken")),
            Err(error) => {
                let said = error.to_string();
                if (error.line, error.column) != (line, column) || !error.words.contains(words) {
                    wrong.push(format!("{text}\n  wanted {line}:{column} {words}\n  said   {said}"));
                }
                assert!(
                    said.starts_with(&format!("Line {}, column {}: ", error.line, error.column)),
                    "{said}"
                );
                assert!(!said.contains("Spanned") && !said.contains("DeValue"), "{said}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn letters_are_counted_and_not_bytes() {
    let error = Lesson::parse("title = 'Zürich'; x\n").unwrap_err();
    assert_eq!((error.line, error.column), (1, 17), "{error}");
    assert!(
        Lesson::parse("\u{feff}title = 'T'\nsummary = 'S.'\n[[step]]\ntext = 'x'\ndone = { is = 'stopped' }")
            .is_ok()
    );
    assert!(
        Lesson::parse(
            "title = 'T'\r\nsummary = 'S.'\r\n[[step]]\r\ntext = 'x'\r\ndone = { is = 'stopped' }\r\n"
        )
        .is_ok()
    );
}

#[test]
fn a_file_of_ones_own_is_opened_and_a_broken_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let good = step("text = 'Press Start server.'\ndone = { is = 'listening' }");
    let large = format!("{good}#{}\n", "x".repeat(LARGEST_FILE));
    for (name, content, words) in [
        (
            "broken.toml",
            good.replace("text =", "txt =").into_bytes(),
            "broken.toml can't be used. Line 3, column 1: A step needs a sentence",
        ),
        ("large.toml", large.into_bytes(), "large.toml is larger than a lesson can be (64 KiB)"),
        ("bytes.toml", vec![b't', 0xff], "bytes.toml is not text"),
    ] {
        let mut player = Player::at_rest();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        player.ask(Command::OpenLesson(path));
        player.until(name, |session| session.notice().is_some());
        let notice = player.app.notice().unwrap();
        assert!(notice.problem && notice.text.contains(words), "{}", notice.text);
        assert!(player.app.lesson().is_none());
    }
    let mut player = Player::at_rest();
    for (path, words) in
        [(folder.path().join("none.toml"), "can't be read: "), (folder.path().into(), "not an ordinary file")]
    {
        player.app.apply(Command::DismissNotice);
        player.ask(Command::OpenLesson(path));
        player.until(words, |session| session.notice().is_some_and(|notice| notice.text.contains(words)));
    }
    let path = folder.path().join("good.toml");
    std::fs::write(&path, good).unwrap();
    player.ask(Command::OpenLesson(path));
    player.until("the lesson", |session| session.lesson().is_some());
    assert_eq!(player.lesson().lesson().title, "T");
    assert_eq!(player.app.lesson_number(), None);
    player.start();
    player.ticked();
    player.finished();
}

#[test]
fn the_lesson_in_the_readme_can_be_read() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, lesson) = readme.split_once("```toml\n").unwrap();
    let (lesson, _) = lesson.split_once("```").unwrap();
    assert_eq!(Lesson::parse(lesson).unwrap().steps.len(), 2);
}
