//! The terminal: stdout is the result, stderr the talk.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error::CommandError;
use crate::report::Style;

/// Where a command writes to.
pub(super) struct Ui {
    /// The result.
    pub(super) out: BufWriter<Stdout>,
}

impl Ui {
    pub(super) fn new() -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout()),
        }
    }

    /// Writes what is left of the result.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The look of text on stdout.
    pub(super) fn out_style(&self) -> Style {
        style(io::stdout().is_terminal())
    }

    /// The look of text on stderr.
    pub(super) fn talk_style(&self) -> Style {
        style(io::stderr().is_terminal())
    }

    /// Says something that is not the result.
    pub(super) fn talk(&mut self, text: &str) {
        // What was printed before comes first; `finish` tells if it cannot be written.
        let _ = self.out.flush();
        // Without stderr there is nobody to tell.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// A bar for something that takes long, on a terminal; nothing elsewhere.
    pub(super) fn progress(&self, total: u64, what: &'static str) -> ProgressBar {
        let template = format!("{{bar:40}} {{pos}} of {{len}} {what}, {{eta}} left");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        match ProgressStyle::with_template(&template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    pub(super) fn error(&mut self, error: &CommandError) {
        let mut text = format!("carpgen: {}", error.message());
        for hint in error.hints() {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        self.talk(&text);
    }
}

/// `NO_COLOR` and `CLICOLOR_FORCE` count when they are not empty (no-color.org, bixense.com/clicolors).
fn style(terminal: bool) -> Style {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = set("CLICOLOR_FORCE")
        && std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(|value| value.to_string_lossy().to_lowercase())
    });
    Style {
        colour: !set("NO_COLOR") && (forced || (terminal && !dumb)),
        unicode: locale.is_some_and(|locale| locale.contains("utf-8") || locale.contains("utf8")),
        width: std::env::var("COLUMNS")
            .ok()
            .and_then(|c| c.parse().ok())
            .filter(|c| *c >= 40)
            .unwrap_or(100),
    }
}
