//! The server of the benchmark: HTTP/1.1 with keep-alive, on a free port of this machine.
//!
//! ```text
//! GET /now/…       a small JSON object, at once
//! GET /slow/…      the same, 100 ms after the request's last byte was read
//! GET /gigabyte    a body of 1 GB
//! GET /endless     a body that goes on until the client leaves
//! GET /silent      no answer
//! ```
//!
//! Threads that wait for a connection each, and blocking calls: a sleeping thread is woken within
//! some 50 µs, where a timer of an asynchronous runtime is a millisecond off; and none is
//! started while a client's clock is running.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Result;

/// What the slow path takes.
pub(crate) const SLOW: Duration = Duration::from_millis(100);

const BODY: &str = r#"{"ok":true,"version":"1.42.0","database":{"ok":true,"latency_ms":3}}"#;
/// How many connections are served at once; further ones wait.
const CONNECTIONS: usize = 256;
const GIGABYTE: usize = 1_000_000_000;
/// The end of what never ends, should a client be lost.
const FOREVER: Duration = Duration::from_secs(60);

/// The responder, as a process that ends with this value.
pub(crate) struct Responder {
    process: Child,
    /// Where it listens: `http://127.0.0.1:40001`.
    pub(crate) url: String,
}

impl Responder {
    /// Starts it.
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("respond")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        Ok(Self { process, url: format!("http://{}", address.trim()) })
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The whole life of the responder's process: until its standard input ends.
pub(crate) fn respond() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?);
    let listener = Arc::new(listener);
    for _ in 0..CONNECTIONS {
        let listener = Arc::clone(&listener);
        let serve_each = move || {
            for stream in listener.incoming().flatten() {
                // A client that leaves in the middle is no trouble of ours.
                let _ = serve(stream);
            }
        };
        std::thread::Builder::new().stack_size(64 * 1024).spawn(serve_each)?;
    }
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Answers the requests of one connection.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut filled) = ([0; 8 * 1024], 0);
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        let arrived = Instant::now();
        if read == 0 {
            return Ok(());
        }
        filled += read;
        if !buffer[..filled].ends_with(b"\r\n\r\n") {
            continue;
        }
        let path = buffer[..filled].strip_prefix(b"GET ").unwrap_or_default();
        if path.starts_with(b"/silent") {
            return silent(&mut stream);
        } else if path.starts_with(b"/gigabyte") {
            return gigabyte(&mut stream);
        } else if path.starts_with(b"/endless") {
            return endless(&mut stream);
        } else if path.starts_with(b"/slow/") {
            sleep_until(arrived + SLOW);
        }
        filled = 0;
        // One write, and so one packet.
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
        write!(Packet(&mut stream), "{head}: {}\r\n\r\n{BODY}", BODY.len())?;
    }
}

/// Gathers what is formatted, and writes it at once.
struct Packet<'a>(&'a mut TcpStream);

impl Packet<'_> {
    fn write_fmt(&mut self, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.0.write_all(text.to_string().as_bytes())
    }
}

/// Sleeps until a moment, and never wakes before it.
fn sleep_until(moment: Instant) {
    while let Some(left) = moment.checked_duration_since(Instant::now()).filter(|d| !d.is_zero()) {
        std::thread::sleep(left);
    }
}

fn silent(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(FOREVER))?;
    stream.read(&mut [0; 1]).map(drop)
}

fn gigabyte(stream: &mut TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
    write!(stream, "{head}: {GIGABYTE}\r\n\r\n")?;
    let block = vec![b' '; 250_000];
    for _ in 0..GIGABYTE / block.len() {
        stream.write_all(&block)?;
    }
    Ok(())
}

fn endless(stream: &mut TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding";
    write!(stream, "{head}: chunked\r\n\r\n")?;
    let end = Instant::now() + FOREVER;
    // So slow that no limit on the size ever ends it.
    while Instant::now() < end {
        stream.write_all(b"1\r\n \r\n")?;
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
