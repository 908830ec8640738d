//! A database as the first version has left it, for tests of what becomes of it.

use counterfoil_core::Timestamp;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::Family;
use counterfoil_core::store::Stores;

use super::FIRST;
use crate::sql::Dialect;

/// The statements that make a database of version 1 with a login in it, which has a reference and a family: what stands in hex is
/// spelled by `bytes`.
pub(crate) fn statements(dialect: &Dialect, bytes: impl Fn(&str) -> String) -> Vec<String> {
    let (id, hash) = (bytes(&"07".repeat(16)), bytes(&"07".repeat(32)));
    let mut statements: Vec<String> = FIRST.iter().map(|text| dialect.schema(text)).collect();
    statements.extend([
        "update schema_version set version = 1".to_owned(),
        format!("insert into sessions values ({id}, {id}, 'web', 'session', 3, 'a b', 1, 2, 3000, null, null, '{{}}')"),
        format!("insert into session_references values ({hash}, {id}, 'web', 'a', null, null, 3000)"),
        format!("insert into families values ({id}, {id}, 'api', 'b', 4, {hash}, 5, 3000)"),
    ]);
    statements
}

/// That the login of [`statements`] counts as it did, and that it knows nothing of the log.
pub(crate) async fn assert_lives(stores: &Stores) {
    let (session, user, hash) =
        (SessionId::from_bytes([7; 16]), UserId::from_bytes([7; 16]), SecretHash::from_bytes([7; 32]));
    let (reference, by_reference) = stores.sessions.by_reference(&hash).await.unwrap().unwrap();
    let (family, by_family) = stores.sessions.by_family(FamilyId::from_bytes([7; 16])).await.unwrap().unwrap();
    assert_eq!((by_reference.id, by_reference.user, by_reference.generation), (session, user, 3));
    assert_eq!(by_reference, by_family);
    assert_eq!((reference.session, reference.position), (session, Position(0)));
    assert_eq!((family.generation, family.position, by_family.position), (4, Position(0), Position(0)));
    let now = Timestamp::from_millis(100);
    assert_eq!(stores.sessions.list(user, now, usize::MAX).await.unwrap(), [by_family]);
    let next = Family { generation: 5, position: Position(8), ..family.clone() };
    assert!(stores.sessions.rotate(&family, &next).await.unwrap());
    assert_eq!(stores.sessions.by_family(family.id).await.unwrap().unwrap().0, next);
}
