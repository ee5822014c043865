//! The README, the guides, completions and the manual page: their links lead somewhere, they contain all options and
//! subcommands of --help, and shells and man accept them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{echoscope, finish, program};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// Runs Echoscope, which must succeed and print nothing on stderr, and returns its stdout.
fn printed(arguments: &[&str]) -> String {
    let end = finish(echoscope(arguments));
    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    end.stdout
}

/// Returns the subcommands that --help lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help.split("Commands:\n").nth(1).expect("the help lists commands");
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned)).collect()
}

/// Returns the long options that a help text lists, without dashes.
fn flags(help: &str) -> BTreeSet<String> {
    let flag = |line: &str| {
        let names = line.trim_start().strip_prefix('-')?.split("  ").next()?;
        let long = format!("-{names}").split_once("--")?.1.to_owned();
        Some(long.split([' ', '=']).next()?.to_owned())
    };
    help.lines().filter_map(flag).collect()
}

/// Returns every option of the program and its subcommands, without dashes.
fn every_flag() -> BTreeSet<String> {
    let mut all = flags(&printed(&["--help"]));
    for command in commands() {
        all.extend(flags(&printed(&[&command, "--help"])));
    }
    for known in ["port", "headless", "tls-versions", "broken", "help"] {
        assert!(all.contains(known), "--{known} was not found in the help: {all:?}");
    }
    all
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"))
}

/// Asserts that a program, if installed, succeeds on a file and prints nothing on stderr.
fn accepts(name: &str, arguments: &[&str], file: &Path) {
    if let Some(path) = program(name) {
        let end = output(Command::new(path).args(arguments).arg(file));
        let errors = String::from_utf8_lossy(&end.stderr);
        assert!(end.status.success() && errors.is_empty(), "{name} on {}: {errors}", file.display());
    }
}

/// Removes overstrikes: bold letters are printed twice with a backspace between them.
fn without_overstrikes(text: &str) -> String {
    text.chars().fold(String::new(), |mut plain, letter| {
        if letter == '\u{8}' {
            plain.pop();
        } else {
            plain.push(letter);
        }
        plain
    })
}

#[test]
fn the_manual_page_names_every_option_and_subcommand() {
    let page = printed(&["manual-page"]).replace("\\-", "-");
    for flag in every_flag() {
        assert!(page.contains(&format!("\\fB--{flag}\\fR")), "--{flag} is not in the manual page:\n{page}");
    }
    for command in commands() {
        assert!(page.contains(&format!(".SS \"echoscope {command}\"")), "{command} is not in it:\n{page}");
    }
    for value in ["one", "threads", "pool", "rsa2048", "rsa4096", "p256", "ed25519"] {
        assert!(page.contains(&format!("\n{value}: ")), "{value} is not in the manual page:\n{page}");
    }
    assert!(page.contains(concat!("echoscope ", env!("CARGO_PKG_VERSION"))), "no version:\n{page}");
}

#[test]
fn man_and_the_index_of_manual_pages_can_read_it() {
    let folder = tempfile::tempdir().expect("a folder for the page");
    let file = folder.path().join("echoscope.1");
    fs::write(&file, printed(&["manual-page"])).expect("the page can be written");
    accepts("man", &["--warnings=all", "--encoding=UTF-8", "--local-file", "-Tutf8", "-Z"], &file);
    if let Some(lexgrog) = program("lexgrog") {
        let end = output(Command::new(lexgrog).arg(&file));
        let description = String::from_utf8_lossy(&end.stdout);
        assert!(
            description.contains("echoscope - An echo server"),
            "its NAME section can't be read: {description}"
        );
    }
    if let Some(man) = program("man") {
        let mut command = Command::new(man);
        let end = output(command.args(["--local-file", "-Tascii"]).arg(&file).env("MANWIDTH", "100"));
        let text = without_overstrikes(&String::from_utf8_lossy(&end.stdout));
        for heading in ["OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "EXAMPLES", "SEE ALSO"] {
            assert!(text.contains(heading), "no {heading}:\n{text}");
        }
    }
}

#[test]
fn completions_of_every_shell_name_every_option_and_subcommand() {
    let (flags, commands) = (every_flag(), commands());
    for shell in SHELLS {
        let text = printed(&["completions", shell]);
        for flag in &flags {
            let written = [format!("--{flag}"), format!("-l {flag}")];
            assert!(written.iter().any(|written| text.contains(written)), "--{flag} is not in {shell}'s");
        }
        for command in &commands {
            assert!(text.contains(command.as_str()), "{command} is not in {shell}'s");
        }
    }
}

#[test]
fn shells_accept_the_completions() {
    let folder = tempfile::tempdir().expect("a folder for the completions");
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let file = folder.path().join(shell);
        fs::write(&file, printed(&["completions", shell])).expect("the completions can be written");
        accepts(shell, &[check], &file);
    }
}

#[test]
fn bash_completes_options_subcommands_and_keywords() {
    let Some(bash) = program("bash") else { return };
    let completed = |before: &[&str], word: &str| {
        let words = [&["echoscope"], before, &[word]].concat();
        let script = format!(
            "{}\nCOMP_WORDS=({}) COMP_CWORD={}\n_echoscope echoscope '{word}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
            printed(&["completions", "bash"]),
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words.len() - 1,
            words[words.len() - 2],
        );
        let end = output(Command::new(&bash).args(["--norc", "--noprofile", "-c", &script]));
        assert!(end.stderr.is_empty(), "{}", String::from_utf8_lossy(&end.stderr));
        String::from_utf8(end.stdout)
            .expect("completions are UTF-8")
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(completed(&[], "--head"), ["--headless"]);
    assert_eq!(completed(&[], "create"), ["create-certificate"]);
    assert_eq!(completed(&["--mode"], ""), ["one", "threads", "pool"]);
    assert_eq!(completed(&["create-certificate", "--key"], "rsa"), ["rsa2048", "rsa4096"]);
    assert_eq!(completed(&["completions"], "po"), ["powershell"]);
}

#[test]
fn fish_completes_words_and_describes_options() {
    let Some(fish) = program("fish") else { return };
    let home = tempfile::tempdir().expect("a home for fish");
    let completed = |line: &str| {
        let script = format!("{}\ncomplete --do-complete '{line}'", printed(&["completions", "fish"]));
        let mut command = Command::new(&fish);
        let end = output(command.args(["--no-config", "--command", &script]).env("HOME", home.path()));
        String::from_utf8(end.stdout).expect("completions are UTF-8")
    };
    let keys = completed("echoscope create-certificate --key rsa");
    let keys: Vec<_> = keys.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(keys, ["rsa2048", "rsa4096"]);
    let modes = completed("echoscope --mode=t");
    assert!(modes.contains("threads"), "{modes}");
    assert!(
        completed("echoscope --back").contains("wait in the accept queue"),
        "{}",
        completed("echoscope --back")
    );
}

#[test]
fn an_unknown_shell_prints_one_line_and_exits_with_two() {
    let end = finish(echoscope(&["completions", "csh"]));
    assert_eq!((end.code, end.stdout.as_str(), end.stderr.lines().count()), (Some(2), "", 1), "{end:?}");
    assert!(end.stderr.contains("csh"), "{end:?}");
}

/// Returns the README and the guides: their paths and their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guides = fs::read_dir(root.join("assets/guide")).unwrap().map(|file| file.unwrap().path());
    let paths = guides.chain([root.join("README.md"), root.join(".github/CONTRIBUTING.md")]);
    paths.map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// Returns the anchors of a document's headings, as GitHub makes them.
fn anchors(document: &str) -> Vec<String> {
    let mut in_code = false;
    let headings = document.lines().filter(|line| {
        in_code ^= line.starts_with("```");
        !in_code && line.starts_with('#')
    });
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
        heading.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_in_documents_lead_to_files_and_headings() {
    let mut links = 0;
    for (path, text) in documents() {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{}: {link}: there is no such file", path.display());
            if !anchor.is_empty() {
                let target = fs::read_to_string(&target).unwrap();
                assert!(anchors(&target).iter().any(|other| other == anchor), "{}: {link}", path.display());
            }
        }
    }
    assert!(links > 30, "only {links} links");
}

#[test]
fn readme_is_short_and_the_guide_lists_every_option() {
    let documents = documents();
    let text = |name: &str| &documents.iter().find(|(path, _)| path.ends_with(name)).unwrap().1;
    let lines = text("README.md").lines().count();
    assert!(lines <= 150, "the README has {lines} lines");
    let guides = [text("command-line.md").as_str(), text("check.md"), text("tls.md")].concat();
    let missing: Vec<_> = every_flag()
        .into_iter()
        .filter(|flag| {
            !["help", "version"].contains(&flag.as_str()) && !guides.contains(&format!("--{flag}"))
        })
        .collect();
    assert!(missing.is_empty(), "not in the guides: {missing:?}");
}
