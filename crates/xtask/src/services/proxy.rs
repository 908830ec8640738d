//! A line that can be cut.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::ServiceError;
use super::port;

/// How often a thread looks whether the line is to carry something.
const GLANCE: Duration = Duration::from_millis(10);

/// A TCP proxy at a port of 127.0.0.1 before another. Dropped, it closes all connections.
pub struct Proxy {
    line: Arc<Line>,
}

/// What the threads share.
struct Line {
    /// Where clients connect, also after a cut.
    address: SocketAddr,
    target: SocketAddr,
    state: Mutex<State>,
}

struct State {
    /// `None` while the line is cut.
    listener: Option<TcpListener>,
    stalled: bool,
    dropped: bool,
    /// Both ends of each connection.
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy before a port of 127.0.0.1, which carries everything until it is told otherwise.
    pub fn to(port: u16) -> Result<Self, ServiceError> {
        let listener = port::taken()?;
        let address = listener.local_addr().map_err(ServiceError::io("the proxy's port"))?;
        let target = SocketAddr::from(([127, 0, 0, 1], port));
        listener.set_nonblocking(true).map_err(ServiceError::io("the proxy's port"))?;
        let state = State { listener: Some(listener), stalled: false, dropped: false, streams: Vec::new() };
        let line = Arc::new(Line { address, target, state: Mutex::new(state) });
        let accepting = Arc::clone(&line);
        thread::spawn(move || accepting.accept());
        Ok(Self { line })
    }

    /// The port of 127.0.0.1 where clients connect.
    pub fn port(&self) -> u16 {
        self.line.address.port()
    }

    /// Closes all connections and refuses new ones.
    pub fn cut(&self) {
        self.line.cut();
    }

    /// Keeps connections open, accepts new ones, and carries nothing.
    pub fn stall(&self) {
        self.line.state().stalled = true;
    }

    /// Carries everything again: also what was sent while it was stalled.
    pub fn restore(&self) -> Result<(), ServiceError> {
        let mut state = self.line.state();
        state.stalled = false;
        if state.listener.is_none() {
            let listener = TcpListener::bind(self.line.address);
            let listener = listener.and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
            state.listener = Some(listener.map_err(ServiceError::io("the proxy's port"))?);
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.cut();
        self.line.state().dropped = true;
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({} to {})", self.line.address, self.line.target)
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes clients in while the line is not cut, until the proxy is dropped.
    fn accept(self: &Arc<Self>) {
        loop {
            let mut state = self.state();
            if state.dropped {
                return;
            }
            match state.listener.as_ref().map(TcpListener::accept) {
                Some(Ok((client, _))) => self.connect(client, &mut state),
                Some(Err(_)) | None => {
                    drop(state);
                    thread::sleep(GLANCE);
                }
            }
        }
    }

    /// Joins a client to the target. A client is closed when there is none.
    fn connect(self: &Arc<Self>, client: TcpStream, state: &mut State) {
        let join = || {
            client.set_nonblocking(false)?;
            let server = TcpStream::connect_timeout(&self.target, Duration::from_secs(5))?;
            for (from, to) in [(&client, &server), (&server, &client)] {
                from.set_nodelay(true)?;
                from.set_read_timeout(Some(GLANCE))?;
                let (from, to, line) = (from.try_clone()?, to.try_clone()?, Arc::clone(self));
                thread::spawn(move || line.carry(from, to));
            }
            Ok::<_, std::io::Error>(server)
        };
        if let Ok(server) = join() {
            state.streams.extend([client, server]);
        }
    }

    /// Carries one direction until one of its ends is closed.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    while self.state().stalled {
                        thread::sleep(GLANCE);
                    }
                    if to.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                // Interrupted is whoever was stopped meanwhile (signal(7), of sockets with a time-out).
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                Err(_) => break,
            }
        }
        // Closed already by the other direction, or by a cut.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    fn cut(&self) {
        let mut state = self.state();
        state.listener = None;
        state.stalled = false;
        for stream in state.streams.drain(..) {
            // An error means that it is closed.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
