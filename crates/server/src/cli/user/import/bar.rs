//! How far an import is: a bar on a terminal, otherwise a line for each tenth of the file.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::super::output::note;

/// Shows progress on standard error.
pub(super) struct Bar {
    /// How many bytes there are, where that is known.
    total: Option<u64>,
    /// On a terminal.
    drawn: Option<ProgressBar>,
    told: u64,
}

impl Bar {
    pub(super) fn new(total: Option<u64>) -> Self {
        let drawn = std::io::stderr().is_terminal().then(|| {
            let template = match total {
                Some(_) => "{wide_bar} {bytes}/{total_bytes} {eta:>4}",
                None => "{spinner} {bytes} {elapsed}",
            };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()).with_style(style)
        });
        Self { total, drawn, told: 0 }
    }

    /// So many bytes of the file are done with.
    pub(super) fn show(&mut self, bytes: u64) {
        if let Some(bar) = &self.drawn {
            bar.set_position(bytes);
            return;
        }
        let tenth = self.total.and_then(|total| bytes.saturating_mul(10).checked_div(total)).unwrap_or(0);
        if tenth > self.told {
            self.told = tenth;
            note(&format!("{} %", tenth * 10));
        }
    }

    /// Writes something while the bar is out of the way.
    pub(super) fn beside(&self, write: impl FnOnce()) {
        match &self.drawn {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}
