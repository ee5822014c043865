//! Mistakes in lesson files: each is reported with its line and the expected value.

use echoscope::app::Command;
use echoscope::lessons::Lesson;
use echoscope::lessons::lesson::MAX_LESSON_FILE;

use crate::lessons::player::Player;

const HEAD: &str = "title = 'T'\nsummary = 'S.'\n";

/// Returns a lesson file whose only step has these lines, starting at line 4.
fn step(lines: &str) -> String {
    format!("{HEAD}[[step]]\n{lines}\n")
}

#[test]
fn every_mistake_is_reported_with_its_line_and_what_was_expected() {
    let text = "text = 'Do it.'";
    let done = |done: &str| step(&format!("{text}\ndone = {done}"));
    let settings =
        |settings: &str| step(&format!("{text}\nsettings = {{ {settings} }}\ndone = {{ is = 'stopped' }}"));
    let stopped = "done = { is = 'stopped' }";
    // A mistake within a condition is reported at the beginning of the condition.
    let mistakes = [
        (String::new(), 1, "missing field `title`"),
        ("title = 'T'\n".to_owned(), 1, "missing field `summary`"),
        ("title = 'T'\nsummary = ''\n".to_owned(), 2, "the text is empty: write a sentence"),
        (format!("title = '{}'\n", "x".repeat(61)), 1, "the text is too long: at most 60 characters"),
        (HEAD.to_owned(), 1, "missing field `step`"),
        (format!("{HEAD}step = []\n"), 3, "a lesson needs steps: add [[step]] with text and done"),
        (format!("{HEAD}[step]\ntext = 'x'\n"), 3, "invalid type: map, expected a sequence"),
        (format!("{HEAD}step = [1]\n"), 3, "invalid type: integer `1`, expected struct LessonStep"),
        ("title = 'T'\nsummary = \n".to_owned(), 2, "string values must be quoted"),
        (format!("{HEAD}title = 'again'\n"), 3, "duplicate key"),
        (format!("{HEAD}author = 'me'\n[[step]]\n"), 3, "unknown field `author`, expected one of `title`, "),
        (format!("{HEAD}needs = ['ssl']\n"), 3, "unknown variant `ssl`, expected `tls`"),
        (step(stopped), 3, "missing field `text`"),
        (step(&format!("text = '  '\n{stopped}")), 4, "the text is empty"),
        (step(&format!("text = 3\n{stopped}")), 4, "invalid type: integer `3`, expected a string"),
        (step(&format!("text = '{}'", "x".repeat(601))), 4, "the text is too long: at most 600 characters"),
        (step(text), 3, "missing field `done`"),
        (
            step(&format!("{text}\nDone = {{ is = 'stopped' }}")),
            5,
            "unknown field `Done`, expected one of `text`",
        ),
        (step(&format!("{text}\nopen = 'logs'")), 5, "unknown variant `logs`, expected one of `live`, "),
        (settings("backlog = 'many'"), 5, "Backlog must be a whole number from 0 to 65,535."),
        (settings("port = 70000"), 5, "Port must be a whole number from 0 to 65,535."),
        (settings("mode = 'many'"), 5, "must be “one”, “threads”, or “pool”."),
        (settings("host = 'a b'"), 5, "Host must be a name or an address."),
        (settings("tls = 'yes'"), 5, "TLS must be "),
        (settings("key = 'k.pem'"), 5, "unknown setting `key`, expected one of host, port, backlog"),
        (settings("key_log = '/tmp/k'"), 5, "unknown setting `key_log`"),
        (done("'listening'"), 5, "expected a condition: keys and values in braces"),
        (done("{}"), 5, "expected either a state (is = \"listening\") or an event (seen = \"received\")"),
        (done("{ is = 'listening', seen = 'stopped' }"), 5, "expected either a state"),
        (done("{ is = 'running' }"), 5, "unknown variant `running`, expected one of `listening`, `stopped`"),
        (done("{ is = 'stopped', mode = 'one' }"), 5, "unknown field `mode`"),
        (done("{ is = 'settings' }"), 5, "add a setting"),
        (done("{ is = 'waiting', at_least = 0 }"), 5, "integer `0`, expected a nonzero u64"),
        (done("{ is = 'waiting', at_least = -1 }"), 5, "integer `-1`, expected a nonzero u64"),
        (done("{ is = 'halted', before = 'sleep' }"), 5, "unknown variant `sleep`, expected one of `socket`"),
        (done("{ seen = 'time_passed' }"), 5, "unknown variant `time_passed`, expected one of `started`"),
        (done("{ seen = 'echo', place = 'log' }"), 5, "unknown field `place`"),
        (
            done("{ seen = 'closed', reason = 'eof' }"),
            5,
            "unknown variant `eof`, expected one of `end_of_stream`",
        ),
        (done("{ seen = 'closed', reason = [] }"), 5, "the list is empty"),
        (done("{ seen = 'tls_failed', alert = 'UnknownCA' }"), 5, "such as unknown_ca"),
        (done("{ seen = 'received', equals = '' }"), 5, "the text is empty"),
        (done("{ seen = 'received', hex = '0' }"), 5, "hex takes two hexadecimal digits for each byte"),
        (done("{ seen = 'received', bytes = 3, at_least = 2 }"), 5, "give bytes or at_least, not both"),
        (done("{ seen = 'stream' }"), 5, "missing field `contains`"),
        (done("{ seen = 'opened' }"), 5, "missing field `place`"),
        (
            done("{ seen = 'handshake', version = '1.1' }"),
            5,
            "unknown variant `1.1`, expected `1.2` or `1.3`",
        ),
        (done("{ seen = 'accepted', since = 'lesson' }"), 5, "unknown field `since`"),
        (done("{ all = [] }"), 5, "the list is empty: add conditions to it"),
        (done("{ all = { is = 'stopped' } }"), 5, "invalid type: map, expected a sequence"),
        (done("{ any = [{ is = 'stopped' }], is = 'stopped' }"), 5, "all or any takes no other keys"),
        (
            done("{ all = [\n  { is = 'stopped' },\n  { is = 'nowhere' },\n] }"),
            7,
            "unknown variant `nowhere`",
        ),
    ];
    assert_mistakes(&mistakes);
}

#[test]
fn mistakes_about_questions_and_the_window_are_reported() {
    let text = "text = 'Do it.'";
    let stopped = "done = { is = 'stopped' }";
    let done = |done: &str| step(&format!("{text}\ndone = {done}"));
    let question = |lines: &str| step(&format!("{text}\n{stopped}\n[step.question]\n{lines}"));
    let mistakes = [
        (done("{ seen = 'answered' }"), 5, "the step has no question: add [step.question]"),
        (done("{ any = [{ is = 'stopped' }, { seen = 'answered' }] }"), 5, "the step has no question"),
        (done("{ seen = 'selected' }"), 5, "missing field `place`"),
        (
            done("{ seen = 'selected', place = 'live' }"),
            5,
            "unknown variant `live`, expected `log` or `wire`",
        ),
        (done("{ seen = 'sent', contains = '' }"), 5, "the text is empty"),
        (done("{ is = 'connecting', at_least = 0 }"), 5, "expected a nonzero u64"),
        (done("{ is = 'eavesdropping', on = true }"), 5, "unknown field `on`"),
        (step(&format!("{text}\nmeasure = 'yes'")), 5, "expected a boolean"),
        (question("text = 'Q?'\nanswers = ['a', 'b']\nwhy = 'W.'"), 6, "missing field `right`"),
        (question("text = ''"), 7, "the text is empty"),
        (question("text = 'Q?'\nanswers = ['a']"), 8, "a question needs two to four answers"),
        (question("text = 'Q?'\nanswers = ['a', 'b', 'c', 'd', 'e']"), 8, "two to four answers"),
        (question("text = 'Q?'\nanswers = ['a', '']"), 8, "the text is empty"),
        (
            question(&format!("text = 'Q?'\nanswers = ['a', '{}']", "x".repeat(61))),
            8,
            "at most 60 characters",
        ),
        (question("text = 'Q?'\nanswers = ['a', 'b']\nright = 0\nwhy = 'W.'"), 9, "from 1 to 2"),
        (question("text = 'Q?'\nanswers = ['a', 'b']\nwhy = 'W.'\nright = 3"), 10, "from 1 to 2"),
        (question("text = 'Q?'\nanswers = ['a', 'b']\nright = 'b'"), 9, "invalid type: string"),
        (
            question("hint = 'H.'"),
            7,
            "unknown field `hint`, expected one of `text`, `answers`, `right`, `why`",
        ),
    ];
    assert_mistakes(&mistakes);
}

/// Asserts that each of these texts is rejected with an error about this line that contains this message.
fn assert_mistakes(mistakes: &[(String, usize, &str)]) {
    let mut wrong = Vec::new();
    for &(ref text, line, expected) in mistakes {
        match Lesson::parse(text) {
            Ok(_) => wrong.push(format!("{text}\n  was accepted")),
            Err(error) => {
                let message = error.to_string();
                if error.line != line || !message.contains(expected) {
                    wrong.push(format!("{text}\n  expected {line}: {expected}\n  reported {message}"));
                }
                let place = format!("Line {}, column {}: ", error.line, error.column);
                assert!(message.starts_with(&place) && message.ends_with('.'), "{message}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn columns_count_characters() {
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
fn lesson_file_is_opened_and_mistakes_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let good = step("text = 'Press Start server.'\ndone = { is = 'listening' }");
    let large = format!("{good}#{}\n", "x".repeat(MAX_LESSON_FILE));
    for (name, content, expected) in [
        (
            "broken.toml",
            good.replace("text =", "txt =").into_bytes(),
            "broken.toml can't be used. Line 4, column 1: unknown field `txt`",
        ),
        ("large.toml", large.into_bytes(), "large.toml can't be read: it is larger than 64 KiB"),
        ("bytes.toml", vec![b't', 0xff], "bytes.toml can't be read: it isn't text in UTF-8"),
    ] {
        let mut player = Player::without_lesson();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        player.apply(Command::OpenLesson(path));
        player.wait_until(name, |app| app.notice().is_some());
        let notice = player.app.notice().unwrap();
        assert!(notice.problem && notice.text.contains(expected), "{}", notice.text);
        assert!(player.app.lesson().is_none());
    }
    let mut player = Player::without_lesson();
    for (path, expected) in [
        (folder.path().join("none.toml"), "can't be read: "),
        (folder.path().into(), "it is a folder"),
        #[cfg(unix)]
        ("/dev/zero".into(), "not a regular file"),
    ] {
        player.app.apply(Command::DismissNotice);
        player.apply(Command::OpenLesson(path));
        player.wait_until(expected, |app| app.notice().is_some_and(|notice| notice.text.contains(expected)));
    }
    let path = folder.path().join("good.toml");
    std::fs::write(&path, good).unwrap();
    player.apply(Command::OpenLesson(path));
    player.wait_until("the lesson", |app| app.lesson().is_some());
    assert_eq!(player.lesson().lesson().title, "T");
    assert_eq!(player.app.lesson_number(), None);
    player.start();
    player.completes_step();
    player.finished();
}

#[test]
fn the_lesson_in_the_guide_can_be_read() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/guide/lessons.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, format) = guide.split_once("## The file format").unwrap();
    let (_, lesson) = format.split_once("```toml\n").unwrap();
    let (lesson, _) = lesson.split_once("```").unwrap();
    let lesson = Lesson::parse(lesson).unwrap();
    assert_eq!(lesson.steps.len(), 3);
    assert!(lesson.steps.iter().any(|step| step.question.is_some() && step.waits_for_answer()));
}

#[test]
fn columns_of_mistakes_that_concern_several_keys() {
    let answered = step("text = 'x'\ndone = { seen = 'answered' }");
    let other = "[[step]]\ntext = 'y'\ndone = { is = 'stopped' }\n";
    let two = answered.replace("[[step]]", &format!("{other}[[step]]"));
    let error = Lesson::parse(&two).unwrap_err();
    assert_eq!((error.line, error.column), (8, 8), "{error}");
    let right = "[step.question]\ntext = 'Q?'\nanswers = ['a', 'b']\nright = 9\nwhy = 'W.'\n";
    let error = Lesson::parse(&format!("{answered}{right}")).unwrap_err();
    assert_eq!((error.line, error.column), (9, 9), "{error}");
}
