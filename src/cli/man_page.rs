//! The manual page and the completions for shells, both made from the definitions of the options.

use std::io::{self, Write};

use clap::{Arg, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::help_text::{EXAMPLES, EXIT_CODES, Entries};

/// Returns the completions for a shell.
pub(super) fn completions(mut command: Command, shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "echoscope", &mut text);
    utf8(text)
}

/// Returns the manual page in roff, section 1, with all subcommands on the same page.
pub(super) fn manual_page(command: Command) -> String {
    let mut page = Vec::new();
    write_page(command, &mut page).expect("writing to a Vec can't fail");
    let page = utf8(page);
    // Each section that clap_mangen renders starts with the same preamble, which the page needs only once.
    let preamble = Roff::new().render();
    format!("{preamble}{}", page.replace(&preamble, ""))
}

fn write_page(mut command: Command, page: &mut dyn Write) -> io::Result<()> {
    command.build();
    // An empty date needs quotes, or the version would appear as the date.
    let man = Man::new(command.clone()).date("\"\"").manual("User Commands");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    Roff::new().control("SH", ["OPTIONS"]).to_writer(page)?;
    page.write_all(options(&man, &command, |heading| format!(".SS {heading}\n"))?.as_bytes())?;
    Roff::new().control("SH", ["COMMANDS"]).to_writer(page)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        write_command(sub, page)?;
    }
    write_sections(page)
}

/// Returns the options of a command, with `title` for each heading. `clap_mangen` would make sections of them.
fn options(man: &Man, command: &Command, title: impl Fn(&str) -> String) -> io::Result<String> {
    let mut options = Vec::new();
    man.render_options_section(&mut options)?;
    let headings = command.get_arguments().filter_map(Arg::get_help_heading);
    Ok(headings.fold(utf8(options), |options, heading| {
        options.replace(&format!(".SH {}\n", heading.to_uppercase()), &title(heading))
    }))
}

/// Writes a subcommand as a subsection.
fn write_command(command: &Command, page: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(command.clone());
    let (mut synopsis, mut description) = (Vec::new(), Vec::new());
    man.render_synopsis_section(&mut synopsis)?;
    man.render_description_section(&mut description)?;
    Roff::new().control("SS", [command.get_bin_name().unwrap_or_default()]).to_writer(page)?;
    page.write_all(utf8(synopsis).replace(".SH SYNOPSIS\n", "").as_bytes())?;
    page.write_all(utf8(description).replace(".SH DESCRIPTION\n", ".PP\n").as_bytes())?;
    page.write_all(options(&man, command, |_| String::new())?.as_bytes())
}

/// The sections that aren't about options: terms with their explanations, or only a text.
const SECTIONS: &[(&str, Entries)] = &[
    ("EXIT STATUS", EXIT_CODES),
    (
        "SIGNALS",
        &[(
            "",
            "With --headless, SIGINT, SIGTERM, and SIGHUP stop the server, and the exit status is 0. A signal that was \
             ignored at the start, as with nohup, stays ignored. The server continues if its standard output is slow, \
             full, or closed: it counts the log entries instead of printing them.",
        )],
    ),
    (
        "ENVIRONMENT",
        &[(
            "WAYLAND_DISPLAY, DISPLAY",
            "On Linux, the display to open the window on: Wayland if the compositor answers, otherwise X11. If neither \
             answers, Echoscope prints a warning and serves in the terminal, as with --headless.",
        )],
    ),
    (
        "FILES",
        &[(
            "$XDG_CONFIG_HOME/echoscope/settings.toml",
            "The saved settings, on Linux. Without XDG_CONFIG_HOME, the folder is ~/.config. With --headless, this file \
             is read and never written.",
        )],
    ),
    ("EXAMPLES", EXAMPLES),
    ("SEE ALSO", &[("", "listen(2), nc(1), openssl-s_client(1)")]),
];

fn write_sections(page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    for (section, entries) in SECTIONS {
        roff.control("SH", [*section]);
        for (term, text) in *entries {
            if !term.is_empty() {
                roff.control("TP", []).text([bold(*term)]);
            }
            roff.text([roman(*text)]);
        }
    }
    roff.to_writer(page)
}

fn utf8(text: Vec<u8>) -> String {
    String::from_utf8(text).expect("the page is made of strings")
}
