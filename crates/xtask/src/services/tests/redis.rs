//! Redis, and Redis Cluster.

use super::super::{Options, Redis, RedisCluster};
use super::{assert_gone, tls};

#[test]
fn redis_answers_fails_as_told_and_keeps_what_was_written() {
    let mut server = Redis::start(&Options::default().durable()).unwrap();
    let folder = server.folder().to_owned();
    assert_eq!(server.query(&["SET", "k", "v"]).unwrap(), "OK");
    server.pause().unwrap();
    assert!(server.query(&["GET", "k"]).unwrap_err().to_string().contains("does not answer"));
    server.resume().unwrap();
    assert_eq!(server.query(&["GET", "k"]).unwrap(), "v");
    server.kill().unwrap();
    server.start_again().unwrap();
    assert_eq!(server.query(&["GET", "k"]).unwrap(), "v");
    server.stop().unwrap();
    server.start_again().unwrap();
    assert_eq!(server.query(&["GET", "k"]).unwrap(), "v");
    assert!(server.query(&["CONFIG", "GET", "maxmemory-policy"]).unwrap().ends_with("noeviction"));
    drop(server);
    assert_gone(&folder);
}

#[test]
fn redis_takes_settings_and_nobody_without_the_password() {
    let server = Redis::start(&Options::default().set("maxmemory-policy", "allkeys-lru")).unwrap();
    assert!(server.query(&["CONFIG", "GET", "maxmemory-policy"]).unwrap().ends_with("allkeys-lru"));
    let anyone = std::process::Command::new("redis-cli").args(["-p", &server.port().to_string(), "PING"]).output();
    assert!(String::from_utf8_lossy(&anyone.unwrap().stdout).contains("NOAUTH"));
}

#[test]
fn redis_speaks_tls_alone_when_told() {
    let (options, _folder) = tls();
    let server = Redis::start(&options).unwrap();
    assert!(server.url().starts_with("rediss://:"));
    let plain = std::process::Command::new("redis-cli").args(["-e", "-p", &server.port().to_string(), "PING"]).output();
    assert!(!plain.unwrap().status.success());
}

#[test]
fn a_cluster_has_a_place_for_every_key() {
    let mut cluster = RedisCluster::start(&Options::default().durable()).unwrap();
    let folders: Vec<_> = cluster.nodes().iter().map(|node| node.folder().to_owned()).collect();
    assert_eq!(cluster.url().matches("127.0.0.1:").count(), 3);
    let keys: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    for key in &keys {
        assert_eq!(cluster.query(&["SET", key, key]).unwrap(), "OK");
    }
    let here: Vec<String> = cluster.nodes().iter().map(|node| node.query(&["DBSIZE"]).unwrap()).collect();
    assert!(here.iter().all(|count| count != "0"), "{here:?}");
    cluster.kill().unwrap();
    cluster.start_again().unwrap();
    for key in &keys {
        assert_eq!(&cluster.query(&["GET", key]).unwrap(), key);
    }
    drop(cluster);
    for folder in folders {
        assert_gone(&folder);
    }
}

#[test]
fn a_cluster_has_replicas_and_tls_when_told() {
    let (options, _folder) = tls();
    let cluster = RedisCluster::start_with_replicas(&options, 1).unwrap();
    assert_eq!(cluster.nodes().len(), 6);
    assert!(cluster.nodes()[3].query(&["ROLE"]).unwrap().starts_with("slave"));
    assert!(cluster.url().starts_with("rediss+cluster://:"));
    for key in ["a", "b", "c", "d"] {
        assert_eq!(cluster.query(&["SET", key, "v"]).unwrap(), "OK");
    }
}
