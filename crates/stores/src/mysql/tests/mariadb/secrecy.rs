//! What is never shown: the password, and what is stored.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use counterfoil_core::store::StoreError;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;

/// Writes down every event and span of every library.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Fields(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// All that an error says, in every way.
fn all(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?} ");
    let mut next = error.source();
    while let Some(source) = next {
        write!(text, "{source} {source:?} ").unwrap();
        next = source.source();
    }
    text
}

#[tokio::test]
async fn no_password_is_shown() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    tracing::info!("listening");
    let (stores, database) = store().await;
    stores.facts.ready().await.unwrap();
    let url = database.url();
    let password = url.split([':', '@']).nth(2).unwrap().to_owned();
    let refused = refusal(&url.replace(&password, "hunter2-is-wrong")).await;
    let nowhere = refusal(&format!("{url}x")).await;
    let texts = [all(&refused), all(&nowhere), log.0.lock().unwrap().clone()].concat();
    assert!(texts.contains("listening"), "the log is written down");
    for secret in [password.as_str(), "hunter2-is-wrong"] {
        assert!(!texts.contains(secret), "{texts}");
    }
}

#[tokio::test]
async fn what_is_stored_is_not_quoted() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let (stores, _database) = store().await;
    let (name, content) = ("a-name-to-keep", "content-to-keep");
    assert!(stores.facts.change_fact(name, None, Some(content)).await.unwrap());
    assert!(!stores.facts.change_fact(name, None, Some(content)).await.unwrap());
    // Longer than the column.
    let long = name.repeat(200);
    let error = stores.facts.change_fact(&long, None, Some(content)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)));
    let texts = all(&error) + &log.0.lock().unwrap();
    assert!(!texts.contains(name) && !texts.contains(content), "{texts}");
}
