//! Accounts that were made elsewhere.

use super::house::{Node, secret, setup};
use crate::account::Username;
use crate::authority::{Import, ImportedUser, LoginError};
use crate::credential::Kind;
use crate::password::{FirebaseParameters, PasswordHash};
use crate::store::Stores;

/// What all of these are hashes of, by each program's own means.
const STAPLE: &str = "correct horse battery staple";

/// One of each kind, as cheap as it may be.
const HASHES: [&str; 18] = [
    "$2a$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$wp$2y$04$abcdefghijklmnopqrstuuV0klnHbXcaXKo7A89DBGKqZVoAS9L2u",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK",
    "bcrypt$$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$scrypt$ln=6,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$aAVKOZ8ROYEE4yWmbDKXV0TAtEvsR+dFsJkrIHJrKIw",
    "pbkdf2_sha256$1000$seasalt22charactersXYZ$X+KnqBORtvVXDkfKpRoPT9izqVBOnNtNHtCKrcokemQ=",
    "$pbkdf2$1000$.//.c2FsdA$I9PaRD5jj8k5Zt4swWQ1Hw.Fm6U",
    "$pbkdf2-sha256$i=2000$+//+LXNhbHQtb2YtMTZiIQ$CQWiMkYMGNXa374XhnemqRRa+bhaGh3eGPBaM0vcQWHsnnylN3CQLkFHaRJdCSW+ddVypP3ob2Q7T4wjppVJ/g",
    "pbkdf2_sha1$1000$seasalt22charactersXYZ$bywHHWi9x21yHmJxPbO2hbjBwCc=",
    "$argon2d$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$/DCEUH8tCQd+Ptw+35mA+XE4Jfv6fM/MXLeDEELrSOk",
    "argon2$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$pdTF8507jcWXjoGSpkGWk5bxVGLI081DxCP04RZcA3E",
    "$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$jA20HEgvtH0QArdB5I4YGuMUIQTyrGd6Q58mu9tZoIc",
    "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$pdTF8507jcWXjoGSpkGWk5bxVGLI081DxCP04RZcA3E",
    "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    "$6$saltstring$qvPJY4PeugKzKQqyIJ0gRdJnpS0uaaiZ.X1SaheFedsK/yZPwlluTLS90fJPM41sD5JxCHKgGr1..qt5HqEY8.",
    "scrypt$64$seasalt$8$1$5UWv474vciPDuLbPYB2MY96K0JOUYQ9/ArETQNIAeMJSS0kklckGlftGeyWQJtIUXFKzQcpbO53jrBEnOmgFBg==",
];

fn firebase() -> PasswordHash {
    let console = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: \
                   AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==,\n  \
                   base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 10,\n}\n";
    let parameters: FirebaseParameters = console.parse().unwrap();
    let hash = "EiOTPCZpQKD5TtsBDwQwA6i2o6SyuF/K3YZC4aYb+XueAjZ6oebiaUGzxn1BgyclOCPTHKi/gjo+KN7r4IIpzg==";
    parameters.hash(hash, "MDEyMzQ1Njc4OQ==").unwrap()
}

fn imported(number: usize, password: PasswordHash) -> ImportedUser {
    ImportedUser {
        id: None,
        username: Username::parse(&format!("user{number}")).unwrap(),
        email: None,
        password,
        roles: None,
        metadata: None,
        state: None,
        created_at: None,
    }
}

pub async fn pw_08_a_hash_of_every_kind_is_imported_lets_its_owner_in_and_is_renewed(stores: Stores) {
    let secret = secret();
    let node = async || Node::open(setup(stores.clone(), &secret, Kind::Token)).await;
    let (node, other) = (node().await, node().await);
    let hashes = HASHES.iter().map(|hash| PasswordHash::parse(hash).unwrap()).chain([firebase()]);
    let users: Vec<_> = hashes.enumerate().map(|(number, hash)| imported(number, hash)).collect();
    let done = node.authority.import(&users).await.unwrap();
    assert_eq!(done, vec![Ok(Import::Added); users.len()]);
    for user in &users {
        let (name, hash) = (user.username.as_str(), &user.password);
        let stored = async || stores.users.by_username(user.username.key()).await.unwrap().unwrap().password;
        for node in [&node, &other] {
            let refused = node.try_log_in(name, "correct horse battery stable", "web").await.map(drop);
            assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{hash:?}: {refused:?}");
        }
        assert_eq!(stored().await, *hash, "it comes back as it went in, and a wrong password renews nothing");
        node.try_log_in(name, STAPLE, "web").await.unwrap();
        let renewed = stored().await;
        assert!(renewed.is_ours() && renewed != *hash, "{hash:?}: {renewed:?}");
        for node in [&node, &other] {
            node.try_log_in(name, STAPLE, "web").await.unwrap();
        }
        assert_eq!(stored().await, renewed, "once is enough");
    }
    let again = other.authority.import(&users).await.unwrap();
    assert_eq!(again, vec![Ok(Import::AlreadyThere); users.len()]);
}
