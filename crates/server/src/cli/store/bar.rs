//! How far a copy is: a bar on a terminal, otherwise a line for each tenth of a stage.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use counterfoil_core::store::copy::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::note;

/// Shows progress on standard error.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    /// The stage and the tenth of it that was told last.
    told: Mutex<Option<(Stage, u64)>>,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:16} {wide_bar} {human_pos}/{human_len} {eta}");
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, told: Mutex::new(None) }
    }

    pub(super) fn show(&self, Progress { stage, done, total }: Progress) {
        let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(10);
        let before = self.told.lock().unwrap_or_else(PoisonError::into_inner).replace((stage, tenth));
        let is_new_stage = before.is_none_or(|(told, _)| told != stage);
        match &self.bar {
            Some(bar) => {
                if is_new_stage {
                    bar.reset();
                    bar.set_message(stage.as_str());
                }
                bar.set_length(total);
                bar.set_position(done);
            }
            None if before != Some((stage, tenth)) => note(&format!("{}: {done} of {total}", stage.as_str())),
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
