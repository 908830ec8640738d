//! The line that can be cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::super::Proxy;

/// A server that sends back what it hears.
fn echo() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    port
}

fn connect(proxy: &Proxy) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port()))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

fn say(stream: &mut TcpStream, word: [u8; 4]) -> Result<[u8; 4], ErrorKind> {
    let mut heard = [0; 4];
    stream.write_all(&word).and_then(|()| stream.read_exact(&mut heard)).map_err(|error| error.kind())?;
    Ok(heard)
}

/// Says something to which there is no answer for a moment.
fn say_in_vain(stream: &mut TcpStream, word: [u8; 4]) {
    let patience = stream.read_timeout().unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(say(stream, word), Err(ErrorKind::WouldBlock));
    stream.set_read_timeout(patience).unwrap();
}

#[test]
fn a_line_carries_stalls_and_is_cut() {
    let proxy = Proxy::to(echo()).unwrap();
    let mut stream = connect(&proxy).unwrap();
    assert_eq!(say(&mut stream, *b"ping"), Ok(*b"ping"));

    proxy.stall();
    say_in_vain(&mut stream, *b"wait");
    let mut new = connect(&proxy).unwrap();
    say_in_vain(&mut new, *b"late");
    proxy.restore().unwrap();
    let mut heard = [0; 4];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, *b"wait");
    new.read_exact(&mut heard).unwrap();
    assert_eq!(heard, *b"late");

    proxy.cut();
    assert!(matches!(say(&mut stream, *b"lost"), Err(error) if error != ErrorKind::WouldBlock));
    assert_eq!(connect(&proxy).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    proxy.restore().unwrap();
    assert_eq!(say(&mut connect(&proxy).unwrap(), *b"back"), Ok(*b"back"));

    let port = proxy.port();
    drop(proxy);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
