//! The manual page and the completions for shells, both made from the definitions of the options.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

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
    man.render_options_section(page)?;
    Roff::new().control("SH", ["COMMANDS"]).to_writer(page)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        write_command(sub, page)?;
    }
    write_sections(page)
}

/// Writes a subcommand as a subsection.
fn write_command(command: &Command, page: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(command.clone());
    let (mut synopsis, mut description, mut options) = (Vec::new(), Vec::new(), Vec::new());
    man.render_synopsis_section(&mut synopsis)?;
    man.render_description_section(&mut description)?;
    man.render_options_section(&mut options)?;
    Roff::new().control("SS", [command.get_bin_name().unwrap_or_default()]).to_writer(page)?;
    page.write_all(utf8(synopsis).replace(".SH SYNOPSIS\n", "").as_bytes())?;
    page.write_all(utf8(description).replace(".SH DESCRIPTION\n", ".PP\n").as_bytes())?;
    page.write_all(utf8(options).replace(".SH OPTIONS\n", "").as_bytes())
}

/// The sections that aren't about options: terms with their explanations, or only a text.
const SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "EXIT STATUS",
        &[
            (
                "0",
                "The server was stopped, the window was closed, or what was asked for was printed or made.",
            ),
            (
                "1",
                "The server can't start, or what was asked for can't be made. One line on stderr says why.",
            ),
            ("2", "An option is wrong. One line on stderr says which, and what would be right."),
        ],
    ),
    (
        "SIGNALS",
        &[(
            "",
            "With --headless, SIGINT, SIGTERM and SIGHUP stop the server. The exit status is then 0. A signal that was \
             ignored at the start, as with nohup, stays ignored. The server never ends with its standard output: where that is \
             slow, full or closed, entries are counted instead of printed.",
        )],
    ),
    (
        "ENVIRONMENT",
        &[(
            "WAYLAND_DISPLAY, DISPLAY",
            "Where the window opens on Linux: on Wayland if the compositor answers, or else on X11. If neither \
             answers, the program says why and goes on as with --headless.",
        )],
    ),
    (
        "FILES",
        &[(
            "$XDG_CONFIG_HOME/echoscope/settings.toml",
            "What the window remembers, on Linux; without XDG_CONFIG_HOME it is under ~/.config. With \
             --headless it is read and never written.",
        )],
    ),
    (
        "EXAMPLES",
        &[
            (
                "echoscope --headless --port 0",
                "Serve in the terminal, on a port that the system chooses and the log names.",
            ),
            (
                "echoscope create-certificate --out lab",
                "Make a key and a certificate for this computer in the folder lab …",
            ),
            (
                "echoscope --headless --tls --cert lab/server.crt --key lab/server.key",
                "… and serve TLS with them. Then, in another terminal:",
            ),
            ("openssl s_client -quiet -connect localhost:12345 -CAfile lab/server.crt", "Connect, and type."),
        ],
    ),
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
