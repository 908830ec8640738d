//! The fact that says whose copy this is and how far.

use serde::{Deserialize, Serialize};

use super::{COPY_FACT, CopyError, Stage};
use crate::audit::Ends;
use crate::store::{LoginCounts, StoreError, Stores};
use crate::system::{APART, SECRET_FACT, SESSIONS_FACT};

/// The mark of an unfinished copy. Whoever moves it owns it: of two who copy at once, one is told.
pub(super) struct Mark<'a> {
    to: &'a Stores,
    state: State,
    text: String,
}

/// What the fact says.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    /// By what the source knows its secret again.
    source: String,
    stage: Stage,
    /// How far the stage is, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// What a target was found to be.
pub(super) enum Begun<'a> {
    /// Marked, now or before.
    Unfinished(Mark<'a>),
    /// Of the same installation, and not marked.
    PerhapsComplete,
}

/// Finds the mark, or makes one in an empty target. Logins that are the source's as well do not fill it.
pub(super) async fn begin<'a>(to: &'a Stores, source: &str, shares_sessions: bool) -> Result<Begun<'a>, CopyError> {
    let failed = CopyError::Target;
    if let Some(bypassed) = &to.bypassed
        && !bypassed.export(None, 1).await.map_err(failed)?.logins.is_empty()
    {
        return Err(CopyError::NotEmpty);
    }
    if let Some(text) = to.facts.fact(COPY_FACT).await.map_err(failed)? {
        let state: State = serde_json::from_str(&text).map_err(|_| failed(damaged()))?;
        return if state.source == source {
            Ok(Begun::Unfinished(Mark { to, state, text }))
        } else {
            Err(CopyError::OtherSource)
        };
    }
    let is_empty = async |facts| {
        let holds_none = shares_sessions || to.sessions.count().await? == LoginCounts::default();
        Ok::<_, StoreError>(holds_none && is_empty_else(to, facts).await?)
    };
    if !is_empty(0).await.map_err(failed)? {
        let secret = to.facts.fact(SECRET_FACT).await.map_err(failed)?;
        let are_apart = to.facts.fact(SESSIONS_FACT).await.map_err(failed)?.is_some();
        let is_alike = secret.as_deref() == Some(source) && are_apart == to.bypassed.is_some();
        return if is_alike { Ok(Begun::PerhapsComplete) } else { Err(CopyError::NotEmpty) };
    }
    let state = State { source: source.to_owned(), stage: Stage::Users, cursor: None };
    let text = state.text()?;
    if !to.facts.change_fact(COPY_FACT, None, Some(&text)).await.map_err(failed)? {
        return Err(CopyError::Busy);
    }
    // A server that opens the target looks for the mark after it has left its own; one of the two sees the other.
    if !is_empty(1).await.map_err(failed)? {
        to.facts.change_fact(COPY_FACT, Some(&text), None).await.map_err(failed)?;
        return Err(CopyError::NotEmpty);
    }
    Ok(Begun::Unfinished(Mark { to, state, text }))
}

/// Whether nothing but logins and this many facts is stored.
async fn is_empty_else(stores: &Stores, facts: usize) -> Result<bool, StoreError> {
    Ok(stores.users.is_empty().await?
        && stores.keys.list().await?.is_empty()
        && stores.revocations.head().await?.0 == 0
        && stores.audit.ends().await? == Ends::default()
        && stores.audit.count().await? == 0
        && stores.facts.list().await?.len() == facts)
}

impl Mark<'_> {
    pub(super) const fn stage(&self) -> Stage {
        self.state.stage
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.state.cursor.as_deref()
    }

    pub(super) async fn next_stage(&mut self) -> Result<(), CopyError> {
        self.move_to(self.state.stage.next(), None).await
    }

    /// Notes how far the stage is, unless that is known.
    pub(super) async fn advance_to(&mut self, cursor: Option<String>) -> Result<(), CopyError> {
        if cursor == self.state.cursor { Ok(()) } else { self.move_to(self.state.stage, cursor).await }
    }

    pub(super) async fn move_to(&mut self, stage: Stage, cursor: Option<String>) -> Result<(), CopyError> {
        let state = State { stage, cursor, ..self.state.clone() };
        let text = state.text()?;
        self.change(Some(&text)).await?;
        (self.state, self.text) = (state, text);
        Ok(())
    }

    /// Says where the copy's logins are and by which secret it is opened, and only then that it may be.
    pub(super) async fn complete(self, secret: &str) -> Result<(), CopyError> {
        let facts = &self.to.facts;
        // An attempt that came this far may have had another place for them.
        let said = facts.fact(SESSIONS_FACT).await.map_err(CopyError::Target)?;
        let apart = self.to.bypassed.as_ref().map(|_| APART);
        if said.as_deref() != apart {
            facts.change_fact(SESSIONS_FACT, said.as_deref(), apart).await.map_err(CopyError::Target)?;
        }
        facts.change_fact(SECRET_FACT, None, Some(secret)).await.map_err(CopyError::Target)?;
        if facts.fact(SECRET_FACT).await.map_err(CopyError::Target)?.as_deref() != Some(secret) {
            return Err(CopyError::Busy);
        }
        self.change(None).await
    }

    async fn change(&self, to: Option<&str>) -> Result<(), CopyError> {
        match self.to.facts.change_fact(COPY_FACT, Some(&self.text), to).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(CopyError::Busy),
            Err(error) => Err(CopyError::Target(error)),
        }
    }
}

impl State {
    fn text(&self) -> Result<String, CopyError> {
        serde_json::to_string(self).map_err(|_| CopyError::Target(damaged()))
    }
}

fn damaged() -> StoreError {
    StoreError::Damaged { what: format!("the fact `{COPY_FACT}`"), source: None }
}
