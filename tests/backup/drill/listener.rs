//! Somebody who is told of drills: a webhook that keeps what is posted to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A webhook on a free port, for as long as the test runs.
pub(crate) struct Listener {
    /// Its URL, which is a secret.
    pub(crate) url: String,
    posted: Arc<Mutex<Vec<Value>>>,
}

impl Listener {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/T000/hook-5ecret-part", listener.local_addr().unwrap());
        let posted = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&posted);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A sender that was killed has said nothing.
                if let Some(body) = take(stream) {
                    keep.lock().unwrap().push(body);
                }
            }
        });
        Self { url, posted }
    }

    /// All that it was told.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.posted.lock().unwrap().clone()
    }

    /// What it was told of a drill, in the order in which that happened.
    pub(crate) fn told(&self, drill: &str) -> Vec<Value> {
        let mut told = self.all();
        told.retain(|body| body["drill"] == drill);
        // Each is sent by a task of its own, and so may overtake another.
        let order = |body: &Value| {
            ["started", "failed", "finished"].iter().position(|e| body["event"] == *e)
        };
        told.sort_by_key(order);
        told
    }
}

/// The body of a request, once it is answered.
fn take(mut stream: TcpStream) -> Option<Value> {
    let mut input = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    stream.write_all(b"HTTP/1.1 200 -\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").ok()?;
    serde_json::from_slice(&body).ok()
}
