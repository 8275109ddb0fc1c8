//! A pooler, as far as it matters to a backup: what a session asks for at its start does not reach
//! the server. In transaction mode a connection to the server is handed on, too, to whoever asks
//! next, with all that was set on it.
//!
//! PgBouncer drops `options` where `ignore_startup_parameters` names them, and refuses the
//! connection where it does not; Supavisor passes on what it knows alone. All else goes through
//! byte for byte.

mod handing;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What a client asks before it begins: TLS, and GSS encryption. Either is answered by `N`.
const QUESTIONS: [u32; 2] = [80_877_103, 80_877_104];

/// The version of the protocol, 3.0, in a start-up message.
const PROTOCOL: u32 = 196_608;

/// A running pooler. Dropping it ends it, and no connection outlives either of its ends.
#[derive(Debug)]
pub struct Pooler {
    address: SocketAddr,
    server: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Pooler {
    /// Starts one in session mode before the server of that URL, on a loopback port.
    ///
    /// # Errors
    ///
    /// If the URL names no loopback address with a port, or there is no port to be had.
    pub fn start(url: &str) -> Result<Self, String> {
        Self::serving(url, serve)
    }

    /// Starts one in transaction mode, with a single connection to the server for all, which is
    /// that of the user who comes first.
    ///
    /// # Errors
    ///
    /// As of [`Pooler::start`].
    pub fn handing_on(url: &str) -> Result<Self, String> {
        let shared = handing::Shared::default();
        Self::serving(url, move |client, server| shared.serve(client, server))
    }

    fn serving(
        url: &str,
        serve: impl Fn(TcpStream, SocketAddr) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let server = address(url).ok_or("the URL names no address with a port")?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(client, server));
            }
        });
        Ok(Self { address, server, ended })
    }

    /// The same URL, by way of the pooler.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        url.replacen(&self.server.to_string(), &self.address.to_string(), 1)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // So that it hears of it.
        let _ = TcpStream::connect(self.address);
    }
}

/// The address in `postgres://USER:PASSWORD@ADDRESS:PORT/DATABASE`.
fn address(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.rsplit_once('@')?;
    rest.split('/').next()?.parse().ok()
}

/// What a client asks for at its start, but for its options; to be sent on as it is.
fn start(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let message = message(client)?;
        match message.get(..4).map(number) {
            Some(code) if QUESTIONS.contains(&code) => client.write_all(b"N")?,
            _ => {
                let start = without_options(&message);
                let mut whole = (start.len() as u32 + 4).to_be_bytes().to_vec();
                whole.extend(start);
                return Ok(whole);
            }
        }
    }
}

fn serve(mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let start = start(&mut client)?;
    let mut server = TcpStream::connect(server)?;
    server.write_all(&start)?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
        copied
    });
    let copied = io::copy(&mut client, &mut server);
    let _ = server.shutdown(Shutdown::Both);
    copied.map(drop)
}

/// A message of the start, without its length.
fn message(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut message = vec![0; number(&length).saturating_sub(4).min(10_000) as usize];
    client.read_exact(&mut message)?;
    Ok(message)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// A start-up message as it is, but for `options`. A cancel request has none.
fn without_options(message: &[u8]) -> Vec<u8> {
    let (code, rest) = message.split_at(message.len().min(4));
    if number(code) != PROTOCOL {
        return message.to_vec();
    }
    let mut kept = code.to_vec();
    let mut texts = rest.split(|byte| *byte == 0);
    while let (Some(name), Some(value)) =
        (texts.next().filter(|name| !name.is_empty()), texts.next())
    {
        if name != b"options" {
            for text in [name, value] {
                kept.extend(text);
                kept.push(0);
            }
        }
    }
    kept.push(0);
    kept
}
