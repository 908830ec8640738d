//! A master that a network fault has cut off from its cluster, and from us not.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Arc;
use crate::address::SessionsUrl;
use crate::redis::cluster::Cluster;
use crate::redis::node::Dialer;

/// A node that says that all slots are at this port, and answers commands so.
async fn node(listener: TcpListener, slots_at: u16, answer: &'static str) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, slots_at, answer));
    }
}

async fn serve(stream: TcpStream, slots_at: u16, answer: &'static str) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let command = command(&mut stream).await?;
        let said = match command.first()?.as_str() {
            "HELLO" => "%1\r\n$5\r\nproto\r\n:3\r\n".to_owned(),
            "CLUSTER" => {
                format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{slots_at}\r\n")
            }
            "GET" => answer.to_owned(),
            _ => "+OK\r\n".to_owned(),
        };
        stream.write_all(said.as_bytes()).await.ok()?;
    }
}

/// A command, as clients send it: an array of texts.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8(word).ok()?.trim().to_uppercase());
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.get(1..)?.trim().parse().ok()
}

#[tokio::test]
async fn a_master_that_is_cut_off_is_not_believed_when_it_says_that_all_is_as_it_was() {
    let [cut_off, heir] =
        [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let [old, new] = [&cut_off, &heir].map(|listener| listener.local_addr().unwrap().port());
    tokio::spawn(node(cut_off, old, "-CLUSTERDOWN The cluster is down\r\n"));
    tokio::spawn(node(heir, new, "$4\r\nhere\r\n"));
    let url = format!("redis+cluster://127.0.0.1:{old},127.0.0.1:{new}").parse().unwrap();
    let SessionsUrl::RedisCluster(server) = &url else { panic!("{url} is a cluster") };
    let dialer = Dialer::new(server, None, Duration::from_secs(30));
    let seeds = server.hosts.iter().map(|host| Arc::new(dialer.node(host.clone()).unwrap())).collect();
    let cluster = Arc::new(Cluster::new(dialer, seeds));
    let mut question = redis::cmd("GET");
    question.arg("x");
    let first = cluster.command(b"x", &question).await.unwrap();
    assert!(first.is_err_and(|error| error.code() == Some("CLUSTERDOWN")), "it is the first that is asked");
    for _ in 0..3000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Ok(Ok(answer)) = cluster.command(b"x", &question).await {
            return assert_eq!(redis::from_redis_value::<String>(answer).unwrap(), "here");
        }
    }
    panic!("the one that is cut off is asked again and again");
}
