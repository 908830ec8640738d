//! Signing keys in SQL.

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::keys::{KeyRecord, KeyState};
use counterfoil_core::store::{Keys, StoreError};

use super::SqlStore;
use super::driver::{Step, Value};
use super::row::Columns;

const LIST: &str =
    "select kid, algorithm, state, sealed, created_at, state_since from signing_keys order by created_at, kid";
const ADD: &str = "insert into signing_keys (kid, algorithm, state, seat, sealed, created_at, state_since) values (?, ?, ?, ?, ?, ?, ?)";
const CHANGE_STATE: &str = "update signing_keys set state = ?, seat = ?, state_since = ? where kid = ? and state = ?";
const CHANGE_STATE_WITHIN: &str =
    "update signing_keys set state = ?, seat = ?, state_since = ? where kid = ? and state = ? and algorithm = ?";
const REMOVE: &str = "delete from signing_keys where kid = ? and state in ('retired', 'revoked')";

#[async_trait]
impl Keys for SqlStore {
    async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.all(LIST, Vec::new(), decode).await
    }

    async fn add(&self, key: &KeyRecord) -> Result<bool, StoreError> {
        self.changes_one(ADD, columns(key)).await
    }

    async fn change_state(&self, kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> Result<bool, StoreError> {
        self.changes_one(CHANGE_STATE, changing(kid, from, to, at)).await
    }

    async fn rotate(&self, active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> Result<bool, StoreError> {
        let moving = |kid, from, to| {
            let mut params = changing(kid, from, to, at);
            params.push(fresh.algorithm.to_string().into());
            params
        };
        let retire = moving(active, KeyState::Active, KeyState::Retired);
        let promote = moving(next, KeyState::Next, KeyState::Active);
        let fresh = columns(&KeyRecord { state: KeyState::Next, ..fresh.clone() });
        let steps = vec![
            Step::one(CHANGE_STATE_WITHIN, retire),
            Step::one(CHANGE_STATE_WITHIN, promote),
            Step::one(ADD, fresh),
        ];
        Ok(self.driver.write(steps).await?.is_done())
    }

    async fn remove(&self, kid: &str) -> Result<bool, StoreError> {
        self.changes_one(REMOVE, vec![kid.into()]).await
    }
}

/// The parameters of [`CHANGE_STATE`].
fn changing(kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> Vec<Value> {
    vec![to.as_str().into(), seat(to).into(), at.into(), kid.into(), from.as_str().into()]
}

/// The parameters of [`ADD`].
fn columns(key: &KeyRecord) -> Vec<Value> {
    vec![
        key.kid.as_str().into(),
        key.algorithm.to_string().into(),
        key.state.as_str().into(),
        seat(key.state).into(),
        key.sealed.as_slice().into(),
        key.created_at.into(),
        key.state_since.into(),
    ]
}

/// What an algorithm has one of.
const fn seat(state: KeyState) -> Option<&'static str> {
    match state {
        KeyState::Next | KeyState::Active => Some(state.as_str()),
        KeyState::Retired | KeyState::Revoked => None,
    }
}

fn decode(row: &mut Columns) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        kid: row.text("signing_keys.kid")?,
        algorithm: row.parsed("signing_keys.algorithm", str::parse)?,
        state: row.parsed("signing_keys.state", |text| serde_json::from_value(text.into()))?,
        sealed: row.bytes("signing_keys.sealed")?,
        created_at: row.time("signing_keys.created_at")?,
        state_since: row.time("signing_keys.state_since")?,
    })
}
