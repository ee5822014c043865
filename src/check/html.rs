//! The report as an HTML page that needs no other file.

use std::fmt::Write;
use std::time::SystemTime;

use crate::check::outcome::CheckVerdict;
use crate::check::report::{CheckResult, Report};
use crate::check::table::groups;
use crate::text::date;

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}
h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
details{border-top:1px solid #8886;padding:.5rem 0}
summary{cursor:pointer}
summary b{display:inline-block;width:7rem}
.passed b{color:light-dark(#17691f,#7bd883)}
.failed b{color:light-dark(#b3141d,#ff9b9b)}
.skipped b,.observed b{color:light-dark(#555,#bbb)}
dl{display:grid;grid-template-columns:9rem 1fr;gap:.25rem 1rem;margin:.5rem 0 .5rem 1rem}
dt{color:light-dark(#555,#bbb)}
dt::first-letter{text-transform:uppercase}
dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.code{font-family:ui-monospace,monospace;font-size:.9em}
";

/// Returns the report as HTML.
#[must_use]
pub fn html(report: &Report) -> String {
    let title = format!("Check of {}", report.address);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    // Writing to a string can't fail.
    let _ = writeln!(page, "<p><strong>{}</strong></p>", escape(&report.conclusion()));
    let (version, date, about) = (env!("CARGO_PKG_VERSION"), date(SystemTime::now()), report.options.about());
    let _ = writeln!(page, "<p>Echoscope {version}, {date}. {}</p>", escape(&about));
    for (title, checks) in groups() {
        let is_in_group = |result: &&CheckResult| checks.iter().any(|check| check.name == result.check.name);
        for (index, result) in report.results.iter().filter(is_in_group).enumerate() {
            if index == 0 {
                let _ = writeln!(page, "<h2>{title}</h2>");
            }
            write_result(&mut page, result);
        }
    }
    page + "</body>\n</html>\n"
}

fn write_result(page: &mut String, result: &CheckResult) {
    let outcome = &result.outcome;
    let open = if outcome.verdict == CheckVerdict::Failed { " open" } else { "" };
    let name = outcome.verdict.name();
    let _ = writeln!(
        page,
        "<details class=\"{name}\"{open}>\n<summary><b>{} {name}</b> {}</summary>\n<dl>",
        outcome.verdict.symbol(),
        escape(result.check.title)
    );
    let texts = [("check", result.check.about.to_owned()), ("result", outcome.finding.clone())];
    for (label, text) in texts.into_iter().chain(result.details()) {
        let is_code = ["sent", "received", "right", "stderr"].contains(&label);
        let class = if is_code { " class=\"code\"" } else { "" };
        let label = if label == "right" { "right in Python" } else { label };
        let _ = writeln!(page, "<dt>{label}</dt><dd{class}>{}</dd>", escape(&text));
    }
    let _ = writeln!(page, "</dl>\n</details>");
}

/// Replaces the characters that have a meaning in HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
