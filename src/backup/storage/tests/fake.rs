//! A server that answers as a test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What was asked.
pub(crate) struct Request {
    pub(crate) path: String,
    /// The headers' lines, in small letters.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// It answers one request a connection, one after another, for as long as the test runs.
pub(crate) struct Fake {
    pub(crate) url: String,
    count: Arc<AtomicUsize>,
}

impl Fake {
    /// The answer is sent as it is, and then the connection is closed. The number of the first
    /// request is 1.
    pub(crate) fn start(respond: impl Fn(&Request, usize) -> Vec<u8> + Send + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                // The other side may have had enough.
                let _ = serve(stream, |request| respond(request, number));
            }
        });
        Fake { url, count }
    }

    pub(crate) fn requests(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, respond: impl Fn(&Request) -> Vec<u8>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.parse().unwrap_or_default();
        }
        headers.push(line);
    }
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    stream.write_all(&respond(&Request { path, headers, body }))
}

/// An answer in JSON, or with those headers.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}
