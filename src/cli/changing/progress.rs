//! What is going on: a line for each thing that is done, with the time since the beginning.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::remote::transaction::Progress;

/// Lines on stderr; on a terminal with a spinner below them.
pub(in crate::cli) struct Lines {
    started: Instant,
    spinner: Option<ProgressBar>,
}

impl Lines {
    /// Begins now.
    pub(in crate::cli) fn new() -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(std::time::Duration::from_millis(120));
            spinner
        });
        Self {
            started: Instant::now(),
            spinner,
        }
    }

    /// A line of its own, without the time.
    pub(in crate::cli) fn print(&self, line: &str) {
        match &self.spinner {
            Some(spinner) => spinner.println(line),
            // Without stderr there is nobody to tell.
            None => {
                let _ = writeln!(std::io::stderr(), "{line}");
            }
        }
    }
}

impl Progress for Lines {
    fn say(&self, host: Option<&str>, what: &str) {
        let at = self.started.elapsed().as_secs_f64();
        let whom = host.map_or_else(String::new, |host| format!("{host}: "));
        self.print(&format!("{at:6.2} s  {whom}{what}"));
    }

    fn now(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.to_owned());
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
