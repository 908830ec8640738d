//! Logging in: by which names, with which passwords, for which scopes.

use counterfoil_core::authority::{AccountError, LoginError};
use counterfoil_core::id::Role;
use counterfoil_core::password::PasswordHash;

use crate::support::{House, Node, PASSWORD, changed, over_each_store, password, scopes, words};

over_each_store!(
    a_user_logs_in_by_any_spelling_of_name_or_address,
    lg_01_every_failure_is_alike,
    a_login_names_a_client_or_gets_the_default_one,
    a_login_may_ask_for_fewer_scopes,
    pw_08_a_bcrypt_hash_is_renewed_at_login,
    pw_08_a_renewal_gives_way_to_another_change,
    cr_06_a_damaged_hash_is_a_wrong_password_and_harms_nobody_else,
    pw_09_bcrypt_takes_no_password_that_it_would_cut,
    accounts_keep_names_apart,
    registration_can_be_closed_and_gives_no_role_but_user,
);

async fn a_user_logs_in_by_any_spelling_of_name_or_address(house: House) {
    let node = house.node().await;
    let alice = node.authority.user("alice").await.unwrap();
    for login in ["alice", "Alice", "ALICE", "alice@example.com", "Alice@Example.COM"] {
        let issued = node.try_log_in(login, PASSWORD, None, None).await.unwrap();
        assert_eq!(issued.user.id, alice.id, "{login}");
    }
}

async fn lg_01_every_failure_is_alike(house: House) {
    let node = house.node().await;
    node.add("bob", None, &[]).await;
    node.authority.disable("bob").await.unwrap();
    for (login, secret) in [
        ("alice", "not the pass phrase"),
        ("alice", ""),
        ("alice", "Quite a long pass phrase"),
        ("alice", "quite a long pass phrase "),
        ("alice@example.com", "not the pass phrase"),
        ("bob", PASSWORD),
        ("bob", "not the pass phrase"),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        (" alice", PASSWORD),
        ("", PASSWORD),
        ("al\u{200b}ice", PASSWORD),
        ("а\u{301}lice", PASSWORD),
        ("alice@", PASSWORD),
    ] {
        let refused = node.try_log_in(login, secret, None, None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{login:?}: {refused:?}");
    }
    assert!(node.authority.sessions(node.authority.user("bob").await.unwrap().id).await.unwrap().is_empty());
}

async fn a_login_names_a_client_or_gets_the_default_one(house: House) {
    let node = house.node().await;
    assert_eq!(node.try_log_in("alice", PASSWORD, None, None).await.unwrap().client.id.as_str(), "web");
    for client in ["nobody", "WEB", ""] {
        let refused = node.try_log_in("alice", PASSWORD, Some(client), None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::UnknownClient)), "{client:?}");
    }
}

async fn a_login_may_ask_for_fewer_scopes(house: House) {
    for client in crate::support::BUILTIN {
        let granted = scopes(&["read", "write", "admin"]);
        let node = house.node_with(changed(client, |client| client.scopes = granted)).await;
        let login = |scope| node.try_log_in("alice", PASSWORD, Some(client), scope);
        for (asked, expected) in [
            (None, &["admin", "read", "write"][..]),
            (Some("read"), &["read"]),
            (Some("write read"), &["write", "read"]),
            (Some("  read   read "), &["read"]),
            (Some(""), &[]),
        ] {
            let issued = login(asked).await.unwrap();
            assert_eq!(words(&issued.scopes), expected);
            assert_eq!(words(&node.believed(&issued.secret).await.scopes), expected, "{client} {asked:?}");
        }
        for asked in ["read delete", "READ", "rea", "read\twrite", "read,write"] {
            let refused = login(Some(asked)).await.map(drop);
            assert!(matches!(refused, Err(LoginError::Scope(_))), "{asked:?}");
        }
    }
}

async fn cr_06_a_damaged_hash_is_a_wrong_password_and_harms_nobody_else(house: House) {
    let node = house.node().await;
    for damaged in ["", "x", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA", "$2b$99$é", "$2b$05$"] {
        let mut user = node.authority.user("alice").await.unwrap();
        user.password = PasswordHash::stored(damaged);
        house.stores.users.change(&user, &[]).await.unwrap().unwrap();
        let refused = node.try_log_in("alice", PASSWORD, None, None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{damaged:?}");
        assert!(!house.stores.users.list(None, 10).await.unwrap().is_empty());
    }
}

/// Gives `alice` a hash that came from elsewhere.
async fn import_hash(house: &House, node: &Node, hash: &str) {
    let mut user = node.authority.user("alice").await.unwrap();
    user.password = PasswordHash::parse(hash).unwrap();
    house.stores.users.change(&user, &[]).await.unwrap().unwrap();
}

async fn stored_hash(node: &Node) -> String {
    node.authority.user("alice").await.unwrap().password.as_str().to_owned()
}

async fn pw_08_a_bcrypt_hash_is_renewed_at_login(house: House) {
    let node = house.node().await;
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = bcrypt::hash(PASSWORD, 4).unwrap().replacen("$2b$", version, 1);
        import_hash(&house, &node, &hash).await;
        node.try_log_in("alice", "not the pass phrase", None, None).await.map(drop).unwrap_err();
        assert_eq!(stored_hash(&node).await, hash, "a wrong password renews nothing");
        let issued = node.log_in("web").await;
        assert!(stored_hash(&node).await.starts_with("$argon2id$v=19$m=12288,t=3,p=1$"));
        node.believed(&issued.secret).await;
        let renewed = stored_hash(&node).await;
        node.log_in("web").await;
        assert_eq!(stored_hash(&node).await, renewed, "once is enough");
    }
}

async fn pw_08_a_renewal_gives_way_to_another_change(house: House) {
    let (node, control) = house.spied_node().await;
    let hash = bcrypt::hash(PASSWORD, 4).unwrap();
    import_hash(&house, &node, &hash).await;
    let admin = Role::parse("admin").unwrap();
    control.hold("users.by_username");
    let change = async {
        control.reached().await;
        let alice = house.stores.users.by_username("alice").await.unwrap().unwrap().id.to_string();
        node.authority.set_roles(&alice, |roles| roles.extend([admin.clone()])).await.unwrap();
        control.release();
    };
    let (issued, ()) = tokio::join!(node.log_in("web"), change);
    node.believed(&issued.secret).await;
    assert_eq!(stored_hash(&node).await, hash);
    assert!(node.authority.user("alice").await.unwrap().roles.contains(&admin), "the change is not undone");
}

async fn pw_09_bcrypt_takes_no_password_that_it_would_cut(house: House) {
    let node = house.node().await;
    let whole = "x".repeat(72);
    import_hash(&house, &node, &bcrypt::hash(&whole, 4).unwrap()).await;
    let refused = node.try_log_in("alice", &format!("{whole}y"), None, None).await.map(drop);
    assert!(matches!(refused, Err(LoginError::InvalidCredentials)));
    node.try_log_in("alice", &whole, None, None).await.unwrap();
}

async fn accounts_keep_names_apart(house: House) {
    let node = house.node().await;
    let register = |name, email| node.authority.register(name, email, password(PASSWORD));
    assert!(matches!(register("ALICE", None).await, Err(AccountError::UsernameTaken)));
    assert!(matches!(register("bob", Some("ALICE@example.com")).await, Err(AccountError::EmailTaken)));
    assert!(matches!(register("bob@example.com", None).await, Err(AccountError::Username(_))));
    assert!(matches!(register("bob", Some("bob")).await, Err(AccountError::Email(_))));
    let both = tokio::join!(register("carol", None), register("Carol", None));
    assert!(both.0.is_ok() != both.1.is_ok(), "of two who register one name, one has it");
}

async fn registration_can_be_closed_and_gives_no_role_but_user(house: House) {
    let node = house.node().await;
    let bob = node.authority.register("bob", None, password(PASSWORD)).await.unwrap();
    assert_eq!(bob.roles.iter().map(Role::as_str).collect::<Vec<_>>(), ["user"]);
    let weak = node.authority.register("carol", None, password("short")).await;
    assert!(matches!(weak, Err(AccountError::Password(_))));
    let own_name = node.authority.register("carol-of-the-hill", None, password("carol-of-the-hill")).await;
    assert!(matches!(own_name, Err(AccountError::Password(_))));
    let closed = house.closed_node().await;
    let refused = closed.authority.register("carol", None, password(PASSWORD)).await;
    assert!(matches!(refused, Err(AccountError::RegistrationClosed)));
}
