//! Why a server is refused, in one sentence.

use std::path::Path;
use std::sync::Arc;

use xtask::services::{Options, Redis, RedisCluster};

use super::PATIENCE;
use crate::memory::MemoryStore;
use crate::redis::RedisStore;

/// What is said when an address is opened. `None`: it was opened.
async fn said(url: &str) -> Option<String> {
    let options = crate::server::Options { timeout: PATIENCE, ..Default::default() };
    let log = Arc::clone(&MemoryStore::new().stores().revocations);
    let error = RedisStore::open(&url.parse().unwrap(), log, &options).await.err()?;
    let said = error.to_string();
    if let Some((_, password)) = url.split_once('@').and_then(|(login, _)| login.rsplit_once(':')) {
        let whole = format!("{said} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(password.len() < 3 || !whole.contains(password), "{whole}");
    }
    said.split_once(": ").map(|(_, fault)| fault.to_owned())
}

#[tokio::test]
async fn whoever_is_not_there_or_says_nothing_is_told_apart() {
    let nobody = "it cannot be reached: start it, or correct the host and port in the address";
    assert_eq!(said("redis://127.0.0.1:9").await.as_deref(), Some(nobody));
    assert_eq!(said("redis+cluster://127.0.0.1:9,127.0.0.1:9").await.as_deref(), Some(nobody));
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let silent = "it did not answer within 5 s: see whether it is overloaded or a firewall is in the way";
    assert_eq!(said(&format!("redis://127.0.0.1:{port}")).await.as_deref(), Some(silent));
}

#[tokio::test]
async fn a_login_that_is_refused_is_said_to_be() {
    let server = Redis::start(&Options::default()).unwrap();
    let place = format!("127.0.0.1:{}", server.port());
    let refused = "it refused the user or the password: correct them in the address";
    assert_eq!(said(&format!("redis://:not-the-password@{place}")).await.as_deref(), Some(refused));
    assert_eq!(said(&format!("redis://nobody:not-the-password@{place}")).await.as_deref(), Some(refused));
    let missing = "it asks for a password, and the address has none";
    assert_eq!(said(&format!("redis://{place}")).await.as_deref(), Some(missing));
    let other = said(&format!("{}/99", server.url())).await.unwrap();
    assert!(other.starts_with("it has no database of the number 99"), "{other}");
    assert_eq!(said(&format!("{}/3", server.url())).await, None);
    server.query(&["CONFIG", "SET", "requirepass", ""]).unwrap();
    assert_eq!(said(&format!("redis://{place}")).await, None);
}

#[tokio::test]
async fn a_user_who_may_not_do_all_is_told_what_to_allow() {
    let server = Redis::start(&Options::default()).unwrap();
    let url = format!("redis://app:long-enough-word@127.0.0.1:{}", server.port());
    let allow = async |rules: &[&str]| {
        let mut words = vec!["ACL", "SETUSER", "app", "reset", "on", ">long-enough-word"];
        words.extend(rules);
        server.query(&words).unwrap();
        said(&url).await
    };
    let rule = "allow it by `ACL SETUSER app ~counterfoil:* +@read +@write +@scripting +@connection +info +cluster|slots +config|get`";
    assert!(allow(&["~*", "+@connection"]).await.unwrap().ends_with(rule));
    let commands = ["~counterfoil:*", "+@read", "+@connection", "+info", "+@scripting"];
    let refused = allow(&commands).await.unwrap();
    assert!(refused.ends_with(rule), "{refused}");
    let keys = ["~others:*", "+@all"];
    assert!(allow(&keys).await.unwrap().ends_with(rule));
    for command in ["-expire", "-evalsha", "-zrem"] {
        assert!(allow(&["~counterfoil:*", "+@all", command]).await.unwrap().ends_with(rule), "{command}");
    }
    let said = [
        "~counterfoil:*",
        "+@read",
        "+@write",
        "+@scripting",
        "+@connection",
        "+info",
        "+cluster|slots",
        "+config|get",
    ];
    assert_eq!(allow(&said).await, None, "what is said is enough");
    let frugal = ["~counterfoil:*", "+@read", "+@write", "+@scripting", "+@connection", "+info"];
    assert_eq!(allow(&frugal).await, None, "what is only asked for a warning is not needed");
}

#[tokio::test]
async fn a_user_of_a_cluster_needs_the_same_and_to_know_the_slots() {
    let cluster = RedisCluster::start(&Options::default()).unwrap();
    let url = cluster.url().replace("//:", "//app:");
    let password = format!(">{}", cluster.url().split_once("//:").unwrap().1.split_once('@').unwrap().0);
    let allow = async |last: &[&str]| {
        for node in cluster.nodes() {
            let mut words = vec!["ACL", "SETUSER", "app", "reset", "on", &password, "~counterfoil:*"];
            words.extend(["+@read", "+@write", "+@scripting", "+@connection", "+info"]);
            words.extend(last);
            node.query(&words).unwrap();
        }
        said(&url).await
    };
    assert!(allow(&[]).await.unwrap().contains("+cluster|slots"));
    assert_eq!(allow(&["+cluster|slots"]).await, None);
}

#[tokio::test]
async fn a_server_that_may_drop_keys_is_refused() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let server = Redis::start(&Options::default().set("maxmemory-policy", policy)).unwrap();
        let expected = format!(
            "its `maxmemory-policy` is `{policy}`, which drops logins when memory is short: set `maxmemory-policy noeviction`"
        );
        assert_eq!(said(&server.url()).await, Some(expected));
    }
    let cluster = RedisCluster::start(&Options::default()).unwrap();
    cluster.nodes()[2].query(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]).unwrap();
    assert!(said(&cluster.url()).await.unwrap().contains("allkeys-random"), "every node is asked");
}

#[tokio::test]
async fn a_server_of_another_kind_is_told_by_its_scheme() {
    let (mut server, cluster) =
        (Redis::start(&Options::default()).unwrap(), RedisCluster::start(&Options::default()).unwrap());
    let single = "it is a single server and no Redis Cluster: write `redis://` (with TLS `rediss://`)";
    assert_eq!(said(&server.url().replace("redis:", "redis+cluster:")).await.as_deref(), Some(single));
    let (node, _) = cluster.url().split_once(',').map(|(first, rest)| (first.to_owned(), rest.to_owned())).unwrap();
    let clustered = "it is a node of a Redis Cluster: write `redis+cluster://` (with TLS `rediss+cluster://`)";
    assert_eq!(said(&node.replace("redis+cluster:", "redis:")).await.as_deref(), Some(clustered));
    assert_eq!(said(&node).await, None, "one node is enough to find the others");

    server.query(&["REPLICAOF", "127.0.0.1", "9"]).unwrap();
    let replica = "it takes no writes: name the primary, not a replica";
    assert_eq!(said(&server.url()).await.as_deref(), Some(replica));
    server.stop().unwrap();
    for node in cluster.nodes() {
        node.query(&["CLUSTER", "DELSLOTS", "0"]).unwrap();
    }
    assert!(said(&cluster.url()).await.unwrap().contains("some slots have no node"));
}

/// A certificate for 127.0.0.1 that is its own authority, in a folder.
fn certificate(folder: &Path) -> Options {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Options::default().tls(certificate, key)
}

#[tokio::test]
async fn cr_08_tls_is_verified_and_its_faults_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Redis::start(&certificate(folder.path())).unwrap();
    let trusted = |file: &str| format!("{}?ca={}", server.url(), folder.path().join(file).display());
    assert_eq!(said(&trusted("certificate.pem")).await, None);
    let distrusted = said(&server.url()).await.unwrap();
    assert!(
        distrusted.starts_with("its certificate is not to be trusted (nobody whom we trust has signed it)"),
        "{distrusted}"
    );
    let misnamed = said(&trusted("certificate.pem").replace("127.0.0.1", "localhost")).await.unwrap();
    assert!(misnamed.contains("it is for another host"), "{misnamed}");
    let missing = said(&trusted("missing.pem")).await.unwrap();
    assert!(missing.starts_with("the file of trusted certificates") && missing.contains("cannot be read"), "{missing}");
    std::fs::write(folder.path().join("empty.pem"), "no certificate").unwrap();
    let empty = said(&trusted("empty.pem")).await.unwrap();
    assert!(empty.ends_with("holds no certificate"), "{empty}");

    let plain = said(&server.url().replace("rediss:", "redis:")).await.unwrap();
    assert!(plain.contains("write `rediss`"), "{plain}");
    let server = Redis::start(&Options::default()).unwrap();
    let none = said(&server.url().replace("redis:", "rediss:")).await.unwrap();
    assert!(none.starts_with("it offers no TLS") && none.contains("`redis://`"), "{none}");
}

#[tokio::test]
async fn a_cluster_speaks_tls_too() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = RedisCluster::start(&certificate(folder.path())).unwrap();
    let url = format!("{}?ca={}", cluster.url(), folder.path().join("certificate.pem").display());
    assert_eq!(said(&url).await, None);
    let distrusted = said(&cluster.url()).await.unwrap();
    assert!(distrusted.contains("its certificate is not to be trusted"), "{distrusted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_may_try_a_server_at_once_while_others_look_whether_it_is_ready() {
    let space = xtask::services::fresh::redis().unwrap();
    let url = space.url();
    let others = super::stores(&url).await;
    for _ in 0..8 {
        let opened = (0..12).map(|_| said(&url));
        let (said, ready) = tokio::join!(futures_util::future::join_all(opened), others.sessions.ready());
        ready.unwrap();
        assert!(said.iter().all(Option::is_none), "{said:?}");
    }
}
