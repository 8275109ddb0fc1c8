//! One connection to the server, handed on at the end of each transaction.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};

use super::{number, start};

/// Requests for a password, or for a step of SCRAM: the client answers each.
const ASKS: [u32; 4] = [3, 5, 10, 11];

/// The connection that all share.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Option<Link>>);

#[derive(Debug)]
struct Link {
    server: TcpStream,
    /// What the server said once the first client was let in: so are all others.
    greeting: Vec<u8>,
}

impl Shared {
    /// Serves a client until it goes.
    pub(super) fn serve(&self, mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
        let start = start(&mut client)?;
        {
            let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*link {
                Some(link) => client.write_all(&link.greeting)?,
                None => *link = Some(begin(&mut client, server, &start)?),
            }
        }
        let mut next = frame(&mut client)?;
        while next.first() != Some(&b'X') {
            let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(Link { server, .. }) = &mut *link else { break };
            // Until its transaction is over, the connection is this client's.
            loop {
                server.write_all(&next)?;
                if matches!(next.first(), Some(b'Q' | b'S')) && answer(server, &mut client)? {
                    break;
                }
                next = frame(&mut client)?;
            }
            drop(link);
            next = frame(&mut client)?;
        }
        Ok(())
    }
}

/// Lets the first client in.
fn begin(client: &mut TcpStream, server: SocketAddr, start: &[u8]) -> io::Result<Link> {
    let mut server = TcpStream::connect(server)?;
    server.write_all(start)?;
    let mut greeting = Vec::new();
    loop {
        let said = frame(&mut server)?;
        client.write_all(&said)?;
        let code = said.get(5..9).map(number).unwrap_or_default();
        match said.first() {
            Some(b'R') if ASKS.contains(&code) => server.write_all(&frame(client)?)?,
            Some(b'R') if code != 0 => {}
            Some(b'E') => return Err(io::ErrorKind::PermissionDenied.into()),
            _ => greeting.extend(&said),
        }
        if said.first() == Some(&b'Z') {
            return Ok(Link { server, greeting });
        }
    }
}

/// Passes an answer on; whether no transaction is open behind it.
fn answer(server: &mut TcpStream, client: &mut TcpStream) -> io::Result<bool> {
    loop {
        let said = frame(server)?;
        client.write_all(&said)?;
        if said.first() == Some(&b'Z') {
            return Ok(said.get(5) == Some(&b'I'));
        }
    }
}

/// A message with its letter and length.
fn frame(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 5];
    from.read_exact(&mut frame)?;
    let length = number(&frame[1..]).saturating_sub(4);
    from.take(u64::from(length)).read_to_end(&mut frame)?;
    Ok(frame)
}
