//! What each target ends, and for how long it is held.

use std::sync::LazyLock;

use super::*;

static CLIENT: LazyLock<ClientId> = LazyLock::new(|| ClientId::parse("exchanged").unwrap());
static LOGIN_CLIENT: LazyLock<ClientId> = LazyLock::new(|| ClientId::parse("logged:in").unwrap());

fn entry(position: u64, target: Target) -> Entry {
    Entry { position: Position(position), target, expires_at: Timestamp::from_millis(1_000) }
}

fn subject() -> Subject<'static> {
    Subject {
        user: UserId::from_bytes([1; 16]),
        login: SessionId::from_bytes([2; 16]),
        login_client: &LOGIN_CLIENT,
        client: &CLIENT,
        token: Some(TokenId::from_bytes([3; 16])),
        key: Some("k"),
        generation: 0,
        position: Position(0),
    }
}

fn changed(user: UserId, version: u64, roles: &[&str]) -> Target {
    let roles = roles.iter().map(|role| Role::parse(role).unwrap()).collect();
    Target::Changed { user, version, roles: Some(roles) }
}

#[test]
fn each_target_ends_what_it_names_and_nothing_else() {
    let subject = subject();
    let named = [
        Target::Session { session: SessionId::from_bytes([2; 16]) },
        Target::Token { token: TokenId::from_bytes([3; 16]) },
        Target::Key { kid: "k".to_owned() },
        Target::User { user: subject.user, standing: Standing { generation: 1, spared: None } },
        Target::Client { client: CLIENT.clone() },
        Target::Client { client: LOGIN_CLIENT.clone() },
        Target::System,
    ];
    for target in named {
        let replica = Replica::default();
        assert!(replica.admits(&subject));
        replica.apply(&[entry(1, target.clone())]);
        assert!(!replica.admits(&subject), "{target:?}");
        assert_eq!(replica.position(), Position(1));
    }
    let others = [
        Target::Session { session: SessionId::from_bytes([9; 16]) },
        Target::Token { token: TokenId::from_bytes([9; 16]) },
        Target::Key { kid: "K".to_owned() },
        Target::User { user: UserId::from_bytes([9; 16]), standing: Standing { generation: 1, spared: None } },
        Target::Client { client: ClientId::parse("other").unwrap() },
        changed(subject.user, 1, &[]),
        Target::Ring,
    ];
    let replica = Replica::default();
    replica.apply(&others.map(|target| entry(1, target)));
    assert!(replica.admits(&subject));
}

#[test]
fn what_is_noted_counts_at_once_and_does_not_move_the_position() {
    let replica = Replica::default();
    let target = Target::Session { session: SessionId::from_bytes([2; 16]) };
    let before = replica.version();
    replica.note(&[Announcement { target, expires_at: Timestamp::from_millis(1_000) }]);
    assert!(!replica.admits(&subject()));
    assert!(replica.version() > before);
    assert_eq!(replica.position(), Position(0), "what others appended before has yet to be read");
}

#[test]
fn an_older_generation_never_replaces_a_newer_one() {
    let user = UserId::from_bytes([1; 16]);
    let replica = Replica::default();
    replica.apply(&[entry(2, Target::User { user, standing: Standing { generation: 2, spared: None } })]);
    replica.apply(&[entry(1, Target::User { user, standing: Standing { generation: 1, spared: None } })]);
    assert!(!replica.admits(&Subject { generation: 1, ..subject() }));
    assert_eq!(replica.position(), Position(2));
}

#[test]
fn a_change_makes_older_memories_stale_but_not_newer_ones() {
    let user = UserId::from_bytes([1; 16]);
    let replica = Replica::default();
    let before = replica.version();
    replica.apply(&[entry(5, changed(user, 1, &[]))]);
    assert!(!replica.unchanged(user, before));
    assert!(replica.unchanged(user, replica.version()));
}

#[test]
fn a_client_and_the_system_end_what_does_not_know_of_it_and_nothing_later() {
    for target in [Target::Client { client: CLIENT.clone() }, Target::System] {
        let replica = Replica::default();
        replica.apply(&[entry(7, target.clone()), entry(5, target.clone())]);
        let knows = |position| Subject { position: Position(position), ..subject() };
        assert!(!replica.admits(&knows(6)), "{target:?}");
        assert!(replica.admits(&knows(7)), "{target:?}");
        replica.forget_expired(Timestamp::from_millis(999));
        assert!(!replica.admits(&knows(6)), "{target:?}");
        replica.forget_expired(Timestamp::from_millis(1_000));
        assert!(replica.admits(&knows(6)), "{target:?}: all of them have expired");
    }
}

#[test]
fn what_is_noted_at_a_position_ends_what_does_not_know_of_it() {
    let replica = Replica::default();
    let said = |target| Announcement { target, expires_at: Timestamp::from_millis(1_000) };
    replica.note_at(&[said(Target::System), said(Target::Ring)], Position(9));
    assert!(!replica.admits(&Subject { position: Position(7), ..subject() }));
    assert!(replica.admits(&Subject { position: Position(8), ..subject() }));
    assert_eq!((replica.position(), replica.known()), (Position(0), Position(0)), "others may stand before it");
}

#[test]
fn what_was_read_ahead_is_known_and_not_followed() {
    let replica = Replica::default();
    replica.look_at(&[entry(3, Target::Ring)]);
    assert_eq!((replica.position(), replica.known()), (Position(0), Position(3)));
    replica.apply(&[entry(2, Target::Ring)]);
    assert_eq!((replica.position(), replica.known()), (Position(2), Position(3)));
    replica.apply(&[entry(4, Target::Ring)]);
    assert_eq!((replica.position(), replica.known()), (Position(4), Position(4)));
}

#[test]
fn the_roles_of_the_newest_version_are_those_that_count() {
    let user = UserId::from_bytes([1; 16]);
    let replica = Replica::default();
    replica.apply(&[entry(1, changed(user, 5, &["new"])), entry(2, changed(user, 4, &["old"]))]);
    let standing = Standing { generation: 1, spared: None };
    replica.apply(&[entry(3, Target::User { user, standing })]);
    replica.apply(&[entry(4, Target::Changed { user, version: 0, roles: None })]);
    assert_eq!(replica.roles_since(user, 4).unwrap(), [Role::parse("new").unwrap()]);
    assert_eq!(replica.roles_since(user, 5), None, "who knows that version has its roles");
    assert_eq!(replica.roles_since(UserId::from_bytes([2; 16]), 0), None);
}

#[test]
fn what_was_announced_twice_is_held_for_as_long_as_either_says() {
    let session = SessionId::from_bytes([2; 16]);
    for expiries in [[1_000, 500], [500, 1_000]] {
        let replica = Replica::default();
        for millis in expiries {
            let expires_at = Timestamp::from_millis(millis);
            replica.note(&[Announcement { target: Target::Session { session }, expires_at }]);
        }
        replica.forget_expired(Timestamp::from_millis(999));
        assert!(!replica.admits(&subject()));
    }
}

#[test]
fn entries_are_forgotten_once_their_credentials_have_expired() {
    let replica = Replica::default();
    replica.apply(&[entry(1, Target::Session { session: SessionId::from_bytes([2; 16]) })]);
    replica.forget_expired(Timestamp::from_millis(999));
    assert!(!replica.admits(&subject()));
    replica.forget_expired(Timestamp::from_millis(1_000));
    assert!(replica.admits(&subject()));
}

#[test]
fn a_restore_ends_what_does_not_know_of_it_and_forgets_what_was_before() {
    let user = UserId::from_bytes([1; 16]);
    let replica = Replica::default();
    let standing = Standing { generation: 7, spared: None };
    replica.apply(&[entry(1, Target::User { user, standing }), entry(2, changed(user, 9, &["lost"]))]);
    replica.apply(&[entry(10, Target::Restored)]);
    let knows = |position| Subject { position: Position(position), generation: 3, ..subject() };
    assert!(!replica.admits(&Subject { generation: 7, ..knows(9) }));
    assert!(replica.admits(&knows(10)), "the generation comes again");
    assert_eq!(replica.roles_since(user, 3), None, "these roles were never given");
    let token = Target::Token { token: TokenId::from_bytes([3; 16]) };
    replica.apply(&[entry(11, token), entry(10, Target::Restored)]);
    assert!(!replica.admits(&knows(10)), "taken in twice, it forgets nothing more");
}
