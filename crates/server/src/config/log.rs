//! `[log]`: what is written, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reader::Section;
use super::schema;
use super::value::Choice;

/// What is written to standard error, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
pub struct Log {
    /// The least important lines that are written.
    #[schemars(schema_with = "schema::of::<Level>")]
    pub level: Level,
    /// Text for people, or one JSON object a line for programs.
    #[schemars(schema_with = "schema::of::<LogFormat>")]
    pub format: LogFormat,
}

/// How important a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something failed.
    Error,
    /// Something will fail.
    Warn,
    /// What an operator wants to know.
    #[default]
    Info,
    /// What explains a problem.
    Debug,
    /// Everything.
    Trace,
}

/// How a line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Level {
    /// The level as tracing names it.
    pub const fn to_tracing(self) -> tracing::Level {
        match self {
            Self::Error => tracing::Level::ERROR,
            Self::Warn => tracing::Level::WARN,
            Self::Info => tracing::Level::INFO,
            Self::Debug => tracing::Level::DEBUG,
            Self::Trace => tracing::Level::TRACE,
        }
    }
}

impl Choice for Level {
    const WORDS: &'static [&'static str] = &["error", "warn", "info", "debug", "trace"];
}

impl Choice for LogFormat {
    const WORDS: &'static [&'static str] = &["text", "json"];
}

impl Log {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self { level: at.value("level", default.level), format: at.value("format", default.format) }
    }
}
