//! What is weak at a server, seen without writing there.

use xtask::services::{Options, Redis, RedisCluster};

use crate::server::{Fault, Shortcoming, Weakness};

async fn look(url: &str) -> Result<Vec<Shortcoming>, Fault> {
    let weaknesses = crate::look_at_sessions(&url.parse().unwrap(), &crate::Options::patient()).await;
    let what = |weakness: Weakness| {
        assert!(weakness.place.starts_with("127.0.0.1:") && weakness.product.starts_with("Redis"), "{weakness}");
        assert!(weakness.to_string().contains(weakness.what.remedy()), "{weakness}");
        weakness.what
    };
    weaknesses.map(|weaknesses| weaknesses.into_iter().map(what).collect()).map_err(|error| error.fault)
}

#[tokio::test]
async fn what_a_crash_would_cost_is_told_apart() {
    use Shortcoming::{AppendedAtWill, AppendedEachSecond, Forgetful, Snapshots};
    let server = Redis::start(&Options::default()).unwrap();
    for (settings, found) in [
        ([("appendonly", "no"), ("save", "")], Some(Forgetful)),
        ([("appendonly", "no"), ("save", "3600 1")], Some(Snapshots)),
        ([("appendonly", "yes"), ("appendfsync", "no")], Some(AppendedAtWill)),
        ([("appendonly", "yes"), ("appendfsync", "everysec")], Some(AppendedEachSecond)),
        ([("appendonly", "yes"), ("appendfsync", "always")], None),
    ] {
        for (name, value) in settings {
            server.query(&["CONFIG", "SET", name, value]).unwrap();
        }
        assert_eq!(look(&server.url()).await.unwrap(), Vec::from_iter(found), "{settings:?}");
    }
    assert_eq!(server.query(&["DBSIZE"]).unwrap().trim(), "0", "nothing was written");
}

#[tokio::test]
async fn whoever_may_only_read_can_look_and_is_told_what_may_be_asked() {
    let server = Redis::start(&Options::default()).unwrap();
    let url = format!("redis://app:long-enough-word@127.0.0.1:{}", server.port());
    let words = ["ACL", "SETUSER", "app", "reset", "on", ">long-enough-word", "~*", "+@read", "+@connection", "+info"];
    server.query(&words).unwrap();
    assert_eq!(look(&url).await.unwrap(), [Shortcoming::Snapshots], "not whether there are any");
    server.query(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).unwrap();
    assert_eq!(look(&url).await, Err(Fault::Evicts("allkeys-lru".to_owned())));
    assert!(look(&url).await.unwrap_err().to_string().ends_with("set `maxmemory-policy noeviction`"));
    let nowhere = look("redis://:secret-enough@127.0.0.1:9").await.unwrap_err();
    assert!(nowhere == Fault::Unreachable && nowhere.may_pass());
}

#[tokio::test]
async fn every_node_of_a_cluster_is_looked_at() {
    use Shortcoming::{AllOrNothing, Forgetful};
    let cluster = RedisCluster::start(&Options::default().durable()).unwrap();
    for node in cluster.nodes() {
        node.query(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]).unwrap();
    }
    assert_eq!(look(&cluster.url()).await.unwrap(), []);
    cluster.nodes()[1].query(&["CONFIG", "SET", "cluster-require-full-coverage", "yes"]).unwrap();
    cluster.nodes()[2].query(&["CONFIG", "SET", "appendonly", "no"]).unwrap();
    let mut found = look(&cluster.url()).await.unwrap();
    found.sort_by_key(|what| *what == Forgetful);
    assert_eq!(found, [AllOrNothing, Forgetful]);
}
