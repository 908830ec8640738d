//! How far a copy is: a bar for each stage on a terminal, otherwise a line for each tenth of it.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use counterfoil_core::store::copy::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::note;

/// Shows progress on standard error.
pub(super) struct Bar {
    is_terminal: bool,
    told: Mutex<Option<Told>>,
}

/// What was told last.
struct Told {
    stage: Stage,
    tenth: u64,
    /// On a terminal.
    bar: Option<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), told: Mutex::default() }
    }

    pub(super) fn show(&self, progress: Progress) {
        let Progress { stage, done, total } = progress;
        let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(10);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.take();
        let is_new_stage = before.as_ref().is_none_or(|told| told.stage != stage);
        let is_new = is_new_stage || before.as_ref().is_none_or(|told| told.tenth != tenth);
        let bar = match before.and_then(|told| told.bar) {
            Some(bar) if !is_new_stage => {
                bar.set_length(total);
                bar.set_position(done);
                Some(bar)
            }
            old => {
                if let Some(bar) = old {
                    bar.finish_and_clear();
                }
                self.is_terminal.then(|| bar_of(progress))
            }
        };
        if bar.is_none() && is_new {
            note(&format!("{}: {done} of {total}", stage.as_str()));
        }
        *told = Some(Told { stage, tenth, bar });
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bar) = told.and_then(|told| told.bar) {
            bar.finish_and_clear();
        }
    }
}

/// A bar, drawn when all that it says is known.
fn bar_of(Progress { stage, done, total }: Progress) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:12} {wide_bar} {human_pos}/{human_len} {eta:>4}");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(stage.as_str())
        .with_position(done);
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.tick();
    bar
}
