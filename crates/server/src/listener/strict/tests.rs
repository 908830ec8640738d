//! What the library sees of a connection, and when it ends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::{advance, pause, timeout};

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SECOND: Duration = Duration::from_secs(1);

fn limits() -> Limits {
    let settings = crate::config::Server {
        header_timeout: 10 * SECOND,
        body_timeout: 30 * SECOND,
        idle_timeout: 60 * SECOND,
        ..crate::config::Server::default()
    };
    Limits::new(&settings, None)
}

/// The client's end, and what the library sees.
fn pair() -> (tokio::io::DuplexStream, Strict<tokio::io::DuplexStream>, Arc<Activity>) {
    let (client, server) = duplex(1 << 17);
    let activity = Arc::new(Activity::default());
    let deadline = Instant::now() + limits().header_timeout;
    (client, Strict::new(server, Vec::new(), deadline, limits(), Arc::clone(&activity)), activity)
}

fn refused(refusal: Refusal) -> Vec<u8> {
    refusal.in_its_place()
}

/// Everything that comes before nothing comes any more.
async fn all_of(seen: &mut Strict<tokio::io::DuplexStream>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(Ok(1..)) = timeout(Duration::from_millis(50), seen.read_buf(&mut all)).await {}
    all
}

#[tokio::test]
async fn whole_heads_come_through_as_they_are() {
    let (mut client, mut seen, _) = pair();
    let post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let all = [GET, post, GET].concat();
    for piece in all.chunks(7) {
        client.write_all(piece).await.unwrap();
    }
    let mut read = vec![0; all.len()];
    seen.read_exact(&mut read).await.unwrap();
    assert_eq!(read, all);
}

#[tokio::test]
async fn a_head_in_pieces_is_held_until_it_is_whole() {
    let (mut client, mut seen, _) = pair();
    client.write_all(&GET[..20]).await.unwrap();
    let mut buffer = vec![0; 100];
    assert!(timeout(Duration::from_millis(10), seen.read(&mut buffer)).await.is_err());
    client.write_all(&GET[20..]).await.unwrap();
    let read = seen.read(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..read], GET);
}

#[tokio::test]
async fn wb_09_what_is_refused_is_the_last() {
    let (mut client, mut seen, _) = pair();
    client.write_all(&[GET, b"GET / HTTP/1.1\nHost: a\n\n", GET].concat()).await.unwrap();
    assert_eq!(all_of(&mut seen).await, [GET.to_vec(), refused(Refusal::Malformed)].concat());
}

#[tokio::test]
async fn wb_11_a_head_has_its_time_and_no_byte_prolongs_it() {
    pause();
    let (mut client, mut seen, _) = pair();
    let begun = Instant::now();
    client.write_all(GET).await.unwrap();
    let mut read = vec![0; GET.len()];
    seen.read_exact(&mut read).await.unwrap();
    advance(50 * SECOND).await;
    let dribble = tokio::spawn(async move {
        for byte in GET.iter().take(20) {
            client.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(SECOND).await;
        }
        client
    });
    let mut rest = vec![0; refused(Refusal::TooSlow).len()];
    seen.read_exact(&mut rest).await.unwrap();
    assert_eq!(rest, refused(Refusal::TooSlow));
    let took = begun.elapsed();
    assert!((60 * SECOND..62 * SECOND).contains(&took), "{took:?}");
    drop(dribble);
}

#[tokio::test]
async fn wb_11_silence_ends_but_not_while_an_answer_is_made() {
    pause();
    let (_client, mut seen, _) = pair();
    let begun = Instant::now();
    assert_eq!(seen.read(&mut [0; 10]).await.unwrap(), 0);
    assert_eq!(begun.elapsed().as_secs(), 10, "before the first request there is the time of its headers");

    let (mut client, mut seen, activity) = pair();
    client.write_all(GET).await.unwrap();
    let mut read = vec![0; GET.len()];
    seen.read_exact(&mut read).await.unwrap();
    let answering = activity.begin();
    assert!(timeout(600 * SECOND, seen.read(&mut [0; 10])).await.is_err());
    drop(answering);
    let begun = Instant::now();
    assert_eq!(seen.read(&mut [0; 10]).await.unwrap(), 0);
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn wb_11_empty_lines_are_no_use_of_a_connection() {
    pause();
    for before in [&b"\r\n"[..], b"\r"] {
        let (mut client, mut seen, _) = pair();
        let begun = Instant::now();
        advance(9 * SECOND).await;
        client.write_all(before).await.unwrap();
        assert_eq!(seen.read(&mut [0; 10]).await.unwrap(), 0, "the library sees nothing of it");
        assert_eq!(begun.elapsed().as_secs(), 10, "the time of the first headers goes on");

        let (mut client, mut seen, _) = pair();
        client.write_all(GET).await.unwrap();
        let mut read = vec![0; GET.len()];
        seen.read_exact(&mut read).await.unwrap();
        let begun = Instant::now();
        assert!(timeout(50 * SECOND, seen.read(&mut [0; 10])).await.is_err());
        client.write_all(before).await.unwrap();
        assert_eq!(seen.read(&mut [0; 10]).await.unwrap(), 0);
        assert_eq!(begun.elapsed().as_secs(), 60, "nor does it make an idle connection a used one");
    }
}

#[tokio::test]
async fn an_empty_line_before_a_request_is_passed_over_however_it_comes() {
    for cuts in [vec![2], vec![1, 1], vec![1], vec![], vec![2, 5]] {
        let (mut client, mut seen, _) = pair();
        let (all, mut at) = ([b"\r\n", GET].concat(), 0);
        for cut in cuts {
            client.write_all(&all[at..at + cut]).await.unwrap();
            assert!(timeout(Duration::from_millis(10), seen.read(&mut [0; 10])).await.is_err());
            at += cut;
        }
        client.write_all(&all[at..]).await.unwrap();
        assert_eq!(all_of(&mut seen).await, GET);
        client.write_all(b"\r\n\r\n").await.unwrap();
        assert_eq!(all_of(&mut seen).await, refused(Refusal::Malformed), "one, not two");
    }
}

#[tokio::test]
async fn wb_11_an_answer_that_nobody_takes_is_given_up() {
    pause();
    let (_client, mut seen, _) = pair();
    let begun = Instant::now();
    let error = seen.write_all(&vec![0; 1 << 18]).await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
}

#[tokio::test]
async fn wb_09_a_broken_chunk_breaks_the_body() {
    let (mut client, mut seen, _) = pair();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(&[&head[..], b"3\r\nabc\r\n0;x=y\r\n\r\n", GET].concat()).await.unwrap();
    let mut read = Vec::new();
    let error = seen.read_to_end(&mut read).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(read, [&head[..], b"3\r\nabc\r\n0"].concat());
}
