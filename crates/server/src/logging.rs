//! What is written to standard error.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::config::{Log, LogFormat};

/// Writes log lines from now on. A second call changes nothing.
pub(crate) fn start(log: &Log) {
    let level = LevelFilter::from_level(log.level.to_tracing());
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Somebody who embeds us may log already.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter(level))).try_init());
}

/// What of each part is written. The library of HTTP/2 warns of frames that mean nothing, each of which a stranger sends for 17 bytes: that
/// is for whoever looks for the cause of something.
fn filter(level: LevelFilter) -> Targets {
    let of_http2 = if level > LevelFilter::INFO { level } else { level.min(LevelFilter::ERROR) };
    Targets::new().with_default(level).with_target("h2", of_http2)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_library_of_http_2_is_heard_when_somebody_looks_for_a_cause() {
        let writes = |level, target: &str, of: Level| filter(level).would_enable(target, &of);
        for level in [LevelFilter::WARN, LevelFilter::INFO] {
            assert!(writes(level, "counterfoil::api", Level::WARN) && writes(level, "h2::proto", Level::ERROR));
            assert!(!writes(level, "h2::proto::ping_pong", Level::WARN), "{level}");
        }
        assert!(writes(LevelFilter::DEBUG, "h2::proto", Level::DEBUG));
        assert!(!writes(LevelFilter::DEBUG, "h2::proto", Level::TRACE));
        assert!(writes(LevelFilter::TRACE, "h2::proto", Level::TRACE));
    }
}
